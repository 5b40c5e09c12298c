// Bundles on their way in: whole or not at all, within their limits, and given away once.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Digest } from '../../base/hash.ts'
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
const part = (whole: Buffer, from: number, to: number, digest = digestOf(whole)) => ({
  digest,
  size: whole.length,
  offset: from,
  base64: whole.subarray(from, to).toString('base64'),
})
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error as { readonly code?: string }).code,
  )

test('pieces in order become the whole, which is taken once', async () => {
  const whole = randomBytes(300_000)
  expect(await bundles.put(part(whole, 0, 100_000))).toBe(false)
  expect(await bundles.put(part(whole, 100_000, 250_000))).toBe(false)
  expect(await bundles.put(part(whole, 250_000, 300_000))).toBe(true)
  // Whoever sends it again is told that it is there.
  expect(await bundles.put(part(whole, 0, 100_000))).toBe(true)
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
  expect(await bundles.put(part(whole, 0, 1000))).toBe(true)
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

test('what waited too long goes when the next one comes, and what does not fit is refused before it is written', async () => {
  const [old, young] = [randomBytes(100), randomBytes(100)]
  await bundles.put(part(old, 0, 50))
  await bundles.put(part(young, 0, 100))
  const ago = new Date(now - 2 * HOUR)
  await utimes(join(place(), `${digestOf(old)}.part`), ago, ago)
  const next = randomBytes(10)
  await bundles.put(part(next, 0, 5))
  expect((await readdir(place())).toSorted()).toEqual([digestOf(young), `${digestOf(next)}.part`].toSorted())
  const huge = { ...part(next, 0, 5), digest: digestOf(Buffer.from('huge')), size: Number.MAX_SAFE_INTEGER }
  expect(await codeOf(bundles.put(huge))).toBe('room.no_space')
})
