// Is one checkout slower than another? Around one action, start of the gate, hook and start of the command line, each measured in both by turns,
// so that what else the machine does falls on both. Prints the medians and their ratio, after ÷ before. Both checkouts need node_modules; their
// bundles are made here. Needs root (the gate starts in a test host), and a machine that does nothing else.
//   node bench/paired.ts BEFORE AFTER [pairs]
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { CWD, POLICY } from '../tests/guard/world.ts'

const [before = '', after = '', pairs = '9'] = process.argv.slice(2)
if (before === '' || after === '') throw new Error('node bench/paired.ts BEFORE AFTER [pairs]')
const PAIRS = Number(pairs)
/** Of one run in a checkout: changes that are made, and starts of the gate. */
const CHANGES = 10
const STARTS = 3
/** Small programs are started this often in each turn. */
const CALLS = 10

const CHECKOUTS = { before: resolve(before), after: resolve(after) }
type Side = keyof typeof CHECKOUTS
const scratch = mkdtempSync(join(tmpdir(), 'sekisho-paired-'))
const guard = join(scratch, 'guard')
mkdirSync(join(guard, 'spool'), { recursive: true })
writeFileSync(join(guard, 'guard.json'), JSON.stringify(POLICY))
const call = JSON.stringify({
  hook_event_name: 'PreToolUse',
  tool_name: 'Bash',
  tool_input: { command: 'git status' },
  cwd: CWD,
  session_id: 'paired',
})

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

function runIn(checkout: string, argv: readonly string[], input = ''): string {
  const done = spawnSync(process.execPath, argv, {
    cwd: checkout,
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { PATH: process.env['PATH'], HOME: scratch, LANG: 'C.UTF-8' },
  })
  if (done.status !== 0) throw new Error(`${checkout}: ${argv.join(' ')}\n${done.stderr}${done.stdout}`)
  return done.stdout
}

/** The first number of the row that begins so. */
function figure(text: string, row: string): number {
  const line = text.split('\n').find((one) => one.startsWith(row))
  const found = /\d+(\.\d+)?/.exec(line?.slice(row.length) ?? '')?.[0]
  if (found === undefined) throw new Error(`no row "${row}" in\n${text}`)
  return Number(found)
}

function timeOf(checkout: string, argv: readonly string[], input = ''): number {
  const times = Array.from({ length: CALLS }, () => {
    const start = performance.now()
    runIn(checkout, argv, input)
    return performance.now() - start
  })
  return median(times)
}

const MEASURES: Readonly<Record<string, (checkout: string) => number>> = {
  'node -e 0 (floor)': (checkout) => timeOf(checkout, ['-e', '0']),
  'start of the command line, ms': (checkout) => timeOf(checkout, ['dist/cli.mjs', '--version']),
  'hook, an allowed call, ms': (checkout) =>
    timeOf(checkout, ['dist/hook.cjs', 'hook', 'claude-code', '--guard', guard, '--lang', 'ja'], call),
  'around one action, ms': (checkout) =>
    figure(runIn(checkout, ['bench/action.ts', String(CHANGES)]), 'over the floor (bar ≤ 40 ms)'),
  'warm start of the gate, s': (checkout) =>
    figure(
      runIn(checkout, ['bench/gate.ts', String(STARTS), 'warmStart']),
      'warm start, `up`, to an answering gate',
    ),
}

try {
  for (const checkout of Object.values(CHECKOUTS)) runIn(checkout, ['build.ts'])
  console.log(`${PAIRS} pairs; before ${CHECKOUTS.before}; after ${CHECKOUTS.after}`)
  console.log(
    `${''.padEnd(34)}${['before', 'after', 'ratio', 'least', 'most'].map((one) => one.padStart(9)).join('')}`,
  )
  for (const [name, measure] of Object.entries(MEASURES)) {
    const seen: Record<Side, number[]> = { before: [], after: [] }
    for (let pair = 0; pair < PAIRS; pair++)
      // The first of a pair is not always the same one.
      for (const side of pair % 2 === 0 ? (['before', 'after'] as const) : (['after', 'before'] as const))
        seen[side].push(measure(CHECKOUTS[side]))
    const ratios = seen.after.map((one, i) => one / (seen.before[i] ?? Number.NaN))
    const figures = [
      median(seen.before),
      median(seen.after),
      median(ratios),
      Math.min(...ratios),
      Math.max(...ratios),
    ]
    console.log(`${name.padEnd(34)}${figures.map((one) => one.toFixed(2).padStart(9)).join('')}`)
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
