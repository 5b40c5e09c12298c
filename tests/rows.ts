// Rows of docs/acceptance.md: which tests belong to a row, what the last results of their files say, and how that is printed.
// The reporter stores what it saw, a file for each test file, so that several runs beside each other do not meet.
// `node tests/rows.ts [ID…]` prints how the rows stand, `node tests/rows.ts --keep` stores what a campaign has proven.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commitHere } from './commit.ts'

const ROOT = join(import.meta.dirname, '..')
const STORE = join(ROOT, 'node_modules/.cache/sekisho-tests/rows')
const CAMPAIGN = join(ROOT, 'docs/campaign.json')

const ID = '(?:[SXN]\\d{2}|E[1-7])'
const WHOLE = new RegExp(`^(${ID}(?:[ ,]+${ID})*)(?::| )`)
const PART = new RegExp(`^part of (${ID}(?:(?:, | and )${ID})*):`)

export interface TestResult {
  /** Titles of the groups around a test, outermost first, and its own. */
  readonly titles: readonly string[]
  readonly state: 'passed' | 'failed' | 'skipped'
}
export interface Stored {
  readonly file: string
  readonly commit: string
  readonly at: string
  readonly tests: readonly TestResult[]
}
export type Verdict = 'proven' | 'partly' | 'failed' | 'none'

/** The rows that a test, or a group around it, stands for as a whole, and those that it is a part of. */
export function rowsOf(titles: readonly string[]): {
  readonly whole: readonly string[]
  readonly part: readonly string[]
} {
  const found = (form: RegExp) =>
    titles.flatMap(
      (title) =>
        form
          .exec(title)?.[1]
          ?.split(/,? and |[ ,]+/)
          .filter((one) => one !== '') ?? [],
    )
  return { whole: [...new Set(found(WHOLE))], part: [...new Set(found(PART))] }
}

/** A row is proven by tests that stand for the whole of it, all of which have passed; a part alone never proves it. */
export function verdictOf(row: string, tests: readonly TestResult[]): Verdict {
  const whole = tests.filter(({ titles }) => rowsOf(titles).whole.includes(row))
  const part = tests.filter(({ titles }) => rowsOf(titles).part.includes(row))
  const all = [...whole, ...part]
  if (all.some(({ state }) => state === 'failed')) return 'failed'
  if (whole.length > 0 && whole.every(({ state }) => state === 'passed')) return 'proven'
  return all.some(({ state }) => state === 'passed') ? 'partly' : 'none'
}

/** Keeps what was seen of a test file. `isAll`: every test of it was asked for, and what is not there now is gone. */
export function store(file: string, seen: Omit<Stored, 'file'>, isAll: boolean): void {
  const belongs = seen.tests.filter(({ titles }) => {
    const { whole, part } = rowsOf(titles)
    return whole.length + part.length > 0
  })
  const path = join(STORE, `${createHash('sha256').update(file).digest('hex').slice(0, 32)}.json`)
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Stored) : undefined
  const names = new Set(belongs.map(nameOf))
  const kept =
    isAll || before?.commit !== seen.commit ? [] : before.tests.filter((one) => !names.has(nameOf(one)))
  if (belongs.length + kept.length === 0 && before === undefined) return
  mkdirSync(STORE, { recursive: true })
  writeFileSync(`${path}.${process.pid}`, JSON.stringify({ ...seen, file, tests: [...kept, ...belongs] }))
  renameSync(`${path}.${process.pid}`, path)
}

const nameOf = ({ titles }: TestResult) => titles.join(' > ')

function storedResults(): readonly Stored[] {
  if (!existsSync(STORE)) return []
  return readdirSync(STORE)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(STORE, name), 'utf8')) as Stored)
    .filter(({ file }) => existsSync(join(ROOT, file)))
}

