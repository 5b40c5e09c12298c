// Why a change ended or waits as it does, as sentences: the terminal, the card and the record say the same. A code with values from far away is a
// sentence where the table knows it, else the code itself, never a blank.
import { type Detail, ERRORS, type ErrorCode } from '../base/error.ts'
import { isObject } from '../base/json.ts'
import type { ChangeView, ExecutionView, StepView } from '../contract/change.ts'
import { CHANGE_WORDS } from '../words/change.ts'
import { ERROR_WORDS, reader } from '../words/errors.ts'
import { BETWEEN } from '../words/layout.ts'
import { BACK_WORDS, proofSentence, reasonSentence, unitSentence } from '../words/outcome.ts'
import type { Language, Sentence } from '../words/words.ts'

type Values = Readonly<Record<string, unknown>>

export function sentenceFor(code: string, detail: Values, language: Language): Sentence {
  if (!Object.hasOwn(ERRORS, code))
    return { what: code, ...(Object.keys(detail).length === 0 ? {} : { why: JSON.stringify(detail) }) }
  return ERROR_WORDS[code as ErrorCode][language](reader(detail as Detail))
}

/** Why an execution ended or waits as it does: what its proof saw first, else the step that failed first, else the runner's reason, else the code. */
export function whyOf(
  { execution }: Pick<ChangeView, 'execution'>,
  language: Language,
): Sentence | undefined {
  if (execution === undefined) return undefined
  const { noRoom } = execution.state
  if (typeof noRoom === 'string') return reasonSentence('no_room', { path: noRoom }, language)
  // What its proof saw was the reason to take it back; what a person is asked about is why that did not go.
  if (execution.state.state === 'stuck') return whyStuck(execution, language)
  return whyEnded(execution, language)
}

/** The same of steps and reason alone, as the record has them. */
export function whyEnded(
  { steps, because }: Pick<ExecutionView, 'steps' | 'because'>,
  language: Language,
): Sentence | undefined {
  const seen = steps.find(({ kind }) => kind === 'proof')?.facts ?? {}
  const proofs = Object.values(seen).filter(isObject)
  const red = proofs
    .filter(({ verdict }) => verdict === 'red' || verdict === 'not_proven')
    .map((facts) => proofSentence(facts, language))
    .find((said) => said !== undefined)
  if (because?.code === 'undo_skipped') {
    const reason = reasonSentence(because.code, because.detail, language)
    const parts = partsBack(steps, because.detail, language)
    const first = red ?? firstFailed(steps, language)
    return reason === undefined
      ? first
      : joined(reason.what, [...parts, ...firstOf(first, language)], first?.next)
  }
  // Nobody kept it, or somebody stopped it: what was not shown was no reason.
  const byPeople = because?.code === 'asked' || because?.code === 'deadline'
  if (red !== undefined && !(byPeople && !hasRed(proofs))) return red
  if (because === undefined) return undefined
  const failed = because.code === 'action_failed' ? firstFailed(steps, language) : undefined
  return (
    failed ??
    reasonSentence(because.code, because.detail, language) ??
    sentenceFor(because.code, because.detail, language)
  )
}

/** What the proof of a change that waits for a person could not show. */
export function unproven(
  { execution }: Pick<ChangeView, 'execution'>,
  language: Language,
): Sentence | undefined {
  const seen = execution?.steps.find(({ kind }) => kind === 'proof')?.facts ?? {}
  return (
    Object.values(seen)
      .filter(isObject)
      // Red and waiting: a service that was down before is down still.
      .filter(({ verdict }) => verdict === 'not_proven' || verdict === 'red')
      .map((facts) => proofSentence(facts, language))
      .find((said) => said !== undefined)
  )
}

const hasRed = (proofs: readonly Values[]) => proofs.some(({ verdict }) => verdict === 'red')

/** A change is called *not undone* only where an undo was tried and failed. */
export function stateShown({ state, execution }: Pick<ChangeView, 'state' | 'execution'>): string {
  return state === 'stuck' && !isUndoParked(execution?.state) ? 'halted' : state
}

/** An undo that waits for an answer has the step and the attempt that are asked about. */
export function isUndoParked(state: Values | undefined): boolean {
  if (state?.['why'] === 'undo_failed') return true
  return isObject(state?.['detail']) && typeof state['detail']['attempt'] === 'number'
}

