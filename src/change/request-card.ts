// The lines of a card that only a declared call has: what its rehearsal did and changed, and how it is taken back. Every figure is of the runner's own evidence.
import type { ChangeView, CheckView } from '../contract/change.ts'
import { CODE_WORDS } from '../words/code.ts'
import { clauses, listed } from '../words/labels.ts'
import { visibleLine } from '../words/layout.ts'
import { rehearsalFault, rehearsalNotCompared } from '../words/rehearsal.ts'
import { REQUEST_CARD } from '../words/request-card.ts'
import type { Language } from '../words/words.ts'
import { clonedData } from './code-card.ts'
import { restoreRehearsed } from './restore-rehearsed.ts'

const SHOWN = 8

/** What is sent: method and address. The bytes stand in the difference. */
export function requestWhat({ steps }: Pick<ChangeView, 'steps'>): string {
  return visibleLine(steps.find(({ kind }) => kind === 'request')?.lines[0] ?? '')
}

export function requestRow(
  { checks }: Pick<ChangeView, 'checks'>,
  language: Language,
): { readonly label: string; readonly text: string } {
  return { label: CODE_WORDS[language].label.rehearsal, text: rehearsed(checkOf(checks, 'trial'), language) }
}

/** On the record, as the card said it. `checks`: as the gate wrote them down. */
export function requestRecorded(checks: readonly object[], language: Language): string {
  const { label, text } = requestRow({ checks: checks as unknown as ChangeView['checks'] }, language)
  return visibleLine(`${label}: ${text}`)
}

function rehearsed(trial: CheckView | undefined, language: Language): string {
  const words = REQUEST_CARD[language]
  const { facts = {}, verdict, problems = [] } = trial ?? {}
  const fault = problems.find(({ code }) => code === 'rehearsal.red')
  const { bootMs, milliseconds, status, changes, readBack, compared, tables } = facts
  if (typeof bootMs !== 'number' || typeof milliseconds !== 'number') {
    if (verdict !== 'red' || fault === undefined) return words.notRehearsed
    return words.red(rehearsalFault(fault.text, fault.path, language))
  }
  const changed = texts(facts['changed'])
  const notCompared = texts(facts['notCompared']).map((one) => rehearsalNotCompared(one, language))
  const stayed = texts(facts['stayed'])
  const parts = [
    ...(fault === undefined ? [] : [words.red(rehearsalFault(fault.text, fault.path, language))]),
    words.played(bootMs, milliseconds, Number(status)),
    changed.length === 0
      ? words.changedNothing
      : words.changed(
          listed(changed.slice(0, SHOWN), language),
          Math.max(Number(changes), changed.length) - Math.min(SHOWN, changed.length),
        ),
    ...(readBack === 'nothing_to_compare' ? [words.nothingToCompare] : []),
    words.compared(Number(compared), Number(tables)),
    ...clonedData(facts['data'], CODE_WORDS[language], language),
    ...(notCompared.length === 0 ? [] : [words.notCompared(listed(notCompared, language))]),
    ...(stayed.length === 0 ? [] : [words.stayed(listed(stayed, language))]),
  ]
  return clauses(parts, language)
}

/** How a call is taken back, and what of that was seen. */
export function requestUndo({ checks }: Pick<ChangeView, 'checks'>, language: Language): string {
  const words = REQUEST_CARD[language]
  const undo = checkOf(checks, 'undo')
  const { facts = {}, verdict } = undo ?? {}
  if (verdict === 'red') return words.undoRed
  if (verdict === 'waived') return words.undoWaived
  const restored = restoreRehearsed(facts, language)
  if (restored !== undefined && verdict === 'green') return restored
  if (facts['wayBack'] === 'restore') return words.onlyRestore
  const { milliseconds } = facts
  if (verdict !== 'green' || typeof milliseconds !== 'number') return words.undoNotRehearsed
  const differed = texts(facts['differed'])
  return clauses(
    [
      words.undo(milliseconds),
      ...(differed.length === 0 ? [] : [words.differed(listed(differed, language))]),
      ...leftBy(facts, language),
    ],
    language,
  )
}

/** What is not as it was after a way back whose difference is none. `facts`: of the undo of a call or of a command. */
export function leftBy(facts: CheckView['facts'], language: Language): readonly string[] {
  const words = REQUEST_CARD[language]
  const rewritten = texts(facts['rewritten'])
  return [
    ...(rewritten.length === 0 ? [] : [words.rewritten(listed(rewritten, language))]),
    ...(texts(facts['notSame']).length === 0 ? [] : [words.sequences]),
  ]
}

const checkOf = (checks: readonly CheckView[], name: string) => checks.find(({ check }) => check === name)
const texts = (value: unknown) =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
