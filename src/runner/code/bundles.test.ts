// Bundles on their way in: whole or not at all, within their limits, and given away once.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { BUNDLE_MAX } from '../../seal/protocol.ts'
import { Bundles } from './bundles.ts'

const HOUR = 3_600_000
let root: string
let now: number
let bundles: Bundles
const place = () => join(root, 'bundles')

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-bundles-'))
  now = Date.now()
  bundles = new Bundles(place(), () => now)
  await bundles.prepare()
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex') as Digest
const part = (whole: Buffer, from: number, to: number, digest = digestOf(whole), by = 'ops1') => ({
  digest,
  size: whole.length,
  offset: from,
  base64: whole.subarray(from, to).toString('base64'),
  by,
})
const put = async (piece: ReturnType<typeof part>) => (await bundles.put(piece)).stored
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error as { readonly code?: string }).code,
  )

test('pieces in order become the whole, which is taken once', async () => {
  const whole = randomBytes(300_000)
  expect(await put(part(whole, 0, 100_000))).toBe(false)
  expect(await put(part(whole, 100_000, 250_000))).toBe(false)
  expect(await put(part(whole, 250_000, 300_000))).toBe(true)
  // Whoever sends it again is told that it is there.
  expect(await put(part(whole, 0, 100_000))).toBe(true)
  const to = join(root, 'candidate.bundle')
  await bundles.take(digestOf(whole), to)
  expect(digestOf(await readFile(to))).toBe(digestOf(whole))
  expect(await readdir(place())).toEqual([])
  expect(await codeOf(bundles.take(digestOf(whole), to))).toBe('deploy.bundle_missing')
})

test('a piece that is missing, too much, or of another bundle is refused, and nothing of it counts', async () => {
  const whole = randomBytes(1000)
  expect(await codeOf(bundles.put(part(whole, 500, 1000)))).toBe('runner.chunk_wrong')
  await bundles.put(part(whole, 0, 500))
  expect(await codeOf(bundles.put(part(whole, 600, 1000)))).toBe('runner.chunk_wrong')
  expect(await codeOf(bundles.put({ ...part(whole, 500, 1000), size: 900 }))).toBe('runner.chunk_wrong')
  const other = digestOf(Buffer.from('another'))
  expect(await codeOf(bundles.put(part(whole, 0, 1000, other)))).toBe('judge.digest_wrong')
  expect(await codeOf(bundles.take(other, join(root, 'x')))).toBe('deploy.bundle_missing')
  // It begins anew, and ends well.
  expect(await put(part(whole, 0, 1000))).toBe(true)
})

test('what waited too long is swept, and what is young stays', async () => {
  const [old, young] = [randomBytes(100), randomBytes(100)]
  await bundles.put(part(old, 0, 100))
  await bundles.put(part(young, 0, 50))
  const ago = new Date(now - 2 * HOUR)
  await utimes(join(place(), digestOf(old)), ago, ago)
  await bundles.sweep()
  expect(await readdir(place())).toEqual([`${digestOf(young)}.part`])
})

test('what waited too long goes when the next one comes, and what is young stays', async () => {
  const [old, young] = [randomBytes(100), randomBytes(100)]
  await bundles.put(part(old, 0, 50))
  await bundles.put(part(young, 0, 100))
  const ago = new Date(now - 2 * HOUR)
  await utimes(join(place(), `${digestOf(old)}.part`), ago, ago)
  const next = randomBytes(10)
  await bundles.put(part(next, 0, 5))
  expect((await readdir(place())).toSorted()).toEqual([digestOf(young), `${digestOf(next)}.part`].toSorted())
})

/** The first byte of one that is announced as so large. */
const begun = (name: string, size: number, offset = 0, by = name) => ({
  digest: digestOf(Buffer.from(name)),
  size,
  offset,
  base64: 'AA==',
  by,
})

test('all together have a limit by what was announced: what goes beyond it is refused, and none that is still coming goes', async () => {
  const twenty = Array.from({ length: 20 }, (_, i) => begun(`one ${i}`, BUNDLE_MAX))
  const codes = await Promise.all(twenty.map((one) => codeOf(bundles.put(one))))
  expect(codes).toEqual([undefined, undefined, ...Array.from({ length: 18 }, () => 'runner.quota')])
  expect(await readdir(place())).toHaveLength(2)
  // Those go on, and no further than was announced.
  expect(await put(begun('one 0', BUNDLE_MAX, 1))).toBe(false)
  // One that begins anew is not counted beside itself.
  expect(await put(begun('one 1', BUNDLE_MAX))).toBe(false)
  expect(await codeOf(bundles.put(begun('small', 2)))).toBe('runner.quota')
})

