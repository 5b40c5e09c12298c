import { describe, expect, test } from 'vitest'
import type { Digest } from '../base/hash.ts'
import { fileTarget } from '../base/id.ts'
import { type Instant, instant } from '../base/time.ts'
import type { Change } from '../change/change.ts'
import type { FileState } from '../plans/file-state.ts'
import { judgeFile, type KnownFile, type SeenFile } from './declared-file.ts'

const at = (minute: number): Instant => instant(1_800_000_000_000 + minute * 60_000)
const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest
const path = '/etc/app.conf'
const target = fileTarget('web1', path)
const state = (letter: string): FileState => ({
  kind: 'file',
  digest: digest(letter),
  size: 3,
  mode: 0o640,
  uid: 0,
  gid: 0,
})
const seen = (letter: string, minute: number): SeenFile => ({
  path,
  service: 'app',
  target,
  facts: { kind: 'file', path, real: path, links: [], state: state(letter) },
  fingerprint: digest(letter),
  at: at(minute),
})
const known: KnownFile = { path, service: 'app', baseline: digest('a'), at: at(0) }
const change = (after: string, outcome: string, endedAt?: Instant) =>
  ({
    id: 'CHG-2026-0001',
    plan: {
      targets: [target],
      actions: [{ action: { kind: 'replaceFiles', files: [{ path, after: state(after) }] } }],
    },
    executions: [{ startedAt: at(0), ...(endedAt === undefined ? {} : { endedAt, outcome }) }],
  }) as unknown as Change

describe('a declared file', () => {
  test('the first look is the baseline', () => {
    expect(judgeFile(undefined, seen('a', 1), [])).toEqual({ ...known, at: at(1) })
  })
  test('unchanged, it only gets younger', () => {
    expect(judgeFile(known, seen('a', 1), [])).toEqual({ ...known, at: at(1) })
  })
  test('changed by nobody we know is an edit by hand, since it was first seen, until it is put back', () => {
    const first = judgeFile(known, seen('b', 1), [])
    expect(first.edited).toEqual({ since: at(1), fingerprint: digest('b') })
    const second = judgeFile(first, seen('b', 2), [])
    expect(second.edited?.since).toBe(at(1))
    expect(second.at).toBe(at(2))
    expect(judgeFile(second, seen('a', 3), []).edited).toBeUndefined()
  })
  test('as a kept change left it is the new baseline, also over an edit by hand', () => {
    const edited = judgeFile(known, seen('b', 1), [])
    expect(judgeFile(edited, seen('c', 4), [change('c', 'kept', at(3))])).toEqual({
      ...known,
      baseline: digest('c'),
      at: at(4),
      change: 'CHG-2026-0001',
    })
  })
  test.each([
    ['somebody wrote after a kept change', change('b', 'kept', at(1))],
    ['the change was taken back', change('c', 'rolled_back', at(1))],
    ['the change ended before the last look', change('c', 'kept', at(-1))],
  ])('%s: an edit by hand', (_, one) => {
    expect(judgeFile(known, seen('c', 2), [one]).edited !== undefined).toBe(true)
  })
  test.each([
    ['runs', change('c', 'kept')],
    ['ended while the file was read', change('c', 'rolled_back', at(3))],
  ])('while a change of the file %s nothing is judged', (_, one) => {
    expect(judgeFile(known, seen('c', 2), [one])).toBe(known)
  })
})
