// Where a restored tree may stand beside its target: under the nearest ancestor on the same file system that nobody else can write, or nowhere.
import { chmodSync, closeSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../sys/process.ts'
import { STAGING, stagingPlace } from './staging.ts'

async function scene() {
  const base = await mkdtemp(join(tmpdir(), 'sekisho-staging-'))
  return { base, [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }) }
}

async function placeOf(target: string): Promise<string> {
  const { path, fd } = await stagingPlace(target)
  closeSync(fd)
  return path
}

test('beside the target where its directory is root’s alone; it is private, and found again', async () => {
  await using at = await scene()
  const target = join(at.base, 'lib', 'data')
  mkdirSync(target, { recursive: true })
  expect(await placeOf(target)).toBe(join(at.base, 'lib', STAGING))
  expect(statSync(join(at.base, 'lib', STAGING)).mode & 0o7777).toBe(0o700)
  expect(await placeOf(target)).toBe(join(at.base, 'lib', STAGING))
})

test('further up where the service owns the directory or others may write it', async () => {
  await using at = await scene()
  const target = join(at.base, 'lib', 'service', 'data')
  mkdirSync(target, { recursive: true })
  await run(['chown', '-R', '4711', join(at.base, 'lib', 'service')])
  expect(await placeOf(target)).toBe(join(at.base, 'lib', STAGING))
  chmodSync(join(at.base, 'lib'), 0o777)
  expect(await placeOf(target)).toBe(join(at.base, STAGING))
})

test('nowhere: said with its reason', async () => {
  await using at = await scene()
  const mounted = join(at.base, 'mounted')
  mkdirSync(mounted)
  expect((await run(['mount', '-t', 'tmpfs', 'none', mounted])).code).toBe(0)
  try {
    await expect(stagingPlace(mounted)).rejects.toMatchObject({
      code: 'backup.no_staging_place',
      detail: { why: 'mount' },
    })
    mkdirSync(join(mounted, 'service', 'data'), { recursive: true })
    chmodSync(mounted, 0o777)
    await run(['chown', '-R', '4711', join(mounted, 'service')])
    await expect(stagingPlace(join(mounted, 'service', 'data'))).rejects.toMatchObject({
      code: 'backup.no_staging_place',
      detail: { why: 'writable' },
    })
  } finally {
    await run(['umount', mounted])
  }
})

test('a name that is taken by something else is not used', async () => {
  await using at = await scene()
  const target = join(at.base, 'data')
  mkdirSync(target)
  const place = join(at.base, STAGING)
  symlinkSync('/tmp', place)
  await expect(stagingPlace(target)).rejects.toMatchObject({ detail: { why: 'taken' } })
  await rm(place)
  mkdirSync(place, { mode: 0o755 })
  await expect(stagingPlace(target)).rejects.toMatchObject({ detail: { why: 'taken' } })
  chmodSync(place, 0o700)
  await run(['chown', '4711', place])
  await expect(stagingPlace(target)).rejects.toMatchObject({ detail: { why: 'taken' } })
})
