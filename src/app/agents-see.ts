// What an agent sees of a rehearsal on production's data, and of a migration that failed there: verdict, step, code, counts, names of the schema. Texts in which
// a server, a driver or a tool speaks are for people of the service; an agent gets the states that the server gave.
import { isObject, type Json, parseJson } from '../base/json.ts'
import type { ChangeView } from '../contract/change.ts'
import type { Actor } from '../identity/actor.ts'

/** Codes whose values hold what a server or a tool has said. */
const SPEAKS: ReadonlySet<string> = new Set(['schema.failed', 'schema.tool_failed', 'schema.tool_uncertain'])
const STATE = /\(SQLSTATE \w{5}\)/g

const statesOf = (text: string): string => (text.match(STATE) ?? []).join(' ')

export function seenBy(reader: Pick<Actor, 'kind'>, view: ChangeView): ChangeView {
  if (reader.kind !== 'agent') return view
  return { ...(withoutSpeech(view as unknown as Json) as unknown as ChangeView), checks: checksOf(view) }
}

/** The same of lines of a journal; whoever reads them to verify is a person. */
export function linesSeenBy(reader: Pick<Actor, 'kind'>, lines: readonly string[]): readonly string[] {
  if (reader.kind !== 'agent') return lines
  return lines.map((line) => {
    const value = parseJson(line)
    return value === undefined ? '' : JSON.stringify(withoutSpeech(value as Json))
  })
}

function checksOf({ checks }: ChangeView): ChangeView['checks'] {
  return checks.map((check) => ({
    ...check,
    problems: check.problems.map((one) =>
      one.code.startsWith('schema.') ? { ...one, text: countsOf(one.text) } : one,
    ),
    facts: factsOf(check.facts),
  }))
}

/** Counts and names stand in an object; whatever else is there was said by somebody. */
function countsOf(text: string): string {
  return isObject(parsed(text)) ? text : statesOf(text)
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** What a migration tool's `status` said. */
function factsOf(facts: ChangeView['checks'][number]['facts']): ChangeView['checks'][number]['facts'] {
  const status = facts['status']
  if (!isObject(status as Json)) return facts
  const { said: _said, ...rest } = status as Readonly<Record<string, unknown>>
  return { ...facts, status: rest }
}

/** In each object that names such a code, the words beside it. */
function withoutSpeech(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutSpeech)
  if (!isObject(value)) return value
  const { code, why } = value
  const speaks = [code, why].some((one) => typeof one === 'string' && SPEAKS.has(one))
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (speaks && key === 'detail' && isObject(one))
        return [key, withoutSpeech({ ...one, code: code ?? '' })]
      const isSpeech = speaks && typeof one === 'string' && one !== code && !SPEAKS.has(one)
      return [key, isSpeech && (key === 'because' || key === 'why') ? statesOf(one) : withoutSpeech(one)]
    }),
  )
}
