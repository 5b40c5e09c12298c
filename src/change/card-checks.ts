// The lines of a card that tell its checks: green ones share a line, others stand with what was found.
import type { ChangeView, CheckView } from '../contract/change.ts'
import { CARD_WORDS } from '../words/card.ts'
import { CHANGE_WORDS, type ChangeWords } from '../words/change.ts'
import { aside, listed } from '../words/labels.ts'
import { columns, labelled, pad, wrap } from '../words/layout.ts'
import { problemLines } from '../words/problem.ts'
import type { SHAPES, Style } from './card-shapes.ts'
import { isOwnReadingAlone, lookedLess } from './looked.ts'

const STANDS: Readonly<Record<CheckView['verdict'], keyof typeof SHAPES>> = {
  green: 'good',
  red: 'bad',
  unknown: 'look',
  not_tried: 'look',
  not_applicable: 'open',
  no_validator: 'open',
  waived: 'look',
  pending: 'open',
}

export function checkLines(
  view: ChangeView,
  words: ChangeWords,
  shapes: typeof SHAPES,
  labelWidth: number,
  width: number,
  paint: (style: Style, text: string) => string,
): readonly string[] {
  const language = words === CHANGE_WORDS.ja ? 'ja' : 'en'
  const name = (one: CheckView) => {
    const plain = one.verdict === 'green' || one.verdict === 'red'
    const said = plain ? partlyValidated(one, words) : words.verdict[one.verdict]
    const suffix = said === undefined ? '' : aside(said, language)
    return `${shapes[STANDS[one.verdict]]} ${checkTitle(one, words)}${suffix}`
  }
  const applicable = view.checks.filter(({ verdict }) => verdict !== 'not_applicable')
  // For a service that is down the card has a line of its own.
  const rest = view.checks.filter(
    ({ verdict, check }) =>
      verdict === 'not_applicable' &&
      !(check === 'health' && view.startsFrom === 'down') &&
      // Of a schema the rehearsal is the trial.
      !(check === 'rehearsal' && view.pattern === 'schema'),
  )
  const space = Math.max(20, width - labelWidth)
  const without =
    rest.length === 0
      ? undefined
      : `${shapes.open} ${words.verdict['not_applicable']}: ${listed(
          rest.map((one) => words.check[one.check] ?? one.check),
          language,
        )}`
  if (applicable.length > 0 && applicable.every((one) => isFolded(one, words))) {
    const folded = [
      `${shapes.good} ${CARD_WORDS[language].allPassed(applicable.length)}`,
      ...(without === undefined ? [] : [without]),
    ]
    return labelled(words.label.checks, folded.join('  '), labelWidth, width)
  }
  const items = applicable.map(name)
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last !== undefined && columns(last) + 2 + columns(item) <= space)
      lines[lines.length - 1] = `${last}  ${item}`
    else lines.push(...wrap(item, space))
  }
  if (without !== undefined) lines.push(...wrap(without, space))
  const problems = applicable
    .filter(({ verdict }) => verdict !== 'green')
    .flatMap((one) => {
      const { shown, more } = shownProblems(one.problems)
      const rest = `${CARD_WORDS[language].moreFound(more)}   sekisho change evidence ${view.id}`
      return [
        ...shown.flatMap((problem) =>
          problemLines(problem, language).flatMap((text, n) =>
            wrap(`${n === 0 ? shapes.bad : ' '} ${text}`, space).map((line) => paint('bad', line)),
          ),
        ),
        ...(more === 0 ? [] : [paint('bad', `  ${rest}`)]),
      ]
    })
  return [...lines, ...problems].map(
    (line, i) => (i === 0 ? pad(words.label.checks, labelWidth) : ' '.repeat(labelWidth)) + line,
  )
}

/** Green checks without a remark, which share one line. */
function isFolded(one: CheckView, words: ChangeWords): boolean {
  return one.verdict === 'green' && partlyValidated(one, words) === undefined
}

/** A tick covers only what was looked at: what nobody read, and what Sekisho alone read, is said beside it. */
function partlyValidated({ check, facts }: CheckView, words: ChangeWords): string | undefined {
  return check === 'validation' ? lookedLess(facts, words === CHANGE_WORDS.ja ? 'ja' : 'en') : undefined
}

/** The title of a check. A check that blocks also has the name that `change waive` takes. */
export function checkTitle({ check, verdict, facts }: CheckView, words: ChangeWords): string {
  const isRead = check === 'validation' && isOwnReadingAlone(facts)
  const title = isRead ? words.ownReading : (words.check[check] ?? check)
  const isFine =
    verdict === 'green' || verdict === 'not_applicable' || verdict === 'no_validator' || verdict === 'pending'
  return isFine || title === check ? title : `${title} [${check}]`
}

/** Of one check. `change evidence` shows all. */
const PROBLEMS_SHOWN = 20

/** What a screen shows of the findings of a check, and how many more there are, with those that the trial itself left out. */
export function shownProblems(problems: CheckView['problems']): {
  readonly shown: CheckView['problems']
  readonly more: number
} {
  const left = problems.slice(PROBLEMS_SHOWN)
  const counted = left.map(({ code, text }) => (code === 'validation.more' ? Number(text) : 1))
  return { shown: problems.slice(0, PROBLEMS_SHOWN), more: counted.reduce((sum, one) => sum + one, 0) }
}
