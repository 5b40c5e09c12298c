// What a rehearsal costs: a change of the reference service, deploy and way back three times with requests; one run of it in a room beside the same steps by hand;
// a clone beside `cp -a`. Pairs by turns, so that what else the machine does falls on both. Needs root. node bench/rehearsal.ts [pairs]
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { sha256 } from '../src/base/hash.ts'
import type { Health } from '../src/plans/policy.ts'
import { cloneDirectory } from '../src/rehearsal/clone-fast.ts'
import type { RehearsalPorts } from '../src/rehearsal/in-room.ts'
import { rehearse } from '../src/rehearsal/rehearse.ts'
import type { RehearsalSpec } from '../src/rehearsal/spec.ts'
import { unitOf } from '../src/rehearsal/unit.ts'
import { systemClock, systemRandom } from '../src/sys/clock.ts'
import { run } from '../src/sys/process.ts'

const PAIRS = Number(process.argv[2] ?? 5)
const FILES = 20_000
const USER = { uid: 901, gid: 901 }
const CHECKOUT = join(import.meta.dirname, '..')
if (process.geteuid?.() !== 0) throw new Error('node bench/rehearsal.ts needs root')

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const root = mkdtempSync(join(tmpdir(), 'sekisho-bench-rehearsal-'))
const seconds = async (work: () => unknown): Promise<number> => {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

const ports: RehearsalPorts = {
  process: run,
  scratch: join(root, 'scratch'),
  uid: 0,
  // The bundle that an installation runs.
  command: [process.execPath, join(root, 'dist/runner.mjs')],
  redact: (text) => text,
  clock: systemClock,
  random: systemRandom,
  owners: {
    userName: () => 'mirai',
    groupName: () => 'mirai',
    uid: (name) => (name === 'mirai' ? USER.uid : undefined),
    gid: (name) => (name === 'mirai' ? USER.gid : undefined),
  },
}

function layOut(): void {
  const mirai = join(root, 'mirai')
  for (const path of [ports.scratch, join(mirai, 'releases'), join(root, 'data')])
    mkdirSync(path, { recursive: true })
  for (const path of [root, ports.scratch]) chmodSync(path, 0o755)
  for (const name of ['old', 'new'])
    cpSync(join(CHECKOUT, 'examples/mirai'), join(mirai, 'releases', name), { recursive: true })
  for (const name of ['old', 'new']) {
    const src = join(mirai, 'releases', name, 'src')
    // The node of the machine may read no types.
    buildSync({
      entryPoints: [join(src, 'main.ts')],
      outfile: join(src, 'main.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: `// ${name}` },
    })
  }
  symlinkSync('releases/old', join(mirai, 'current'))
  writeFileSync(join(mirai, '.env'), 'PORT=8097\nLOG_LEVEL=info\nFIRST_PASSWORD=change-me-at-once\n')
  chownSync(join(root, 'data'), USER.uid, USER.gid)
}

const HEALTH: Health = {
  url: 'http://127.0.0.1:8097/health',
  status: 200,
  json: { status: 'healthy' },
  withinMs: 5_000,
  good: 2,
  of: 3,
  everyMs: 100,
}

function specOf(): RehearsalSpec {
  const unit = unitOf(
    'mirai.service',
    readFileSync(join(CHECKOUT, 'src/rehearsal/fixtures/mirai-unit.json'), 'utf8'),
  )
  if (unit === undefined) throw new Error('no unit')
  const main = '/srv/mirai/current/src/main.mjs'
  return {
    unit: {
      ...unit,
      start: [{ path: '/usr/bin/env', argv: ['env', 'node', main], mayFail: false, asWritten: false }],
      workingDirectory: '/srv/mirai',
    },
    health: HEALTH,
    places: [
      { path: '/srv/mirai', kind: 'target', from: join(root, 'mirai') },
      { path: '/var/lib/mirai/data', kind: 'live', from: join(root, 'data') },
      { path: '/var/log/mirai', kind: 'empty' },
    ],
    given: {},
    steps: [{ kind: 'link', path: '/srv/mirai/current', target: 'releases/new' }, { kind: 'restart' }],
    mayChange: ['/srv/mirai/current'],
    live: [],
    secrets: { dotenv: ['/srv/mirai/.env'], files: [], real: [] },
    runs: 3,
    perSecond: 100,
    played: sha256('played'),
    deployed: sha256('old'),
    artefact: sha256('new'),
    validMs: 3_600_000,
  }
}

async function inRoom(more: Partial<RehearsalSpec>) {
  const { receipt, output } = await rehearse(ports, { ...specOf(), ...more })
  if (receipt.verdict !== 'green') throw new Error(`${JSON.stringify(receipt.fault)}\n${output}`)
  return receipt
}

/** Copies, starts, asks, switches, starts anew, asks, and back, with sums of all files before and after: as a careful person would. */
async function byHand(): Promise<void> {
  const work = mkdtempSync(join(root, 'hand-'))
  const must = (...argv: string[]) => {
    const done = spawnSync(argv[0] ?? '', argv.slice(1), { cwd: work })
    if (done.status !== 0) throw new Error(`${argv.join(' ')}: ${done.stderr}`)
  }
  must('cp', '-a', join(root, 'mirai'), join(work, 'mirai'))
  must('cp', '-a', join(root, 'data'), join(work, 'data'))
  const sums = () => must('sh', '-c', 'find mirai -type f -print0 | sort -z | xargs -0 sha256sum >sums')
  const start = (): ChildProcess =>
    spawn(
      'setpriv',
      [`--reuid=${USER.uid}`, `--regid=${USER.gid}`, '--clear-groups', 'node', 'mirai/current/src/main.mjs'],
      {
        cwd: work,
        stdio: 'ignore',
        env: {
          PATH: process.env['PATH'],
          PORT: '8097',
          DATA_DIR: join(work, 'data'),
          LOG_DIR: join(work, 'log'),
          FIRST_PASSWORD: 'change-me-at-once',
        },
      },
    )
  const healthy = async () => {
    // As it is declared, and as the room asks: good answers with a pause between them.
    for (let good = 0; good < HEALTH.good; ) {
      const isGood = await fetch(HEALTH.url).then(
        ({ ok }) => ok,
        () => false,
      )
      if (isGood) good += 1
      if (good < HEALTH.good) await new Promise((done) => setTimeout(done, isGood ? HEALTH.everyMs : 20))
    }
  }
  const stop = (child: ChildProcess) =>
    new Promise<void>((done) => {
      child.once('exit', () => done())
      child.kill('SIGTERM')
    })
  const to = (release: string) => {
    symlinkSync(`releases/${release}`, join(work, 'mirai/next'))
    renameSync(join(work, 'mirai/next'), join(work, 'mirai/current'))
  }
  mkdirSync(join(work, 'log'))
  for (const path of [work, join(work, 'log')]) chownSync(path, USER.uid, USER.gid)
  let child = start()
  await healthy()
  sums()
  for (const release of ['new', 'old']) {
    to(release)
    await stop(child)
    child = start()
    await healthy()
    sums()
  }
  await stop(child)
  rmSync(work, { recursive: true })
}

function manyFiles(): string {
  const from = join(root, 'many')
  for (let i = 0; i < FILES; i++) {
    const directory = join(from, `d${i % 200}`)
    if (!existsSync(directory)) mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, `f${i}`), 'x'.repeat(2_000 + (i % 4_000)))
  }
  return from
}

