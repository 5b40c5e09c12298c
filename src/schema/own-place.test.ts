// Two uses at once have a directory each; what a killed process left goes, what a process holds that lives stays.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { OWN_PLACES, sweepOwnPlaces, withOwnPlace } from './own-place.ts'

let parent: string
beforeEach(() => {
  parent = join(mkdtempSync(join(tmpdir(), 'own-place-')), 'clones')
})
afterEach(() => rmSync(join(parent, '..'), { recursive: true, force: true }))

test('a use that begins while another one works leaves its files alone, and each takes its own away', async () => {
  await withOwnPlace(parent, async (first) => {
    writeFileSync(join(first, 'clone.dump'), 'first')
    await withOwnPlace(parent, async (second) => {
      writeFileSync(join(second, 'clone.dump'), 'second')
      expect(second).not.toBe(first)
      expect(readFileSync(join(first, 'clone.dump'), 'utf8')).toBe('first')
    })
    expect(readdirSync(parent)).toHaveLength(1)
    expect(readFileSync(join(first, 'clone.dump'), 'utf8')).toBe('first')
  })
  expect(readdirSync(parent)).toEqual([])
})

test('what a process left that is gone is taken away, also where its number lives again; what another one holds stays', async () => {
  const other = spawn('sleep', ['60'])
  try {
    const pid = other.pid ?? 0
    const started = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[19] ?? ''
    const [held, reused, gone, old] = [`${pid}.${started}-aa`, `${pid}.1-bb`, '4194304.7-cc', 'clone-dd.dump']
    mkdirSync(parent, { recursive: true })
    const place = { state: join(parent, '..') }
    for (const name of Object.values(OWN_PLACES))
      for (const one of [held, gone]) mkdirSync(join(place.state, name, one), { recursive: true })
    await sweepOwnPlaces({ place })
    for (const name of Object.values(OWN_PLACES)) expect(readdirSync(join(place.state, name))).toEqual([held])
    for (const name of [reused, gone]) mkdirSync(join(parent, name))
    writeFileSync(join(parent, old), 'of an earlier release')
    await withOwnPlace(parent, async () => {
      expect(existsSync(join(parent, held))).toBe(true)
      for (const name of [reused, gone, old]) expect(existsSync(join(parent, name)), name).toBe(false)
    })
    expect(readdirSync(parent)).toEqual([held])
  } finally {
    other.kill('SIGKILL')
  }
})
