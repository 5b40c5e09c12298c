// The gate as a person meets it, in a test host: warm start, resident memory, an everyday nginx change, a restart of a hung service.
// Each beside a floor of the same run. Needs root (see tests/host). node bench/gate.ts [rounds] [one of them]

import type { ChangeView } from '../src/contract/change.ts'
import type { JournalLine } from '../src/seal/journal.ts'
import { DATA } from '../tests/crash/campaign.ts'
import { goodSite, hungService, MARK, SITE } from '../tests/host/faults.ts'
import { MIRAI_UNIT } from '../tests/host/host.ts'
import { until } from '../tests/host/place.ts'
import { down } from '../tests/host/set.ts'
import { UP_UNIT, type World, world } from '../tests/world/world.ts'

const SET = `bench-${process.pid}`
const rounds = Number(process.argv[2] ?? 5)
/** `warmStart`, `memory`, `everyday` or `restart` alone. */
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

try {
  const w = await world({ set: SET, owner: process.pid })
  console.log(`median of ${rounds} rounds`)
  for (const measure of [warmStart, memory, everyday, restart])
    if (only === undefined || only === measure.name) await measure(w)
} finally {
  await down(SET)
}

async function warmStart(w: World): Promise<void> {
  const up: number[] = []
  const node: number[] = []
  for (let i = 0; i < rounds; i++) {
    await w.host.ok(['systemctl', 'stop', UP_UNIT])
    node.push(await timed(() => w.host.ok(['/usr/local/bin/node', '-e', '0'])))
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
        await until('the gate', 30_000, async () =>
          (await w.host.exec(['curl', '-sf', '-o', '/dev/null', 'http://127.0.0.1:7440/healthz'])).code === 0
            ? true
            : undefined,
        )
      }),
    )
  }
  row('warm start to an answering gate', seconds(up), `bar ≤ 1 s; node -e 0: ${seconds(node)}`)
}

/** Resident set of each part; pages that several share count in each. */
async function memory(w: World): Promise<void> {
  const script = `for p in /proc/[0-9]*; do c=$(tr '\\0' ' ' <$p/cmdline 2>/dev/null); case $c in *runner/main.ts*|*runner.mjs*) n=runner;; *serve*gate*) n=gate;; *postgres*) n=postgres;; *sekisho*up*|*cli/main.ts*) n=up;; *) continue;; esac; s=$(awk '/^Rss:/{print $2}' $p/smaps_rollup 2>/dev/null); echo "$n \${s:-0}"; done`
  const sums = new Map<string, number>()
  for (const line of (await w.host.ok(['sh', '-c', script])).trim().split('\n')) {
    const [name = '', kilobytes = '0'] = line.split(' ')
    sums.set(name, (sums.get(name) ?? 0) + Number(kilobytes) / 1024)
  }
  const mib = (...names: readonly string[]) =>
    `${names.reduce((sum, name) => sum + (sums.get(name) ?? 0), 0).toFixed(0)} MiB`
  row('gate + PostgreSQL resident (RSS)', mib('gate', 'postgres'), 'bar ≤ 250 MB')
  row('runner resident (RSS)', mib('runner'), 'bar ≤ 90 MB')
  row('up resident (RSS)', mib('up'), '')
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
