// What `incident verify` found, a line each.
import type { EvidenceCheckView } from '../contract/incident.ts'
import { INCIDENT_WORDS } from '../words/incident.ts'
import type { Language } from '../words/words.ts'

export function verdictLines(verdict: EvidenceCheckView, language: Language): readonly string[] {
  const { items, custody, added, differs } = verdict
  const found = INCIDENT_WORDS.found[language]
  const wrong = [
    ...items.flatMap((one) =>
      one.found === 'equal' || one.found === 'dropped'
        ? []
        : [`✗ ${INCIDENT_WORDS.wrongItem[language](one.item, one.name, found[one.found])}`],
    ),
    ...custody.flatMap((one) =>
      one.found === 'equal'
        ? []
        : [`✗ ${INCIDENT_WORDS.wrongLine[language](one.n, one.item ?? '—', found[one.found])}`],
    ),
    ...(added === 0 ? [] : [`✗ ${INCIDENT_WORDS.added[language](added)}`]),
    ...differs.map((item) => `✗ ${INCIDENT_WORDS.differs[language](item)}`),
  ]
  if (items.length === 0) return [`✗ ${INCIDENT_WORDS.nothingSealed[language]}`, ...wrong]
  const equal = items.filter((one) => one.found === 'equal').length
  const dropped = items.length - equal
  const gone = dropped === 0 || wrong.length > 0 ? [] : [`○ ${INCIDENT_WORDS.dropped[language](dropped)}`]
  return wrong.length > 0
    ? wrong
    : [...(equal === 0 ? [] : [`✓ ${INCIDENT_WORDS.verified[language](equal, custody.length)}`]), ...gone]
}
