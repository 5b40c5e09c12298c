// What an execution did although its change was not kept: each act with its time, and whether it was undone. Pure.
import type { ChangeView, StepView } from '../contract/change.ts'
import { CHANGE_WORDS } from '../words/change.ts'
import { WAS_DONE } from '../words/change-outcome.ts'
import { aside } from '../words/labels.ts'
import { localTime } from '../words/local-time.ts'
import type { Language } from '../words/words.ts'

/** Steps that only read, compare or copy. */
const READING: ReadonlySet<string> = new Set(['diagnostics', 'copies', 'assertLoss', 'proof', 'keep', 'undo'])
const BEGUN: ReadonlySet<StepView['state']> = new Set(['running', 'done', 'failed', 'uncertain'])

export function wasDone(
  { execution }: Pick<ChangeView, 'execution'>,
  language: Language,
  zone: string,
): string {
  const steps = execution?.steps ?? []
  const acts = steps.filter(({ kind, state }) => !READING.has(kind) && BEGUN.has(state))
  if (acts.length === 0) return WAS_DONE.nothing[language]
  const undo = steps.find(({ kind, at }) => kind === 'undo' && at !== undefined)
  const undone = undo?.facts?.['undone']
  const back = Array.isArray(undone) ? [...acts].reverse().filter(({ id }) => undone.includes(id)) : []
  const told = [
    ...acts.map((step) => `${actText(step, language)}${timeText(step, language, zone)}`),
    ...(undo === undefined
      ? []
      : back.map((step) => `${backText(step, language)}${timeText(undo, language, zone)}`)),
  ]
  return WAS_DONE.done(told)[language]
}

function timeText({ at }: StepView, language: Language, zone: string): string {
  if (at === undefined) return ''
  return aside(localTime(at, zone, language).slice(11), language)
}

const unitOf = ({ kind, lines }: StepView) =>
  kind === 'unit' ? /systemctl --no-ask-password (\S+) -- (\S+)$/.exec(lines[0] ?? '') : null

function actText(step: StepView, language: Language): string {
  const words = CHANGE_WORDS[language].step
  const [, verb = '', unit = ''] = unitOf(step) ?? []
  return unit === '' ? (words[step.kind] ?? step.kind) : `${unit} ${words[`unit.${verb}`] ?? verb}`
}

const OPPOSITE: Readonly<Record<string, string>> = { start: 'stop', stop: 'start' }

function backText(step: StepView, language: Language): string {
  const words = CHANGE_WORDS[language].step
  const [, verb = '', unit = ''] = unitOf(step) ?? []
  const opposite = OPPOSITE[verb]
  if (opposite !== undefined) return `${unit} ${words[`unit.${opposite}`] ?? opposite}`
  return WAS_DONE.takenBack(actText(step, language))[language]
}