test('one actor sends half of that at a time: another one can always send too', async () => {
  const of = (name: string, size: number, by: string) => begun(name, size, 0, by)
  expect(await put(of('one', BUNDLE_MAX, 'agent'))).toBe(false)
  expect(await codeOf(bundles.put(of('two', BUNDLE_MAX, 'agent')))).toBe('runner.quota')
  expect(await codeOf(bundles.put(of('small', 2, 'agent')))).toBe('runner.quota')
  expect(await put(of('three', BUNDLE_MAX, 'ops1'))).toBe(false)
  // What the same actor has let lie gives way, and nothing of anybody else.
  now += 120_000
  expect(await put(of('four', BUNDLE_MAX, 'agent'))).toBe(false)
  const left = (await readdir(place())).toSorted()
  expect(left).toEqual(['three', 'four'].map((one) => `${of(one, 1, '').digest}.part`).toSorted())
})

test('the whole ones of the same actor go before those of another', async () => {
  const [first, second] = [randomBytes(100), randomBytes(100)]
  await bundles.put(part(first, 0, 100, digestOf(first), 'ops1'))
  await bundles.put(part(second, 0, 100, digestOf(second), 'agent'))
  const earlier = new Date(now - HOUR / 2)
  await utimes(join(place(), digestOf(first)), earlier, earlier)
  await bundles.put(begun('one', BUNDLE_MAX, 0, 'ops2'))
  await bundles.put(begun('two', BUNDLE_MAX - 65_536, 0, 'agent'))
  const left = await readdir(place())
  expect([left.includes(digestOf(first)), left.includes(digestOf(second))]).toEqual([true, false])
})

test('a transfer that broke goes on where it stopped, whoever sends it again from the start', async () => {
  const whole = randomBytes(300_000)
  expect(await bundles.put(part(whole, 0, 100_000))).toEqual({ stored: false, had: 100_000 })
  expect(await bundles.put(part(whole, 100_000, 200_000))).toEqual({ stored: false, had: 200_000 })
  const again = part(whole, 0, 100_000, digestOf(whole), 'ops2')
  expect(await bundles.put(again)).toEqual({ stored: false, had: 200_000 })
  // After a restart too.
  bundles = new Bundles(place(), () => now)
  expect(await bundles.put(again)).toEqual({ stored: false, had: 200_000 })
  expect(await bundles.put(part(whole, 150_000, 250_000))).toEqual({ stored: false, had: 250_000 })
  expect(await bundles.put(part(whole, 250_000, 300_000))).toEqual({ stored: true, had: 300_000 })
  expect(digestOf(await readFile(join(place(), digestOf(whole))))).toBe(digestOf(whole))
})

test('what was begun with other bytes under its digest is refused at its end, and begins anew then', async () => {
  const whole = randomBytes(1000)
  await bundles.put({ ...part(randomBytes(1000), 0, 500), digest: digestOf(whole), by: 'agent' })
  expect(await codeOf(bundles.put(part(whole, 0, 1000)))).toBe('judge.digest_wrong')
  expect(await put(part(whole, 0, 1000))).toBe(true)
})

test('a piece that names another size than was announced is refused', async () => {
  await bundles.put(begun('one', 2))
  expect(await codeOf(bundles.put(begun('one', BUNDLE_MAX, 1)))).toBe('runner.chunk_wrong')
})

test('after a restart one that is half here counts with the greatest size until its next piece tells its own', async () => {
  await bundles.put(begun('one', 100))
  await bundles.put(begun('two', 100))
  const restarted = new Bundles(place(), () => now)
  expect(await codeOf(restarted.put(begun('three', 100)))).toBe('runner.quota')
  await restarted.put(begun('one', 100, 1))
  await restarted.put(begun('three', 100))
  expect(await readdir(place())).toHaveLength(3)
})

test('the oldest whole one goes before one that comes is refused', async () => {
  const [first, second] = [randomBytes(100), randomBytes(100)]
  await bundles.put(part(first, 0, 100))
  await bundles.put(part(second, 0, 100))
  const earlier = new Date(now - HOUR / 2)
  await utimes(join(place(), digestOf(first)), earlier, earlier)
  await bundles.put(begun('one', BUNDLE_MAX))
  await bundles.put(begun('two', BUNDLE_MAX - 65_536))
  const left = await readdir(place())
  expect([left.includes(digestOf(first)), left.includes(digestOf(second))]).toEqual([false, true])
})

test('free room is asked for at each piece, for what is still to come', async () => {
  const asked: number[] = []
  let free = 1000
  const narrow = new Bundles(
    place(),
    () => now,
    (path, { bytes }) => {
      asked.push(bytes)
      if (bytes > free) throw new SekishoError('room.no_space', { path, need: bytes, free })
    },
  )
  const whole = randomBytes(1000)
  expect(await codeOf(narrow.put(begun('large', 1001)))).toBe('room.no_space')
  expect(await readdir(place())).toEqual([])
  await narrow.put(part(whole, 0, 400))
  free = 599
  expect(await codeOf(narrow.put(part(whole, 400, 800)))).toBe('room.no_space')
  expect((await stat(join(place(), `${digestOf(whole)}.part`))).size).toBe(400)
  free = 600
  expect(await narrow.put(part(whole, 400, 1000))).toMatchObject({ stored: true })
  expect(asked).toEqual([1001, 1000, 600, 600])
})
