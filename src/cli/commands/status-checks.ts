// The rows of `status` that come from the checks: counts, the worst, what is muted, and what is not known.
import type { Status } from '../../contract/gate.ts'
import { CHECK_VIEW_WORDS } from '../../words/check-view.ts'
import { LABELS } from '../../words/labels.ts'
import { cut, visibleLine, wrap } from '../../words/layout.ts'
import { STATUS_WORDS } from '../../words/status.ts'
import type { Terminal } from '../terminal.ts'
import { careLines, mutedText, shape, shortText } from './check-state.ts'

/** Of one kind no more than this; the rest is counted. */
export const LINES = 3

/** The counts, and each of the worst on a line of its own, with who has it. */
export function checkRows(
  { checks }: Status,
  terminal: Terminal,
  room: number,
  zone: string,
): readonly string[] {
  if (checks === undefined) return []
  const { worst, more = 0 } = checks
  return [
    ...wrap(terminal.pick(STATUS_WORDS.checks(checks)), room),
    ...worst
      .filter(({ state }) => state === 'red' || state === 'late')
      .flatMap((one) => [
        cut(`${shape(one.state, terminal)}${one.check}  ${shortText(one, terminal)}`, room),
        ...careLines(one, terminal, zone).map((text) => cut(`  ${visibleLine(text)}`, room)),
      ]),
    ...(more > 0 ? [terminal.pick(STATUS_WORDS.moreChecks(more))] : []),
  ]
}

/** Every mute that holds now, by whom, until when and why. */
export function muteRows(
  { checks }: Status,
  terminal: Terminal,
  room: number,
  zone: string,
): readonly string[] {
  const mutes = checks?.mutes ?? []
  const more = mutes.length - LINES
  return [
    ...mutes
      .slice(0, LINES)
      .map((one) => cut(visibleLine(`${one.pattern}  ${mutedText(one, terminal, zone, one.pattern)}`), room)),
    ...(more > 0 ? [terminal.pick(STATUS_WORDS.moreRed(more))] : []),
  ]
}

/** All that the first line counts as uncertain: changes, services whose health is not known, checks. `changes`: a line each. */
export function unknownRows(
  { health = [], checks, uncertain = 0 }: Status,
  changes: readonly string[],
  terminal: Terminal,
  room: number,
): readonly string[] {
  const notLooked = health.filter(
    ({ verdict }) => verdict === 'not_looked_at' || verdict === 'no_data',
  ).length
  const all = [
    ...changes.map((text) => ({ text, stands: 1 })),
    ...(notLooked === 0
      ? []
      : [{ text: terminal.pick(STATUS_WORDS.healthNotKnown(notLooked)), stands: notLooked }]),
    ...(checks?.unknownChecks ?? []).map((one) => {
      const state = terminal.pick(CHECK_VIEW_WORDS.states[one.state])
      const what = terminal.pick(STATUS_WORDS.notKnown(state, shortText(one, terminal)))
      return { text: cut(`${one.check}  ${what}`, room), stands: 1 }
    }),
  ]
  if (all.length === 0) return [terminal.pick(LABELS.none)]
  const shown = all.slice(0, LINES)
  const hidden = uncertain - shown.reduce((sum, { stands }) => sum + stands, 0)
  return [
    ...shown.map(({ text }) => text),
    ...(hidden > 0 ? [terminal.pick(STATUS_WORDS.more(hidden)).trim()] : []),
  ]
}
