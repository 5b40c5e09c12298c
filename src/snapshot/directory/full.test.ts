// A full disk on either side: the backup or the restore has failed by name, and nothing half-written counts.
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { must, openScene, put, sceneIn } from './fixtures/scene.ts'

const A = '20261125_000001Z'
const B = '20261125_000002Z'

async function onSmall<T>(options: string, work: (place: string) => Promise<T>): Promise<T> {
  await using scene = await openScene()
  const place = join(scene.base, 'small')
  await must(['mkdir', place])
  await must(['mount', '-t', 'tmpfs', '-o', options, 'none', place])
  try {
    return await work(place)
  } finally {
    await must(['umount', place])
  }
}

test('there is no room: said before a byte is written, in bytes and in inodes', async () => {
  await onSmall('size=8m', async (place) => {
    const scene = sceneIn(place)
    put(join(scene.source, 'a'), Buffer.alloc(3_000_000, 1))
    await expect(scene.write(A)).rejects.toMatchObject({ code: 'backup.no_space' })
    await expect(scene.write(A, { floorBytes: 2 ** 30 })).rejects.toMatchObject({ code: 'backup.no_space' })
    expect(readdirSync(join(scene.to, '.partial'))).toEqual([])
  })
  await onSmall('size=64m,nr_inodes=900', async (place) => {
    const scene = sceneIn(place)
    put(join(scene.source, 'a'))
    await expect(scene.write(A)).rejects.toMatchObject({ code: 'backup.no_inodes' })
  })
})

test('the disk fills while a backup runs: no snapshot, no rest, and the older one is sound', async () => {
  await onSmall('size=24m', async (place) => {
    const scene = sceneIn(place)
    for (let i = 0; i < 20; i++)
      put(join(scene.source, `f${String(i).padStart(2, '0')}`), Buffer.alloc(200_000, i))
    const first = await scene.write(A)
    let seen = 0
    const kill = (name: string) => {
      // Somebody else fills it behind the back of our check.
      if (name === 'snapshot.file.after' && ++seen === 3)
        try {
          writeFileSync(join(place, 'filler'), Buffer.alloc(30_000_000))
        } catch {
          // As full as it gets.
        }
    }
    await expect(scene.write(B, { kill })).rejects.toMatchObject({ code: 'file.no_space' })
    expect(readdirSync(join(scene.to, 'daily'))).toEqual([A])
    expect(readdirSync(join(scene.to, '.partial'))).toEqual([])
    rmSync(join(place, 'filler'))
    expect(await scene.verify(first)).toMatchObject({ ok: true })
    await scene.write(B)
  })
})

test('there is no room where it is restored to: refused before a byte is written, and the snapshot is what it was', async () => {
  await using scene = await openScene()
  for (let i = 0; i < 20; i++) put(join(scene.source, `f${i}`), Buffer.alloc(200_000, i))
  const first = await scene.write(A)
  await onSmall('size=2m', async (place) => {
    await expect(scene.restore(first, 'data', place)).rejects.toMatchObject({ code: 'backup.no_space' })
    expect(readdirSync(place)).toEqual([])
  })
  expect(await scene.verify(first)).toMatchObject({ ok: true })
})
