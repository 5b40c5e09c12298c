// A text is signed only when it matches what the person typed, field by field: a gate under an attacker's control must not get another
// statement signed.
import { SekishoError } from '../base/error.ts'
import { canonical, type Json, type JsonObject } from '../base/json.ts'
import { milliseconds } from '../base/time.ts'
import { parseStatement, type Statement, type StatementType } from '../seal/statement.ts'

/** Fields that must be exactly these. `executionOf`: the execution must be one of this change. */
export interface Expected {
  readonly type: StatementType
  readonly approver: string
  readonly executionOf?: string
  readonly fields: Readonly<Record<string, string | number | readonly string[] | JsonObject | undefined>>
}

/** No statement lives longer than a week (spine §3), except a standing one, which lives until it is revoked. */
const LONGEST_MS = 7 * 86_400_000

/** Throws cli.statement_differs naming the field. */
export function checkStatement(text: string, expected: Expected, now: number): Statement {
  const parsed = parseStatement(text)
  if (!parsed.ok) throw differs(parsed.at, expected.type, parsed.why)
  const statement = parsed.value
  const fields = statement as unknown as Readonly<Record<string, unknown>>
  if (statement.type !== expected.type) throw differs('type', expected.type, statement.type)
  if (statement.approver !== expected.approver)
    throw differs('approver', expected.approver, statement.approver)
  for (const [name, wanted] of Object.entries(expected.fields))
    if (!isSame(fields[name], wanted)) throw differs(name, shown(wanted), shown(fields[name]))
  if (
    expected.executionOf !== undefined &&
    !String(fields['execution'] ?? '').startsWith(`${expected.executionOf}/`)
  )
    throw differs('execution', `${expected.executionOf}/…`, String(fields['execution'] ?? '—'))
  if (statement.type !== 'standing' && milliseconds(statement.expires) > now + LONGEST_MS)
    throw differs('expires', '≤ 7 d', statement.expires)
  return statement
}

/** A list must have the same texts in the same order, an object the same fields. */
function isSame(found: unknown, wanted: Expected['fields'][string]): boolean {
  if (typeof wanted !== 'object' || typeof found !== 'object' || found === null) return found === wanted
  return canonical(found as Json) === canonical(wanted as Json)
}

const shown = (value: unknown) =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '—')

function differs(field: string, wanted: string, found: string): SekishoError {
  return new SekishoError('cli.statement_differs', {
    field,
    wanted: wanted.slice(0, 200),
    found: found.slice(0, 200),
  })
}
