// The gate as a person meets it, in a test host: warm start, resident memory, an everyday nginx change, a restart of a hung service.
// Each beside a floor of the same run. Needs root (see tests/host). node bench/gate.ts [rounds] [one of them]

import type { ChangeView } from '../src/contract/change.ts'
import type { JournalLine } from '../src/seal/journal.ts'
import { systemClock } from '../src/sys/clock.ts'
import { DATA } from '../tests/crash/campaign.ts'
import { goodSite, hungService, MARK, SITE } from '../tests/host/faults.ts'
import { MIRAI_UNIT } from '../tests/host/host.ts'
import { down } from '../tests/host/set.ts'
import { until } from '../tests/until.ts'
import { UP_UNIT, type World, world } from '../tests/world/world.ts'

const SET = `bench-${process.pid}`
const rounds = Number(process.argv[2] ?? 5)
/** `warmStart`, `status`, `memory`, `everyday`, `restart` or `installed` alone. */
const only = process.argv[3]
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
const row = (name: string, value: string, bar: string) =>
  console.log(`${name.padEnd(44)} ${value.padStart(16)}   ${bar}`)
const seconds = (values: readonly number[]) => `${median(values).toFixed(2)} s`

/** Connections that nobody uses are closed after ten seconds, and their processes end. */
const QUIET_MS = 12_000
const answers = (w: World) =>
  until('the gate', 30_000, async () =>
    (await w.host.exec(['curl', '-sf', '-o', '/dev/null', 'http://127.0.0.1:7440/healthz'])).code === 0
      ? true
      : undefined,
  )
const bareNode = (w: World) => timed(() => w.host.ok(['/usr/local/bin/node', '-e', '0']))

try {
  const w = await world({ set: SET, owner: process.pid })
  console.log(`median of ${rounds} rounds; ${await kindOf(w)}`)
  const parts = { warmStart, status, memory, everyday, restart, installed }
  for (const [name, part] of Object.entries(parts)) if (only === undefined || only === name) await part(w)
} finally {
  await down(SET)
}

/** What runs is looked up, not assumed: a bundle that is not of these sources steps aside for them. */
async function kindOf(w: World): Promise<string> {
  const seen = await w.host.exec(['pgrep', '-f', 'server[.]mjs gate'])
  return seen.code === 0 ? 'the bundles of dist/ run' : 'the sources run'
}

async function warmStart(w: World): Promise<void> {
  const up: number[] = []
  const node: number[] = []
  for (let i = 0; i < rounds; i++) {
    await w.host.ok(['systemctl', 'stop', UP_UNIT])
    node.push(await bareNode(w))
    const start = [
      'systemd-run',
      `--unit=${UP_UNIT}`,
      '--service-type=exec',
      '--property=KillMode=mixed',
      '/opt/sekisho-checkout/bin/sekisho',
      'up',
    ]
    up.push(
      await timed(async () => {
        await w.host.ok(start)
        await answers(w)
      }),
    )
  }
  row('warm start, `up`, to an answering gate', seconds(up), `bar ≤ 1 s; node -e 0: ${seconds(node)}`)
}

/** The same for the units of an installation, whose start returns when the gate answers. Ends with nothing of it left. */
async function installed(w: World): Promise<void> {
  await w.host.ok(['systemctl', 'stop', UP_UNIT])
  await w.host.ok(['/opt/sekisho-checkout/bin/sekisho', 'install', 'host'])
  const units = ['sekisho-gate', 'sekisho-runner', 'sekisho-store']
  const start: number[] = []
  const node: number[] = []
  for (let i = 0; i <= rounds; i++) {
    node.push(await bareNode(w))
    const took = await timed(async () => {
      await w.host.ok(['systemctl', 'start', ...units])
      await answers(w)
    })
    if (i > 0) start.push(took) // The first one compiles.
    await w.host.ok(['systemctl', 'stop', ...units])
  }
  await w.host.ok(['/usr/local/bin/sekisho', 'uninstall', 'host'])
  row('warm start, units, to an answering gate', seconds(start), `bar ≤ 1 s; node -e 0: ${seconds(node)}`)
}

async function status(w: World): Promise<void> {
  const whole: number[] = []
  const node: number[] = []
  for (let i = 0; i <= rounds; i++) {
    node.push(await bareNode(w))
    const took = await timed(() => w.sekisho('ops1', ['status']))
    if (i > 0) whole.push(took)
  }
  row('sekisho status', seconds(whole), `node -e 0: ${seconds(node)}`)
}

/**
 * Of a gate that was quiet for a moment. RSS is what the bar is held against: it counts a page once for each process that has it, so
 * PostgreSQL's program and buffers count ten times. PSS shares such a page out: that is what the machine has less of.
 */
