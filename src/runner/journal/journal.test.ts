// The journal's promises: any prefix of bytes is read as whole lines and a torn end; any other change is found; what is damaged is
// never written again, but undo goes on beside it; a full disk gives the reserve back.
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EXECUTION } from '../../../tests/runner-fixtures/scene.ts'
import { sha256 } from '../../base/hash.ts'
import type { Clock } from '../../base/time.ts'
import type { JournalBody } from '../../seal/journal.ts'
import { JournalFile } from './file.ts'
import { Journal, openExecutionJournal } from './journal.ts'
import { FIRST_PREV, lineText, readLines } from './line.ts'
import { RESERVE_BYTES, Reserve } from './reserve.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'runner-journal-'))
})
afterEach(() => rm(directory, { recursive: true }))

const clock: Clock = {
  now: () => 1_800_000_000_000,
  uptime: () => 1000,
  boot: () => 'boot',
  sleep: async () => {},
}
const deps = { clock, killPoint: () => {} }
const body = (i: number): JournalBody => ({
  kind: 'runner',
  event: 'settled',
  detail: { i, text: '日本語 "x"' },
})

async function written(lines: number): Promise<{ path: string; bytes: Buffer }> {
  const path = join(directory, 'a.jsonl')
  const file = await JournalFile.open(path, deps)
  for (let i = 0; i < lines; i++) await file.append('key', body(i))
  return { path, bytes: await readFile(path) }
}

test('lines are canonical, chained and numbered from one', async () => {
  const { bytes } = await written(3)
  const texts = bytes.toString('utf8').trimEnd().split('\n')
  const lines = readLines(bytes).lines
  expect(lines.map(({ seq }) => seq)).toEqual([1, 2, 3])
  expect(lines[0]?.prev).toBe(FIRST_PREV)
  expect(lines[2]?.prev).toBe(sha256(texts[1] ?? ''))
  expect(lines.map(lineText)).toEqual(texts)
})

test('every prefix of the bytes is whole lines and a torn rest', async () => {
  const { bytes } = await written(5)
  for (let size = 0; size <= bytes.length; size++) {
    const read = readLines(bytes.subarray(0, size))
    expect(read.damage).toBeUndefined()
    expect(read.size + read.tornBytes).toBe(size)
    expect(read.lines.length).toBe(bytes.subarray(0, size).toString('latin1').split('\n').length - 1)
  }
})

test('a torn last line is dropped and writing goes on', async () => {
  const { path, bytes } = await written(3)
  await truncate(path, bytes.length - 7)
  const file = await JournalFile.open(path, deps)
  expect(file.lines).toHaveLength(2)
  await file.append('key', body(9))
  expect(readLines(await readFile(path))).toMatchObject({
    tornBytes: 0,
    lines: [{ seq: 1 }, { seq: 2 }, { seq: 3 }],
  })
})

test('any changed byte that does not end in a torn line is damage, and the lines before it still count', async () => {
  const { bytes } = await written(6)
  const last = bytes.lastIndexOf(0x0a, bytes.length - 2)
  fc.assert(
    fc.property(fc.nat({ max: last }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ flip
      const read = readLines(changed)
      expect(read.damage).toBeDefined()
      expect(read.lines.length).toBeLessThan(6)
    }),
    { numRuns: 2000 },
  )
})

test('cut, swapped, doubled and missing lines are damage', async () => {
  const { bytes } = await written(4)
  const [a = '', b = '', c = '', d = ''] = bytes.toString('utf8').trimEnd().split('\n')
  for (const lines of [
    [a, c, d],
    [a, c, b, d],
    [a, b, b, c],
    [b, c, d],
  ])
    expect(readLines(Buffer.from(`${lines.join('\n')}\n`)).damage).toBeDefined()
})

test('total on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      readLines(Buffer.from(bytes))
    }),
    { numRuns: 2000 },
  )
})

test('somebody else wrote in between: the expected length does not hold, and nothing is written', async () => {
  const one = await openExecutionJournal(directory, EXECUTION, deps)
  const two = await openExecutionJournal(directory, EXECUTION, deps)
  await one.append('key', body(1), 0)
  expect(await two.append('key', body(2), 0)).toBeUndefined()
  await two.refresh()
  expect(await two.append('key', body(2), 1)).toMatchObject({ seq: 2 })
  await one.refresh()
  expect(one.lines).toHaveLength(2)
})

test('two processes at once never break the chain', async () => {
  const both = await Promise.all([1, 2].map(() => openExecutionJournal(directory, EXECUTION, deps)))
  await Promise.all(both.flatMap((chain) => [1, 2, 3, 4, 5].map((i) => chain.append('key', body(i)))))
  const read = readLines(await readFile(join(directory, 'CHG-2026-0001.1.jsonl')))
  expect(read).toMatchObject({ tornBytes: 0 })
  expect(read.damage).toBeUndefined()
  expect(read.lines).toHaveLength(10)
})

