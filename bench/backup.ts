// The directory engine beside the tools that an operator would take: first copy, nothing changed, every byte read again, restore. Interleaved pairs
// on a fresh file system each round, each of ours in a process of its own; median of the ratios. Needs root. node bench/backup.ts [rounds] [files]
// Everything lies in the page cache: on a cold disk all of them wait for the same reads, and the ratios come nearer to 1.
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { sceneIn } from '../src/runner/backup/directory/fixtures/scene.ts'
import type { Written } from '../src/runner/backup/directory/request.ts'
import { verifySnapshot } from '../src/runner/backup/directory/verify.ts'
import { run } from '../src/sys/process.ts'

const A = '20261125_000001Z'
const B = '20261125_000002Z'
const [mode, base = '', given = ''] = process.argv.slice(2)
let bundle = ''

/** One act of ours, in a process of its own: what the caller times holds node's start as well. */
async function own(): Promise<void> {
  const scene = sceneIn(base)
  const first = given === '' ? undefined : (JSON.parse(given) as Written)
  if (mode === 'first') process.stdout.write(JSON.stringify(await scene.write(A)))
  else if (first === undefined) throw new Error('which snapshot?')
  else if (mode === 'unchanged') await scene.write(B, { previous: first })
  else if (mode === 'verify') {
    const { ok } = await verifySnapshot({
      to: scene.to,
      id: first.id,
      manifest: first.manifest,
      threads: availableParallelism(),
    })
    if (!ok) throw new Error('not sound')
  } else if (mode === 'restore') {
    await scene.restore(first, 'data')
    const compared = await scene.compare(first, join(scene.out, 'data'))
    if (!compared.equal) throw new Error(JSON.stringify(compared.differences.slice(0, 3)))
    await must(['sync', '-f', scene.out])
  }
  process.stderr.write(`${Math.round(process.resourceUsage().maxRSS / 1024)}`)
}

interface Ran {
  readonly out: string
  readonly err: string
  readonly cost: Cost
}
/** By the clock on the wall, and as the processor counts it for all that was started. */
interface Cost {
  readonly wall: number
  readonly cpu: number
}

/** The shell's own `times` has what its children took. */
async function must(argv: readonly string[], timeoutMs = 900_000): Promise<Ran> {
  const timed = ['bash', '-c', '"$@" && times >&3', 'bash', ...argv]
  const result = await run(timed, { timeoutMs, maxOutput: 1_000_000, descriptors: ['pipe'] })
  if (result.code !== 0) throw new Error(`${argv.join(' ')}: ${result.notStarted ?? result.stderr}`)
  const parts = [...(result.extra[0] ?? '').matchAll(/(\d+)m([\d.]+)s/g)]
  const [, , user = 0, system = 0] = parts.map(([, m, s]) => Number(m) * 60 + Number(s))
  return {
    out: result.stdout,
    err: result.stderr,
    cost: { wall: result.milliseconds, cpu: (user + system) * 1000 },
  }
}