function whyStuck({ state, steps }: ExecutionView, language: Language): Sentence | undefined {
  if (state['why'] === 'runner_fault' && isObject(state['detail']))
    return reasonSentence('runner_fault', { said: String(state['detail']['message'] ?? '') }, language)
  const { steps: tried, ...whole } = isObject(state['detail']) ? state['detail'] : {}
  const of = Array.isArray(tried) ? tried.map((one) => isObject(one) && one['detail']).at(-1) : whole
  const said = isObject(of) ? failureOf(of, language) : undefined
  const reason = reasonSentence(String(state['why']), { said: said?.what ?? '' }, language)
  if (said === undefined || reason === undefined) return reason ?? said
  const isUndo = state['why'] === 'undo_failed'
  const parts = isUndo ? partsBack(steps, {}, language) : []
  const first = isUndo ? firstFailed(steps, language) : undefined
  const all = [
    said.what,
    ...(said.why === undefined ? [] : [said.why]),
    ...parts,
    ...(first === undefined || first.what === said.what ? [] : firstOf(first, language)),
    ...(isUndo ? [BACK_WORDS[language].choices] : []),
  ]
  return joined(reason.what, all, said.next)
}

const joined = (what: string, parts: readonly string[], next?: readonly string[]): Sentence => ({
  what,
  ...(parts.length === 0 ? {} : { why: parts.join(BETWEEN) }),
  ...(next === undefined ? {} : { next }),
})

function firstOf(first: Sentence | undefined, language: Language): readonly string[] {
  if (first === undefined) return []
  return [BACK_WORDS[language].first(first.what), ...(first.why === undefined ? [] : [first.why])]
}

/** The step that failed first, and why: what was taken back was taken back for it. */
function firstFailed(steps: readonly StepView[], language: Language): Sentence | undefined {
  const step = steps.find(({ kind, state }) => state === 'failed' && kind !== 'undo' && kind !== 'proof')
  if (step === undefined) return undefined
  const said = failureOf({ ...unitOf(step), ...step.facts }, language)
  if (said === undefined || step.kind === 'unit') return said
  return { ...said, what: `${CHANGE_WORDS[language].step[step.kind] ?? step.kind}: ${said.what}` }
}

/** What an act answered that failed. `why` is its code, except where it broke: then `code` is. */
function failureOf(facts: Values, language: Language): Sentence | undefined {
  // Of what was looked for after a kill, the look says why.
  const found = facts['why'] === undefined && isObject(facts['found']) ? facts['found'] : {}
  const { code, why, because, ...values } = { ...facts, ...found }
  const known = code ?? why
  if (typeof known !== 'string') return undefined
  const unit = unitSentence(known, values, language)
  if (unit !== undefined) return unit
  if (typeof values['message'] === 'string') return { what: values['message'] }
  return sentenceFor(known, { ...values, why: (code === undefined ? because : why) ?? '' }, language)
}

const UNIT_LINE = / (start|stop|restart|reload) -- (\S+)$/

/** The verb and the unit of a step that tells systemd something, by the line that is run. */
export function unitOf({ lines }: Pick<StepView, 'lines'>): {
  readonly verb?: string
  readonly unit?: string
} {
  const [, verb, unit] = UNIT_LINE.exec(lines[0] ?? '') ?? []
  return verb === undefined || unit === undefined ? {} : { verb, unit }
}

/** Per part, what stands there now: what is as it was before, and what is not. */
function partsBack(steps: readonly StepView[], ended: Values, language: Language): readonly string[] {
  const facts = steps.find(({ kind }) => kind === 'undo')?.facts ?? {}
  const names = (key: string) =>
    steps
      .filter(({ id }) => listOf(ended[key] ?? facts[key]).includes(id))
      .map((step) => nameOf(step, language))
  const words = BACK_WORDS[language]
  // Where only the unit did not follow, its files stand there as before.
  const back = names('filesBack')
  const left = [...names('left').filter((name) => !back.includes(name)), ...unitsBehind(facts, back)]
  const undone = [...back, ...names('undone')].filter((name) => !left.includes(name))
  return [
    ...(undone.length === 0 ? [] : [words.undone(undone)]),
    ...(left.length === 0 ? [] : [words.left(left)]),
  ]
}

/** The unit that an undo failed at, by its name. */
function unitsBehind({ steps: tried }: Values, back: readonly string[]): readonly string[] {
  const last = back.length === 0 || !Array.isArray(tried) ? undefined : tried.at(-1)
  const detail = isObject(last) && isObject(last['detail']) ? last['detail'] : {}
  return typeof detail['unit'] === 'string' ? [detail['unit'].replace(/\.service$/, '')] : []
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function nameOf(step: StepView, language: Language): string {
  const { path, database } = step.facts ?? {}
  if (step.kind === 'replaceFiles' && step.lines.length > 0)
    return step.lines.map((line) => line.slice(0, line.indexOf(': '))).join(', ')
  const known = path ?? database ?? unitOf(step).unit?.replace(/\.service$/, '')
  return typeof known === 'string' ? known : (CHANGE_WORDS[language].step[step.kind] ?? step.kind)
}
