// N14 Hooks are switched off from more than one file: each of them is red, and named.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BUILTIN } from '../guard/policy.ts'
import { puttingIn, remember, rememberedWhile } from './agent-hooks.ts'
import { lookAtHooks, readInstalled } from './look-at-hooks.ts'

let scratch = ''
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sekisho-hooks-'))
})
afterEach(() => rmSync(scratch, { recursive: true }))

test('part of N14: settings of the project that the agent is started in switch off what stands in its home', async () => {
  const program = join(scratch, 'code/bin/sekisho')
  mkdirSync(dirname(program), { recursive: true })
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(join(scratch, 'code/package.json'), '{"version":"1.0.0"}')
  const path = join(scratch, 'home/.claude/settings.json')
  const guard = join(scratch, 'guard')
  const wiring = { program, guard, language: 'en', level: 'guard', managed: false } as const
  await (await puttingIn(path, wiring)).write()
  await remember([guard], { agent: 'claude-code', path, wiring })
  const project = join(scratch, 'project')
  const look = () => lookAtHooks(guard, '1.0.0', [project])
  expect(await look()).toEqual([{ path, state: 'wired' }])
  for (const name of ['settings.local.json', 'settings.json']) {
    const off = join(project, '.claude', name)
    mkdirSync(dirname(off), { recursive: true })
    writeFileSync(off, '{"disableAllHooks":true}')
    expect(await look()).toEqual([{ path, state: 'disabled', why: off }])
    writeFileSync(off, '{"disableAllHooks":false}')
    expect(await look()).toEqual([{ path, state: 'wired' }])
  }
  writeFileSync(join(scratch, 'home/.claude/settings.local.json'), '{"disableAllHooks":true}')
  expect(await look()).toMatchObject([{ state: 'disabled' }])
})

test('part of N14: an installation that lost a part of its hook is red', async () => {
  const code = join(scratch, 'code')
  const program = join(code, 'bin/sekisho')
  for (const name of ['bin', 'dist']) mkdirSync(join(code, name), { recursive: true })
  for (const name of ['bin/sekisho', 'bin/node', 'dist/hook.cjs', 'dist/hook-1.parts', 'dist/cli.mjs'])
    writeFileSync(join(code, name), 'x', { mode: 0o755 })
  writeFileSync(join(code, 'package.json'), '{"version":"1.0.0"}')
  writeFileSync(join(code, 'dist/built.json'), '{"v":1,"files":["cli.mjs","hook.cjs","hook-1.parts"]}')
  const path = join(scratch, 'home/.claude/settings.json')
  const guard = join(scratch, 'guard')
  const wiring = { program, guard, language: 'en', level: 'guard', managed: false } as const
  await (await puttingIn(path, wiring)).write()
  await remember([guard], { agent: 'claude-code', path, wiring })
  const look = () => lookAtHooks(guard, '1.0.0')
  expect(await look()).toEqual([{ path, state: 'wired' }])
  for (const name of ['bin/node', 'dist/hook.cjs', 'dist/hook-1.parts']) {
    writeFileSync(join(code, name), '')
    expect(await look(), name).toEqual([{ path, state: 'program', why: 'missing', program }])
    rmSync(join(code, name))
    expect(await look(), name).toMatchObject([{ why: 'missing' }])
    writeFileSync(join(code, name), 'x', { mode: 0o755 })
  }
  expect(await look()).toEqual([{ path, state: 'wired' }])
})

test('part of N14: a hook that was put in at another level than the rules have now is told: only at guard it is closed when it cannot run', async () => {
  const program = join(scratch, 'code/bin/sekisho')
  mkdirSync(dirname(program), { recursive: true })
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(join(scratch, 'code/package.json'), '{"version":"1.0.0"}')
  const path = join(scratch, 'home/.claude/settings.json')
  // The list of the user who put it in, and the rules of the machine.
  const own = join(scratch, 'own')
  const guard = join(scratch, 'guard')
  mkdirSync(guard)
  const rules = (level: 'observe' | 'guard') =>
    writeFileSync(join(guard, 'guard.json'), JSON.stringify({ ...BUILTIN, level }))
  const wiring = { program, guard, language: 'en', level: 'observe', managed: false } as const
  rules('observe')
  await (await puttingIn(path, wiring)).write()
  await remember([own], { agent: 'claude-code', path, wiring })
  expect(await lookAtHooks(own, '1.0.0')).toEqual([{ path, state: 'wired' }])
  rules('guard')
  expect(await lookAtHooks(own, '1.0.0')).toEqual([{ path, state: 'other', why: 'level' }])
  const closed = { ...wiring, level: 'guard' } as const
  await (await puttingIn(path, closed)).write()
  await remember([own], { agent: 'claude-code', path, wiring: closed })
  expect(await lookAtHooks(own, '1.0.0')).toEqual([{ path, state: 'wired' }])
})

test('part of N14: a hook is on the list before it is put in: nothing is wired that nobody looks after', async () => {
  const guard = join(scratch, 'guard')
  const wiring = { program: '/bin/sekisho', guard, language: 'en', level: 'guard', managed: false } as const
  const hook = { agent: 'claude-code', path: join(scratch, 'settings.json'), wiring } as const
  const seen = await rememberedWhile([guard], hook, () => readInstalled(guard))
  expect(seen).toEqual([hook])

  const other = { ...hook, path: join(scratch, 'other.json') }
  const failing = () => Promise.reject(new Error('the disk is full'))
  await expect(rememberedWhile([guard], other, failing)).rejects.toThrow('the disk is full')
  await expect(rememberedWhile([guard], hook, failing)).rejects.toThrow('the disk is full')
  expect(await readInstalled(guard)).toEqual([hook])

  // Where no list can be written the work is not begun.
  writeFileSync(join(scratch, 'file'), '')
  let begun = false
  const work = async () => {
    begun = true
  }
  await expect(rememberedWhile([join(scratch, 'file', 'guard')], other, work)).rejects.toThrow('file.')
  expect(begun).toBe(false)
})
