// The record of an isolation: one fsynced file that says everything by itself, so that the holder and the next boot need neither runner nor gate.
import { unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type Decoder,
  decode,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  record,
  text,
} from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { type IncidentId, isIncidentId, isServiceName, type ServiceName } from '../base/id.ts'
import { canonical, type Json, JsonError, parseJson } from '../base/json.ts'
import { type Instant, isInstant } from '../base/time.ts'
import { type Admission, admissionDecoder } from '../plans/isolation.ts'
import { privateDirectory, readRegular, syncDirectory, writeDurable } from '../sys/files.ts'

/** A moment by the clock that no clock on the wall can move. */
export interface Moment {
  readonly boot: string
  /** Milliseconds since that boot. */
  readonly uptime: number
}

/**
 * `trial`: cut off until the deadline, unless it is kept. `kept`: until an approved change ends it. `undone`: nobody kept it. `ended`: by a change.
 * In the last two the table goes, and nothing brings it back.
 */
export type IsolationPhase = 'trial' | 'kept' | 'undone' | 'ended'
export const ISOLATION_EVENTS = ['applied', 'kept', 'undone', 'restored', 'ended'] as const
export type IsolationEvent = (typeof ISOLATION_EVENTS)[number]

/** What happened, for the runner's journal: whoever did it, the runner writes it down when it is there, once each by its number. */
export interface IsolationNote extends Moment {
  readonly number: number
  readonly event: IsolationEvent
  readonly at: Instant
  readonly detail: Readonly<Record<string, string>>
}

export interface IsolationRecord extends Moment {
  readonly v: 1
  readonly incident: IncidentId
  /** Whose standing statement it was done by: the change that ends it is one of this service. */
  readonly service: ServiceName
  readonly by: string
  readonly phase: IsolationPhase
  readonly admission: Admission
  /** Seconds within which it must be kept. */
  readonly keepSeconds: number
  readonly at: Instant
  /** The terminal at which a person keeps it, where nobody came by SSH. */
  readonly terminal?: string
  /** How nftables lists the table as it was loaded; what is listed otherwise was changed by somebody. */
  readonly listing?: string
  readonly notes: readonly IsolationNote[]
}

const word = text({ max: 300 })
const instant = matching(isInstant, 'an instant')
const moment = { boot: word, uptime: integer() } as const
const decoder: Decoder<IsolationRecord> = object({
  v: literal(1),
  incident: matching(isIncidentId, 'an incident id'),
  service: matching(isServiceName, 'a service name'),
  by: word,
  phase: literal('trial', 'kept', 'undone', 'ended'),
  admission: admissionDecoder,
  keepSeconds: integer(1, 3600),
  at: instant,
  ...moment,
  terminal: optional(word),
  listing: optional(text({ max: 65_536 })),
  notes: list(
    object({
      number: integer(1),
      event: literal(...ISOLATION_EVENTS),
      at: instant,
      ...moment,
      detail: record(text({ max: 1000 }), /^[A-Za-z]{1,40}$/),
    }),
    1000,
  ),
})

const LIMIT = 1_048_576
/** Of a table that somebody takes away again and again the first and the last times are kept. */
const NOTES_MAX = 200

export function isolationPlaces(state: string): { readonly record: string; readonly lock: string } {
  const directory = join(state, 'isolation')
  return { record: join(directory, 'record.json'), lock: join(directory, 'lock') }
}

/** Undefined where no isolation was ever begun, or it is over and written down. Throws isolation.unreadable: a person must look. */
export async function readIsolation(path: string): Promise<IsolationRecord | undefined> {
  const file = await readRegular(path, LIMIT)
  if (file === undefined) return undefined
  try {
    const read = decode(decoder, parseJson(file.bytes.toString('utf8')))
    if (read.ok) return read.value
    throw new SekishoError('isolation.unreadable', { path, why: `${read.at}: ${read.why}` })
  } catch (error) {
    if (error instanceof JsonError)
      throw new SekishoError('isolation.unreadable', { path, why: error.message })
    throw error
  }
}

/** Durable when it returns. On a full disk it takes the room that was kept for it: an isolation that cannot be undone would lock people out. */
export async function writeIsolation(path: string, of: IsolationRecord): Promise<void> {
  await privateDirectory(dirname(path))
  const write = () => writeDurable(path, `${canonical(of as unknown as Json)}\n`, { mode: 0o600 })
  try {
    await write()
  } catch (error) {
    if (!(error instanceof SekishoError) || error.code !== 'file.no_space') throw error
    await unlink(roomOf(path)).catch(() => {})
    await write()
  }
}

const ROOM_BYTES = 262_144
const roomOf = (path: string) => join(dirname(path), 'reserve')

/** Before the host is cut off. Throws file.no_space. */
export async function keepRoom(path: string): Promise<void> {
  await privateDirectory(dirname(path))
  await writeDurable(roomOf(path), Buffer.alloc(ROOM_BYTES, 0x2e), { mode: 0o600 })
}

export async function forgetIsolation(path: string): Promise<void> {
  await unlink(roomOf(path)).catch(() => {})
  await unlink(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
  })
  await syncDirectory(dirname(path))
}

/** The same record with one note more. */
export function noted(
  of: IsolationRecord,
  event: IsolationEvent,
  when: Moment & { readonly at: Instant },
  detail: Readonly<Record<string, string>> = {},
): IsolationRecord {
  const number = (of.notes.at(-1)?.number ?? 0) + 1
  const note: IsolationNote = { number, event, at: when.at, boot: when.boot, uptime: when.uptime, detail }
  const [first, ...rest] = of.notes
  const kept = of.notes.length < NOTES_MAX || first === undefined ? of.notes : [first, ...rest.slice(1)]
  return { ...of, notes: [...kept, note] }
}

/** Milliseconds that are left to keep it; none in another boot. */
export function leftToKeep(of: IsolationRecord, now: Moment): number {
  return of.boot === now.boot ? Math.max(0, of.uptime + of.keepSeconds * 1000 - now.uptime) : 0
}
