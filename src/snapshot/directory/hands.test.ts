// What threads copy and link is what one thread would have: the same snapshot, the same refusals. The tree is large enough that they are taken.
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { fillWithEverything, must, openScene, put, type Scene, settle } from './fixtures/scene.ts'

const A = '20261125_000001Z'
const B = '20261125_000002Z'
const C = '20261125_000003Z'
const FILES = 2400

async function openLarge(): Promise<Scene> {
  const scene = await openScene()
  await fillWithEverything(scene.source)
  for (let i = 0; i < FILES; i++) {
    const directory = join(scene.source, `m${String(Math.floor(i / 150)).padStart(2, '0')}`)
    if (i % 150 === 0) mkdirSync(directory)
    put(join(directory, `f${i}`), `${i} `.repeat(i % 300))
  }
  put(join(scene.source, 'm00', 'large'), Buffer.alloc(9_000_000, 'a line of it; '))
  await settle()
  return scene
}

/** But for what every snapshot has of its own. */
const linesOf = (scene: Scene, id: string) => scene.entries(id).map((entry) => JSON.stringify(entry))
const inodesOf = (scene: Scene, id: string) =>
  readdirSync(join(scene.snapshot(id), 'data', 'm01')).map((name) => {
    const { ino, mode, mtimeMs, uid, gid } = statSync(join(scene.snapshot(id), 'data', 'm01', name))
    return { name, ino, mode, mtimeMs, uid, gid }
  })

test('threads write the snapshot that one thread writes, and link what did not change', async () => {
  await using scene = await openLarge()
  const alone = await scene.write(A)
  const first = await scene.write(B, { threads: 2 })
  expect(first.copied).toEqual(alone.copied)
  expect(first.checksums).toBe(alone.checksums)
  expect(linesOf(scene, B)).toEqual(linesOf(scene, A))
  await must(['sh', '-c', `cd '${scene.snapshot(B)}' && sha256sum --quiet --strict -c checksums.sha256`])
  expect((await scene.verify(first)).problems).toEqual([])
  const metadataOf = (id: string) => inodesOf(scene, id).map((one) => ({ ...one, ino: 0 }))
  expect(metadataOf(B)).toEqual(metadataOf(A))
  await scene.restore(first, 'data')
  expect((await scene.compare(first, join(scene.out, 'data'))).differences).toEqual([])

  const second = await scene.write(C, { threads: 2, previous: first })
  expect(second.checksums).toBe(alone.checksums)
  expect(second.copied).toEqual({ files: 0, bytes: 0 })
  expect(second.linked.files).toBe(first.copied.files)
  expect(linesOf(scene, C)).toEqual(linesOf(scene, A))
  expect(inodesOf(scene, C).map(({ ino }) => ino)).toEqual(inodesOf(scene, B).map(({ ino }) => ino))
})

test('a snapshot that threads write is its group’s to read', async () => {
  await using scene = await openLarge()
  await scene.write(A, { threads: 2, gid: 4712 })
  const all = inodesOf(scene, A)
  expect(new Set(all.map(({ mode, uid, gid }) => `${(mode & 0o7777).toString(8)} ${uid} ${gid}`))).toEqual(
    new Set(['440 0 4712']),
  )
})

test('what changed, came, went, got another name or an ACL is found beside what threads link', async () => {
  await using scene = await openLarge()
  const first = await scene.write(A, { threads: 2 })
  const at = (name: string) => join(scene.source, 'm01', name)
  appendFileSync(at('f150'), 'more')
  writeFileSync(at('f151'), 'X'.repeat(statSync(at('f151')).size))
  rmSync(at('f152'))
  put(at('new'), 'new')
  linkSync(at('f153'), at('f153-again'))
  await must(['setfacl', '-m', 'u:4711:r', at('f154')])
  await must(['setfacl', '-d', '-m', 'u:4711:rwx', join(scene.source, 'm02')])
  chmodSync(at('f155'), 0o600)
  // In the last snapshot: cut, and gone.
  const old = join(scene.snapshot(A), 'data', 'm01')
  truncateSync(join(old, 'f156'), 1)
  rmSync(join(old, 'f157'))
  await settle()
  const next = await scene.write(B, { threads: 2, previous: first })
  const alone = await scene.write(C, { previous: first })
  expect(linesOf(scene, B)).toEqual(linesOf(scene, C))
  expect(next.linked).toEqual(alone.linked)
  expect(next.copied).toEqual(alone.copied)
  expect((await scene.verify(next)).problems).toEqual([])
  await scene.restore(next, 'data')
  expect((await scene.compare(next, join(scene.out, 'data'))).differences).toEqual([])
  const acl = scene.entries(B).find(({ at: one }) => 'path' in one && one.path === 'm02')
  expect(acl).toMatchObject({ acl: expect.stringContaining('d:u:4711:rwx') as string })
})

test('a file that never holds still fails the backup by name, and nothing is left', async () => {
  await using scene = await openLarge()
  const path = join(scene.source, 'm03', 'restless')
  // Large enough that the writer has its turn while it is read, on a busy machine too.
  put(path, Buffer.alloc(48_000_000, 'a'))
  const writer = new Worker(
    `const fs = require('node:fs'); const fd = fs.openSync(${JSON.stringify(path)}, 'r+')
     for (let i = 0; ; i++) fs.writeSync(fd, String(i % 10), i % 48000000)`,
    { eval: true },
  )
  try {
    await expect(scene.write(A, { threads: 2 })).rejects.toMatchObject({
      code: 'backup.changed_while_read',
      detail: { path: expect.stringContaining('restless') as string },
    })
  } finally {
    await writer.terminate()
  }
  expect(readdirSync(join(scene.to, 'daily'))).toEqual([])
  expect(readdirSync(join(scene.to, '.partial'))).toEqual([])
})

test('one that is asked to end while threads are at work ends, and leaves nothing', async () => {
  await using scene = await openLarge()
  const ending = new AbortController()
  let seen = 0
  const kill = (point: string) => {
    if (point === 'snapshot.file.after' && ++seen === 2000) ending.abort()
  }
  await expect(scene.write(A, { threads: 2, kill, signal: ending.signal })).rejects.toMatchObject({
    code: 'backup.aborted',
  })
  expect(readdirSync(join(scene.to, 'daily'))).toEqual([])
  expect(readdirSync(join(scene.to, '.partial'))).toEqual([])
})
