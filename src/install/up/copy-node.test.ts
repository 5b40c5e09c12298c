import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ERROR_WORDS, reader } from '../../words/errors.ts'
import { codeIn } from './code.ts'
import { copyNode, PINNED_NODE } from './copy-node.ts'
import { copyCode } from './own-copy.ts'

const ROOT = join(import.meta.dirname, '../../..')
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sekisho-node-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const PROGRAM = Buffer.concat([Buffer.alloc(2_500_000, 'a'), Buffer.from('end')])
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const pinned = { version: '24.0.0', sha256: { x64: sha256(PROGRAM) } }

test('the node of a checkout is copied whole when it has the pinned digest', async () => {
  const from = join(directory, 'node')
  const to = join(directory, 'copied')
  await writeFile(from, PROGRAM)
  await copyNode({ node: from, isHostNode: false }, to, pinned, 'x64')
  expect(PROGRAM.equals(await readFile(to))).toBe(true)
  expect((await stat(to)).mode & 0o700).toBe(0o700)
})

test('a node with one other byte, or for a processor without a pinned digest, is not copied', async () => {
  const from = join(directory, 'other')
  const to = join(directory, 'refused')
  await writeFile(from, Buffer.concat([PROGRAM.subarray(0, -1), Buffer.from('!')]))
  await expect(copyNode({ node: from, isHostNode: false }, to, pinned, 'x64')).rejects.toMatchObject({
    code: 'host.node_differs',
    detail: { path: from, wanted: pinned.sha256.x64, found: sha256(await readFile(from)) },
  })
  await writeFile(from, PROGRAM)
  await expect(copyNode({ node: from, isHostNode: false }, to, pinned, 'arm64')).rejects.toMatchObject({
    code: 'host.node_differs',
  })
  await expect(stat(to)).rejects.toThrow(/ENOENT/)
})

test('a pipe in the place of node is refused and nobody waits for it', async () => {
  const pipe = join(directory, 'pipe')
  execFileSync('mkfifo', [pipe])
  await expect(
    copyNode({ node: pipe, isHostNode: false }, join(directory, 'of-pipe'), pinned, 'x64'),
  ).rejects.toMatchObject({ code: 'file.not_regular' })
})

test("the host's own node is copied without a pinned digest, but only if nobody but root can change it", async () => {
  const to = join(directory, 'host')
  await copyNode({ node: '/etc/passwd', isHostNode: true }, to, pinned, 'x64')
  expect(await readFile(to)).toEqual(await readFile('/etc/passwd'))
  const open = join(directory, 'open')
  await writeFile(open, PROGRAM)
  await chmod(open, 0o777)
  await expect(
    copyNode({ node: open, isHostNode: true }, join(directory, 'no'), pinned, 'x64'),
  ).rejects.toMatchObject({ code: 'runner.untrusted_path', detail: { path: open } })
})

test('a copy of the code begins with node: one that differs builds nothing and leaves no copy', async () => {
  const root = join(directory, 'checkout')
  await mkdir(join(root, 'node_modules/node/bin'), { recursive: true })
  await writeFile(join(root, 'node_modules/node/bin/node'), '#!/bin/sh\ntouch ran\n', { mode: 0o755 })
  const code = codeIn(root, false)
  expect(code.isHostNode).toBe(false)
  const target = join(directory, 'installed')
  await expect(copyCode(code, target)).rejects.toMatchObject({ code: 'host.node_differs' })
  await expect(stat(target)).rejects.toThrow(/ENOENT/)
  await expect(stat(join(`${target}.new`, 'bin/node'))).rejects.toThrow(/ENOENT/)
})

test('the pin is of the version in package.json, and of the node that is installed here', async () => {
  const read = async (path: string) => JSON.parse(await readFile(join(ROOT, path), 'utf8')) as unknown
  expect(await read('package.json')).toMatchObject({ devDependencies: { node: PINNED_NODE.version } })
  expect(await read('package-lock.json')).toMatchObject({
    packages: { 'node_modules/node': { version: PINNED_NODE.version } },
  })
  for (const digest of Object.values(PINNED_NODE.sha256)) expect(digest).toMatch(/^[0-9a-f]{64}$/)
  const installed = await readFile(join(ROOT, 'node_modules/node/bin/node'))
  expect(PINNED_NODE.sha256[process.arch]).toBe(sha256(installed))
})

test('the refusal says both digests and what to type, in both languages', () => {
  const detail = {
    path: '/srv/sekisho/node_modules/node/bin/node',
    version: '24.21.0',
    arch: 'x64',
    wanted: 'a'.repeat(64),
    found: 'b'.repeat(64),
  }
  for (const language of ['ja', 'en'] as const) {
    const said = JSON.stringify(ERROR_WORDS['host.node_differs'][language](reader(detail)))
    for (const part of ['node_modules/node/bin/node', 'a'.repeat(64), 'b'.repeat(64), 'script/setup'])
      expect(said).toContain(part)
  }
})
