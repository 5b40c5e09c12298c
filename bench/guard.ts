// How long the guard takes: one decision over our own vectors, beside cc-safety-net in the same process and over the same commands; the
// worst text that fits; and the hook as it is started, in interleaved pairs with `node -e 0`.
//   node bench/guard.ts [pairs]
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { decide } from '../src/guard/decide.ts'
import type { Compiled } from '../src/guard/policy.ts'
import { readVectors } from '../tests/guard/vectors.ts'
import { COMPILED, CWD, POLICY } from '../tests/guard/world.ts'
import { HOSTILE } from './hostile.ts'

const ROOT = resolve(import.meta.dirname, '..')
const PAIRS = Number(process.argv[2] ?? 50)
const ROUNDS = 5
const commands = readVectors().map(({ command }) => command)

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
const median = (values: readonly number[]) =>
  at(
    [...values].sort((a, b) => a - b),
    0.5,
  )
const line = (what: string, figure: string, more = '') => console.log(`${what.padEnd(44)}${figure}${more}`)

/** Microseconds of each call, sorted. The first round warms up and is not counted. */
function time(work: (command: string) => unknown): readonly number[] {
  const all: number[] = []
  for (let round = 0; round <= ROUNDS; round++)
    for (const command of commands) {
      const start = process.hrtime.bigint()
      work(command)
      const micros = Number(process.hrtime.bigint() - start) / 1000
      if (round > 0) all.push(micros)
    }
  return all.sort((a, b) => a - b)
}
function figures(what: string, sorted: readonly number[]): void {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => at(sorted, share).toFixed(0))
  line(what, `p50 ${p50} µs  p95 ${p95} µs  p99 ${p99} µs  most ${at(sorted, 1).toFixed(0)} µs`)
}

const ask = (text: string, compiled: Compiled = COMPILED) =>
  decide({ kind: 'shell', text, cwd: CWD, actor: 'agent' }, compiled)

interface Peer {
  readonly checkCommand: (input: { readonly command: string; readonly cwd: string }) => unknown
}
async function peer(): Promise<Peer | undefined> {
  const name = 'cc-safety-net/api'
  return (await import(name).catch(() => undefined)) as Peer | undefined
}

/** As installed: the bundle, no sources beside it, started through its own `bin/sekisho`. */
function install(into: string): { readonly hook: string; readonly program: string } {
  const made = spawnSync(process.execPath, [join(ROOT, 'build.ts'), '--out', join(into, 'dist')], {
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(made.stderr)
  mkdirSync(join(into, 'bin'))
  cpSync(join(ROOT, 'bin/sekisho'), join(into, 'bin/sekisho'))
  cpSync(process.execPath, join(into, 'bin/node'))
  return { hook: join(into, 'dist/hook.cjs'), program: join(into, 'bin/sekisho') }
}

function walls(into: string): void {
  const { hook, program } = install(into)
  const guard = join(into, 'guard')
  mkdirSync(join(guard, 'spool'), { recursive: true })
  writeFileSync(join(guard, 'guard.json'), JSON.stringify(POLICY))
  const node = join(into, 'bin/node')
  const call = (command: string) =>
    JSON.stringify({
      session_id: 's',
      cwd: CWD,
      hook_event_name: 'PreToolUse',
      tool_name: 'Bash',
      tool_input: { command },
    })
  const environment = { PATH: '/usr/bin:/bin', HOME: into }
  const wall = (argv: readonly string[], env: Record<string, string>, input = '') => {
    const [file = '', ...rest] = argv
    const start = process.hrtime.bigint()
    const { status, stderr } = spawnSync(file, rest, { input, env })
    if (status !== 0) throw new Error(String(stderr))
    return Number(process.hrtime.bigint() - start) / 1e6
  }
  const options = ['hook', 'claude-code', '--guard', guard, '--lang', 'ja']
  const kinds: readonly (readonly [
    string,
    readonly string[],
    Record<string, string>,
    string,
    number | undefined,
  ])[] = [
    ['node + file, allowed', [node, hook, ...options], environment, call('git status'), 1.25],
    ['node + file, refused', [node, hook, ...options], environment, call('rm -rf backend/data'), undefined],
    ['bin/sekisho, allowed', [program, ...options], environment, call('git status'), 1.35],
    ['bin/sekisho, refused', [program, ...options], environment, call('rm -rf backend/data'), undefined],
    ['node + file, another tool', [node, hook, ...options], environment, call('npm test'), undefined],
  ]
  for (const [what, argv, env, input, goal] of kinds) {
    for (let i = 0; i < 3; i++) wall(argv, env, input)
    const ratios: number[] = []
    const times: number[] = []
    const floors: number[] = []
    for (let i = 0; i < PAIRS; i++) {
      const floor = wall([node, '-e', '0'], environment)
      const mine = wall(argv, env, input)
      ratios.push(mine / floor)
      times.push(mine)
      floors.push(floor)
    }
    line(
      `hook, ${what}`,
      `${median(ratios).toFixed(2)} × node -e 0`,
      `  (${median(times).toFixed(1)} ms over ${median(floors).toFixed(1)} ms)${goal === undefined ? '' : `  goal ≤ ${goal}`}`,
    )
  }
}

console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? '?'}, node ${process.version}, ${commands.length} vectors, ${PAIRS} pairs\n`,
)
figures(
  'decision',
  time((command) => ask(command)),
)
const other = await peer()
if (other === undefined) line('cc-safety-net', 'not installed')
else
  figures(
    'cc-safety-net, same commands',
    time((command) => other.checkCommand({ command, cwd: tmpdir() })),
  )
/** The best of three: the others on this machine are not what is measured. */
const TURNS = 3
const worst = HOSTILE.map(([name, text]) => {
  const taken: number[] = []
  let verdict = ''
  for (let turn = 0; turn < TURNS; turn++) {
    const start = process.hrtime.bigint()
    ;({ verdict } = ask(text))
    taken.push(Number(process.hrtime.bigint() - start) / 1e6)
  }
  return { name, verdict, first: taken[0] ?? 0, best: Math.min(...taken) }
}).sort((a, b) => b.best - a.best)
const slow = worst.filter(({ best }) => best > 100).length
line(
  `64 kB, ${worst.length} kinds of text`,
  `median ${(worst[worst.length >> 1]?.best ?? 0).toFixed(1)} ms, ${slow} beyond 100 ms`,
)
for (const { name, verdict, first, best } of worst.slice(0, 5))
  line(
    `64 kB of ${name}`,
    `${best.toFixed(1)} ms, ${verdict}`,
    `  (${first.toFixed(1)} at first)  goal ≤ 100 ms`,
  )
const scratch = mkdtempSync(join(tmpdir(), 'guard-bench-'))
try {
  walls(scratch)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
