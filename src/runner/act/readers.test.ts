// Readers that loop over the target while a restore exchanges it, a directory or one file: none ever sees half of a file, none a file that is not
// there, by one descriptor one generation, by path no more than one change. A `cp` over the live tree is run beside, and must be caught.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { noKillPoint } from '../../base/kill-point.ts'
import type { ExchangePlace } from '../../restore/stage-record.ts'
import { run } from '../../sys/process.ts'
import { identityOf } from '../../tree/identity.ts'
import { type Pass, stamped } from './fixtures/reader.ts'
import { exchangeAt } from './restore.ts'

const READER = join(import.meta.dirname, 'fixtures', 'reader.ts')
const EXCHANGES = process.env['SEKISHO_CAMPAIGN'] === 'whole' ? 100 : 20
const FILES = 40

interface Reader {
  readonly how: string
  readonly passes: readonly Pass[]
  end(): Promise<void>
}

function startReader(directory: string, how: 'by-descriptor' | 'by-path'): Reader {
  const child: ChildProcess = spawn(process.execPath, [READER, directory, how], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const passes: Pass[] = []
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  if (child.stdout !== null)
    createInterface(child.stdout).on('line', (line) => {
      // The last one may be cut off by its end.
      if (line.endsWith('}')) passes.push(JSON.parse(line) as Pass)
    })
  return {
    how,
    passes,
    end: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Each has begun and ended a pass since. */
async function onePassMore(readers: readonly Reader[]): Promise<void> {
  const before = readers.map(({ passes }) => passes.length)
  for (
    const end = Date.now() + 60_000;
    readers.some(({ passes }, i) => passes.length < (before[i] ?? 0) + 2);
  ) {
    if (Date.now() > end) throw new Error('a reader stands still')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function fill(directory: string, generation: number): void {
  mkdirSync(directory)
  for (let i = 0; i < FILES; i++)
    writeFileSync(join(directory, `f${i}.json`), stamped(generation, `f${i}`, i % 10 === 0 ? 200_000 : 2000))
}

async function openTrees() {
  const base = await mkdtemp(join(tmpdir(), 'sekisho-readers-'))
  const [live, staging, first] = [join(base, 'live'), join(base, 'staging'), join(base, 'first')]
  fill(live, 1)
  fill(first, 1)
  mkdirSync(staging, { mode: 0o700 })
  fill(join(staging, 'tree'), 2)
  return {
    live,
    first,
    beside: join(staging, 'tree'),
    [Symbol.asyncDispose]: () => rm(base, { recursive: true }),
  }
}

function placeOf(path: string, beside: string): ExchangePlace {
  return { path, beside, staged: identityOf(beside) ?? '', live: identityOf(path) ?? '' }
}

async function whileReading(
  directory: string,
  work: (again: () => Promise<void>) => Promise<void>,
): Promise<readonly Reader[]> {
  const readers = [
    startReader(directory, 'by-path'),
    startReader(directory, 'by-descriptor'),
    startReader(directory, 'by-path'),
  ]
  try {
    await onePassMore(readers)
    await work(() => onePassMore(readers))
    return readers
  } finally {
    for (const reader of readers) await reader.end()
  }
}

test('a directory that changes places is of one generation, and every file of it whole', async () => {
  await using trees = await openTrees()
  const place = placeOf(trees.live, trees.beside)
  const readers = await whileReading(trees.live, async (again) => {
    for (let i = 0; i < EXCHANGES; i++) {
      const done = await exchangeAt(place, i % 2 === 0 ? 'new' : 'old', { run, killPoint: noKillPoint })
      expect(done).toMatchObject({ result: 'applied' })
      await again()
    }
  })
  for (const { how, passes } of readers) {
    expect(passes.flatMap(({ faults }) => faults)).toEqual([])
    expect(new Set(passes.map(({ files }) => files))).toEqual(new Set([FILES]))
    const most = Math.max(...passes.map(({ generations }) => generations.length))
    expect(most, how).toBeLessThanOrEqual(how === 'by-path' ? 2 : 1)
    // Each exchange was seen, or this would prove nothing.
    const seen = passes.map(({ generations }) => generations.at(-1))
    expect(seen.filter((one, i) => i > 0 && one !== seen[i - 1]).length).toBe(EXCHANGES)
    console.info(
      how,
      passes.length,
      'passes',
      passes.filter(({ generations }) => generations.length > 1).length,
      'met an exchange',
    )
  }
}, 300_000)

test('one file that changes places is whole, old or new, and the others are not touched', async () => {
  await using trees = await openTrees()
  const place = placeOf(join(trees.live, 'f0.json'), join(trees.beside, 'f0.json'))
  const readers = await whileReading(trees.live, async (again) => {
    for (let i = 0; i < EXCHANGES; i++) {
      await exchangeAt(place, i % 2 === 0 ? 'new' : 'old', { run, killPoint: noKillPoint })
      await again()
    }
  })
  for (const { passes } of readers) {
    expect(passes.flatMap(({ faults }) => faults)).toEqual([])
    // The first of them alone is of the second generation, in every other of the passes.
    const seen = new Set(passes.map(({ generations }) => generations.join()))
    expect(seen).toEqual(new Set(['1', '2,1']))
  }
}, 300_000)

test('positive control: `cp` over the live tree is seen half done', async () => {
  await using trees = await openTrees()
  let caught = 0
  let mixed = 0
  for (let i = 0; i < 20 && (caught === 0 || mixed === 0); i++) {
    const readers = await whileReading(trees.live, async () => {
      for (let round = 0; round < 10; round++)
        for (const from of [trees.beside, trees.first]) await run(['cp', '-r', `${from}/.`, trees.live])
    })
    for (const { how, passes } of readers) {
      caught += passes.filter(({ faults }) => faults.length > 0).length
      if (how === 'by-descriptor') mixed += passes.filter(({ generations }) => generations.length > 1).length
    }
  }
  console.info(JSON.stringify({ caught, mixed }))
  expect(caught).toBeGreaterThan(0)
  expect(mixed).toBeGreaterThan(0)
}, 300_000)
