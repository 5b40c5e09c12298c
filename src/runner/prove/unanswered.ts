// Requests of users that got no answer from the service since the first action, as the declared access log of the proxy in front of it says: 502 and 504 are its own words
// for a service that was not there. Without such a log nobody has counted them.
import type { JsonObject } from '../../base/json.ts'
import { OWN_REFERRER } from '../../base/own-request.ts'
import { type LogMark, readSince } from '../../host/error-log.ts'
import type { ProofContext } from './context.ts'

const NO_ANSWER: ReadonlySet<string> = new Set(['502', '504'])

/** `whole`: every line since the mark was read. */
export async function unanswered(mark: LogMark): Promise<JsonObject> {
  const { present, lines, skipped, rotated } = await readSince(mark)
  if (!present) return {}
  // What this program asks itself is no request of a user.
  const statuses = lines
    .filter((line) => !line.includes(OWN_REFERRER))
    .flatMap((line) => statusOf(line) ?? [])
  return {
    log: mark.path,
    requests: statuses.length,
    lost: statuses.filter((one) => NO_ANSWER.has(one)).length,
    whole: skipped === 0 && rotated !== 'lost',
  }
}

/** Of the combined format: what stands behind the request; of a line of JSON its field. */
export function statusOf(line: string): string | undefined {
  const combined = /" (\d{3}) /.exec(line)?.[1]
  return combined ?? /"status"\s*:\s*"?(\d{3})\b/.exec(line)?.[1]
}

/** What the last proof of a plan adds to its facts. */
export async function countedBy(proof: unknown, c: ProofContext): Promise<JsonObject> {
  const { access } = c.before
  if (access === undefined || c.plan.proof.at(-1) !== proof) return {}
  const found = await unanswered(access)
  return Object.keys(found).length === 0 ? {} : { unanswered: found }
}
