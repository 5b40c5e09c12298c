import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findLimiter, runLimits, scratchOf } from './limit.ts'

const root = await mkdtemp(join(tmpdir(), 'sekisho-limit-'))
afterAll(() => rm(root, { recursive: true, force: true }))

test('cgroup2 is used only below the own unit and where it hands on memory and pids', async () => {
  const unit = join(root, 'system.slice', 'sekisho-runner.service')
  await mkdir(join(unit, 'runner'), { recursive: true })
  const mounts = `cgroup2 ${root} cgroup2 rw 0 0\n`
  const own = '0::/system.slice/sekisho-runner.service/runner\n'
  await writeFile(join(unit, 'cgroup.controllers'), 'cpu pids\n')
  expect(await findLimiter(own, mounts)).toEqual({ kind: 'watcher' })
  await writeFile(join(unit, 'cgroup.controllers'), 'cpu memory pids\n')
  expect(await findLimiter(own, mounts)).toEqual({ kind: 'cgroup2', parent: unit })
  expect(await readFile(join(unit, 'cgroup.subtree_control'), 'utf8')).toBe('+memory +pids')
  expect(await findLimiter('0::/user.slice/somebody.scope\n', mounts)).toEqual({ kind: 'watcher' })
})

test('where the unit could not give its processes a group of their own, they are moved into one', async () => {
  const unit = join(root, 'sekisho-runner.service')
  await mkdir(unit)
  await writeFile(join(unit, 'cgroup.controllers'), 'memory pids\n')
  await writeFile(join(unit, 'cgroup.procs'), '4711\n')
  const mounts = `cgroup2 ${root} cgroup2 rw 0 0\n`
  expect(await findLimiter('0::/sekisho-runner.service\n', mounts)).toEqual({ kind: 'cgroup2', parent: unit })
  expect(await readFile(join(unit, 'runner', 'cgroup.procs'), 'utf8')).toBe('4711')
})

test('cgroup v1 is used where both of its groups take a limit', async () => {
  const mounts = ['memory', 'pids']
    .map((name) => `cgroup ${join(root, name)} cgroup rw,relatime,${name} 0 0\n`)
    .join('')
  const own = '8:pids:/a\n4:memory:/b\n'
  expect(await findLimiter(own, mounts)).toEqual({ kind: 'watcher' })
  await mkdir(join(root, 'memory', 'b'), { recursive: true })
  await mkdir(join(root, 'pids', 'a'), { recursive: true })
  expect(await findLimiter(own, mounts)).toEqual({
    kind: 'cgroup1',
    memory: join(root, 'memory', 'b'),
    pids: join(root, 'pids', 'a'),
  })
})

test('a program that still sees the file systems of the machine has written nothing to them', async () => {
  const file = `/dev/shm/sekisho-limit-${process.pid}`
  await writeFile(file, Buffer.alloc(1_048_576))
  try {
    expect(scratchOf(process.pid)).toBe(0)
  } finally {
    await rm(file)
  }
})

test('a trial gets a quarter of the memory, within bounds', () => {
  const mebibytes = (machine: number) => runLimits(machine * 1_048_576).memoryBytes / 1_048_576
  expect([512, 2048, 65_536].map(mebibytes)).toEqual([256, 512, 1024])
})
