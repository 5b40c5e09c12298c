// What the record of a change of code holds beside that of every change: what production was before, what its suites said, and what it touches.
import { isObject } from '../base/json.ts'
import { CODE_WORDS } from '../words/code.ts'
import { visibleLine } from '../words/layout.ts'
import type { Language } from '../words/words.ts'
import { tested, touched } from './code-card.ts'
import { blobOf, type Facts, type RecordSource, safeJson, words as textOf } from './record-facts.ts'

/** S17: branch, commit and state of the repository as they were read. Nothing for other patterns and for records of earlier releases. */
export function startedFrom(f: Facts, source: RecordSource, language: Language): readonly string[] {
  const repository = factsOf(f, source, 'validation')?.['repository']
  if (!isObject(repository)) return []
  const { branch, commit, subject, status, changed } = repository
  const lines = Array.isArray(status) ? status.map(String) : []
  const words = CODE_WORDS[language]
  return [
    words.startedFrom(String(branch), String(commit), String(subject)),
    words.statusBefore(Number(changed)),
  ]
    .map(visibleLine)
    .concat(lines.map((line) => `  - ${visibleLine(line)}`))
}

/** S18: counts and coverage of both suites. */
export function suitesSaid(f: Facts, source: RecordSource, language: Language): readonly string[] {
  const facts = factsOf(f, source, 'tests')
  if (f.plan?.pattern !== 'code' || facts === undefined) return []
  const words = CODE_WORDS[language]
  return [visibleLine(`${words.label.tests}: ${tested({ facts }, words, language)}`)]
}

/** S20: routes, columns, variables, units, packages and dependants. */
export function touches(f: Facts, source: RecordSource, language: Language): readonly string[] {
  const facts = factsOf(f, source, 'impact')
  if (f.plan?.pattern !== 'code' || facts === undefined) return []
  const words = CODE_WORDS[language]
  return touched({ facts }, words, language).map(({ label, text }) => visibleLine(`${label}: ${text}`))
}

/** The whole of what a check found lies in a blob beside the entry. */
function factsOf(f: Facts, source: RecordSource, name: string) {
  const checks = safeJson(blobOf(source, textOf(f.checked?.payload, 'details')) ?? '[]')
  const found = (Array.isArray(checks) ? checks.filter(isObject) : []).find(({ check }) => check === name)
  return isObject(found?.['facts']) ? found['facts'] : undefined
}
