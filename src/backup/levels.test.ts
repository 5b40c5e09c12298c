// What is known of a copy is what the journal's lines say of it, in their order, and nothing besides.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode } from '../base/decode.ts'
import { sha256 } from '../base/hash.ts'
import type { ServiceName } from '../base/id.ts'
import { after, type Instant, instant } from '../base/time.ts'
import { type BackupEvent, backupEvent } from './events.ts'
import type { BackupId, Level } from './level.ts'
import { type BackupLine, backupsOf, baselineBefore, heldBefore } from './levels.ts'

const service = 'mirai' as ServiceName
const T0 = instant(Date.UTC(2026, 10, 25, 3))
const backup = '20261125_030000Z' as BackupId
const older = '20261124_030000Z' as BackupId
const of = { kind: 'backup', service, backup, copy: 'near' } as const
const written: BackupEvent = {
  ...of,
  event: 'written',
  engine: 'directory',
  to: '/mnt/b',
  where: '/mnt/b/daily/20261125_030000Z',
  place: 'other-disk',
  taken: T0,
  manifest: sha256('m'),
  bytes: 100,
  entries: 3,
}
const read = { bytes: 100, entries: 3 }
const level = (name: Exclude<Level, 'written'>, over: object = {}): BackupEvent => ({
  ...of,
  event: 'level',
  level: name,
  read,
  ms: 50,
  ...over,
})
const refused: BackupEvent = { ...of, event: 'refused', level: 'content', why: 'content.rubbish' }
const suspect: BackupEvent = { ...of, event: 'suspect', why: 'digest', path: 'data/a' }

/** One second apart. */
const lines = (...bodies: readonly BackupEvent[]): readonly BackupLine[] =>
  bodies.map((body, i) => ({ at: after(T0, 1000 * (i + 1)), body }))
const at = (i: number): Instant => after(T0, 1000 * i)
const only = (...bodies: readonly BackupEvent[]) => backupsOf(service, lines(...bodies)).copies[0]

describe('a level is what was read', () => {
  test.each<[string, readonly BackupEvent[], object]>([
    ['written', [written], { level: 'written', state: 'sound', earned: { written: at(1) } }],
    ['read', [written, level('digest')], { level: 'digest', earned: { written: at(1), digest: at(2) } }],
    [
      'a drill says that all below holds too',
      [written, level('restored', { ms: 900 })],
      { level: 'restored', restoreMs: 900, earned: { digest: at(2), content: at(2), restored: at(2) } },
    ],
    [
      'read less deeply later: the level stays, each with its own age',
      [written, level('content'), level('digest')],
      { level: 'content', earned: { digest: at(3), content: at(2) } },
    ],
    [
      'content that does not hold takes back what stands above',
      [written, level('restored'), refused],
      { level: 'digest', state: 'sound', why: 'content.rubbish' },
    ],
    [
      'and its reason stays while only the bytes are read',
      [written, refused, level('digest')],
      { why: 'content.rubbish' },
    ],
    ['suspect', [written, level('content'), suspect], { state: 'suspect', level: 'content', why: 'digest' }],
    ['suspect, and all of it read again', [written, suspect, level('digest')], { state: 'sound' }],
    [
      'a backup that failed after its copy was there',
      [written, { ...of, event: 'failed', work: 'backup', why: 'backup.differs' }, level('digest')],
      { state: 'failed', why: 'backup.differs' },
    ],
    [
      'a verification that could not be done says nothing of the copy',
      [written, { ...of, event: 'failed', work: 'verify', why: 'process.timeout' }],
      { state: 'sound', level: 'written' },
    ],
    [
      'pruned is gone, whatever comes after',
      [written, { ...of, event: 'pruned', why: 'past', bytes: 100 }, level('restored')],
      { state: 'pruned', level: 'written' },
    ],
    [
      'accepted by a person',
      [written, level('content', { acceptedBy: 'ops1', records: { 'data/u.json': 51 } })],
      { records: { 'data/u.json': 51 } },
    ],
  ])('%s', (_, bodies, expected) => {
    expect(only(...bodies)).toMatchObject(expected)
  })

  test('a reason goes with what it was the reason of', () => {
    expect(only(written, suspect, level('digest'))).not.toHaveProperty('why')
    expect(only(written, refused, level('content'))).not.toHaveProperty('why')
    expect(only(written, refused, suspect, level('digest'))).toMatchObject({ why: 'content.rubbish' })
  })

  test('INVARIANT: what no line wrote does not exist, whatever is claimed of it', () => {
    expect(backupsOf(service, lines(level('restored'), suspect)).copies).toEqual([])
    expect(backupsOf(service, lines({ ...written, service: 'other' as ServiceName })).copies).toEqual([])
    const claims = fc.array(
      fc.constantFrom<BackupEvent[]>(level('digest'), level('restored'), refused, suspect),
    )
    fc.assert(
      fc.property(claims, (list) => {
        expect(backupsOf(service, lines(...list)).copies).toEqual([])
      }),
    )
  })
})

