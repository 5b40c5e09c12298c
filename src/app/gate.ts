// The parts that every operation of the gate is given: store, runner, rules in force, engine, clock and random numbers.
import type { Kysely } from 'kysely'
import type { Digest } from '../base/hash.ts'
import type { ActorId, ExecutionId } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import { type Clock, type Instant, instant, type Random } from '../base/time.ts'
import type { Change } from '../change/change.ts'
import { insertChange, type StoredChange, saveChange } from '../change/store.ts'
import { write } from '../db/tx.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { appendEntry, type Executor, putBlob } from '../record/store.ts'
import type { Log } from '../sys/log.ts'
import type { Events } from './events.ts'
import type { RunnerClient } from './runner-client.ts'
import { type EventDraft, insertEvent, type StoredEvent } from './store.ts'

export interface Gate {
  readonly db: Kysely<unknown>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly runner: RunnerClient
  readonly events: Events
  /** The rules in force. Throws policy.not_applied, policy.unreadable. */
  policy(): CompiledPolicy
  /** The path of the sekisho.yaml that these rules were compiled from. */
  readonly rulesFile?: string
  /** Directories that the guard reads and writes (guard-places.ts). */
  readonly guardDirectory?: string
  /** Where sekisho-watch writes (checks/watch-places.ts). Absent: nothing looks by itself. */
  readonly watchDirectory?: string
  /** The port that another process held when this gate started. */
  readonly portTaken?: number
  /** Version and safety of the store, for `doctor`. */
  storeFacts(): Promise<Readonly<Record<string, string>>>
  /** Codes of words: how strong the wall is on this machine. */
  wall(): readonly string[]
  /** Gives an execution to the durable engine. Calling it twice has the effect of one call. */
  startExecution(execution: ExecutionId): Promise<void>
}

export const now = (gate: Gate): Instant => instant(gate.clock.now())

/** One transaction of the gate: state, blobs and ledger entries commit together (INVARIANT I6). */
export interface Act {
  readonly tx: Executor
  readonly at: Instant
  /** Appends a ledger entry in the name of the actor. */
  record(kind: string, subject: string, payload: JsonObject, blobs?: readonly Digest[]): Promise<void>
  blob(kind: string, bytes: Uint8Array | string): Promise<Digest>
  insert(change: Change): Promise<StoredChange>
  /** Stores the next value of a change and notifies followers. */
  save(before: StoredChange, change: Change): Promise<StoredChange>
  tell(event: EventDraft): Promise<void>
}

/** Runs `work` in one transaction and publishes its events after the commit. `work` may run more than once. */
export async function act<T>(
  gate: Gate,
  actor: ActorId | 'system',
  work: (act: Act) => Promise<T>,
): Promise<T> {
  let events: StoredEvent[] = []
  const result = await write(gate.db, (tx) => {
    events = []
    const at = now(gate)
    const tell = async (draft: EventDraft) => {
      events.push(await insertEvent(tx, draft, at))
    }
    const told = (change: Change, version: number) =>
      tell({
        change: change.id,
        kind: 'change.state',
        values: { state: change.state, revision: change.revision, version },
      })
    return work({
      tx,
      at,
      tell,
      record: async (kind, subject, payload, blobs) => {
        await appendEntry(
          tx,
          { kind, subject, actor, payload, ...(blobs === undefined ? {} : { blobs }) },
          gate.clock,
        )
      },
      blob: (kind, bytes) => putBlob(tx, kind, typeof bytes === 'string' ? Buffer.from(bytes) : bytes),
      insert: async (change) => {
        const stored = await insertChange(tx, change, at)
        await told(change, stored.version)
        return stored
      },
      save: async (before, change) => {
        const stored = await saveChange(tx, change, before.version, at)
        await told(change, stored.version)
        return stored
      },
    })
  })
  gate.events.publish(events)
  return result
}

/** A value as JSON that can be hashed: fields that are undefined are left out. */
export function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject
}
