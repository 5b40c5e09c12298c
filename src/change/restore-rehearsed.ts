// A restore as the way back, as it was rehearsed: how long it took, of which copy, and what it would lose.
import { isObject, type Json } from '../base/json.ts'
import { RESTORE_BACK } from '../words/restore-back.ts'
import type { Language } from '../words/words.ts'

/** Undefined where none was rehearsed. */
export function restoreRehearsed(
  facts: Readonly<Record<string, unknown>>,
  language: Language,
): string | undefined {
  const { restored, milliseconds } = facts
  if (!isObject(restored as Json) || typeof milliseconds !== 'number') return undefined
  const { backup, copy, ageMs, without, notRead } = restored as Readonly<Record<string, Json>>
  return RESTORE_BACK[language].rehearsed(
    milliseconds,
    `${String(backup)} (${String(copy)})`,
    Number(ageMs),
    Number(without),
    Array.isArray(notRead) ? notRead.map(String) : [],
  )
}