async function memory(w: World): Promise<void> {
  await systemClock.sleep(QUIET_MS)
  const script = `for p in /proc/[0-9]*; do c=$(tr '\\0' ' ' <$p/cmdline 2>/dev/null); case $c in *runner/main.ts*|*runner.mjs*) n=runner;; *serve*gate*) n=gate;; *serve*store*) n=store;; *postgres*) n=postgres;; *sekisho*up*) n=up;; *) continue;; esac; awk -v n=$n '/^Rss:/{r=$2} /^Pss:/{s=$2} END {print n, r+0, s+0}' $p/smaps_rollup 2>/dev/null; done`
  const sums = new Map<string, { rss: number; pss: number }>()
  for (const line of (await w.host.ok(['sh', '-c', script])).trim().split('\n')) {
    const [name = '', rss = '0', pss = '0'] = line.split(' ')
    const before = sums.get(name) ?? { rss: 0, pss: 0 }
    sums.set(name, { rss: before.rss + Number(rss) / 1024, pss: before.pss + Number(pss) / 1024 })
  }
  const mib = (kind: 'rss' | 'pss', ...names: readonly string[]) =>
    `${names.reduce((sum, name) => sum + (sums.get(name)?.[kind] ?? 0), 0).toFixed(0)} MiB`
  const part = (title: string, bar: string, ...names: readonly string[]) =>
    row(`${title}, RSS summed`, mib('rss', ...names), `${bar}PSS: ${mib('pss', ...names)}`)
  part('gate + PostgreSQL', 'bar ≤ 250 MB; ', 'gate', 'postgres')
  part('runner', 'bar ≤ 90 MB; ', 'runner')
  part('store', '', 'store')
  part('up', '', 'up')
}

async function everyday(w: World): Promise<void> {
  const machine: number[] = []
  const bare: number[] = []
  for (let i = 0; i < rounds; i++) {
    const { candidate } = await goodSite(w.host)
    await w.host.put('/tmp/bench.conf', candidate.replaceAll(MARK, `X-Bench-${i}`))
    bare.push(await timed(() => w.host.ok(['sh', '-c', 'nginx -t 2>/dev/null && systemctl reload nginx'])))
    let id = ''
    machine.push(
      await timed(async () => {
        const made = await w.json<ChangeView>('ops1', [
          'do',
          'config',
          '--service',
          'mirai-knowledge-system',
          '--file',
          `${SITE}=/tmp/bench.conf`,
          '--instruction',
          'bench',
        ])
        id = made.id
        await w.json('ops1', ['change', 'approve', id, '--yes'])
      }),
    )
  }
  row(
    'everyday nginx change, 1 command 1 approval',
    seconds(machine),
    `bar ≤ 15 s; nginx -t and reload alone: ${seconds(bare)}; 4 s of it watch the workers`,
  )
}

async function restart(w: World): Promise<void> {
  await w.json('ops1', ['standing', 'sign', 'mirai-knowledge-system', 'restart', '--yes'])
  const whole: number[] = []
  const bare: number[] = []
  const diagnostics: number[] = []
  let stop = 0
  const steps = new Map<string, number[]>()
  for (let i = 0; i < Math.min(rounds, 3); i++) {
    await hungService(w.host)
    bare.push(await timed(() => w.host.ok(['systemctl', 'restart', MIRAI_UNIT])))
    await hungService(w.host)
    let view: ChangeView | undefined
    whole.push(
      await timed(async () => {
        view = await w.json<ChangeView>('ops1', [
          'do',
          'service',
          '--service',
          'mirai-knowledge-system',
          '--verb',
          'restart',
          '--instruction',
          'bench',
        ])
      }),
    )
    for (const [name, took] of await timesOf(w, view?.execution?.id ?? ''))
      steps.set(name, [...(steps.get(name) ?? []), took])
    stop = (view?.impact.stopTimeoutMs ?? 0) / 1000
    diagnostics.push(steps.get('diagnostics ')?.at(-1) ?? 0)
  }
  row(
    'restart of a hung service, 0 approvals',
    seconds(whole),
    `bar ≤ ${(stop + median(diagnostics) + 5).toFixed(1)} s (stop time-out, diagnostics, 5 s); systemctl restart alone: ${seconds(bare)}`,
  )
  for (const [kind, values] of steps) row(`  ${kind}`, seconds(values), '')
}

/** Time from each line of the execution's journal to the next, by what the later one says. */
async function timesOf(w: World, execution: string): Promise<readonly (readonly [string, number])[]> {
  const bytes = await w.host.read(`${DATA}/runner/journal/${execution.replace('/', '.')}.jsonl`)
  const lines = bytes
    .toString()
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as JournalLine)
  return lines.slice(1).map(({ at, key, body }, i) => {
    const name =
      body.kind === 'proof' ? `proof: ${body.proof['kind']}` : `${body.kind} ${key.split('/')[2] ?? ''}`
    return [name, (Date.parse(at) - Date.parse(lines[i]?.at ?? at)) / 1000]
  })
}
