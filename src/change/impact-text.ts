// What a change touches, as one list for card and record.
import { CHANGE_WORDS } from '../words/change.ts'
import { listed } from '../words/labels.ts'
import { visibleLine } from '../words/layout.ts'
import type { Language } from '../words/words.ts'
import type { Impact } from './change.ts'

/** Server names, units and ports. Files only where there is nothing else. */
export function impactText(
  impact: Pick<Impact, 'files' | 'units' | 'serverNames' | 'listeners'>,
  language: Language,
): string {
  const words = CHANGE_WORDS[language]
  const ports = [...new Set(impact.listeners.map((one) => one.slice(one.lastIndexOf(':') + 1)))]
  const parts = [
    ...impact.serverNames.filter((one) => one !== '_'),
    ...impact.units.map((unit) => unit.replace(/\.service$/, '')),
    ...(ports.length === 0 ? [] : [words.ports(listed(ports, language))]),
  ]
  return visibleLine(
    parts.length === 0 ? listed(impact.files, language) || words.nothing : listed(parts, language),
  )
}
