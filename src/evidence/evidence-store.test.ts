import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { incidentId, type ServiceName } from '../base/id.ts'
import { type Instant, instant } from '../base/time.ts'
import type { EvidenceEvent } from '../seal/evidence.ts'
import type { EvidenceLine } from './events.ts'
import { EvidenceStore } from './evidence-store.ts'

const INCIDENT = incidentId(2026, 1)
const AT = Date.parse('2026-12-01T03:00:00.000Z')
let directory: string
let lines: EvidenceLine[]
let store: EvidenceStore

function open(quota?: number): EvidenceStore {
  return new EvidenceStore({
    directory,
    clock: { now: () => AT },
    host: () => 'web1',
    lines: () => lines,
    append: async (body: EvidenceEvent) => {
      lines.push({ at: instant(AT), body })
    },
    quota: () => quota,
  })
}
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-evidence-'))
  lines = []
  store = open()
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const seal = (texts: Readonly<Record<string, string>>, incident = INCIDENT) =>
  store.seal({
    incident,
    service: 'mirai' as ServiceName,
    set: 'level1',
    items: Object.entries(texts).map(([name, text]) => ({ name, content: [Buffer.from(text)] })),
    gaps: [{ name: 'kernel', why: 'late' }],
    milliseconds: 12,
    by: 'ops1',
  })
const path = (name: string, incident = INCIDENT) => join(directory, incident, name)

test('items are 0600, with their digest in the journal and who, when, where and what in the custody log', async () => {
  const sealed = await seal({ status: 'active\n', journal: 'line\n' })
  expect(sealed.items.map(({ item, name }) => [item, name])).toEqual([
    ['E01', 'status'],
    ['E02', 'journal'],
  ])
  expect(statSync(path('E01')).mode & 0o777).toBe(0o600)
  expect(statSync(join(directory, INCIDENT)).mode & 0o777).toBe(0o700)
  const { custody, held } = await store.facts(INCIDENT)
  expect(held).toBe(true)
  expect(custody[0]).toMatchObject({
    who: 'ops1',
    what: 'sealed',
    at: '2026-12-01T03:00:00.000Z' as Instant,
    host: 'web1',
    item: 'E01',
    digest: sealed.items[0]?.digest,
  })
  expect((await store.read(INCIDENT, 'E02')).bytes.toString()).toBe('line\n')
  const check = await store.check(INCIDENT)
  expect(check.items.map(({ found }) => found)).toEqual(['equal', 'equal'])
  expect(check.custody.map(({ found }) => found)).toEqual(['equal', 'equal'])
})

/** Flips one bit of a byte. */
function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
}

test('part of S46: each flipped byte of an item or of the custody log is found, and its item is named', async () => {
  await seal({ status: 'active (running)\n', journal: 'started\n' })
  await store.custody(INCIDENT, 'ops2', 'exported', 'E02')
  for (const item of ['E01', 'E02'])
    for (let at = 0; at < statSync(path(item)).size; at++) {
      flip(path(item), at)
      const { items } = await store.check(INCIDENT)
      expect(items.filter(({ found }) => found !== 'equal').map((one) => [one.item, one.found])).toEqual([
        [item, 'changed'],
      ])
      flip(path(item), at)
    }
  const log = readFileSync(path('custody.jsonl'))
  const ends = [...log.entries()].flatMap(([at, byte]) => (byte === 0x0a ? [at] : []))
  expect(ends).toHaveLength(3)
  for (let at = 0; at < log.length; at++) {
    flip(path('custody.jsonl'), at)
    const line = ends.filter((end) => end < at).length
    const { custody, added } = await store.check(INCIDENT)
    const wrong = custody.filter(({ found }) => found !== 'equal')
    expect(wrong.length + added, `byte ${at}`).toBeGreaterThan(0)
    // A line feed that is gone or new moves what follows: the first wrong line is the one.
    if (wrong[0] !== undefined) expect(wrong[0].item).toBe(['E01', 'E02', 'E02'][line])
    flip(path('custody.jsonl'), at)
  }
  expect((await store.check(INCIDENT)).custody.every(({ found }) => found === 'equal')).toBe(true)
})

