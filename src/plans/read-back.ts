// What was sent by a request, held against what is read back: every field that the body named has its value there; what was deleted is gone.
import type { RequestMethod } from './actions/request.ts'

/** `nothing_to_compare`: an answer, and no field of ours in it. `field`: the first that has another value; `answer` where none can be read. */
export type ReadBack =
  | { readonly found: 'equal' | 'nothing_to_compare' }
  | { readonly found: 'differs' | 'not_read'; readonly field: string }

/** What is not there any more. */
export const GONE: readonly number[] = [404, 410]

export function readBackFound(
  method: RequestMethod,
  body: string | undefined,
  answer: { readonly status: number; readonly body: Buffer },
): ReadBack {
  if (method === 'DELETE')
    return GONE.includes(answer.status) ? { found: 'equal' } : { found: 'differs', field: 'answer' }
  if (answer.status < 200 || answer.status >= 300) return { found: 'not_read', field: 'answer' }
  const [sent, there] = [parsed(body), parsed(answer.body.toString('utf8'))]
  // Without fields to compare nothing was seen but an answer.
  if (!isFields(sent) || Object.keys(sent).length === 0) return { found: 'nothing_to_compare' }
  const other = isFields(there) ? differing(sent, there) : 'answer'
  return other === undefined ? { found: 'equal' } : { found: 'differs', field: other }
}

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parsed(given: string | undefined): unknown {
  try {
    return given === undefined ? undefined : (JSON.parse(given) as unknown)
  } catch {
    return undefined
  }
}

/** By its path. */
function differing(sent: Fields, there: Fields, at = ''): string | undefined {
  for (const [name, value] of Object.entries(sent)) {
    const place = `${at}${name}`
    const found = there[name]
    if (isFields(value) && isFields(found)) {
      const inner = differing(value, found, `${place}.`)
      if (inner !== undefined) return inner
    } else if (JSON.stringify(value) !== JSON.stringify(found)) return place
  }
  return undefined
}