test('a hold is of a backup and all its copies, those written later too', () => {
  const held: BackupEvent = { kind: 'backup', event: 'held', service, backup, by: 'CHG-2026-0001' }
  const far: BackupEvent = { ...written, copy: 'far', engine: 'restic', where: 'abcd1234' }
  const copies = (...bodies: readonly BackupEvent[]) => backupsOf(service, lines(...bodies)).copies
  expect(copies(held, written, { ...held, by: 'ops1' }, far).map(({ heldBy }) => heldBy)).toEqual([
    ['CHG-2026-0001', 'ops1'],
    ['CHG-2026-0001', 'ops1'],
  ])
  expect(copies(written, held, { ...held, event: 'released' })[0]?.heldBy).toEqual([])
})

test('where a target is holds for every copy in it, and for no other', () => {
  const place: BackupEvent = {
    kind: 'backup',
    event: 'place',
    service,
    copy: 'near',
    to: '/mnt/b',
    place: 'same-disk',
    seen: { ancestors: 'sda' },
  }
  const elsewhere: BackupEvent = { ...written, backup: older, taken: after(T0, -86_400_000), to: '/mnt/old' }
  expect(backupsOf(service, lines(elsewhere, written, place)).copies.map((one) => one.place)).toEqual([
    'same-disk',
    'other-disk',
  ])
  expect(backupsOf(service, lines(place, { ...place, place: 'other-disk', seen: {} })).places).toMatchObject([
    { copy: 'near', to: '/mnt/b', place: 'other-disk', seen: {} },
  ])
})

test('runs: what began and did not end, what failed, what ended well; drills with their time', () => {
  const started = (work: 'backup' | 'drill'): BackupEvent => ({
    kind: 'backup',
    event: 'started',
    service,
    work,
    asked: 'order',
    backup,
  })
  const ended = (ok: boolean): BackupEvent => ({
    kind: 'backup',
    event: 'ended',
    service,
    work: 'backup',
    ok,
    ms: 5,
  })
  const failed: BackupEvent = {
    kind: 'backup',
    event: 'failed',
    service,
    work: 'backup',
    backup,
    why: 'backup.no_space',
    detail: { needed: '5' },
  }
  const known = backupsOf(
    service,
    lines(
      started('backup'),
      failed,
      ended(false),
      started('backup'),
      written,
      ended(true),
      started('drill'),
      level('restored'),
    ),
  )
  expect(known.begun).toEqual([{ at: at(7), work: 'drill', asked: 'order', backup }])
  expect(known.failures).toEqual([
    { at: at(2), work: 'backup', backup, why: 'backup.no_space', detail: { needed: '5' } },
  ])
  expect(known.lastDone).toEqual({ backup: at(6) })
  expect(known.drills).toEqual([{ at: at(8), backup, copy: 'near', ms: 50 }])
})

