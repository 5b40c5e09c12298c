// The directory engine and the restic wrapper beside the tools that an operator would take, with the bars of issue 4. Interleaved pairs: each act of
// ours next to theirs, who is first changes from round to round; a fresh file system each round; median of the ratios. Needs root, rsync, restic.
//   node bench/backup.ts [--quick] [--rounds N] [--set A|B|memory]...
// It is all in memory: sources in the page cache, file systems in images on a tmpfs. On a cold disk both sides wait for the same reads, in the same
// order of names, and the ratios come nearer to 1; what we read twice (a restore that is compared, as restic's is) is read from memory there too.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { run } from '../src/sys/process.ts'
import type { Act, Acted, Cost } from './backup-acts.ts'
import { type Filled, fillA, fillB, fillTiny } from './backup-sets.ts'

const { values: asked } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    set: { type: 'string', multiple: true },
    act: { type: 'string', multiple: true },
  },
})
const ROUNDS = Number(asked.rounds ?? (asked.quick ? 1 : 5))
const SHARE = asked.quick ? 0.05 : 1
const TINY = asked.quick ? 10_000 : 200_000
const MEMORY_MB = 300

interface Bar {
  readonly what: string
  readonly beside: string
  /** Ours by theirs, at most. */
  readonly most: number
}
const BARS: Readonly<Record<Act, Bar>> = {
  first: { what: 'first copy', beside: 'rsync -a + sync -f + sha256sum', most: 1.5 },
  unchanged: { what: 'nothing changed', beside: 'rsync -a --link-dest', most: 1.0 },
  // 80 % of what it reads in a second.
  verify: { what: 'every byte again', beside: 'xargs sha256sum', most: 1.25 },
  wrap: { what: 'restic wrapper', beside: 'restic backup + restic stats + our walk', most: 1.0 },
  restore: { what: 'restore, compared', beside: 'restic restore --verify + sync -f', most: 1.5 },
}
const ORDER = (['first', 'unchanged', 'verify', 'wrap', 'restore'] as const).filter(
  (act) =>
    act === 'first' ||
    (asked.act?.includes(act) ?? true) ||
    (act === 'wrap' && asked.act?.includes('restore')),
)

interface Ran extends Acted {
  readonly out: string
  /** Of it and all that it started, at one moment. */
  readonly peakMb: number
}

/** The shell's own `times` has what its children took. */
async function must(argv: readonly string[], timeoutMs = 300_000): Promise<Ran> {
  const timed = ['bash', '--norc', '-c', '"$@" && times >&3', 'bash', ...argv]
  let peakMb = 0
  const sample = setInterval(() => {
    peakMb = Math.max(peakMb, residentMb(process.pid) - residentOf(process.pid))
  }, 50)
  const result = await run(timed, { timeoutMs, maxOutput: 1_000_000, descriptors: ['pipe'] })
  clearInterval(sample)
  if (result.code !== 0) throw new Error(`${argv.join(' ')}: ${result.notStarted ?? result.stderr}`)
  const parts = [...(result.extra[0] ?? '').matchAll(/(\d+)m([\d.]+)s/g)]
  const [, , user = 0, system = 0] = parts.map(([, m, s]) => Number(m) * 60 + Number(s))
  const cost = { wall: result.milliseconds, cpu: (user + system) * 1000 }
  return { out: result.stdout, cost, peakMb }
}

