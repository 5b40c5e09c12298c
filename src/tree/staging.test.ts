// Where a restored tree may stand beside its target: under the nearest ancestor on the same file system that nobody else can write, or nowhere.
import { chmodSync, closeSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../sys/process.ts'
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

test('outside of a git work tree where root has a place there, so that git does not see it', async () => {
  await using at = await scene()
  const repository = join(at.base, 'srv', 'app')
  const target = join(repository, 'backend', 'data')
  mkdirSync(target, { recursive: true })
  expect((await run(['git', 'init', '-q', repository])).code).toBe(0)
  expect(await placeOf(target)).toBe(join(at.base, 'srv', STAGING))
  const seen = await run(['git', '-C', repository, 'status', '--porcelain', '--untracked-files=all'])
  expect(seen.stdout).toBe('')
})

test('where a work tree fills its volume, git is told once to leave the place out', async () => {
  await using at = await scene()
  const repository = join(at.base, 'app')
  mkdirSync(repository)
  expect((await run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'none', repository])).code).toBe(0)
  try {
    const target = join(repository, 'backend', 'data')
    mkdirSync(target, { recursive: true })
    expect((await run(['git', 'init', '-q', repository])).code).toBe(0)
    const place = join(repository, 'backend', STAGING)
    const status = async () =>
      (await run(['git', '-C', repository, 'status', '--porcelain', '--untracked-files=all'])).stdout
    expect(await placeOf(target)).toBe(place)
    expect(await placeOf(target)).toBe(place)
    writeFileSync(join(place, 'x'), '')
    expect(await status()).toBe('')
    const exclude = readFileSync(join(repository, '.git', 'info', 'exclude'), 'utf8')
    expect(exclude.match(/sekisho-staging/g)).toHaveLength(1)
    // The control: without that line git shows it.
    writeFileSync(join(repository, '.git', 'info', 'exclude'), '')
    expect(await status()).toContain(STAGING)
  } finally {
    await run(['umount', repository])
  }
})

test('nothing is written into a repository of somebody else, nor through a link', async () => {
  await using at = await scene()
  const repository = join(at.base, 'app')
  mkdirSync(repository)
  expect((await run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'none', repository])).code).toBe(0)
  try {
    const target = join(repository, 'data')
    mkdirSync(target)
    mkdirSync(join(repository, '.git', 'info'), { recursive: true })
    const victim = join(at.base, 'victim')
    writeFileSync(victim, 'as it was\n')
    symlinkSync(victim, join(repository, '.git', 'info', 'exclude'))
    expect(await placeOf(target)).toBe(join(repository, STAGING))
    expect(readFileSync(victim, 'utf8')).toBe('as it was\n')
    await rm(join(repository, '.git', 'info', 'exclude'))
    writeFileSync(join(repository, '.git', 'info', 'exclude'), '# theirs\n')
    await run(['chown', '-R', '4711', join(repository, '.git')])
    expect(await placeOf(target)).toBe(join(repository, STAGING))
    expect(readFileSync(join(repository, '.git', 'info', 'exclude'), 'utf8')).toBe('# theirs\n')
  } finally {
    await run(['umount', repository])
  }
})
