// The named kill points against the system calls: every line that reaches a journal file passes a named point before and after, and
// is on the disk before the next one is written. A boundary without a name fails here.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { JOURNAL_KINDS } from '../../src/runner/journal/line.ts'
import { KILL_POINTS } from '../../src/runner/kill-points.ts'
import { BY_PERSON, orderOf, prepare, RunnerWorld } from '../runner-fixtures/runner-world.ts'

const world = new RunnerWorld()
afterAll(() => world.end())

test('F1 strace sees exactly the journal writes that have names, each fsynced before the next', async () => {
  const trace = join(world.root, 'strace')
  const names = join(world.root, 'names')
  const argv = [
    'strace',
    '-D',
    '-f',
    '-y',
    '-e',
    'trace=write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync',
    '-o',
    trace,
  ]
  world.reset()
  world.start({ SEKISHO_KILL_TRACE: names }, argv)
  await world.ready()
  for (const [number, end] of [
    [1, 'kept'],
    [2, 'rolled_back'],
  ] as const) {
    world.reset()
    const keep = end === 'kept' ? undefined : BY_PERSON
    const ready = await prepare(world, orderOf(world, number, 'new\n', keep))
    const { execution } = ready.order
    await world.ask(ready.request)
    if (end === 'rolled_back') {
      await world.until(execution, ({ state }) => state === 'awaitingKeep')
      await world.ask({ verb: 'undo', execution, by: 'ops1' })
    }
    expect(await world.until(execution, ({ state }) => state === 'closed')).toMatchObject({ outcome: end })
  }
  await world.stop()

  const directory = join(world.data, 'runner/journal')
  const lines = readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'))
  const calls = readFileSync(trace, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const found = /^\d+\s+(\w+)\(\d+<([^>]*\/runner\/journal\/[^>]*\.jsonl)>.*= \d+$/.exec(joined(line))
      return found === null ? [] : [{ call: found[1] ?? '', path: found[2] ?? '' }]
    })
  const writes = calls.filter(({ call }) => call.includes('write'))
  const passed = readFileSync(names, 'utf8').trim().split('\n')
  const before = passed.filter((name) => /^journal\..*\.before$/.test(name))
  const after = passed.filter((name) => /^journal\..*\.after$/.test(name))
  expect(lines.length).toBeGreaterThan(20)
  expect(writes).toHaveLength(lines.length)
  expect(before).toHaveLength(lines.length)
  expect(after).toHaveLength(lines.length)
  const waiting = new Set<string>()
  for (const { call, path } of calls) {
    if (!call.includes('write')) waiting.delete(path)
    else {
      expect(waiting.has(path), `a second write to ${path} before fsync`).toBe(false)
      waiting.add(path)
    }
  }
  expect([...waiting]).toEqual([])
  for (const name of passed) expect(KILL_POINTS).toContain(name)
  for (const kind of JOURNAL_KINDS)
    expect(KILL_POINTS).toEqual(expect.arrayContaining([`journal.${kind}.before`, `journal.${kind}.after`]))
})

/** A call that another thread interrupted is told in two halves; what has no path of its own is not ours. */
function joined(line: string): string {
  return line.replace(/ <unfinished \.\.\.>$/, ') = 0')
}
