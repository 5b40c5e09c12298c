// The lines of a card that only a change of code has: what was measured first, then what its suites said. Every figure is one of the runner's own
// evidence; what was not measured is said.
import { isObject } from '../base/json.ts'
import type { ChangeView, CheckView } from '../contract/change.ts'
import { CODE_WORDS, type CodeWords, type TouchedKind } from '../words/code.ts'
import { findingText, isFindingCode } from '../words/code-findings.ts'
import { aside, clauses, listed } from '../words/labels.ts'
import { oldCodeText, rehearsalFault, rehearsalNotCompared } from '../words/rehearsal.ts'
import type { Language } from '../words/words.ts'
import { commitStep } from './commit-step.ts'
import { whyTestsAreRed } from './red-suites.ts'
import { hasMigration, schemaLoss } from './schema-card.ts'

/** Of a check, also as a record has it. */
type Looked = Pick<CheckView, 'facts'>

export interface CodeRow {
  readonly label: string
  readonly text: string
}

/** Undefined figures are not invented: a row says that nothing was measured. */
export function codeRows(
  { checks, steps }: Pick<ChangeView, 'checks' | 'steps'>,
  language: Language,
): readonly CodeRow[] {
  const words = CODE_WORDS[language]
  return [
    { label: words.label.rehearsal, text: rehearsed(factsOf(checks, 'rehearsal'), words, language) },
    ...(hasMigration({ steps }) ? goesBack(factsOf(checks, 'rehearsal'), words, language) : []),
    { label: words.label.tests, text: tested(factsOf(checks, 'tests'), words, language) },
    ...failed(factsOf(checks, 'tests'), words, language),
    ...commitRow(steps, factsOf(checks, 'tests'), words),
    ...touched(factsOf(checks, 'impact'), words, language),
    ...noted(checks, words, language),
  ]
}

/** Which commit is deployed, or gone back to, and on what. */
function commitRow(
  steps: ChangeView['steps'],
  tests: Looked | undefined,
  words: CodeWords,
): readonly CodeRow[] {
  const found = commitStep(steps)
  if (found === undefined) return []
  const { commit, branch, on } = found
  const goes = tests?.facts['back'] === true ? words.goesBackTo : words.deploys
  return [{ label: words.label.commit, text: goes(commit, branch, on) }]
}

/** N15: does code alone go back, on the schema that comes? */
function goesBack(check: CheckView | undefined, words: CodeWords, language: Language): readonly CodeRow[] {
  const old = check?.facts['oldCode']
  const label = words.label.goesBack
  if (!isObject(old)) return [{ label, text: words.oldCodeNotTried }]
  if (old['runs'] === true) return [{ label, text: words.codeAlone }]
  const fault = oldCodeText(`${String(old['step'])}: ${String(old['why'])}`, language)
  const { accepted } = old
  const more = typeof accepted === 'string' ? [words.oldCodeAccepted(accepted)] : []
  return [{ label, text: clauses([words.needsDown(fault), ...more], language) }]
}

/** How the change is taken back, with its measured time. */
export function codeUndo(
  view: Pick<ChangeView, 'undo' | 'steps' | 'checks'>,
  seconds: string | undefined,
  language: Language,
): string {
  const words = CODE_WORDS[language]
  const { undo } = view
  if (undo.failed === true) return words.undoRed
  if (hasMigration(view) && undo.tried && seconds !== undefined)
    return clauses([words.undoWithSchema(seconds), ...schemaLoss(view, language), words.notSame], language)
  return undo.tried && seconds !== undefined ? words.undo(seconds) : words.undoNotRehearsed
}

function rehearsed(check: CheckView | undefined, words: CodeWords, language: Language): string {
  const { facts = {}, verdict, problems = [] } = check ?? {}
  if (verdict === 'red')
    return words.rehearsalRed(rehearsalFault(problems[0]?.text ?? '', problems[0]?.path, language))
  const [deploy, back] = [numbers(facts['deploy']), numbers(facts['back'])]
  const [notCompared, realSecrets] = [texts(facts['notCompared']), texts(facts['realSecrets'])]
  const stayed = texts(facts['stayed'])
  const more = [
    ...(notCompared.length === 0
      ? []
      : [
          words.notCompared(
            listed(
              notCompared.map((one) => rehearsalNotCompared(one, language)),
              language,
            ),
          ),
        ]),
    ...(realSecrets.length === 0 ? [] : [words.realSecrets(listed(realSecrets, language))]),
    ...(stayed.length === 0 ? [] : [words.stayed(listed(stayed, language))]),
  ]
  // What was played where a room has no limits does not count, and neither do its figures.
  if (verdict === 'not_tried' || deploy.length === 0 || back.length === 0)
    return clauses([words.notRehearsed, ...more], language)
  const [lostDeploy, lostBack] = [numbers(facts['lostDeploy']), numbers(facts['lostBack'])]
  const { perSecond, backHealthy } = facts
  const lost =
    lostDeploy.length === 0 || lostBack.length === 0
      ? words.notMeasured
      : words.lost(
          range(lostDeploy, String),
          range(lostBack, String),
          typeof perSecond === 'number' ? perSecond : undefined,
        )
  const sockets = texts(facts['sockets'])
  const measured = [
    words.measured(range(deploy, asSeconds), range(back, asSeconds)),
    lost,
    ...(sockets.length === 0 ? [] : [words.socketsHeld(listed(sockets, language))]),
    ...(typeof backHealthy === 'number' && backHealthy > 0 ? [words.backHealthy(backHealthy)] : []),
    ...clonedData(facts['data'], words, language),
  ]
  return clauses([...measured, ...more], language)
}

