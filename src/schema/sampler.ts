// A second session that looks at the locks of the first one while it runs: a lock that was taken and given back inside one statement leaves no other trace.
import { Readable } from 'node:stream'
import { decode, list } from '../base/decode.ts'
import { launch } from '../postgres/launch.ts'
import { literal, psqlArgv, sessionOf } from '../postgres/query.ts'
import type { Cluster, Limits } from '../postgres/types.ts'
import { MARKER_SCHEMA } from '../sql/refused.ts'

export interface Samples {
  /** Tables that were seen shut to readers, in any look. */
  readonly shut: readonly string[]
  readonly looks: number
  /** The longest time between two looks, in ms: what was shorter may have been missed. */
  readonly longestGapMs: number
}

const PAUSE_MS = 3
const tables = list((value) => String(value), 10_000)

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
  const shut = new Set<string>()
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
      longestGapMs = Math.max(longestGapMs, Math.round(hands.uptime() - last))
      last = hands.uptime()
      const read = decode(tables, parsed(value))
      for (const table of read.ok ? read.value : []) shut.add(table)
      await hands.pause(PAUSE_MS)
    }
  }
  const watching = watch().catch(() => {})
  try {
    const result = await work()
    isOver = true
    await watching
    return { result, samples: { shut: [...shut].sort(), looks, longestGapMs } }
  } finally {
    isOver = true
    session.stdin?.end()
    await watching
    session.stop()
    await session.done
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const question = (login: string) =>
  `SELECT coalesce(json_agg(DISTINCT n.nspname || '.' || c.relname), '[]') FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid JOIN pg_class c ON c.oid = l.relation
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.usename = ${literal(login)} AND l.granted AND l.mode = 'AccessExclusiveLock'
    AND c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> '${MARKER_SCHEMA}';`.replaceAll(
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