test('booted stands above restored, and a service that did not get well takes back that level alone', () => {
  const [copy] = backupsOf(service, lines(written, level('restored'), level('booted'))).copies
  expect(copy).toMatchObject({ level: 'booted', state: 'sound', restoreMs: 50 })
  const sick: BackupEvent = { ...of, event: 'refused', level: 'booted', why: 'boot boot: ended 3' }
  const [after] = backupsOf(service, lines(written, level('restored'), level('booted'), sick)).copies
  expect(after).toMatchObject({ level: 'restored', state: 'sound', why: 'boot boot: ended 3' })
  expect(after?.earned.booted).toBeUndefined()
  // The next drill says that it was restored, and nothing of a start that nobody looked at.
  const [next] = backupsOf(service, lines(written, level('restored'), sick, level('restored'))).copies
  expect(next).toMatchObject({ level: 'restored', why: 'boot boot: ended 3' })
})

describe('the decoder', () => {
  const all: readonly BackupEvent[] = [
    written,
    refused,
    suspect,
    level('digest'),
    level('content', { acceptedBy: 'ops1', records: { 'data/a b.json': 2 } }),
    { ...written, event: 'imported', kept: '/state/imported/x', backup: '20251120_020000' as BackupId },
    { kind: 'backup', event: 'started', service, work: 'prune', asked: 'late' },
    { kind: 'backup', event: 'started', service, work: 'verify', asked: 'order', all: true },
    { kind: 'backup', event: 'ended', service, work: 'prune', ok: true, ms: 1 },
    { kind: 'backup', event: 'failed', service, work: 'verify', why: 'process.timeout' },
    { kind: 'backup', event: 'held', service, backup, by: 'CHG-2026-0001' },
    { kind: 'backup', event: 'released', service, backup, by: 'CHG-2026-0001' },
    { ...of, event: 'pruned', why: 'past', bytes: 0 },
    {
      kind: 'backup',
      event: 'place',
      service,
      copy: 'near',
      to: 'sftp:x:/y',
      place: 'off-host',
      seen: { forget: 'done' },
    },
  ]
  test.each(all.map((one) => [one.event, one] as const))('takes %s back as it was written', (_, one) => {
    expect(decode(backupEvent, JSON.parse(JSON.stringify(one)))).toEqual({ ok: true, value: one })
  })
  test.each(all.map((one) => [one.event, one] as const))(
    'refuses %s with a field more, or less, or of another kind',
    (_, one) => {
      expect(decode(backupEvent, { ...one, more: 1 }).ok).toBe(false)
      for (const field of Object.keys(one)) {
        const { [field]: _gone, ...less } = one as unknown as Record<string, unknown>
        const optional =
          ['path', 'detail', 'acceptedBy', 'records'].includes(field) ||
          (one.event === 'started' && ['backup', 'all'].includes(field))
        expect(decode(backupEvent, less).ok, field).toBe(optional)
        expect(decode(backupEvent, { ...one, [field]: null }).ok, field).toBe(false)
      }
    },
  )
  test('has an answer for anything', () => {
    fc.assert(fc.property(fc.anything(), (any) => void decode(backupEvent, any)))
    expect(decode(backupEvent, { ...level('digest'), level: 'written' }).ok).toBe(false)
    expect(decode(backupEvent, { ...level('digest'), level: 'perfect' }).ok).toBe(false)
  })
})

test('what the last good copy held is known by file: how many records, and what the outermost value was', () => {
  const records = { 'data/a.json': 3, 'data/b.json': 2 }
  const good = level('content', { records, roots: { 'data/b.json': 'object' }, rules: sha256('rules') })
  const known = backupsOf(service, lines(written, good))
  expect(known.copies[0]).toMatchObject({ rules: sha256('rules') })
  const before = baselineBefore(known, { taken: after(T0, 1000) })
  expect(heldBefore(before, 'data/a.json')).toEqual({ before: 3, rootBefore: 'list' })
  expect(heldBefore(before, 'data/b.json')).toEqual({ before: 2, rootBefore: 'object' })
  expect(heldBefore(before, 'data/c.json')).toEqual({})
  expect(decode(backupEvent, JSON.parse(JSON.stringify(good)))).toMatchObject({ ok: true })
})