test('R3 a stretch of lines asks for the lock once, and again after it was let go', async () => {
  let asked = 0
  const lock = async () => {
    asked += 1
  }
  const file = await JournalFile.open(join(directory, 'a.jsonl'), { ...deps, lock })
  for (let i = 0; i < 3; i++) await file.append('key', body(i))
  expect(asked).toBe(3)
  file.hold()
  for (let i = 0; i < 3; i++) await file.append('key', body(i))
  expect(asked).toBe(4)
  await file.letGo()
  await file.append('key', body(7))
  expect(asked).toBe(5)
})

test('R3 a held lock that nobody uses does not keep the keeper out', async () => {
  const holder = await openExecutionJournal(directory, EXECUTION, deps)
  holder.hold()
  await holder.append('key', body(1))
  // Waits for the lock, as the keeper does, and gets it although `letGo` is never called.
  const keeper = await openExecutionJournal(directory, EXECUTION, deps)
  expect(await keeper.append('key', body(2), 1)).toMatchObject({ seq: 2 })
  expect(await holder.append('key', body(3), 1)).toBeUndefined()
  expect(holder.lines).toHaveLength(2)
})

test('R3 what is written by another hand while the lock is held is still seen', async () => {
  const path = join(directory, 'a.jsonl')
  const file = await JournalFile.open(path, { ...deps, lock: async () => {} })
  file.hold()
  await file.append('key', body(1))
  await (await JournalFile.open(path, deps)).append('key', body(2))
  expect(await file.append('key', body(3), 1)).toBeUndefined()
  expect(await file.append('key', body(3), 2)).toMatchObject({ seq: 3 })
})

describe('damage', () => {
  async function damaged(): Promise<string> {
    const chain = await openExecutionJournal(directory, EXECUTION, deps)
    for (let i = 0; i < 4; i++) await chain.append('key', body(i))
    const path = join(directory, 'CHG-2026-0001.1.jsonl')
    const bytes = await readFile(path)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    await writeFile(path, bytes)
    return path
  }

  test('stops new starts, is said, and leaves the bytes as they are', async () => {
    const path = await damaged()
    const before = await readFile(path)
    const journal = await Journal.open(directory, deps)
    expect(journal.damage).toMatchObject({ path })
    const chain = await journal.execution(EXECUTION)
    await chain.append('key', body(7))
    expect(await readFile(path)).toEqual(before)
  })

  test('undo and settling go on in a continuation that stands on the damaged bytes', async () => {
    const path = await damaged()
    const chain = await openExecutionJournal(directory, EXECUTION, deps)
    const sound = chain.lines.length
    await chain.append('key', body(7))
    const again = await openExecutionJournal(directory, EXECUTION, deps)
    expect(again.lines).toHaveLength(sound + 1)
    // Whoever mends the damage unseen breaks the continuation.
    const bytes = await readFile(path)
    await writeFile(path, bytes.subarray(0, bytes.length - 1))
    const mended = await openExecutionJournal(directory, EXECUTION, deps)
    expect(mended.damage).toBeDefined()
  })

  test('a runner file that is damaged too: the runner still writes', async () => {
    const journal = await Journal.open(directory, deps)
    for (let i = 0; i < 3; i++) await journal.append('runner', body(i))
    await appendFile(join(directory, 'runner.jsonl'), 'x\n')
    const again = await Journal.open(directory, deps)
    expect(again.damage).toMatchObject({ path: join(directory, 'runner.jsonl') })
    await again.append('runner', body(9))
    expect((await readdir(directory)).sort()).toContain('runner.continued.jsonl')
  })
})

test('the reserve is real bytes, kept once and given back once', async () => {
  const reserve = new Reserve(directory)
  expect(await reserve.keep()).toBe(true)
  expect((await stat(join(directory, 'reserve'))).blocks * 512).toBeGreaterThanOrEqual(RESERVE_BYTES)
  expect(await reserve.release()).toBe(true)
  expect(await reserve.release()).toBe(false)
})

test('the index is rebuilt from the files: nonces, fences, trials', async () => {
  const journal = await Journal.open(directory, deps)
  const chain = await journal.execution(EXECUTION)
  await chain.append(EXECUTION, {
    kind: 'accepted',
    change: 'CHG-2026-0001' as never,
    plan: sha256('p'),
    envelope: sha256('e'),
    statements: [],
    nonces: ['n1'],
    policy: sha256('v'),
    fences: [{ target: 'web1/nginx' as never, token: 9 }],
    approvers: [],
    solo: false,
    demo: false,
  })
  await journal.append('statement', {
    kind: 'statement',
    type: 'revoke',
    digest: sha256('r'),
    effect: sha256('taken back'),
    person: 'ops1',
    nonce: 'n2',
  })
  for (const index of [journal.index, (await Journal.open(directory, deps)).index]) {
    expect([...index.nonces].sort()).toEqual(['n1', 'n2'])
    expect(index.fences.get('web1/nginx' as never)).toBe(9)
    expect(index.revoked.has(sha256('taken back'))).toBe(true)
    expect(index.open()).toEqual([EXECUTION])
    expect(index.holder('web1/nginx' as never)).toBe(EXECUTION)
  }
})
