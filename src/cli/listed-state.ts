// Reads a state typed after `--state`: its name, or the word that the list shows for it.
import { CHANGE_OUTCOMES, CHANGE_STATES } from '../contract/change.ts'
import { listedState } from '../words/change-list.ts'
import { LANGUAGES } from '../words/words.ts'

export const LISTED_STATES = [...CHANGE_STATES, ...CHANGE_OUTCOMES] as const

/** Undefined where no state has this name or word in either language. */
export function typedState(typed: string): (typeof LISTED_STATES)[number] | undefined {
  const wanted = typed.trim().toLowerCase()
  return LISTED_STATES.find(
    (one) =>
      one === wanted.replaceAll(' ', '_') ||
      LANGUAGES.some((language) =>
        [listedState(one, undefined, language), listedState('closed', one, language)].some(
          (word) => word.toLowerCase() === wanted,
        ),
      ),
  )
}