/** Which copy the data of the room was, how old it was, and how much had changed since. */
export function clonedData(value: unknown, words: CodeWords, language: Language): readonly string[] {
  const all = Array.isArray(value) ? value.filter(isObject) : []
  const lines = all.map(({ path, backup, copy, ageMs, differs }) =>
    typeof backup === 'string' && typeof copy === 'string'
      ? words.dataOf(String(path), `${backup} (${copy})`, asHours(Number(ageMs)), Number(differs))
      : words.dataLive(String(path)),
  )
  return lines.length === 0 ? [] : [listed(lines, language)]
}

/** Both suites and their coverage, as they say it. */
export function tested(check: Looked | undefined, words: CodeWords, language: Language): string {
  const { before, after } = check?.facts ?? {}
  if (!isObject(before) || !isObject(after)) return words.testsNotRun
  const counts = (of: Readonly<Record<string, unknown>>) =>
    [Number(of['passed']), Number(of['failed']), Number(of['skipped'])] as const
  const suite = (of: Readonly<Record<string, unknown>>) =>
    counts(of).every((one) => one === 0) ? words.noTestTold : words.suite(...counts(of))
  if ([before, after].every((of) => counts(of).every((one) => one === 0))) return words.noTestTold
  const [was, now] = [before['coverage'], after['coverage']]
  const parts = [
    words.suites(suite(before), suite(after)),
    ...(typeof was === 'number' && typeof now === 'number'
      ? [words.coverage(percent(was), percent(now))]
      : []),
  ]
  return `${clauses(parts, language)}${aside(words.asTheySay, language)}`
}

/** Why the tests are red, as the suites say it. */
function failed(check: Looked | undefined, words: CodeWords, language: Language): readonly CodeRow[] {
  const lines = whyTestsAreRed(check?.facts ?? {}, language)
  const rest = lines.length > FAILED ? [words.more(lines.length - FAILED)] : []
  return [...lines.slice(0, FAILED), ...rest].map((text, i) => ({
    label: i === 0 ? words.label.failed : '',
    text,
  }))
}

const KINDS: readonly TouchedKind[] = [
  'routes',
  'models',
  'tables',
  'migrations',
  'environment',
  'units',
  'movedUnits',
  'dependencies',
  'importers',
  'tableUsers',
  'notRead',
]
/** As many as a line holds; the rest is a number. */
const NAMES = 8
const NOTES = 12
/** Lines of why tests are red; `change evidence` has all of them. */
const FAILED = 24

/** Nothing where impact was not looked at: its check says so. */
export function touched(check: Looked | undefined, words: CodeWords, language: Language): readonly CodeRow[] {
  const { facts } = check ?? {}
  if (facts === undefined || !Array.isArray(facts['routes'])) return []
  const parts = KINDS.flatMap((kind) => {
    const names = texts(facts[kind])
    if (names.length === 0) return []
    const hidden = names.slice(NAMES)
    // The runner lists the first and says behind them how many it left out.
    const [, leftOut] = /^… \+ (\d+)$/.exec(hidden.at(-1) ?? '') ?? []
    const more = leftOut === undefined ? hidden.length : hidden.length - 1 + Number(leftOut)
    const rest = more > 0 ? [words.more(more)] : []
    return [words.touches[kind](listed([...names.slice(0, NAMES), ...rest], language))]
  })
  const text = parts.length === 0 ? words.touchesNothing : clauses(parts, language)
  return [{ label: words.label.touches, text }]
}

/** What was found and does not block, of tests and of impact. */
function noted(checks: readonly CheckView[], words: CodeWords, language: Language): readonly CodeRow[] {
  let leftOut = 0
  const lines = ['tests', 'impact'].flatMap((name) => {
    const notes = factsOf(checks, name)?.facts?.['notes']
    return (Array.isArray(notes) ? notes : []).flatMap((note) => {
      if (!isObject(note) || typeof note['code'] !== 'string' || !isFindingCode(note['code'])) return []
      const { code, path, line, text } = note
      if (code === 'impact.more') {
        leftOut += Number(text)
        return []
      }
      return [
        findingText(language, {
          code,
          text: typeof text === 'string' ? text : '',
          ...(typeof path === 'string' ? { path } : {}),
          ...(typeof line === 'number' ? { line } : {}),
        }),
      ]
    })
  })
  const more = Math.max(0, lines.length - NOTES) + leftOut
  const rest = more > 0 ? [words.more(more)] : []
  return [...lines.slice(0, NOTES), ...rest].map((text) => ({ label: words.label.noted, text }))
}

function factsOf(checks: readonly CheckView[], name: string): CheckView | undefined {
  return checks.find(({ check }) => check === name)
}

const numbers = (value: unknown) =>
  Array.isArray(value) ? value.filter((one): one is number => typeof one === 'number') : []
const texts = (value: unknown) =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
const asHours = (ms: number) => (ms / 3_600_000).toFixed(1)
const asSeconds = (ms: number) => (ms / 1000).toFixed(1)
const percent = (of: number) => `${(of / 100).toFixed(2)} %`

function range(of: readonly number[], text: (one: number) => string): string {
  const [least, most] = [text(Math.min(...of)), text(Math.max(...of))]
  return least === most ? least : `${least}–${most}`
}
