// Words by which kernel, systemd, PostgreSQL and programs say in a log that memory, disk, descriptors or connections ran out, and those of a
// proxy that got no answer. Only lines that bear a time within the window count. Rules.

import { stampOf } from '../checks/log-line.ts'
import type { Sign, SignsItem } from '../seal/evidence-facts.ts'

const WORDS: Readonly<Record<Sign, RegExp>> = {
  memory:
    /\bout of memory\b|\boom[-_ ]kill|\bcannot allocate memory\b|\bENOMEM\b|\bMemoryError\b|heap out of memory|OutOfMemoryError|result 'oom-kill'/i,
  disk: /\bno space left on device\b|\bENOSPC\b|\bdisk quota exceeded\b|\bEDQUOT\b/i,
  descriptors: /\btoo many open files\b|\bEMFILE\b|\bENFILE\b/i,
  database:
    /too many clients already|remaining connection slots are reserved|too many connections for (?:role|database)|QueuePool limit|connection pool (?:exhausted|timeout)|canceling statement due to lock timeout|deadlock detected/i,
  // nginx, HAProxy, Apache.
  upstream:
    /upstream timed out|upstream prematurely closed|no live upstreams|while connecting to upstream|while reading response header from upstream|has no server available|(?:error reading|failed to make connection|attempt to connect) .*(?:remote server|backend)/i,
}
const LINE = 500

/** `undefined`: the log could not be read. `whole`: all of the window was read. */
export function signsIn(
  log: string,
  lines: readonly string[] | undefined,
  window: { readonly from: number; readonly until: number },
  whole = true,
): SignsItem['logs'][number] {
  if (lines === undefined) return { log, state: 'unread', lines: 0, whole: false, found: [] }
  if (lines.length === 0) return { log, state: 'silent', lines: 0, whole, found: [] }
  const stamped = lines.map((line) => ({ line, at: stampOf(line, window.until) }))
  if (stamped.every(({ at }) => at === undefined))
    return { log, state: 'unstamped', lines: 0, whole, found: [] }
  const within: string[] = []
  let counts = false
  for (const { line, at } of stamped) {
    // A line without a time belongs to the one before.
    if (at !== undefined) counts = at >= window.from && at <= window.until
    if (counts) within.push(line)
  }
  if (within.length === 0) return { log, state: 'silent', lines: 0, whole, found: [] }
  const found = Object.entries(WORDS).flatMap(([sign, words]) => {
    const saying = within.filter((line) => words.test(line))
    const last = saying.at(-1)
    // Keys of the table above.
    return last === undefined
      ? []
      : [{ sign: sign as Sign, count: saying.length, line: last.slice(0, LINE).toWellFormed() }]
  })
  return { log, state: 'read', lines: within.length, whole, found }
}