function fill(source: string, files: number): void {
  const bytes = Buffer.alloc(25_000, 'a line of some JSON file; ')
  for (let i = 0; i < files; i++) {
    if (i % 100 === 0) mkdirSync(join(source, `d${i / 100}`))
    writeFileSync(
      join(source, `d${Math.floor(i / 100)}`, `f${i}.json`),
      bytes.subarray(i % 7, 1500 + ((i * 7919) % 23_000)),
    )
  }
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

async function all(rounds: number, files: number): Promise<void> {
  const work = await mkdtemp('/var/tmp/sekisho-bench-')
  const source = join(work, 'source')
  mkdirSync(source)
  fill(source, files)
  await must(['sync'])
  // As it is shipped: one file, and no types to strip.
  bundle = join(work, 'backup.mjs')
  await build({
    entryPoints: [import.meta.filename],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['esbuild'],
    logLevel: 'error',
  })
  await must(['ln', '-s', join(import.meta.dirname, '..', 'node_modules'), join(work, 'node_modules')])
  // Times of the source become older than the grain of the clock.
  await must(['sleep', '2'])
  const pairs = new Map<string, { own: Cost[]; other: Cost[]; bar: string }>()
  const take = (name: string, bar: string, side: 'own' | 'other', cost: Cost) => {
    const pair = pairs.get(name) ?? { own: [], other: [], bar }
    pair[side].push(cost)
    pairs.set(name, pair)
  }
  let memory = 0
  try {
    for (let round = 0; round < rounds; round++)
      for (const side of round % 2 === 0 ? (['own', 'other'] as const) : (['other', 'own'] as const)) {
        const place = await freshFileSystem(work)
        try {
          const took = side === 'own' ? await ours(place, source) : await theirs(place, source)
          memory = Math.max(memory, took.memory)
          take('first copy', '≤ 1.5 × (rsync -a + sync -f + sha256sum)', side, took.first)
          take('nothing changed', '≤ 1.0 × rsync --link-dest', side, took.unchanged)
          take('every byte again', '≤ 1.25 × xargs sha256sum', side, took.verify)
          take('restore, compared', 'beside rsync -a + sync -f + sha256sum', side, took.restore)
        } finally {
          await must(['umount', place])
        }
      }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  console.log(`${files} files, ${rounds} rounds; our largest process ${memory} MB`)
  for (const [name, { own, other, bar }] of pairs) {
    const ratio = (of: keyof Cost) =>
      median(own.map((cost, i) => cost[of] / (other[i]?.[of] ?? Number.NaN))).toFixed(2)
    const both = (of: keyof Cost) => `${seconds(own, of)} ${seconds(other, of)} ${ratio(of)}`
    console.log(`${name.padEnd(18)} wall ${both('wall')}   cpu ${both('cpu')}   ${bar}`)
  }
}

const seconds = (values: readonly Cost[], of: keyof Cost) =>
  `${(median(values.map((cost) => cost[of])) / 1000).toFixed(2)} s`.padStart(8)

async function freshFileSystem(work: string): Promise<string> {
  const image = join(work, 'image')
  const place = join(work, 'place')
  if (!existsSync(place)) mkdirSync(place)
  closeSync(openSync(image, 'w'))
  await must(['truncate', '-s', '6G', image])
  await must([
    'mkfs.ext4',
    '-q',
    '-F',
    '-N',
    '2000000',
    '-E',
    'lazy_itable_init=1,lazy_journal_init=1',
    image,
  ])
  await must(['mount', '-o', 'loop', image, place])
  return place
}

interface Took {
  readonly first: Cost
  readonly unchanged: Cost
  readonly verify: Cost
  readonly restore: Cost
  readonly memory: number
}

async function ours(place: string, source: string): Promise<Took> {
  mkdirSync(join(place, 'source'))
  await must(['mount', '--bind', source, join(place, 'source')])
  try {
    const act = (name: string, written = '') => must([process.execPath, bundle, name, place, written])
    const first = await act('first')
    const unchanged = await act('unchanged', first.out)
    const verify = await act('verify', first.out)
    const restore = await act('restore', first.out)
    const memory = Math.max(
      ...[first, unchanged, verify, restore].map(({ err }) => Number(/(\d+)$/.exec(err)?.[1])),
    )
    return {
      first: first.cost,
      unchanged: unchanged.cost,
      verify: verify.cost,
      restore: restore.cost,
      memory,
    }
  } finally {
    await must(['umount', join(place, 'source')])
  }
}

async function theirs(place: string, source: string): Promise<Took> {
  const shell = (script: string) => must(['sh', '-euc', script])
  const sums = `find . -type f -print0 | xargs -0 sha256sum > /dev/null`
  const first = await shell(
    `rsync -a '${source}/' '${place}/a/'; sync -f '${place}'; cd '${place}/a'; ${sums}`,
  )
  const unchanged = await shell(
    `rsync -a --link-dest='${place}/a' '${source}/' '${place}/b/'; sync -f '${place}'`,
  )
  const verify = await shell(`cd '${place}/a'; ${sums}`)
  const restore = await shell(
    `rsync -a '${place}/a/' '${place}/out/'; sync -f '${place}'; cd '${place}/out'; ${sums}`,
  )
  return {
    first: first.cost,
    unchanged: unchanged.cost,
    verify: verify.cost,
    restore: restore.cost,
    memory: 0,
  }
}

if (['first', 'unchanged', 'verify', 'restore'].includes(mode ?? '')) await own()
else await all(Number(mode ?? 5), Number(base === '' ? 20_000 : base))
