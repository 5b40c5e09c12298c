// The room of a rehearsal: furnished with clones, its processes within walls, the database behind a relay. What is done in it is handed in.
import { freemem } from 'node:os'
import { join } from 'node:path'
import type { Clock, Random } from '../base/time.ts'
import { type RoomLimits, roomLimits } from '../room/limits.ts'
import { enough, withPlace } from '../room/place.ts'
import { openRelay } from '../room/relay.ts'
import { type RoomPorts, type Walls, wallsHere } from '../room/walls.ts'
import type { Owners } from '../tree/owners.ts'
import { accountOf } from './accounts.ts'
import { Booted, DOOR } from './booted.ts'
import { Found } from './findings.ts'
import { type Furnished, furnish } from './furnish.ts'
import { type Session, withSession } from './session.ts'
import type { RoomSpec } from './spec.ts'
import { madeUnit } from './variables.ts'

export interface RehearsalPorts extends RoomPorts {
  readonly clock: Clock
  readonly random: Random
  readonly owners: Owners
}

/** The room before anything runs in it. */
export interface FurnishedRoom {
  readonly furnished: Furnished
  readonly session: Session
  /** The service, which is not started yet. */
  readonly service: Booted
  /** What the ids outside have in front. */
  readonly baseUid: number
}

export interface InRoom<T> {
  /** As soon as the clones are laid. */
  readonly furnished: (of: Furnished) => void
  /** What the service and steps have said, at the end. */
  readonly said: (text: string) => void
  readonly work: (room: FurnishedRoom) => Promise<T>
}

let rooms = 0
/** One at a time: two would slow each other, and their figures would be of no use. */
let before: Promise<unknown> = Promise.resolve()

/** One rehearsal after the other, whatever is played. */
export function inTurn<T>(play: () => Promise<T>): Promise<T> {
  const mine = before.then(play)
  before = mine.catch(() => {})
  return mine
}

/** Nothing of the room is left when this returns. Throws Found, NotFurnished, SessionEnded, room.*. */
export async function withRehearsalRoom<T>(
  ports: RehearsalPorts,
  spec: RoomSpec,
  { furnished: seen, said, work }: InRoom<T>,
): Promise<T> {
  const account = accountOf(spec.unit, ports.owners)
  if (account === 'root') throw new Found({ step: 'clone', code: 'unavailable', what: 'User=root' })
  if (account === undefined)
    throw new Found({ step: 'clone', code: 'unavailable', what: `User=${spec.unit.user}` })
  const sandbox = await wallsHere(ports)
  if (sandbox.kind !== 'mapped') throw new Found({ step: 'clone', code: 'unavailable', what: sandbox.kind })
  const limits: RoomLimits = { ...roomLimits(freemem()), seconds: 1_800, ...spec.limits }
  enough(ports.scratch, { bytes: 0, files: 0 })
  return withPlace(ports.scratch, async (place, baseUid) => {
    const walls: Walls = { ports, sandbox, baseUid, place }
    spec.progress?.('clone', 1)
    const laid = await furnish(walls, spec, account, limits, ports.random)
    const made = madeUnit(spec.unit, spec.secrets.real, ports.random)
    const furnished: Furnished = {
      ...laid,
      made: [...laid.made, ...made.made],
      given: [...laid.given, ...made.given],
      madeFor: new Map([...laid.madeFor, ...made.madeFor]),
    }
    seen(furnished)
    const request = {
      mounts: furnished.mounts,
      limits,
      name: `rehearsal-${++rooms}`,
      passwd: account.passwd,
      group: account.group,
      ...(spec.signal === undefined ? {} : { signal: spec.signal }),
    }
    return withSession(walls, request, async (session) => {
      const relay = await relayTo(walls, spec)
      try {
        const service = new Booted(session, { ...spec, unit: made.unit }, account, furnished.read)
        return await work({ furnished, session, service, baseUid })
      } finally {
        said(session.said())
        await relay?.close()
      }
    })
  })
}

/** Whose socket stands in the room's own directory, which the candidate cannot enter. */
function relayTo({ place }: Walls, { database }: RoomSpec) {
  return database === undefined ? undefined : openRelay(join(place, 'rehearsal', DOOR), database.socket)
}
