// F5: real disks of different sizes that somebody else fills at some moment of a backup, or of a restore: a clear failure by name, nothing half done
// left, the older snapshots and the live tree untouched, the room given back, and the next run works.
import { createHash, randomInt } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeWith } from '../../../tests/host/describe.ts'
import { openDisk } from '../../../tests/host/disk.ts'
import type { SekishoError } from '../../base/error.ts'
import { run } from '../../sys/process.ts'
import { exchangePlaces } from '../../tree/exchange-places.ts'
import { identityOf } from '../../tree/identity.ts'
import { close, openTree } from '../../tree/openat.ts'
import { readOwners } from '../../tree/owners.ts'
import { removeTree } from '../../tree/remove.ts'
import { syncFileSystem } from '../../tree/sync.ts'
import { yielding } from '../../tree/yield.ts'
import { openScene, put, type Scene, sceneIn } from './fixtures/scene.ts'
import type { Written } from './request.ts'
import { restoreItem } from './restore-item.ts'

const TIMES = process.env['SEKISHO_CAMPAIGN'] === 'whole' ? 10 : 2
const SEED = Number(process.env['SEKISHO_SEED'] ?? randomInt(1_000_000))
const DISKS = [
  ['ext4', 24],
  ['xfs', 300],
  ['ext4', 48],
  ['ext4', 96],
  ['xfs', 400],
] as const
const FULL = ['file.no_space', 'backup.no_space', 'backup.no_inodes']

let state = SEED
/** Numerical Recipes' generator: enough to be replayed. */
const random = (below: number) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return (state >>> 8) % below
}

function diskOf(i: number) {
  const [kind, megabytes] = DISKS[i % DISKS.length] ?? DISKS[0]
  return openDisk(kind, megabytes)
}

function fill(directory: string, salt: number): void {
  for (let i = 0; i < 40; i++) {
    const at = join(directory, `d${i % 4}`)
    mkdirSync(at, { recursive: true })
    const bytes = createHash('shake256', { outputLength: 2000 + (i % 8) * 30_000 }).update(`${salt} ${i}`)
    put(join(at, `f${i}`), bytes.digest())
  }
}

function contentOf(directory: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(directory, name)
    hash.update(name)
    if (statSync(path).isFile()) hash.update(readFileSync(path))
  }
  return hash.digest('hex')
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (cause: unknown) => cause as SekishoError,
  )

