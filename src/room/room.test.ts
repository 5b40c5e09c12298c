import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { AT, SECRET, shell, testRooms } from './fixtures/test-rooms.ts'
import { type RoomStep, withRoom } from './room.ts'

const isRoot = process.getuid?.() === 0
const rooms = testRooms()
afterAll(() => rooms.remove())
const { inRoom, place, ports, scratch, treeOf } = rooms

describe.runIf(isRoot)('a test room', () => {
  test('runs a program at the path of the release, as an id of its own, and tells exit code and text', async () => {
    const answer = await inRoom(shell('pwd; id -un; cat a.txt; echo "$HOME" "$CI"; exit 3'))
    expect(answer).toMatchObject({ ended: 'exit', exit: 3, cut: false })
    expect(answer.output).toBe(`${AT}\nroom\na\n/home/room true\n`)
  })

  test('what it writes is read by name, never through a link, and never reaches the tree outside', async () => {
    const tree = treeOf({ 'a.txt': 'a\n' })
    await withRoom(ports, { tree, at: AT }, async (room) => {
      await room.run(
        shell(
          'mkdir reports; echo one >reports/1.xml; ln -s /etc/hostname reports/2.xml; ln -s /etc out; echo b >a.txt',
        ),
      )
      expect(await room.list('reports/*.xml')).toEqual({ paths: ['reports/1.xml'], cut: false })
      expect(String(await room.read('reports/1.xml', 100))).toBe('one\n')
      expect(await room.read('reports/2.xml', 100)).toBeUndefined()
      expect(await room.read('out/hostname', 100)).toBeUndefined()
      expect(await room.read('../walls/hosts', 100)).toBeUndefined()
      await expect(room.read('reports/1.xml', 3)).rejects.toMatchObject({ code: 'room.too_large' })
    })
    expect(readFileSync(join(tree, 'a.txt'), 'utf8')).toBe('a\n')
    expect(readdirSync(scratch)).toEqual([])
  })

  test('takes a built tree out as files of ours, and refuses what leads out of it', async () => {
    const tree = treeOf({ 'bin/run': '#!/bin/sh\n', 'a.txt': 'a' })
    chmodSync(join(tree, 'bin/run'), 0o755)
    symlinkSync('bin/run', join(tree, 'start'))
    await withRoom(ports, { tree, at: AT }, async (room) => {
      await room.run(shell('echo built >dist.txt; chmod 6777 dist.txt; ln -s /usr/bin/env env'))
      const to = join(place, 'out')
      expect(await room.takeOut(to)).toMatchObject({ files: 3 })
      const modes = ['bin/run', 'dist.txt', 'a.txt'].map((name) => statSync(join(to, name)))
      expect(modes.map(({ mode, uid }) => [mode & 0o7777, uid])).toEqual([
        [0o755, 0],
        [0o755, 0],
        [0o644, 0],
      ])
      await room.run(shell('ln -s ../../../../etc/passwd leak'))
      await expect(room.takeOut(join(place, 'out-2'))).rejects.toMatchObject({
        code: 'room.take_out',
        detail: { path: 'leak', why: 'link' },
      })
    })
  })

  test('keeps beginning and end of what is printed, without secrets and control characters', async () => {
    const answer = await inRoom(
      shell(
        `echo first ${SECRET}; printf '\\033[31mred\\n'; head -c 600000 /dev/zero | tr '\\0' x; echo; echo last`,
      ),
    )
    expect(answer).toMatchObject({ ended: 'exit', exit: 0, cut: true })
    expect(answer.output.startsWith('first [secret]\n\\u001b[31mred\n')).toBe(true)
    expect(answer.output.endsWith('\nlast\n')).toBe(true)
    expect(answer.output.length).toBeLessThan(300_000)
  })

  test('ends when the caller gives up', async () => {
    const giving = new AbortController()
    const answer = await inRoom({
      ...shell('echo begun; sleep 600'),
      signal: giving.signal,
      onText: (text) => text.includes('begun') && giving.abort(),
    })
    expect(answer).toMatchObject({ ended: 'cancelled' })
  })

  test('the step that fetches dependencies reaches a declared host and no other', async () => {
    const server = createServer((socket) => socket.end('the registry\n'))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    const ask = (host: string) =>
      `const s=require('net').connect(3128,'127.0.0.1');s.write('CONNECT ${host}:${port} HTTP/1.1\\r\\n\\r\\n');s.on('data',d=>process.stdout.write(d));s.on('end',()=>process.exit())`
    const step = (host: string): RoomStep => ({
      argv: ['node', '-e', ask(host)],
      registry: [`localhost:${port}`],
    })
    const tree = treeOf({ 'package.json': '{}', 'src/secret.js': 'x' })
    try {
      await withRoom(ports, { tree, at: AT, only: ['package.json', 'missing.lock'] }, async (room) => {
        const good = await room.run(step('localhost'))
        expect(good.output).toBe('HTTP/1.1 200 Connected\r\n\r\nthe registry\n'.replaceAll('\r', '\\u000d'))
        const other = await room.run(step('127.0.0.1'))
        expect(other.output).toContain('403')
        expect(other.registry?.refused).toEqual([`127.0.0.1:${port}`])
        const direct = await room.run({
          argv: [
            'node',
            '-e',
            `require('net').connect(${port},'127.0.0.1').on('error',e=>console.log(e.code))`,
          ],
          registry: ['localhost'],
        })
        expect(direct.output).toBe('ECONNREFUSED\n')
        // Nothing of our own code is held open where the candidate could walk out by it.
        const files = await room.run({
          ...shell('ls; for p in /proc/[0-9]*; do readlink $p/fd/* $p/cwd; done 2>/dev/null | sort -u'),
          registry: ['localhost'],
        })
        expect(files.output).toMatch(/^package\.json\n/)
        expect(files.output).not.toContain('runner')
        expect(
          files.output
            .split('\n')
            .filter(
              (line) => line.startsWith('/') && !line.startsWith('/dev/') && !line.startsWith('/proc/'),
            ),
        ).toEqual(['/', AT])
      })
    } finally {
      server.close()
    }
    expect(existsSync(join(tree, 'src/secret.js'))).toBe(true)
  })
})
