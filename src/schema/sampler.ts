// A second session that looks at the locks of the first one while it runs: a lock that was taken and given back inside one statement leaves no other trace.
import { Readable } from 'node:stream'
import { boolean, decode, list, object, text } from '../base/decode.ts'
import { launch } from '../postgres/launch.ts'
import { literal, psqlArgv, sessionOf } from '../postgres/query.ts'
import type { Cluster, Limits } from '../postgres/types.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'
import { MODES, SHUTS_READERS } from './session.ts'

export interface Samples {
  /** Tables that were seen shut to readers, in any look. */
  readonly shut: readonly string[]
  /** For how long each table was seen shut to writers, and to readers, from the last look before to the first one after: at most so long. */
  readonly locked: Readonly<Record<string, { readonly writes: number; readonly reads: number }>>
  readonly looks: number
  /** The longest time between two looks, in ms: what was shorter may have been missed. */
  readonly longestGapMs: number
}

const PAUSE_MS = 3
const seenTables = list(object({ table: text({ max: 140 }), reads: boolean }), 10_000)

/** When it was seen shut: from the look before the first time to the look after the last. */
interface Shut {
  readonly from: number
  to: number
}

/** Runs the work and looks meanwhile. Never fails the work: without an answer there are no looks. */
export async function sampled<T>(
  by: Cluster,
  database: string,
  login: string,
  hands: { readonly uptime: () => number; readonly pause: (ms: number) => Promise<void> },
  limits: Limits,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly samples: Samples }> {
  const session = launch(psqlArgv(by, database), { ...limits, ...sessionOf(by), stdin: 'pipe' })
  const lines = linesOf(session.stdout ?? Readable.from([]))
  const shut = { writes: new Map<string, Shut>(), reads: new Map<string, Shut>() }
  let looks = 0
  let longestGapMs = 0
  let isOver = false
  const watch = async () => {
    let last = hands.uptime()
    while (!isOver) {
      session.stdin?.write(`${question(login)}\n`)
      const { value, done } = await lines.next()
      if (done === true) return
      looks++
      const now = hands.uptime()
      longestGapMs = Math.max(longestGapMs, Math.round(now - last))
      const read = decode(seenTables, parsed(value))
      const seen = read.ok ? read.value : []
      note(
        shut.writes,
        seen.map(({ table }) => table),
        last,
        now,
      )
      note(
        shut.reads,
        seen.flatMap(({ table, reads }) => (reads ? [table] : [])),
        last,
        now,
      )
      last = now
      await hands.pause(PAUSE_MS)
    }
  }
  const watching = watch().catch(() => {})
  try {
    const result = await work()
    isOver = true
    await watching
    const ended = hands.uptime()
    for (const map of [shut.writes, shut.reads])
      for (const one of map.values()) if (one.to === STILL) one.to = ended
    const ms = (one: Shut | undefined) => (one === undefined ? 0 : Math.max(1, Math.round(one.to - one.from)))
    const locked = Object.fromEntries(
      [...shut.writes].map(([table, one]) => [table, { writes: ms(one), reads: ms(shut.reads.get(table)) }]),
    )
    return { result, samples: { shut: [...shut.reads.keys()].sort(), locked, looks, longestGapMs } }
  } finally {
    isOver = true
    session.stdin?.end()
    await watching
    session.stop()
    // Nobody reads it any more, and a process counts as ended only when its output was read to its end.
    session.stdout?.destroy()
    await session.done
  }
}

const STILL = Number.POSITIVE_INFINITY

/** What is seen and was not is shut since the look before; what is not seen any more was shut until now. */
function note(shut: Map<string, Shut>, seen: readonly string[], last: number, now: number): void {
  for (const table of seen) {
    const known = shut.get(table)
    if (known === undefined) shut.set(table, { from: last, to: STILL })
    else known.to = STILL
  }
  for (const [table, one] of shut) if (one.to === STILL && !seen.includes(table)) one.to = now
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const question = (login: string) =>
  `SELECT coalesce(json_agg(x), '[]') FROM (SELECT n.nspname || '.' || c.relname AS table, bool_or(l.mode = ${literal(SHUTS_READERS)}) AS reads
    FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid JOIN pg_class c ON c.oid = l.relation
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.usename = ${literal(login)} AND l.granted AND l.mode IN (${MODES})
    AND c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> '${MARKER_SCHEMA}' GROUP BY 1) x;`.replaceAll(
    '\n',
    ' ',
  )

async function* linesOf(chunks: AsyncIterable<unknown>): AsyncGenerator<string, undefined> {
  let rest = ''
  for await (const chunk of chunks) {
    rest += (chunk as Buffer).toString('utf8')
    for (let to = rest.indexOf('\n'); to >= 0; to = rest.indexOf('\n')) {
      yield rest.slice(0, to)
      rest = rest.slice(to + 1)
    }
  }
  return undefined
}
