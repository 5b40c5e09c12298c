// What a door does to the process that it is opened in: nothing.
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../../tests/until.ts'
import { encodeFrame, FrameReader } from '../seal/frame.ts'
import { type DoorOptions, openDoor } from './doors.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sekisho-doors-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const door = (name: string, mode: number): DoorOptions => ({
  path: join(directory, `${name}.sock`),
  mode,
  kind: 'gate',
  answer: async () => ({ ok: false, code: 'runner.frame_wrong', detail: {} }),
  log: () => {},
})

test('what is made while a door opens is made as it was asked for', async () => {
  for (let i = 0; i < 30; i++) {
    const made = Array.from({ length: 8 }, (_, n) => join(directory, `made-${i}-${n}`))
    const opening = openDoor(door('runner', 0o660))
    await Promise.all(made.map((path) => mkdir(path, { mode: 0o700 })))
    await (await opening).close()
    for (const path of made) expect((await stat(path)).mode & 0o777).toBe(0o700)
  }
})

test('a door has its mode from the first moment that it can be seen, takes the place of an old one, and leaves nothing', async () => {
  const seen = new Set<number>()
  let isOver = false
  const looking = (async () => {
    while (!isOver) {
      const found = await stat(join(directory, 'gate.sock')).catch(() => undefined)
      if (found !== undefined) seen.add(found.mode & 0o777)
    }
  })()
  const first = await openDoor(door('gate', 0o600))
  const second = await openDoor(door('gate', 0o660))
  await new Promise<void>((resolve, reject) => {
    const socket = connect(join(directory, 'gate.sock'), () => {
      socket.destroy()
      resolve()
    }).on('error', reject)
  })
  isOver = true
  await looking
  expect([...seen].every((mode) => mode === 0o600 || mode === 0o660)).toBe(true)
  await second.close()
  await first.close()
  expect((await readdir(directory)).filter((name) => !name.startsWith('made-'))).toEqual([])
})

test('a path that nobody could come in by is refused by name, and nothing is made', async () => {
  const data = join(directory, 'd'.repeat(107 - directory.length - '/run/runner.sock'.length))
  await mkdir(join(data, 'run'), { recursive: true })
  const path = join(data, 'run/runner.sock')
  expect(Buffer.byteLength(path)).toBe(108)
  await expect(openDoor({ ...door('', 0o600), path })).rejects.toMatchObject({
    code: 'store.path_too_long',
    detail: { path: data, limit: 91 },
  })
  expect(await readdir(join(data, 'run'))).toEqual([])
})

const heard = (name: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect(join(directory, `${name}.sock`))
    socket.on('error', reject)
    socket.on('data', (bytes) => {
      socket.destroy()
      resolve(bytes.toString('utf8'))
    })
    socket.write('no frame at all')
  })

test('a socket that was removed or replaced is made again with its mode, and what is connected stays', async () => {
  const told: string[] = []
  const opened = await openDoor({ ...door('kept', 0o660), lookMs: 10, log: (said) => void told.push(said) })
  const path = join(directory, 'kept.sock')
  const early = connect(path)
  await new Promise((resolve) => early.once('connect', resolve))
  const isBack = () =>
    until('the socket', 10_000, async () =>
      stat(path).then(
        (found) => (found.isSocket() ? true : undefined),
        () => undefined,
      ),
    )
  await rm(path)
  await isBack()
  expect((await stat(path)).mode & 0o777).toBe(0o660)
  expect(await heard('kept')).toContain('runner.frame_wrong')
  await rm(path)
  await writeFile(path, 'somebody else')
  await isBack()
  expect(await heard('kept')).toContain('runner.frame_wrong')
  expect(early.destroyed).toBe(false)
  early.destroy()
  await opened.close()
  expect(told).toEqual(Array.from({ length: 2 }, () => 'the socket was gone and was made again'))
  expect((await readdir(directory)).filter((name) => name.startsWith('kept'))).toEqual([])
})

test('a connection that waits for its answer is not idle, however long that takes, and is idle after it', async () => {
  const options = door('slow', 0o600)
  const opened = await openDoor({
    ...options,
    idleMs: 100,
    answer: async () => {
      await new Promise((resolve) => setTimeout(resolve, 700))
      return { ok: true, result: 'late' }
    },
  })
  try {
    const socket = connect(options.path)
    const reader = new FrameReader()
    const answered = Promise.withResolvers<unknown>()
    const ended = new Promise((resolve) => socket.on('close', resolve))
    void ended.then(() => answered.reject(new Error('the connection ended')))
    socket.on('data', (chunk) => {
      const read = reader.push(chunk)
      if (read.ok) for (const message of read.messages) answered.resolve(message)
    })
    socket.write(encodeFrame({ verb: 'status' }))
    expect(await answered.promise).toEqual({ ok: true, result: 'late' })
    await ended
  } finally {
    await opened.close()
  }
})
