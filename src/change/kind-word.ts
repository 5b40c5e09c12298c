// The kind of a change as people read it: the kind of its files, or what is done to a service or to data.
import { kindNamed } from '../plans/config-kinds/registry.ts'
import { CHANGE_WORDS } from '../words/change.ts'
import type { Language } from '../words/words.ts'

export function kindWord(kind: string, language: Language): string {
  return kindNamed(kind)?.name[language] ?? CHANGE_WORDS[language].kind[kind] ?? kind
}
