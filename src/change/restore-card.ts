// The rows of a restore on the card: where each part comes from, and what would happen to the records that are there now.
import type { ChangeView } from '../contract/change.ts'
import { visibleLine } from '../words/layout.ts'
import { RESTORE_WORDS } from '../words/restore.ts'
import type { Language } from '../words/words.ts'
import { type RestoreLoss, readRestoreText } from './restore-text.ts'

const KEYS_SHOWN = 6

/** `/var/lib/mirai/data  ← 20261124_210000Z (local, as of 2026-11-24 21:00 JST)`. */
export function restoreWhat(view: ChangeView, language: Language, time: (at: string) => string): string {
  const words = RESTORE_WORDS[language]
  const { sources, evidence } = readRestoreText(view.diff)
  return [
    ...sources.map(({ what, backup, copy, taken }) => words.source(what, backup, copy, time(taken))),
    ...evidence.map(({ what, change, taken }) => words.evidence(what, change, time(taken))),
  ].join(words.joiner)
}

/** Lines under the first row: one for each file or table that would change, and further facts. */
export function restoreLines(view: ChangeView, language: Language): readonly string[] {
  const words = RESTORE_WORDS[language]
  const read = readRestoreText(view.diff)
  const { loss, evidence, absent, emptied, carried, missing, person, passedOver, damaged, damagedThen } = read
  const moved = loss.filter(
    ({ gone, changed, back, isUnreadable }) => isUnreadable === true || gone + changed + back > 0,
  )
  return [
    ...absent.map((what) => `  ${visibleLine(words.absent(what))}`),
    ...emptied.map((what) => `  ${visibleLine(words.emptied(what))}`),
    ...(evidence.length === emptied.length ? [] : [`  ${words.asItWas}`]),
    ...damagedThen.map(({ part, why }) => `  ${visibleLine(words.damagedThen(part, why))}`),
    ...damaged.map(({ part, why }) => `  ${visibleLine(words.damaged(part, why))}`),
    ...(moved.length === 0 ? [`  ${words.losesNothing}`] : moved.flatMap((one) => lossLines(one, language))),
    ...carried.map((path) => {
      // Whether the service starts may depend on what is damaged and stays damaged.
      const isDamaged = damaged.some(({ part }) => part.endsWith(`/${path}`))
      return `  ${visibleLine(isDamaged ? words.carriedDamaged(path) : words.carried(path))}`
    }),
    ...missing.map((path) => `  ${visibleLine(words.missing(path))}`),
    ...person.map(({ database, what }) => `  ${visibleLine(words.person(database, what))}`),
    ...passedOver.map(({ backup, why }) => `  ${visibleLine(words.passedOver(backup, why))}`),
  ]
}

function lossLines(
  { part, gone, changed, back, isUnreadable, salvaged, keys }: RestoreLoss,
  language: Language,
): readonly string[] {
  const words = RESTORE_WORDS[language]
  const shown = keys.slice(0, KEYS_SHOWN).map(visibleLine)
  const rest = gone + changed + back - shown.length
  const isListed = isUnreadable !== true || salvaged !== undefined
  return [
    `  ${visibleLine(isListed ? words.loss(part, gone, changed, back) : words.unlisted(part, back))}`,
    ...(salvaged === undefined ? [] : [`    ${words.unreadable(salvaged)}`]),
    ...(shown.length === 0 ? [] : [`    ${shown.join('  ')}${rest > 0 ? `  ${words.more(rest)}` : ''}`]),
  ]
}

/** The undo: what was exchanged is exchanged again; what was moved to a free name is moved away again. */
export function restoreUndo(view: ChangeView, language: Language, seconds: string | undefined): string {
  const words = RESTORE_WORDS[language]
  const { sources, evidence, absent } = readRestoreText(view.diff)
  const isMovedAway = absent.length > 0 && absent.length === sources.length + evidence.length
  if (seconds === undefined) return isMovedAway ? words.awayNotTried : words.undoNotTried
  return isMovedAway ? words.awayTried(seconds) : words.undoTried(seconds)
}
