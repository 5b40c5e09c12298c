// What every migration of production asks of its server, by SQL files or by a tool: with patience where it recovers, and with nothing of ours left running.
import { SekishoError } from '../base/error.ts'
import type { Clock } from '../base/time.ts'
import { placeName, powerless } from '../postgres/role.ts'
import { alone } from '../postgres/turns.ts'
import type { Cluster, Limits } from '../postgres/types.ts'
import type { MarkerKey } from './marker.ts'
import { reached } from './reach.ts'
import { endSessions } from './session.ts'
import { clusterOf, type MigrationTarget, tellAs } from './target.ts'

export interface MigrateHands {
  readonly clock: Pick<Clock, 'uptime' | 'sleep'>
  readonly killPoint: (name: string) => void
  /** HMAC by the runner's own key. */
  readonly keyed: (bytes: Uint8Array) => string
  readonly signal?: AbortSignal
}

export const QUESTION_MS = 60_000

/** A server that crashed recovers, and one whose host was started anew starts: what it knows is waited for. */
const RECOVERY_MS = 120_000
const AGAIN_MS = 500

/** Asks again while the server is away, from the beginning: each of these questions may be asked twice. */
export async function patiently<T>(
  migration: MigrationTarget,
  hands: MigrateHands,
  work: (live: Cluster) => Promise<T>,
): Promise<T> {
  const until = hands.clock.uptime() + RECOVERY_MS
  for (;;) {
    try {
      return await work(await clusterOf(migration, limitsOf(hands)))
    } catch (cause) {
      const isOver = hands.clock.uptime() > until || hands.signal?.aborted === true
      if (isOver || !isAway(cause)) throw cause
      await hands.clock.sleep(AGAIN_MS)
    }
  }
}

const AWAY =
  /terminating connection|server closed the connection|the database system is|connection to server .* lost/
function isAway(cause: unknown): boolean {
  if (!(cause instanceof SekishoError)) return false
  return cause.code === 'backup.db_unreachable' || AWAY.test(String(cause.detail['why'] ?? ''))
}

export const limitsOf = ({ signal }: Pick<MigrateHands, 'signal'>): Limits => ({
  timeoutMs: QUESTION_MS,
  ...(signal === undefined ? {} : { signal }),
})

/** What a killed runner left running. Nothing else of ours is in the database meanwhile. Throws schema.not_ended. */
export async function endLeft(
  live: Cluster,
  database: string,
  hands: Pick<MigrateHands, 'clock'>,
): Promise<void> {
  const by = tellAs(live, 'postgres', { timeoutMs: QUESTION_MS })
  const { name: login } = await powerless()
  const isEnded = await alone(placeName(live), () =>
    endSessions(by, { login, database }, (ms) => hands.clock.sleep(ms)),
  )
  if (!isEnded) throw new SekishoError('schema.not_ended', { database })
}

/** What the role has altered of itself and beyond its schema since before `up`, by its names; undefined where nothing is. */
export async function beyondSchema(
  live: Cluster,
  migration: MigrationTarget & Pick<MarkerKey, 'execution' | 'action'>,
  hands: MigrateHands,
): Promise<readonly string[] | undefined> {
  const found = await reached(live, migration, migration, hands.keyed, { timeoutMs: QUESTION_MS })
  if (found === undefined || found.length === 0) return undefined
  const names = found.map(({ at }) => at)
  return names.length <= 10 ? names : [...names.slice(0, 10), `… + ${names.length - 10}`]
}
