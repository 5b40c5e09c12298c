// Which copies a verification reads: the ones that were read longest ago, ten at a time; all of them where that is asked for, and what was cut off goes on.
import { expect, test } from 'vitest'
import type { BackupEvent } from '../backup/events.ts'
import type { BackupId } from '../backup/level.ts'
import { type BackupLine, backupsOf } from '../backup/levels.ts'
import { sha256 } from '../base/hash.ts'
import type { ServiceName } from '../base/id.ts'
import { instant } from '../base/time.ts'
import type { Service } from '../plans/policy.ts'
import { copiesToRead } from './work-verify.ts'

const name = 'app' as ServiceName
const service = { name } as unknown as Service
const HOUR = 3_600_000
const START = Date.parse('2026-11-01T00:00:00.000Z')
const idOf = (i: number) => `20261001_${String(i).padStart(6, '0')}Z` as BackupId
const at = (ms: number, body: BackupEvent): BackupLine => ({ at: instant(START + ms), body })
const of = (i: number) => ({ kind: 'backup', service: name, backup: idOf(i), copy: 'local' }) as const

/** Written one a second. */
const written = Array.from({ length: 25 }, (_, i) =>
  at(i * 1000, {
    ...of(i),
    event: 'written',
    engine: 'directory',
    to: '/copies',
    where: '/copies/x',
    place: 'other-disk',
    taken: instant(START + i * 1000),
    manifest: sha256(String(i)),
    bytes: 1,
    entries: 1,
  }),
)
const began = (ms: number, all?: true) =>
  at(ms, {
    kind: 'backup',
    event: 'started',
    service: name,
    work: 'verify',
    asked: 'order',
    ...(all === undefined ? {} : { all }),
  })
const ended = (ms: number, ok: boolean) =>
  at(ms, { kind: 'backup', event: 'ended', service: name, work: 'verify', ok, ms: 1 })
const read = (i: number, ms: number) =>
  at(ms, { ...of(i), event: 'level', level: 'digest', read: { bytes: 1, entries: 1 }, ms: 1 })
const damaged = (i: number, ms: number) => at(ms, { ...of(i), event: 'suspect', why: 'digest' })

function toRead(lines: readonly BackupLine[], all?: true): readonly string[] {
  const known = () => backupsOf(name, [...written, ...lines])
  return copiesToRead({ known, service, ...(all === undefined ? {} : { all }) }).map(({ backup }) => backup)
}
const ids = (...numbers: readonly number[]) => numbers.map(idOf)

test('ten at a time: never read first, the newer before the older, then those read longest ago', () => {
  expect(toRead([began(HOUR)])).toEqual(ids(24, 23, 22, 21, 20, 19, 18, 17, 16, 15))
  const lines = written.map((_, i) => read(i, HOUR + (25 - i)))
  expect(toRead([...lines, began(2 * HOUR)])[0]).toBe(idOf(24))
})

test('copies that stay damaged take no turn from the others', () => {
  const lines = Array.from({ length: 12 }, (_, i) => damaged(i, HOUR + i))
  expect(toRead([...lines, began(2 * HOUR)])).toEqual(ids(24, 23, 22, 21, 20, 19, 18, 17, 16, 15))
})

test('every copy where that is asked for, and after a cut those that were not read since', () => {
  expect(toRead([read(3, HOUR / 2), began(HOUR, true)], true)).toHaveLength(25)
  const cut = [began(HOUR, true), read(24, HOUR + 1), damaged(23, HOUR + 2), ended(2 * HOUR, false)]
  const left = toRead([...cut, began(3 * HOUR, true)], true)
  expect(left).toHaveLength(23)
  expect(left).not.toContain(idOf(24))
  expect(left).not.toContain(idOf(23))
  // A verification of a few that came between ends nothing of it.
  expect(
    toRead([...cut, began(2.5 * HOUR), ended(2.6 * HOUR, true), began(3 * HOUR, true)], true),
  ).toHaveLength(23)
})

test('what ended well, or was cut off more than a day ago, begins anew', () => {
  const whole = [began(HOUR, true), read(24, HOUR + 1), ended(2 * HOUR, true)]
  expect(toRead([...whole, began(3 * HOUR, true)], true)).toHaveLength(25)
  const cut = [began(HOUR, true), read(24, HOUR + 1), ended(2 * HOUR, false)]
  expect(toRead([...cut, began(26 * HOUR, true)], true)).toHaveLength(25)
})

test('a service without a copy that can be read says so', () => {
  const known = () => backupsOf(name, [began(HOUR, true)])
  expect(() => copiesToRead({ known, service, all: true })).toThrow('backup.nothing_sound')
})