/** What an earlier copy has left to be written would be counted as the next one's. */
const settled = () => run(['sync', '--file-system', root], { timeoutMs: 600_000 })

async function clones(from: string, isFirst: boolean): Promise<readonly [number, number]> {
  const [ours, theirs] = [join(root, 'clone'), join(root, 'cp')]
  const owner = (uid: number, gid: number) => ({ uid: uid + 1_879_048_192, gid: gid + 1_879_048_192 })
  const limits = { bytes: 2 ** 40, files: 1_000_000 }
  const clone = async () => {
    await settled()
    return seconds(() => cloneDirectory(run, { from, to: ours, path: '/many', leave: [], owner, limits }))
  }
  const copy = async () => {
    await settled()
    return seconds(() => run(['cp', '-a', from, theirs], { timeoutMs: 600_000 }))
  }
  // By turns: the second one of a pair finds what the first one has left to be written.
  const first = isFirst ? await clone() : undefined
  const copied = await copy()
  const cloned = first ?? (await clone())
  for (const one of [ours, theirs]) rmSync(one, { recursive: true })
  return [cloned, copied]
}

const row = (name: string, value: string, bar: string) =>
  console.log(`${name.padEnd(52)}${value.padStart(14)}  ${bar}`)
try {
  const built = spawnSync(process.execPath, [join(CHECKOUT, 'build.ts'), '--out', join(root, 'dist')])
  if (built.status !== 0) throw new Error(String(built.stderr))
  layOut()
  const all: number[] = []
  let receipt = await inRoom({})
  for (let i = 0; i < 3; i++)
    all.push(
      await seconds(async () => {
        receipt = await inRoom({})
      }),
    )
  row('rehearsal of a change of the reference service, s', median(all).toFixed(1), '≤ 30')
  const range = (of: { readonly least: number; readonly most: number } | undefined) =>
    `${of?.least}–${of?.most}`
  row('  deploy, ms', range(receipt.deployMs), '')
  row('  way back, ms', range(receipt.backMs), '')
  row('  lost in the deploy, of 100 a second', range(receipt.lost?.deploy), '')
  const ratios: number[] = []
  for (let pair = 0; pair < PAIRS; pair++) {
    const room = () => seconds(() => inRoom({ runs: 1, perSecond: 0 }))
    const hand = () => seconds(byHand)
    const [a, b] = pair % 2 === 0 ? [await room(), await hand()] : [await hand(), await room()]
    ratios.push(pair % 2 === 0 ? a / b : b / a)
  }
  row('room over the same steps by hand', `+${((median(ratios) - 1) * 100).toFixed(0)} %`, '≤ 25 %')
  const from = manyFiles()
  const pairs: (readonly [number, number])[] = []
  for (let pair = 0; pair < PAIRS; pair++) pairs.push(await clones(from, pair % 2 === 0))
  row(`clone of ${FILES} files over cp -a`, `× ${median(pairs.map(([a, b]) => a / b)).toFixed(2)}`, '≤ 1.3')
} finally {
  rmSync(root, { recursive: true, force: true })
}