/** Resident pages of a process and of all below it; what several share counts for each. */
function residentMb(pid: number): number {
  const children = read(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .filter((one) => one !== '')
  return children.reduce((sum, child) => sum + residentMb(Number(child)), residentOf(pid))
}

function residentOf(pid: number): number {
  return Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0) / 256
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

const shell = (script: string) => must(['sh', '-euc', script])

interface Place {
  readonly path: string
  readonly image: string
}

/** No thread of the kernel that still makes its tables while we measure. */
async function freshFileSystem(work: string, path: string, name: string): Promise<Place> {
  const image = join(work, 'memory', name)
  mkdirSync(path, { recursive: true })
  // As much room as the place of a service's copies has: where there is little, the engine counts first.
  await must(['truncate', '-s', '40G', image])
  const later = 'lazy_itable_init=1,lazy_journal_init=1'
  await must(['mkfs.ext4', '-q', '-F', '-N', '1000000', '-E', later, image])
  await must(['mount', '-o', 'loop,noinit_itable', image, path])
  return { path, image }
}

async function release({ path, image }: Place): Promise<void> {
  await must(['umount', path])
  rmSync(image)
}

interface Round {
  readonly work: string
  readonly source: string
  readonly place: string
  /** What our first copy was. */
  written?: string
}

/** As it is shipped: one file, and no types to strip. */
async function ours(act: Act | 'walk', { work, source, place, written }: Round): Promise<Ran> {
  const ran = await must([
    process.execPath,
    join(work, 'backup-acts.mjs'),
    act,
    join(place, 'own'),
    source,
    ...(written === undefined ? [] : [written]),
  ])
  return { ...ran, ...(JSON.parse(ran.out) as Acted) }
}

const SUMS = 'find . -type f -print0 | xargs -0 sha256sum > /dev/null'
const RESTIC = (place: string) =>
  `RESTIC_PASSWORD=p RESTIC_REPOSITORY='${place}/other/repository' RESTIC_CACHE_DIR='${place}/other/cache' restic`

async function theirs(act: Act, round: Round): Promise<Cost> {
  const { source, place, written } = round
  const at = join(place, 'other')
  const restic = RESTIC(place)
  if (act === 'wrap') await shell(`${restic} init --quiet`)
  const { id } = JSON.parse(written ?? '{}') as { id?: string }
  const scripts: Record<Act, string> = {
    first: `rsync -a '${source}/' '${at}/a/'; sync -f '${place}'; cd '${at}/a'; ${SUMS}`,
    unchanged: `rsync -a --link-dest='${at}/a' '${source}/' '${at}/b/'`,
    verify: `cd '${at}/a'; ${SUMS}`,
    wrap: [
      `cd '${place}/own/to/daily/${id}'`,
      `export ${restic.replace(/ restic$/, '')}`,
      'restic backup --quiet .',
      'restic stats --quiet --mode restore-size latest > /dev/null',
    ].join('; '),
    restore: `${restic} restore --quiet latest --verify --target '${at}/out'; sync -f '${at}/out'`,
  }
  const { cost } = await shell(scripts[act])
  if (act !== 'wrap') return cost
  const walk = (await ours('walk', round)).cost
  return { wall: cost.wall + walk.wall, cpu: cost.cpu + walk.cpu }
}

interface Pair {
  readonly own: Cost[]
  readonly other: Cost[]
}
type Pairs = Readonly<Record<Act, Pair>>

async function measure(work: string, source: string): Promise<Pairs> {
  const pairs = Object.fromEntries(
    Object.keys(BARS).map((act) => [act, { own: [], other: [] }]),
  ) as unknown as Pairs
  for (let round = 0; round < ROUNDS; round++) {
    const sides = round % 2 === 0 ? (['own', 'other'] as const) : (['other', 'own'] as const)
    const place = join(work, 'place')
    const held = [await freshFileSystem(work, place, 'image')]
    const state: Round = { work, source, place }
    try {
      for (const side of ['own', 'other']) mkdirSync(join(place, side))
      for (const act of ORDER) {
        // Both are restored to a file system of their own, so that there is memory for all of it.
        const target = act === 'restore'
        for (const side of sides) {
          if (target) held.push(await freshFileSystem(work, join(place, side, 'out'), 'out'))
          await must(['sync', '-f', place])
          if (side === 'own') {
            const ran = await ours(act, state)
            if (act === 'first') state.written = JSON.stringify(ran.written)
            pairs[act].own.push(ran.cost)
          } else pairs[act].other.push(await theirs(act, state))
          if (target) await release(held.pop() as Place)
        }
      }
    } finally {
      for (const one of held.reverse()) await release(one)
    }
  }
  return pairs
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const seconds = (costs: readonly Cost[], of: keyof Cost) =>
  (median(costs.map((cost) => cost[of])) / 1000).toFixed(2).padStart(7)

let missed = 0

function tell(pairs: Pairs): void {
  console.log(
    `${''.padEnd(18)}${'wall s  ours  theirs  ratio'.padStart(30)}${'cpu s  ours  theirs  ratio'.padStart(32)}    bar`,
  )
  for (const act of ORDER) {
    const { what, beside, most } = BARS[act]
    const { own, other } = pairs[act]
    const ratios = (of: keyof Cost) => own.map((cost, i) => cost[of] / (other[i]?.[of] ?? Number.NaN))
    const columns = (['wall', 'cpu'] as const).map((of) => {
      const ratio = median(ratios(of))
      const spread = `${Math.min(...ratios(of)).toFixed(2)}–${Math.max(...ratios(of)).toFixed(2)}`
      return `${seconds(own, of)} ${seconds(other, of)}  ${ratio.toFixed(2)} (${spread})`.padStart(32)
    })
    const held = median(ratios('wall')) <= most
    if (!held) missed += 1
    console.log(
      `${what.padEnd(18)}${columns.join('')}    ${held ? 'held  ' : 'MISSED'} ≤ ${most} × ${beside}`,
    )
  }
}

/** Beside it for the reader, once, where it is installed. */
async function borg(work: string, source: string): Promise<void> {
  if (!existsSync('/usr/bin/borg')) return
  const place = join(work, 'place')
  const held = await freshFileSystem(work, place, 'image')
  try {
    const at = join(place, 'borg')
    const call = async (words: string, cwd = source) =>
      (
        await shell(
          `cd '${cwd}'; BORG_PASSPHRASE=p BORG_BASE_DIR='${place}/base' BORG_REPO='${at}' borg ${words}`,
        )
      ).cost
    await call('init -e repokey')
    const out = join(place, 'out')
    mkdirSync(out)
    const steps = [
      ['first copy', await call('create ::a .')],
      ['nothing changed', await call('create ::b .')],
      ['every byte again', await call('check --verify-data')],
      ['restore', await call('extract ::a', out)],
    ] as const
    const told = steps.map(([what, cost]) => `${what} ${(cost.wall / 1000).toFixed(1)} s`).join(', ')
    console.log(`borg beside it, once: ${told}`)
  } finally {
    await release(held)
  }
}

async function memory(work: string, source: string): Promise<void> {
  const place = join(work, 'place')
  const held = await freshFileSystem(work, place, 'image')
  const state: Round = { work, source, place }
  const told: string[] = []
  try {
    mkdirSync(join(place, 'own'))
    let peak = 0
    for (const act of ['first', 'unchanged', 'verify', 'restore'] as const) {
      const ran = await ours(act, state)
      if (act === 'first') state.written = JSON.stringify(ran.written)
      peak = Math.max(peak, ran.peakMb)
      told.push(`${BARS[act].what} ${Math.round(ran.peakMb)} MB in ${(ran.cost.wall / 1000).toFixed(1)} s`)
    }
    if (peak > MEMORY_MB) missed += 1
    const verdict = peak > MEMORY_MB ? 'MISSED' : 'held  '
    console.log(`${told.join(', ')} (the process and its children)\n${verdict} ≤ ${MEMORY_MB} MB`)
  } finally {
    await release(held)
  }
}

async function withSet(
  work: string,
  name: string,
  fill: (root: string) => Filled,
  use: (source: string) => Promise<void>,
) {
  if (asked.set !== undefined && !asked.set.includes(name)) return
  const source = join(work, 'source')
  mkdirSync(source)
  const { files, bytes } = fill(source)
  await must(['sync', '-f', source])
  // Times of the source become older than the grain of the clock.
  await must(['sleep', '2'])
  console.log(`\n${name}: ${files.toLocaleString('en-US')} files, ${(bytes / 1e6).toFixed(0)} MB`)
  await use(source)
  rmSync(source, { recursive: true })
}

/** What it is measured beside. borg is for the reader alone. */
const PEERS = ['rsync', 'restic']

async function all(): Promise<void> {
  const absent = PEERS.filter((name) => !existsSync(`/usr/bin/${name}`))
  if (absent.length > 0 || process.getuid?.() !== 0) {
    const why = absent.length > 0 ? `${absent.join(', ')} not installed` : 'file systems are made and mounted'
    console.error(`bench/backup: ${why}. As root: apt-get install ${PEERS.join(' ')} borgbackup`)
    process.exitCode = 1
    return
  }
  const work = await mkdtemp('/var/tmp/sekisho-bench-')
  const images = join(work, 'memory')
  mkdirSync(images)
  await must(['mount', '-t', 'tmpfs', '-o', 'size=14G,mode=700', 'tmpfs', images])
  try {
    await build({
      entryPoints: [join(import.meta.dirname, 'backup-acts.ts')],
      outfile: join(work, 'backup-acts.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    })
    const load = loadavg()[0] ?? 0
    const busy = load > 0.7 ? ': the machine is not quiet, and wall times say little' : ''
    console.log(`node ${process.version}, ${ROUNDS} rounds, load before ${load.toFixed(2)}${busy}`)
    if (asked.quick) console.log('too little for the bars: this only shows that it runs')
    for (const [name, fill] of [
      ['A', fillA],
      ['B', fillB],
    ] as const)
      await withSet(
        work,
        name,
        (root) => fill(root, SHARE),
        async (source) => {
          tell(await measure(work, source))
          if (asked.act === undefined) await borg(work, source)
        },
      )
    await withSet(
      work,
      'memory',
      (root) => fillTiny(root, TINY),
      (source) => memory(work, source),
    )
    console.log(missed === 0 ? '\nevery bar held' : `\n${missed} missed`)
    console.log('On a cold disk both sides wait for the same reads, and the ratios come nearer to 1.')
  } finally {
    // The kernel lets a loop device go when it has time to.
    await must(['umount', '-l', images])
    await rm(work, { recursive: true, force: true })
  }
}

await all()
