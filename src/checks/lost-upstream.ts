// Lines of nginx that say that a service was not there: a restart by a change writes them, and then they belong to the change. Pure.
import { OWN_REFERRER } from '../base/own-request.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import { ERRORS_PER_DAY } from './items.ts'
import type { CheckResult } from './result.ts'

/** What nginx says itself stands in front; the request, which anybody may choose, stands behind it. */
const LOST =
  /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[(?:error|crit)\] \d+#\d+: (?:\*\d+ )?(?:connect\(\) (?:to unix:\S+ )?failed \((?:2|11|111): [^)]*\) while connecting to upstream|no live upstreams while connecting to upstream|upstream prematurely closed connection while |(?:recv|readv|send|sendfile|writev)\(\) failed \((?:32|104): [^)]*\) while (?:reading response header from|reading|sending request to) upstream)/

/** What nginx says of its own accord bears no quoted text of a request. */
const ASKED =
  /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[(?:error|crit)\] \d+#\d+: [^",]*, client: ([^,\s]+), server: /
const REFERRED = `, referrer: "${OWN_REFERRER}"`
/** From where this machine asks itself; the addresses of its own come to them. */
export const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'unix:']

/** Does nginx say here what became of a request of ours? What we ask for is looked at by checks of its own. */
export function isOwnRequest(line: string, clients: ReadonlySet<string>): boolean {
  if (!line.trimEnd().endsWith(REFERRED)) return false
  const client = ASKED.exec(line)?.[1]
  return client !== undefined && clients.has(client)
}

/** Does nginx say here that the service behind it could not be reached, or went away? */
export function isLostUpstream(line: string): boolean {
  return LOST.test(line)
}

/** Seconds, the first and the last, in which so many such lines were written. */
export interface Span {
  readonly first: number
  readonly last: number
  readonly count: number
}

/** Further apart they are told apart. */
const GAP_SECONDS = 2
/** The newest; what is older stays an error. */
const SPANS_AT_MOST = 100

export function spansOf(
  seconds: Iterable<readonly [second: number, count: number]>,
  since: number,
): readonly Span[] {
  const spans: Span[] = []
  for (const [second, count] of [...seconds].sort(([a], [b]) => a - b)) {
    if (second * 1000 + 999 < since) continue
    const before = spans.at(-1)
    if (before !== undefined && second - before.last <= GAP_SECONDS)
      spans[spans.length - 1] = { first: before.first, last: second, count: before.count + count }
    else spans.push({ first: second, last: second, count })
  }
  return spans.slice(-SPANS_AT_MOST)
}

/** As a value of a result: `1764600000+3:120 …`. */
export const spansText = (spans: readonly Span[]): string =>
  spans.map(({ first, last, count }) => `${first}+${last - first}:${count}`).join(' ')

function readSpans(text: string): readonly Span[] {
  return [...text.matchAll(/(\d{1,12})\+(\d{1,6}):(\d{1,9})/g)].map(([, first, length, count]) => ({
    first: Number(first),
    last: Number(first) + Number(length),
    count: Number(count),
  }))
}

/** From the start of an execution to its end; one that is open has none. */
export interface ChangeWindow {
  readonly change: string
  readonly from: Instant
  readonly until?: Instant
}

/** nginx writes its line when the connection fails, and a client that waits may come a little later. */
const AFTER_MS = 3000
const CHANGES_NAMED = 5

/** The count of errors without those lines that a change of ours explains. They are named with it, and are no reason to wake anybody. */
export function withoutOwnRestarts(result: CheckResult, windows: readonly ChangeWindow[]): CheckResult {
  const { lost: text, ...values } = result.values
  const { count, atLeast, limit } = values
  if (typeof text !== 'string' || typeof count !== 'number') return result
  let ofChanges = 0
  const changes = new Set<string>()
  for (const { first, last, count: lines } of readSpans(text)) {
    const covers = windows.find(
      ({ from, until }) =>
        milliseconds(from) <= first * 1000 + 999 &&
        (until === undefined || last * 1000 <= milliseconds(until) + AFTER_MS),
    )
    if (covers === undefined) continue
    ofChanges += lines
    changes.add(covers.change)
  }
  if (ofChanges === 0) return { ...result, values }
  const left = Math.max(0, count - ofChanges)
  const older = changes.size - CHANGES_NAMED
  const named = `${[...changes].slice(-CHANGES_NAMED).join(', ')}${older > 0 ? ` (+${older})` : ''}`
  const said = { ...values, count: left, ofChanges, changes: named }
  if (left === 0 && atLeast === true)
    return { ...result, state: 'no_data', code: 'check.log_in_part', values: said, value: 0 }
  const most = typeof limit === 'number' ? limit : ERRORS_PER_DAY
  return {
    ...result,
    state: left === 0 ? 'good' : left < most ? 'warning' : 'red',
    code: left === 0 ? 'check.errors_of_changes' : 'check.errors_besides',
    values: said,
    value: left,
  }
}
