// What happened to a change after its seal, for its card: what differs from the seal, who decided what, and why it was not kept.
import type { ChangeView } from '../contract/change.ts'
import { CHANGE_WORDS, type ChangeWords } from '../words/change.ts'
import { deliveryLabel, deliveryLines, deliveryTrouble } from '../words/delivery.ts'
import { inQuotes } from '../words/labels.ts'
import { facts, visibleLine } from '../words/layout.ts'
import { localTime } from '../words/local-time.ts'
import { RECORD_WORDS } from '../words/record.ts'
import type { Language } from '../words/words.ts'
import { whyOf } from './why.ts'

/** Lines of one label, as wide as the card. */
export type Row = (label: string, text: string) => readonly string[]

export function sinceLines(view: ChangeView, words: ChangeWords, row: Row, zone: string): readonly string[] {
  return [
    ...movedLines(view, words, row, zone),
    ...decisionLines(view, words, row, zone),
    ...outcomeLines(view, words, row, zone),
    ...causeLines(view, words, row),
  ]
}

function movedLines(view: ChangeView, words: ChangeWords, row: Row, zone: string): readonly string[] {
  const language: Language = words === CHANGE_WORDS.ja ? 'ja' : 'en'
  return (view.moved ?? []).flatMap((one, i) => {
    const when = one.at === undefined ? '' : `  ${localTime(one.at, zone, language)}`
    const by = one.by === undefined ? '' : `  ${words.movedBy(one.by)}`
    return row(
      i === 0 ? words.label.moved : '',
      visibleLine(words.code(one.code, { what: one.what, ...one.detail }) + when + by),
    )
  })
}

/** Width of a row beside its label, on a card of 80 columns. */
const ROW = 68

/** The end of the execution, and its time. */
function outcomeLines(
  { state, execution, takenBackBy, delivery, service }: ChangeView,
  words: ChangeWords,
  row: Row,
  zone: string,
): readonly string[] {
  const outcome = execution?.outcome
  if (outcome === undefined || !ASKS_WHY.includes(state)) return []
  const language: Language = words === CHANGE_WORDS.ja ? 'ja' : 'en'
  const at = execution?.endedAt === undefined ? '' : `  ${localTime(execution.endedAt, zone, language)}`
  const { howKept, outcome: ended } = RECORD_WORDS[language]
  const how = howKept[execution?.kept ?? ''] ?? ended[outcome] ?? outcome
  const since = takenBackBy === undefined ? '' : RECORD_WORDS[language].takenBackBy(takenBackBy)
  const delivered =
    delivery === undefined
      ? []
      : [
          ...deliveryLines(delivery, language),
          ...(deliveryTrouble(delivery, service, language)?.next ?? []),
        ].flatMap((line, i) => row(i === 0 ? deliveryLabel(language) : '', visibleLine(line)))
  return [...row(words.label.outcome, `${how}${at}${since}`), ...delivered]
}

/** Why a change that had begun was not kept. */
const ASKS_WHY: readonly ChangeView['state'][] = ['paused', 'stuck', 'rolled_back', 'failed', 'closed']

function causeLines(view: ChangeView, words: ChangeWords, row: Row): readonly string[] {
  const waitsForRoom = view.execution?.state['noRoom'] !== undefined
  if (!(ASKS_WHY.includes(view.state) || waitsForRoom) || view.execution?.outcome === 'kept') return []
  const why = whyOf(view, words === CHANGE_WORDS.ja ? 'ja' : 'en')
  if (why === undefined) return []
  const said = why.why === undefined ? [] : facts(visibleLine(why.why), ROW)
  return [visibleLine(why.what), ...said, ...(why.next ?? []).map(visibleLine)].flatMap((line, i) =>
    row(i === 0 ? words.label.cause : '', line),
  )
}

function decisionLines(view: ChangeView, words: ChangeWords, row: Row, zone: string): readonly string[] {
  const language: Language = words === CHANGE_WORDS.ja ? 'ja' : 'en'
  return view.decisions
    .filter(({ live }) => live)
    .flatMap((one, i) =>
      row(
        i === 0 ? words.label.decisions : '',
        visibleLine(
          `${one.name}  ${localTime(one.at, zone, language)}${one.reason === undefined ? '' : `  ${inQuotes(one.reason, language)}`}`,
        ),
      ),
    )
}