test('a missing item, a missing log and an added line are each named', async () => {
  await seal({ status: 'a' })
  rmSync(path('E01'))
  expect((await store.check(INCIDENT)).items[0]?.found).toBe('missing')
  const log = readFileSync(path('custody.jsonl'), 'utf8')
  writeFileSync(path('custody.jsonl'), `${log}${log}`)
  expect((await store.check(INCIDENT)).added).toBe(1)
  rmSync(path('custody.jsonl'))
  expect((await store.check(INCIDENT)).custody[0]).toMatchObject({ item: 'E01', found: 'missing' })
})

test('what is held is never dropped: what is new is refused and named; released, the oldest gives way', async () => {
  const [first, second, third] = [1, 2, 3].map((n) => incidentId(2026, n)) as [
    typeof INCIDENT,
    typeof INCIDENT,
    typeof INCIDENT,
  ]
  store = open(100)
  await seal({ a: 'x'.repeat(60) }, first)
  const refused = await seal({ b: 'y'.repeat(60) }, second)
  expect(refused.items).toEqual([])
  expect(refused.gaps).toContainEqual({ name: 'b', why: 'quota' })
  await expect(
    store.keep({ incident: second, by: 'root', name: 'c', content: [Buffer.alloc(60)] }),
  ).rejects.toMatchObject({ code: 'evidence.quota' })
  await store.custody(first, 'root', 'released')
  const taken = await seal({ b: 'y'.repeat(60) }, third)
  expect(taken.items).toHaveLength(1)
  expect((await store.check(first)).items[0]?.found).toBe('dropped')
  await expect(store.read(first, 'E01')).rejects.toMatchObject({ code: 'evidence.dropped' })
})

test('evidence after a release is held again, and one of it that is gone is missing, not dropped', async () => {
  const [first, second] = [incidentId(2026, 1), incidentId(2026, 2)]
  store = open(100)
  await seal({ a: 'x'.repeat(60) }, first)
  await store.custody(first, 'root', 'released')
  await seal({ b: 'y'.repeat(60) }, second)
  const again = await seal({ c: 'z'.repeat(30) }, first)
  expect((await store.facts(first)).held).toBe(true)
  expect((await store.check(first)).items.map(({ item, found }) => [item, found])).toEqual([
    ['E01', 'dropped'],
    [again.items[0]?.item, 'equal'],
  ])
  rmSync(path(again.items[0]?.item ?? '', first))
  expect((await store.check(first)).items.map(({ found }) => found)).toEqual(['dropped', 'missing'])
})

test('the items of one set count against the quota together, and nothing gives way for what does not fit', async () => {
  const [first, second] = [incidentId(2026, 1), incidentId(2026, 2)]
  store = open(100)
  await seal({ a: 'x'.repeat(30) }, first)
  await store.custody(first, 'root', 'released')
  const set = await seal({ b: 'y'.repeat(60), c: 'y'.repeat(60) }, second)
  expect(set.items).toHaveLength(1)
  expect(set.gaps).toContainEqual({ name: 'c', why: 'quota' })
  expect((await store.check(first)).items[0]?.found).toBe('equal')
})

test('a line that a kill left in the log alone is taken over with the next one', async () => {
  await seal({ a: 'x' })
  const known = [...lines]
  await store.custody(INCIDENT, 'ops2', 'read', 'E01')
  lines = known // The journal line was not written.
  await store.custody(INCIDENT, 'ops2', 'exported', 'E01')
  const check = await store.check(INCIDENT)
  expect([check.custody.map(({ found }) => found), check.added]).toEqual([['equal', 'equal', 'equal'], 0])
  expect((await store.facts(INCIDENT)).custody.map(({ what }) => what)).toEqual([
    'sealed',
    'read',
    'exported',
  ])
})