/** Ids and sentences of docs/acceptance.md, in its order. */
export function rowsInDocs(): readonly (readonly [string, string])[] {
  const text = readFileSync(join(ROOT, 'docs/acceptance.md'), 'utf8')
  return [...text.matchAll(new RegExp(`^\\| (${ID}) \\| (.+) \\|$`, 'gm'))].map((one) => [
    one[1] ?? '',
    one[2] ?? '',
  ])
}

interface Campaign {
  readonly commit: string
  readonly at: string
  readonly proven: readonly string[]
}

/** The table that `script/test --rows` prints: what is not of this commit or of the last campaign does not count. */
function report(commit: string, now: number, only: readonly string[] = []): string {
  const stored = storedResults()
  const current = stored.filter((one) => one.commit === commit).flatMap(({ tests }) => tests)
  const campaign = existsSync(CAMPAIGN) ? (JSON.parse(readFileSync(CAMPAIGN, 'utf8')) as Campaign) : undefined
  const lines = rowsInDocs()
    .filter(([id]) => only.length === 0 || only.includes(id))
    .map(([id, sentence]) => {
      const here = verdictOf(id, current)
      const inCampaign = campaign?.proven.includes(id) === true && here !== 'failed'
      const verdict = inCampaign ? 'proven' : here
      const older =
        here === 'none'
          ? stored.find((one) => one.commit !== commit && verdictOf(id, one.tests) !== 'none')
          : undefined
      const beside = [
        ...(inCampaign && here !== 'proven'
          ? [`campaign at ${campaign?.commit.slice(0, 7)}, ${ageOf(campaign?.at, now)}`]
          : []),
        ...(older === undefined
          ? []
          : [`not run at this commit; last ${verdictOf(id, older.tests)} at ${older.commit.slice(0, 7)}`]),
      ]
      return {
        id,
        verdict,
        line: `${id}  ${verdict.padEnd(6)}  ${sentence}${beside.length === 0 ? '' : ` (${beside.join('; ')})`}`,
      }
    })
  const oldest = stored
    .filter((one) => one.commit === commit)
    .map(({ at }) => at)
    .sort()[0]
  const count = (verdict: Verdict) => lines.filter((one) => one.verdict === verdict).length
  return [
    ...lines.map(({ line }) => line),
    `at ${commit}: ${oldest === undefined ? 'no test of a row was run' : `results up to ${ageOf(oldest, now)}`}`,
    `campaign: ${campaign === undefined ? 'no stored result' : `${campaign.commit.slice(0, 7)}, ${ageOf(campaign.at, now)}`}`,
    `${count('proven')} proven, ${count('partly')} partly, ${count('failed')} failed, ${count('none')} none`,
  ].join('\n')
}

function ageOf(at: string | undefined, now: number): string {
  const minutes = Math.max(0, Math.round((now - Date.parse(at ?? '')) / 60_000))
  if (minutes < 120) return `${minutes} min old`
  return minutes < 2880 ? `${Math.round(minutes / 60)} h old` : `${Math.round(minutes / 1440)} days old`
}

/** Stores which rows are proven at this commit as the result of a campaign. */
function keepCampaign(commit: string, now: number): readonly string[] {
  const tests = storedResults()
    .filter((one) => one.commit === commit)
    .flatMap((one) => one.tests)
  const proven = rowsInDocs().flatMap(([id]) => (verdictOf(id, tests) === 'proven' ? [id] : []))
  writeFileSync(CAMPAIGN, `${JSON.stringify({ commit, at: new Date(now).toISOString(), proven }, null, 2)}\n`)
  return proven
}

function main(words: readonly string[]): void {
  const [first, ...others] = words
  const commit = commitHere()
  if (first !== '--keep')
    console.log(report(commit, Date.now(), first === undefined ? [] : [first, ...others]))
  else if (commit.includes('+')) {
    console.error('Commit your changes first: a campaign is stored with its commit.')
    process.exitCode = 64
  } else console.log(`docs/campaign.json: ${keepCampaign(commit, Date.now()).join(' ')}`)
}

if (import.meta.main) main(process.argv.slice(2))
