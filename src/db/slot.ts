// A numbered place that one process holds at a time: a session lock of the database, freed by it when the process dies.
import pg from 'pg'
import { SekishoError } from '../base/error.ts'
import type { Clock } from '../base/time.ts'
import { storeError } from './failure.ts'

export interface Slot {
  readonly number: number
  /** Gives the place to the next one. After this `onLost` is not called any more. */
  release(): Promise<void>
}

export interface SlotOptions {
  readonly url: string
  readonly number: number
  readonly clock: Clock
  /** How long to wait for a holder to go; a killed one is gone at once. Default 10 s. */
  readonly waitMs?: number
  /** Called once when the session ended and somebody else may hold the place: the process must exit now. */
  readonly onLost: (why: string) => void
}

/** First half of the lock's key; the number is the second. */
const SPACE = 0x5e15
const RETRY_MS = 100
const BEAT_MS = 5000

/**
 * Takes the place or throws engine.slot_taken. Needs a connection of its own in session mode: a pooler in transaction mode
 * would give the lock away.
 */
export async function takeSlot(options: SlotOptions): Promise<Slot> {
  const client = new pg.Client({
    connectionString: options.url,
    connectionTimeoutMillis: 5000,
    query_timeout: BEAT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: BEAT_MS,
    application_name: `sekisho-slot-${options.number}`,
  })
  let over = false
  const lost = (why: string) => {
    if (over) return
    over = true
    options.onLost(why)
  }
  let held = false
  client.on('error', (error) => held && lost(error.message))
  client.on('end', () => held && lost('the session ended'))
  try {
    await client.connect()
    // A peer that vanishes without closing TCP must not hold the place for two hours.
    await client.query(
      'SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3',
    )
    await lock(client, options)
    held = true
  } catch (cause) {
    over = true
    await client.end().catch(() => {})
    throw storeError(cause)
  }
  const beat = new AbortController()
  keepBeating(client, options.clock, beat.signal).catch((error: unknown) => {
    if (!beat.signal.aborted) lost(String(error))
  })
  return {
    number: options.number,
    release: async () => {
      over = true
      beat.abort()
      await client.end().catch(() => {})
    },
  }
}

async function lock(client: pg.Client, { number, clock, waitMs = 10_000 }: SlotOptions): Promise<void> {
  const until = clock.uptime() + waitMs
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS taken', [
      SPACE,
      number,
    ])
    if (rows[0]?.taken === true) return
    if (clock.uptime() >= until) throw new SekishoError('engine.slot_taken', { slot: number })
    await clock.sleep(RETRY_MS)
  }
}

async function keepBeating(client: pg.Client, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(BEAT_MS, signal)
    await client.query('SELECT 1')
  }
}
