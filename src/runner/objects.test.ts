// The store of what was put: only under its own digest, in chunks in order, oldest first out, never what an execution needs.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { planOf, sceneOf } from '../../tests/runner-fixtures/scene.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import { canonical, type Json } from '../base/json.ts'
import { planDigest } from '../plans/plan.ts'
import { Objects } from './objects.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'runner-objects-'))
})
afterEach(() => rm(directory, { recursive: true }))

async function make(quota?: { bytes: number; count: number }): Promise<Objects> {
  const objects = new Objects(directory, quota)
  await objects.prepare()
  return objects
}
const put = (bytes: Buffer, digest: Digest, offset = 0, size = bytes.length) =>
  ({ verb: 'put', kind: 'blob', digest, size, offset, base64: bytes.toString('base64') }) as const

test('chunks in order make one object, 0600', async () => {
  const objects = await make()
  const bytes = Buffer.from('abcdefgh')
  const digest = sha256(bytes)
  expect(await objects.put(put(bytes.subarray(0, 3), digest, 0, 8))).toBe(false)
  await expect(objects.put(put(bytes.subarray(4), digest, 4, 8))).rejects.toMatchObject({
    code: 'runner.chunk_wrong',
  })
  expect(await objects.put(put(bytes.subarray(3), digest, 3, 8))).toBe(true)
  expect(await objects.read('blob', digest)).toEqual(bytes)
  expect((await stat(join(directory, 'blob', digest))).mode & 0o777).toBe(0o600)
})

test('bytes of another digest are refused, and of another kind', async () => {
  const objects = await make()
  await expect(objects.put(put(Buffer.from('x'), sha256('y')))).rejects.toMatchObject({
    code: 'judge.digest_wrong',
  })
  const bytes = Buffer.from('{"v":2}')
  const request = { ...put(bytes, sha256(bytes)), kind: 'plan' as const }
  await expect(objects.put(request)).rejects.toMatchObject({ code: 'judge.plan_malformed' })
})

test('a plan lies under its plan digest, a statement under its own', async () => {
  const objects = await make()
  const plan = Buffer.from(canonical(planOf() as unknown as Json))
  expect(await objects.put({ ...put(plan, planDigest(planOf())), kind: 'plan' })).toBe(true)
  const [signed] = sceneOf().order.statements
  const bytes = Buffer.from(canonical(signed as unknown as Json))
  await expect(objects.put({ ...put(bytes, sha256(bytes)), kind: 'statement' })).rejects.toMatchObject({
    code: 'judge.digest_wrong',
  })
})

test('the quota takes the oldest that nothing needs', async () => {
  const objects = await make({ bytes: 1000, count: 3 })
  const names = ['one', 'two', 'three', 'four', 'five'].map((text) => Buffer.from(text))
  objects.pin('blob', sha256('one'))
  for (const bytes of names) await objects.put(put(bytes, sha256(bytes)))
  const there = await Promise.all(names.map((bytes) => objects.has('blob', sha256(bytes))))
  expect(there).toEqual([true, false, true, true, true])
})

test('a changed object is not read as what it was', async () => {
  const objects = await make()
  const { writeFile } = await import('node:fs/promises')
  await objects.put(put(Buffer.from('a'), sha256('a')))
  await writeFile(join(directory, 'blob', sha256('a')), 'b')
  await expect(objects.read('blob', sha256('a'))).rejects.toMatchObject({ code: 'judge.digest_wrong' })
})
