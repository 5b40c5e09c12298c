// Why a change ended or waits, as sentences for terminal, card and record. A code without a sentence is printed as the code, never as
// a blank.
import { ERRORS, type ErrorCode } from '../base/error-codes.ts'
import type { Detail } from '../base/error-values.ts'
import { isObject } from '../base/json.ts'
import type { ChangeLine, ChangeView, ExecutionView, StepView } from '../contract/change.ts'
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

/** Why an execution ended or waits: its first red proof, else the first failed step, else the runner's reason, else the code. */
export function whyOf(
  { execution }: Pick<ChangeView, 'execution'>,
  language: Language,
): Sentence | undefined {
  if (execution === undefined) return undefined
  const { noRoom } = execution.state
  if (typeof noRoom === 'string') return reasonSentence('no_room', { path: noRoom }, language)
  // The red proof was the reason to undo. A person who is asked needs the reason why the undo failed.
  if (execution.state.state === 'stuck') return whyStuck(execution, language)
  return whyEnded(execution, language)
}

/** The same from steps and reason alone, for the record. */
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
  // Nobody kept it, or somebody stopped it: proofs that were not shown were not the reason.
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

/** Proofs that were not shown, of a change that waits for a person. */
export function unproven(
  { execution }: Pick<ChangeView, 'execution'>,
  language: Language,
): Sentence | undefined {
  const seen = execution?.steps.find(({ kind }) => kind === 'proof')?.facts ?? {}
  return (
    Object.values(seen)
      .filter(isObject)
      // A service that was down before may stay red: that waits for a person and is no failure.
      .filter(({ verdict }) => verdict === 'not_proven' || verdict === 'red')
      .map((facts) => proofSentence(facts, language))
      .find((said) => said !== undefined)
  )
}

const hasRed = (proofs: readonly Values[]) => proofs.some(({ verdict }) => verdict === 'red')

/** A change is called *not undone* only where an undo was tried and failed. */
export function stateShown({ state, execution }: Pick<ChangeLine, 'state' | 'execution'>): string {
  return state === 'stuck' && !isUndoParked(execution?.state) ? 'halted' : state
}

/** The step and the attempt that a waiting undo asks about. */
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

/** The first failed step and its reason. Later steps were undone because of it. */
function firstFailed(steps: readonly StepView[], language: Language): Sentence | undefined {
  const step = steps.find(({ kind, state }) => state === 'failed' && kind !== 'undo' && kind !== 'proof')
  if (step === undefined) return undefined
  const said = failureOf({ ...unitOf(step), ...step.facts }, language)
  if (said === undefined || step.kind === 'unit') return said
  return { ...said, what: `${CHANGE_WORDS[language].step[step.kind] ?? step.kind}: ${said.what}` }
}

/** The result of an act that failed. `why` is its code, unless the act broke; then `code` is. */
function failureOf(facts: Values, language: Language): Sentence | undefined {
  // Of a step that was probed after a kill, the probe's result is the reason.
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

/** Verb and unit of a step that calls systemd, read from its rendered line. */
export function unitOf({ lines }: Pick<StepView, 'lines'>): {
  readonly verb?: string
  readonly unit?: string
} {
  const [, verb, unit] = UNIT_LINE.exec(lines[0] ?? '') ?? []
  return verb === undefined || unit === undefined ? {} : { verb, unit }
}

/** For each part: whether it is as before or not. */
function partsBack(steps: readonly StepView[], ended: Values, language: Language): readonly string[] {
  const facts = steps.find(({ kind }) => kind === 'undo')?.facts ?? {}
  const names = (key: string) =>
    steps
      .filter(({ id }) => listOf(ended[key] ?? facts[key]).includes(id))
      .map((step) => nameOf(step, language))
  const words = BACK_WORDS[language]
  // Where only the unit did not follow, the files are as before.
  const back = names('filesBack')
  const left = [...names('left').filter((name) => !back.includes(name)), ...unitsBehind(facts, back)]
  const undone = [...back, ...names('undone')].filter((name) => !left.includes(name))
  return [
    ...(undone.length === 0 ? [] : [words.undone(undone)]),
    ...(left.length === 0 ? [] : [words.left(left)]),
  ]
}

/** The name of the unit that an undo failed at. */
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
