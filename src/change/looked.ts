// What a tick of the validation stands for where it is less than it seems: files that nobody read, and texts that Sekisho read by itself.
import { kindNamed } from '../plans/config-kinds/registry.ts'
import { CHANGE_WORDS } from '../words/change.ts'
import { clauses } from '../words/labels.ts'
import { visibleLine } from '../words/layout.ts'
import type { Language } from '../words/words.ts'
import { unvalidated } from './checklist.ts'

type Facts = Readonly<Record<string, unknown>>

/** Kinds that no program of the machine can check. */
export function ownReading(facts: Facts): readonly string[] {
  const kinds = facts['ownReading']
  return Array.isArray(kinds) ? kinds.filter((one): one is string => typeof one === 'string') : []
}

/** No program has read anything, so nothing ran in the sandbox. */
export function isOwnReadingAlone(facts: Facts): boolean {
  return ownReading(facts).some((kind) => {
    const validator = kindNamed(kind)?.validator
    return validator?.by === 'reading' && validator.name === facts['validator']
  })
}

/** Undefined where all was read by the program that uses it. */
export function lookedLess(facts: Facts, language: Language): string | undefined {
  const paths = unvalidated(facts)
  const read = ownReading(facts).flatMap((kind) => {
    const validator = kindNamed(kind)?.validator
    return validator?.by === 'reading' ? [validator.looked[language]] : []
  })
  const all = [...read, ...(paths.length === 0 ? [] : [CHANGE_WORDS[language].notValidated(paths)])]
  return all.length === 0 ? undefined : visibleLine(clauses(all, language))
}