describeWith('loop', 'F5 disks that are full', () => {
  test(`the disk of the copies fills at some moment of a backup, ${TIMES} times`, async () => {
    console.log(`SEKISHO_SEED=${SEED}`)
    const ends: string[] = []
    for (let i = 0; i < TIMES; i++) {
      await using disk = await diskOf(i)
      await using data = await openScene()
      const scene = { ...sceneIn(disk.path), source: data.source }
      fill(data.source, i)
      const items = scene.request('x').items.map((one) => ({
        ...one,
        source: { kind: 'tree' as const, path: data.source, isSecret: () => false },
      }))
      const write = (id: string, more: object = {}) => scene.write(id, { items, ...more })
      const first = await write('20261125_000001Z')
      const copied = contentOf(scene.snapshot(first.id))
      // Nothing is linked: all of it has to be written again.
      rmSync(data.source, { recursive: true })
      mkdirSync(data.source)
      fill(data.source, 1000 + i)
      const before = disk.freeBytes()
      const moment = random(2) === 0 ? 0 : 1 + random(30)
      const leave = random(moment === 0 ? 3_000_000 : 600_000)
      let seen = 0
      if (moment === 0) disk.fill(leave)
      const refused = await refusal(
        write('20261125_000002Z', {
          kill: (name: string) => {
            if (name === 'snapshot.file.after' && ++seen === moment) disk.fill(leave)
          },
        }),
      )
      const what = `${i} ${moment} ${leave}`
      ends.push(refused?.code ?? 'written')
      if (refused === undefined) await verified(scene, { id: '20261125_000002Z' as Written['id'] })
      else {
        expect(FULL, `${what} ${String(refused)} ${JSON.stringify(refused.detail)}`).toContain(refused.code)
        expect(refused.detail['path'], what).toContain(disk.path)
        expect(readdirSync(join(scene.to, 'daily')), what).toEqual([first.id])
      }
      expect(readdirSync(join(scene.to, '.partial')), what).toEqual([])
      expect(contentOf(scene.snapshot(first.id)), what).toBe(copied)
      expect(await scene.verify(first), what).toMatchObject({ ok: true })
      await disk.empty()
      if (refused !== undefined) await disk.freed(before - 300_000)
      const next = await write('20261125_000003Z')
      expect(await scene.verify(next), what).toMatchObject({ ok: true })
      expect(contentOf(join(scene.snapshot(next.id), 'data')), what).toBe(contentOf(data.source))
    }
    console.log(JSON.stringify(ends))
    expect(ends.filter((end) => end !== 'written').length).toBeGreaterThan(TIMES / 2 - 1)
  }, 600_000)

  test(`the data’s own disk fills at some moment of a restore, ${TIMES} times; where there is no room nothing is begun`, async () => {
    const ends: string[] = []
    for (let i = 0; i < TIMES; i++) {
      await using disk = await diskOf(i)
      await using scene = await openScene()
      fill(scene.source, i)
      const written = await scene.write('20261125_000001Z')
      const [live, staging] = [join(disk.path, 'live'), join(disk.path, 'staging')]
      mkdirSync(staging, { mode: 0o700 })
      cpSync(scene.source, live, { recursive: true })
      put(join(live, 'd0', 'f0'), 'damaged')
      const old = contentOf(live)
      const before = disk.freeBytes()
      // In front of it: as much is missing as it likes.
      disk.fill(random(4_000_000))
      const early = await refusal(layOut(scene, written, staging))
      expect(early?.code).toBe('backup.no_space')
      expect(early?.detail).toMatchObject({ path: staging })
      expect(readdirSync(staging)).toEqual([])
      await disk.empty()
      // And in the middle of it.
      const moment = 1 + random(30)
      let seen = 0
      const leave = random(100_000)
      const late = await refusal(
        layOut(scene, written, staging, () => {
          if (++seen === moment) disk.fill(leave)
        }),
      )
      ends.push(late?.code ?? 'laid out')
      if (late !== undefined)
        expect(FULL, `${String(late)} ${JSON.stringify(late.detail)}`).toContain(late.code)
      expect(contentOf(live)).toBe(old)
      await clear(staging)
      await disk.empty()
      await disk.freed(before - 300_000)
      // Laid out in time, and full to the last byte when it changes places: neither way needs any room.
      await layOut(scene, written, staging)
      disk.fill(0)
      const beside = join(staging, 'tree')
      const place = { path: live, beside, staged: identityOf(beside) ?? '', live: identityOf(live) ?? '' }
      await exchangePlaces(place, run)
      expect(contentOf(live)).toBe(contentOf(scene.source))
      await exchangePlaces(place, run)
      expect(contentOf(live)).toBe(old)
    }
    console.log(JSON.stringify(ends))
  }, 600_000)
})

async function layOut(
  scene: Scene,
  { id, manifest }: Written,
  staging: string,
  progress?: () => void,
): Promise<void> {
  const fd = openTree(staging)
  try {
    await restoreItem({
      run,
      owners: readOwners(),
      turns: yielding(),
      to: scene.to,
      id,
      manifest,
      item: 'data',
      into: { fd, name: Buffer.from('tree') },
      ...(progress === undefined ? {} : { progress }),
    })
    await syncFileSystem(run, fd, staging)
  } finally {
    close(fd)
  }
}

async function clear(staging: string): Promise<void> {
  const fd = openTree(staging)
  try {
    await removeTree(fd, Buffer.from('tree'), yielding())
  } finally {
    close(fd)
  }
}

async function verified(scene: Pick<Scene, 'to' | 'entries' | 'snapshot'>, { id }: Pick<Written, 'id'>) {
  const sums = await run(['sha256sum', '-c', '--quiet', 'checksums.sha256'], { cwd: scene.snapshot(id) })
  expect([sums.code, sums.stdout]).toEqual([0, ''])
}
