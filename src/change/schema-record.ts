// What the record of a migration says of time: how long tables were shut, and apart from it how long the service was away, as far as anybody looked.
import { isObject } from '../base/json.ts'
import type { JournalLine } from '../seal/journal.ts'
import type { RecordWords } from '../words/record.ts'
import type { Language } from '../words/words.ts'
import { type Facts, read } from './record-facts.ts'
import { plannedAndActual } from './schema-card.ts'

/** Undefined of a change without a migration. */
export function migrationTimes(f: Facts, w: RecordWords, language: Language): readonly string[] | undefined {
  const checks = read(f.checked?.payload, 'checks')
  const trial = (Array.isArray(checks) ? checks.filter(isObject) : []).find(({ check }) => check === 'trial')
  if (!isObject(trial?.['facts'])) return undefined
  const ran = f.journal.findLast(isMigrated)?.body
  const times = plannedAndActual(trial['facts'], ran?.kind === 'outcome' ? ran.detail : undefined, language)
  if (times === undefined) return undefined
  const { planned, actual } = times
  return [
    `${w.shut}: ${w.planned} ${planned}${actual === undefined ? '' : ` / ${w.actual} ${actual}`}`,
    ...(ran === undefined ? [] : downtime(f.journal, w)),
  ]
}

function downtime(journal: readonly JournalLine[], w: RecordWords): readonly string[] {
  const isCounted = journal.some(({ body }) => body.kind === 'proof' && isObject(body.facts['unanswered']))
  const known = [...(sick(journal, w) ?? []), ...(isCounted ? [] : [w.notCounted])]
  return known.length === 0 ? [] : [`${w.downtime}: ${known.join('; ')}`]
}

function isMigrated({ key, body }: JournalLine): boolean {
  return body.kind === 'outcome' && /\/apply\/\d+$/.test(key) && isObject(body.detail['locked'])
}

/** Health was seen red on the new schema: from the commit until it was seen green, or the way back had run. */
function sick(journal: readonly JournalLine[], w: RecordWords): readonly string[] | undefined {
  const begun = journal.findLast(isMigrated)
  if (begun === undefined) return undefined
  const since = journal.slice(journal.indexOf(begun) + 1)
  const isHealth = ({ body }: JournalLine, verdict: string) =>
    body.kind === 'proof' &&
    isObject(body.proof) &&
    body.proof['kind'] === 'health' &&
    body.verdict === verdict
  if (!since.some((line) => isHealth(line, 'red'))) return undefined
  const end = since.find(
    (line) => isHealth(line, 'green') || (line.body.kind === 'outcome' && /\/undo(?:\/\d+)+$/.test(line.key)),
  )
  if (end === undefined) return [w.sickStill]
  return [w.sickFor(((Date.parse(end.at) - Date.parse(begun.at)) / 1000).toFixed(1))]
}
