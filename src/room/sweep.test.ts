import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { until } from '../../tests/until.ts'
import { groupsLeft } from '../sandbox/limit.ts'
import { limiterHere } from '../sandbox/sandbox.ts'
import { processesOf } from './gone.ts'
import { leftOver, sweepRooms } from './sweep.ts'

const isRoot = process.getuid?.() === 0
const place = mkdtempSync(join(tmpdir(), 'sekisho-sweep-'))
const scratch = join(place, 'scratch')
const tree = join(place, 'tree')
for (const path of [scratch, tree]) mkdirSync(path)
for (const path of [place, scratch]) chmodSync(path, 0o711)
writeFileSync(join(tree, 'a'), 'a')
const started: ChildProcess[] = []
afterAll(() => {
  for (const one of started) one.kill('SIGKILL')
  rmSync(place, { recursive: true, force: true })
})

describe.runIf(isRoot)('after a kill', () => {
  test('no process, mount, group or directory of a room is left once it was swept', async () => {
    const script = join(import.meta.dirname, 'fixtures/hold-room.ts')
    const child = spawn(process.execPath, [script, scratch, tree], { stdio: ['ignore', 'pipe', 'inherit'] })
    started.push(child)
    await new Promise<void>((done, failed) => {
      child.stdout.once('data', () => done())
      child.once('exit', (code) => failed(new Error(`ended: ${code}`)))
    })
    const [room = ''] = readdirSync(scratch)
    const base = Number(readFileSync(join(scratch, room, 'base'), 'utf8'))
    const limiter = await limiterHere()
    const groups = () => groupsLeft(limiter).filter((path) => path.includes(`-${child.pid}-`))
    // Positive control: while it works it is there, and a sweep leaves it alone.
    expect(processesOf(base).length).toBeGreaterThan(1)
    await sweepRooms(scratch)
    expect(readdirSync(scratch)).toEqual([room])
    expect(await leftOver(scratch)).toMatchObject({ directories: 0, processes: 0 })

    child.kill('SIGKILL')
    // Until it is waited for, its id still stands in /proc.
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    await until('the processes of the room to end with it', 30_000, () =>
      Promise.resolve(processesOf(base).length === 0 ? true : undefined),
    )
    expect(await leftOver(scratch)).toMatchObject({ directories: 1, processes: 0 })
    expect(groups().length > 0).toBe(limiter.kind !== 'watcher')
    await sweepRooms(scratch)
    expect(readdirSync(scratch)).toEqual([])
    expect(await leftOver(scratch)).toMatchObject({ directories: 0, processes: 0 })
    expect(groups()).toEqual([])
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(place)
  })

  test('where no room was ever made there is nothing to count', async () => {
    expect(await leftOver(join(place, 'none'))).toBeUndefined()
    await sweepRooms(join(place, 'none'))
  })
})
