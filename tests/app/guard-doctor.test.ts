// N14: what stands in front of the agents is looked at by the runner; each way of losing it is a red fact of its own, and on the record.
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { puttingIn, remember } from '../../src/agents/agent-hooks.ts'
import { watchHooks } from '../../src/app/guard-watch.ts'
import type { DoctorFact } from '../../src/contract/gate.ts'
import type { Wiring } from '../../src/guard/agent-settings.ts'
import { DOCTOR_WORDS } from '../../src/words/doctor.ts'
import { ERROR_WORDS, reader } from '../../src/words/errors.ts'
import { withEarlierLine } from './earlier-line.ts'
import { openScene, type Scene } from './scene.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')

let scene: Scene
let guard: string
let settings: string
let program: string
let wiring: Wiring
beforeAll(async () => {
  scene = await openScene({ engine: false, policy: 'policy: { level: guard }' })
  guard = join(scene.directory, 'guard')
  settings = join(scene.directory, 'project/.claude/settings.json')
  // An installation of its own, so that it can be broken.
  program = join(scene.directory, 'code/bin/sekisho')
  await mkdir(join(scene.directory, 'code/bin'), { recursive: true })
  await writeFile(program, '#!/bin/sh\n', { mode: 0o755 })
  await writeFile(join(scene.directory, 'code/package.json'), await readFile(join(CHECKOUT, 'package.json')))
  wiring = { program, guard, language: 'en', level: 'guard', managed: false }
})
afterAll(() => scene.end())

async function facts(): Promise<readonly DoctorFact[]> {
  const { body } = await scene.call<{ facts: DoctorFact[] }>('ops1', 'GET', '/doctor')
  return body.facts.filter(({ name }) => name === 'guard')
}
const codes = async () => (await facts()).map(({ state, code }) => `${state} ${code}`)
const entries = async () =>
  (await scene.sql("select body from ledger where body like '%guard.wiring%' order by seq")).map(
    ({ body }) => JSON.parse(String(body)) as { payload: { hooks: { state: string }[] } },
  )
async function putIn() {
  await (await puttingIn(settings, wiring)).write()
  await remember([guard], { agent: 'claude-code', path: settings, wiring })
}

describe('part of N14: what stands in front of the agents', () => {
  test('nothing was put in: said as such, and no news', async () => {
    expect(await codes()).toEqual(['none doctor.guard_no_hook'])
    await watchHooks(scene.gate)
    expect(await entries()).toEqual([])
  })

  test('in place it is green; gone, rewired, switched off, broken: red each, and on the record without anybody asking', async () => {
    await putIn()
    expect(await codes()).toEqual(['good doctor.guard_hook'])
    await watchHooks(scene.gate)
    await watchHooks(scene.gate)
    expect(await entries()).toMatchObject([{ payload: { hooks: [{ state: 'wired' }] } }])
    const good = await readFile(settings, 'utf8')
    const local = join(scene.directory, 'project/.claude/settings.local.json')
    const ways: readonly [string, () => Promise<void>, () => Promise<void>][] = [
      ['absent', () => writeFile(settings, '{}'), () => writeFile(settings, good)],
      ['absent', () => rm(settings), () => writeFile(settings, good)],
      [
        'other',
        () => writeFile(settings, good.replace('/usr/bin/timeout -k 1 15', 'true ||')),
        () => writeFile(settings, good),
      ],
      ['disabled', () => writeFile(local, '{"disableAllHooks":true}'), () => rm(local)],
      ['disabled', () => writeFile(local, '{"env":{"LD_PRELOAD":"/tmp/a.so"}}'), () => rm(local)],
      ['unreadable', () => writeFile(settings, good.slice(5)), () => writeFile(settings, good)],
    ]
    for (const [state, lose, mend] of ways) {
      await lose()
      expect(await codes(), state).toEqual([`bad doctor.guard_hook_${state}`])
      await watchHooks(scene.gate)
      expect((await entries()).at(-1), state).toMatchObject({ payload: { hooks: [{ state }] } })
      await mend()
      expect(await codes(), state).toEqual(['good doctor.guard_hook'])
    }
  })

  test('a line of an earlier release is red as such, in both languages with what to type, and putting it in again mends it', async () => {
    const good = await readFile(settings, 'utf8')
    const before = withEarlierLine(good)
    expect(before).not.toBe(good)
    await writeFile(settings, before)
    expect(await facts()).toMatchObject([
      { state: 'bad', code: 'doctor.guard_hook_other', values: { why: 'earlier' } },
    ])
    const d = reader({ path: settings, why: 'earlier', level: 'guard' })
    const said = DOCTOR_WORDS['doctor.guard_hook_other']
    expect(said?.ja(d).what).toContain('以前の版')
    expect(said?.en(d).what).toContain('earlier release')
    for (const language of ['ja', 'en'] as const)
      expect(said?.[language](d).next?.join()).toContain('sekisho install claude-code')
    await putIn()
    expect(await readFile(settings, 'utf8')).toBe(good)
    expect(await codes()).toEqual(['good doctor.guard_hook'])
  })

  test('its program gone, not to be started, of another version; its rules gone, broken, of another version; its spool closed', async () => {
    const rules = join(guard, 'guard.json')
    const good = await readFile(rules, 'utf8')
    const about = join(scene.directory, 'code/package.json')
    const version = await readFile(about, 'utf8')
    const ways: readonly [string, () => Promise<void>, () => Promise<void>][] = [
      ['guard_program_missing', () => rm(program), () => writeFile(program, '#!/bin/sh\n', { mode: 0o755 })],
      ['guard_program_mode', () => chmod(program, 0o644), () => chmod(program, 0o755)],
      [
        'guard_program_version',
        () => writeFile(about, '{"version":"0.0.9"}'),
        () => writeFile(about, version),
      ],
      ['guard_no_policy', () => rm(rules), () => writeFile(rules, good)],
      ['guard_policy_unreadable', () => writeFile(rules, good.slice(0, -9)), () => writeFile(rules, good)],
      [
        'guard_stale',
        () => writeFile(rules, good.replace(/"version":"../, '"version":"zz')),
        () => writeFile(rules, good),
      ],
      ['guard_spool', () => chmod(join(guard, 'spool'), 0o755), () => chmod(join(guard, 'spool'), 0o1733)],
    ]
    for (const [code, lose, mend] of ways) {
      await lose()
      expect(await codes(), code).toContain(`bad doctor.${code}`)
      await mend()
      expect(await codes(), code).toEqual(['good doctor.guard_hook'])
    }
  })

  test('each of these facts has words in both languages, with what to type', () => {
    const d = reader({ path: '/srv/x/.claude/settings.json', why: 'mode', program: '/opt/x', level: 'guard' })
    const names = Object.keys(DOCTOR_WORDS).filter((name) => name.startsWith('doctor.guard_'))
    expect(names.length).toBeGreaterThan(12)
    for (const name of names)
      for (const language of ['ja', 'en'] as const) {
        const said = DOCTOR_WORDS[name]?.[language](d)
        expect(said?.what, name).toBeTruthy()
        if (
          !['doctor.guard_hook', 'doctor.guard_hook_without_level', 'doctor.guard_self_test'].includes(name)
        )
          expect(said?.next?.length, name).toBeGreaterThan(0)
      }
    expect(ERROR_WORDS['guard.list_unreadable'].en(d).next?.length).toBe(2)
  })
})
