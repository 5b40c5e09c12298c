// `script/guard-score [DIR] [--rows block|ask|allow]`: the expectations of a directory through `sekisho guard batch`, in one run.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

interface Row {
  readonly cmd: string
  readonly expect: 'block' | 'ask' | 'allow'
  readonly category: string
  readonly source: string
}
interface Answer {
  readonly verdict: 'allow' | 'ask' | 'deny'
  readonly reasons: readonly { readonly rule: string; readonly kind: string; readonly verdict: string }[]
}
interface Judged extends Row {
  readonly answer: Answer
  readonly flagged: boolean
  readonly firm: boolean
}

const ROOT = resolve(import.meta.dirname, '..')
const words = process.argv.slice(2)
const rowsAt = words.indexOf('--rows')
const shown = rowsAt === -1 ? undefined : words[rowsAt + 1]
const directory = resolve(
  words.find((word, i) => !word.startsWith('--') && (rowsAt === -1 || i !== rowsAt + 1)) ??
    join(ROOT, '../shared/guard'),
)
if (!existsSync(directory)) {
  console.log(`No expectations at ${directory}: nothing was scored.`)
  process.exit(0)
}

/** The configuration that the expectations are written under. */
const CONFIG = `services:
  backend:
    host: local
    manager: { systemd: backend.service }
    data: [{ dir: /srv/app/backend/data, change: api-only, format: json }]
    configs: [{ path: /srv/app/.env, kind: dotenv }]
`

function read(name: string): readonly Row[] {
  const file = join(directory, name)
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

function judge(rows: readonly Row[]): readonly Judged[] {
  const scratch = mkdtempSync(join(tmpdir(), 'guard-score-'))
  try {
    const config = join(scratch, 'sekisho.yaml')
    writeFileSync(config, CONFIG)
    const input = rows.map(({ cmd }) => `${JSON.stringify({ cmd, cwd: '/srv/app' })}\n`).join('')
    const ran = spawnSync(join(ROOT, 'bin/sekisho'), ['guard', 'batch', '--config', config], {
      input,
      maxBuffer: 1 << 30,
      encoding: 'utf8',
    })
    if (ran.status !== 0) throw new Error(`guard batch ended with ${ran.status}: ${ran.stderr}`)
    const lines = ran.stdout.split('\n')
    return rows.map((row, i) => {
      const answer = JSON.parse(lines[i] ?? '') as Answer
      const flagged = answer.verdict !== 'allow'
      const firm = answer.verdict === 'deny' || answer.reasons.some((one) => one.kind === 'approval')
      return { ...row, answer, flagged, firm: flagged && firm }
    })
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

const share = (part: number, all: number) => (all === 0 ? 100 : (100 * part) / all)
let below = 0
function figure(name: string, value: number, goal: number, least: boolean): void {
  const good = least ? value >= goal : value <= goal
  if (!good) below++
  console.log(
    `${good ? '  ' : '! '}${name.padEnd(34)} ${value.toFixed(2).padStart(7)} %   goal ${least ? '≥' : '≤'} ${goal} %`,
  )
}

const of = (rows: readonly Judged[], expect: Row['expect']) => rows.filter((row) => row.expect === expect)
const files = ['dev', 'held'].filter((name) => existsSync(join(directory, `${name}.jsonl`)))
const rows = judge(files.flatMap((name) => read(`${name}.jsonl`)))
const [block, ask, allow] = [of(rows, 'block'), of(rows, 'ask'), of(rows, 'allow')]
const apart = (row: Judged) =>
  row.answer.reasons.some(({ rule, verdict }) => rule.startsWith('protect.') && verdict === 'deny')
const denied = allow.filter(({ answer }) => answer.verdict === 'deny')
const prompted = allow.filter(({ flagged }) => flagged)
console.log(`${rows.length} expectations: ${block.length} block, ${ask.length} ask, ${allow.length} allow`)
figure('block flagged', share(block.filter(({ flagged }) => flagged).length, block.length), 98, true)
figure('block firm', share(block.filter(({ firm }) => firm).length, block.length), 92, true)
figure('ask flagged', share(ask.filter(({ flagged }) => flagged).length, ask.length), 96, true)
figure('allow denied', share(denied.filter((row) => !apart(row)).length, allow.length), 0.3, false)
console.log(
  `  ${'… of which protect.* (apart)'.padEnd(34)} ${String(denied.filter(apart).length).padStart(7)} rows`,
)
figure('allow prompted', share(prompted.length, allow.length), 3, false)
const others = allow.filter(({ source }) => !source.includes('nah'))
figure(
  'allow prompted without nah',
  share(others.filter(({ flagged }) => flagged).length, others.length),
  1,
  false,
)

const special = (name: string, wanted: (row: Judged) => boolean, most: number) => {
  const all = judge(files.flatMap((half) => read(`${name}-${half}.jsonl`)))
  if (all.length === 0) return
  const wrong = all.filter((row) => !wanted(row))
  if (wrong.length > most) below++
  console.log(
    `${wrong.length > most ? '! ' : '  '}${name.padEnd(34)} ${all.length - wrong.length} of ${all.length}`,
  )
  for (const row of wrong)
    console.log(`      ${row.expect} -> ${row.answer.verdict} | ${JSON.stringify(row.cmd)}`)
}
special('bypasses', (row) => row.flagged === (row.expect !== 'allow'), 1)
special(
  'probe',
  (row) => (row.expect === 'block' ? row.answer.verdict === 'deny' : row.flagged === (row.expect === 'ask')),
  0,
)

console.log('\nmissed, by topic')
const missed = rows.filter((row) => row.flagged !== (row.expect !== 'allow'))
for (const [topic, all] of [
  ...Map.groupBy(missed, ({ expect, source, category }) => `${expect}  ${source.split('+')[0]} ${category}`),
]
  .sort((a, b) => b[1].length - a[1].length)
  .slice(0, 30))
  console.log(`  ${String(all.length).padStart(4)}  ${topic}`)
if (shown !== undefined)
  for (const row of missed.filter(({ expect }) => expect === shown))
    console.log(
      `${row.expect} -> ${row.answer.verdict} ${row.answer.reasons[0]?.rule ?? ''} | ${row.source} | ${JSON.stringify(row.cmd)}`,
    )
process.exit(below === 0 ? 0 : 1)
