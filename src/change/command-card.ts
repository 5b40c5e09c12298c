// The lines of a card that only a declared command has: what its rehearsal did and changed, and how it is taken back. Every figure is of the runner's own evidence.
import type { ChangeView, CheckView } from '../contract/change.ts'
import { CODE_WORDS } from '../words/code.ts'
import { COMMAND_CARD } from '../words/command-card.ts'
import { clauses, listed } from '../words/labels.ts'
import { visibleLine } from '../words/layout.ts'
import { rehearsalFault, rehearsalNotCompared } from '../words/rehearsal.ts'
import { REQUEST_CARD } from '../words/request-card.ts'
import type { Language } from '../words/words.ts'
import { clonedData } from './code-card.ts'
import { leftBy, requestRow } from './request-card.ts'
import { restoreRehearsed } from './restore-rehearsed.ts'

const SHOWN = 8

/** What a rehearsal beside the deployed release did, of a call or a command. */
export function playedRows(
  view: Pick<ChangeView, 'checks' | 'pattern'>,
  language: Language,
): readonly { readonly label: string; readonly text: string }[] {
  if (view.pattern === 'request') return [requestRow(view, language)]
  return view.pattern === 'command' ? [commandRow(view, language)] : []
}

const linesOf = ({ steps }: Pick<ChangeView, 'steps'>): readonly string[] =>
  steps.find(({ kind }) => kind === 'exec')?.lines ?? []

/** What is run, and where. */
export function commandWhat(view: Pick<ChangeView, 'steps'>): string {
  return visibleLine(linesOf(view)[0] ?? '')
}

/** Which bytes, and what it may write. */
export function commandWhere(view: Pick<ChangeView, 'steps'>, language: Language): string {
  return clauses(linesOf(view).slice(1).map(visibleLine), language)
}

function commandRow(
  { checks }: Pick<ChangeView, 'checks'>,
  language: Language,
): { readonly label: string; readonly text: string } {
  return { label: CODE_WORDS[language].label.rehearsal, text: rehearsed(checkOf(checks, 'trial'), language) }
}

/** On the record, as the card said it. `checks`: as the gate wrote them down. */
export function commandRecorded(checks: readonly object[], language: Language): string {
  const { label, text } = commandRow({ checks: checks as unknown as ChangeView['checks'] }, language)
  return visibleLine(`${label}: ${text}`)
}

function rehearsed(trial: CheckView | undefined, language: Language): string {
  const words = REQUEST_CARD[language]
  const { facts = {}, verdict, problems = [] } = trial ?? {}
  const fault = problems.find(({ code }) => code === 'rehearsal.red')
  const red = fault === undefined ? undefined : words.red(rehearsalFault(fault.text, fault.path, language))
  const { bootMs, milliseconds, changes, compared, tables } = facts
  if (typeof bootMs !== 'number' || typeof milliseconds !== 'number')
    return verdict === 'red' && red !== undefined ? red : words.notRehearsed
  const changed = texts(facts['changed'])
  const notCompared = texts(facts['notCompared']).map((one) => rehearsalNotCompared(one, language))
  const stayed = texts(facts['stayed'])
  const parts = [
    ...(red === undefined ? [] : [red]),
    COMMAND_CARD[language].played(bootMs, milliseconds),
    changed.length === 0
      ? words.changedNothing
      : words.changed(
          listed(changed.slice(0, SHOWN), language),
          Math.max(Number(changes), changed.length) - Math.min(SHOWN, changed.length),
        ),
    words.compared(Number(compared), Number(tables)),
    ...clonedData(facts['data'], CODE_WORDS[language], language),
    ...(notCompared.length === 0 ? [] : [words.notCompared(listed(notCompared, language))]),
    ...(stayed.length === 0 ? [] : [words.stayed(listed(stayed, language))]),
  ]
  return clauses(parts, language)
}

/** How a command is taken back, and what of that was seen. */
export function commandUndo({ checks }: Pick<ChangeView, 'checks'>, language: Language): string {
  const words = COMMAND_CARD[language]
  const { facts = {}, verdict } = checkOf(checks, 'undo') ?? {}
  if (verdict === 'red') return words.backRed
  if (verdict === 'waived') return words.backWaived
  const restored = restoreRehearsed(facts, language)
  if (restored !== undefined && verdict === 'green') return restored
  if (facts['wayBack'] === 'restore') return REQUEST_CARD[language].onlyRestore
  const { milliseconds } = facts
  if (verdict !== 'green' || typeof milliseconds !== 'number') return words.backNotRehearsed
  const changes = checkOf(checks, 'trial')?.facts['changes']
  const back = changes === 0 ? words.backOfNothing(milliseconds) : words.back(milliseconds)
  return clauses([back, ...leftBy(facts, language)], language)
}

const checkOf = (checks: readonly CheckView[], name: string) => checks.find(({ check }) => check === name)
const texts = (value: unknown) =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
