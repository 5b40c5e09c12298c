// Why people are asked for what an owner has signed once.
import type { ChangeView } from '../contract/change.ts'
import { CHANGE_WORDS } from '../words/change.ts'
import { STANDING_DEMOTED, standingWhy } from '../words/standing-why.ts'
import type { Language } from '../words/words.ts'

export function standingEnded(
  service: string,
  { by, verb, why }: NonNullable<ChangeView['standingEnded']>,
  language: Language,
): string {
  return why === undefined
    ? CHANGE_WORDS[language].standingEnded(service, verb)
    : STANDING_DEMOTED[language](by, standingWhy(why, language))
}
