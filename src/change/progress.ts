// The steps of an execution and their states, computed from the runner's journal lines alone.
import { isObject, type JsonObject } from '../base/json.ts'
import type { StepView } from '../contract/change.ts'
import type { Plan } from '../plans/plan.ts'
import { renderPlan, renderUndo } from '../plans/render.ts'
import type { JournalBody, JournalLine } from '../seal/journal.ts'
import { PLAN_WORDS } from '../words/plan.ts'

type State = StepView['state']

interface Key {
  readonly action: string
  readonly direction: 'apply' | 'undo'
  readonly attempt: number
}

/** `CHG-2026-0001/1/2/apply/1` → action 2, apply, attempt 1. Undefined for lines that belong to no action. */
export function actionKey(key: string): Key | undefined {
  const match = /^CHG-\d{4}-\d+\/\d+\/(\d+)\/(apply|undo)\/(\d+)$/.exec(key)
  if (match === null) return undefined
  return { action: match[1] as string, direction: match[2] as 'apply' | 'undo', attempt: Number(match[3]) }
}

/** The steps of a plan with their states. Undo is a step of its own from its beginning. */
export function steps(plan: Plan, lines: readonly JournalLine[]): readonly StepView[] {
  const list: Mutable[] = renderPlan(plan, PLAN_WORDS.en).map((one) => ({
    ...one,
    lines: [...one.lines],
    state: 'waiting' as State,
  }))
  const undo: Mutable = {
    id: 'undo',
    kind: 'undo',
    lines: [...renderUndo(plan, PLAN_WORDS.en)],
    state: 'waiting',
  }
  let undoing = false
  for (const line of lines) {
    const key = actionKey(line.key)
    if (key?.direction === 'undo' || (line.body.kind === 'claim' && line.body.choice === 'revert'))
      undoing = true
    mark(list, undo, key, line.body, plan.proof.length)
    const began = key?.direction === 'undo' ? undo : list.find(({ id }) => id === key?.action)
    if (line.body.kind === 'intent' && began !== undefined) began.at ??= line.at
  }
  return undoing ? [...list.filter(({ kind }) => kind !== 'keep'), undo] : list
}

interface Mutable {
  id: string
  kind: string
  lines: string[]
  state: State
  at?: string
  milliseconds?: number
  facts?: JsonObject
}

function mark(list: Mutable[], undo: Mutable, key: Key | undefined, body: JournalBody, proofs: number): void {
  const step = (id: string) => list.find((one) => one.id === id)
  const set = (one: Mutable | undefined, state: State, ms?: number, facts?: JsonObject) => {
    if (one === undefined) return
    one.state = state
    if (ms !== undefined) one.milliseconds = (one.milliseconds ?? 0) + ms
    if (facts !== undefined) one.facts = { ...one.facts, ...facts }
  }
  if (key?.direction === 'undo') {
    if (body.kind === 'intent') set(undo, 'running')
    if (body.kind === 'outcome') {
      const left = body.result === 'failed' || body.result === 'skipped'
      set(undo, left ? body.result : 'done', body.milliseconds, {
        ...body.detail,
        ...partsOf(undo, key.action, body),
      })
    }
    return
  }
  const action = key === undefined ? undefined : step(key.action)
  switch (body.kind) {
    case 'diagnostics':
      return set(step('diagnostics'), 'done', undefined, { items: body.items.length, gaps: [...body.gaps] })
    case 'copies':
      return set(step('copies'), 'done', undefined, { files: body.files.length })
    case 'intent':
      return set(action, 'running')
    case 'outcome':
      return set(action, OUTCOME[body.result], body.milliseconds, body.detail)
    case 'probed':
      return set(
        action,
        body.found === 'applied' ? 'done' : body.found === 'not_applied' ? 'waiting' : 'uncertain',
      )
    case 'parked':
      return set(action ?? step('proof'), 'uncertain', undefined, body.detail)
    case 'proof':
      return proved(step('proof'), body, proofs)
    case 'awaitingKeep':
      return set(step('keep'), 'running', undefined, { why: body.why, seconds: body.seconds })
    case 'claim':
      if (body.choice === 'keep') return set(step('keep'), 'done', undefined, { by: body.by })
      return set(undo, undo.state === 'waiting' ? 'running' : undo.state, undefined, {
        why: body.why,
        by: body.by,
      })
    case 'closed':
      if (body.outcome === 'kept') set(step('keep'), 'done')
      if (body.outcome === 'rolled_back' && undo.state !== 'failed') set(undo, 'done')
      // There was nothing to undo: the step is not shown as done.
      if (body.outcome === 'failed') set(undo, 'skipped')
      return
    case 'accepted':
    case 'before':
    case 'refused':
    case 'armed':
    case 'continued':
    case 'stopAsked':
    case 'trial':
    case 'read':
    case 'stored':
    case 'code':
    case 'backup':
    case 'staged':
    case 'evidence':
    case 'glass':
    case 'isolation':
    case 'policy':
    case 'checkpoint':
    case 'statement':
    case 'clock':
    case 'lease':
    case 'secret':
    case 'runner':
      return
  }
}

/** Which actions were undone and which not, by the last line of each. For some the files are back and only the unit is not. */
function partsOf(
  { facts }: Mutable,
  action: string,
  { result, detail }: Extract<JournalBody, { kind: 'outcome' }>,
): JsonObject {
  const isBack = result === 'applied'
  const others = (key: string) => {
    const list = facts?.[key]
    return Array.isArray(list) ? list.filter((one) => one !== action) : []
  }
  const [undone, left] = [others('undone'), others('left')]
  // A person's skip does not change what stands there.
  const known = facts?.['filesBack']
  const before = Array.isArray(known) && known.includes(action)
  const filesBack = [
    ...others('filesBack'),
    ...(!isBack && (result === 'skipped' ? before : failedAtUnit(detail)) ? [action] : []),
  ]
  const parts = isBack ? { undone: [...undone, action], left } : { undone, left: [...left, action] }
  return { ...parts, filesBack }
}

function failedAtUnit({ steps: tried }: JsonObject): boolean {
  const list = Array.isArray(tried) ? tried.filter(isObject) : []
  const last = list.at(-1)
  const detail = last?.['detail']
  return (
    list.length > 1 && last?.['result'] === 'failed' && isObject(detail) && typeof detail['unit'] === 'string'
  )
}

const OUTCOME: Readonly<Record<'applied' | 'not_applied' | 'failed' | 'skipped', State>> = {
  applied: 'done',
  not_applied: 'waiting',
  failed: 'failed',
  skipped: 'skipped',
}

/** Running until every proof has a result. One red proof makes the step red. `not_proven` waits for a person and is no failure. */
function proved(
  step: Mutable | undefined,
  body: Extract<JournalBody, { kind: 'proof' }>,
  proofs: number,
): void {
  if (step === undefined) return
  step.milliseconds = (step.milliseconds ?? 0) + body.milliseconds
  const { kind, unit, path } = body.proof
  const of = typeof unit === 'string' ? unit : typeof path === 'string' ? path : ''
  const name = `${String(kind)}${of === '' ? '' : `:${of}`}`
  const about = typeof path === 'string' ? { path } : {}
  step.facts = { ...step.facts, [name]: { ...about, ...body.facts, verdict: body.verdict } }
  const verdicts = Object.values(step.facts).map((one) => (isObject(one) ? one['verdict'] : undefined))
  if (verdicts.includes('red')) step.state = 'failed'
  else if (verdicts.length < proofs) step.state = 'running'
  else step.state = verdicts.includes('not_proven') ? 'uncertain' : 'done'
}
