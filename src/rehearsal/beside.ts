// What the rehearsals beside the deployed service share, of a declared call and of a declared command: the room, what is compared in it, what changes there by
// itself, and what is still different after the way back.
import { setTimeout as pause } from 'node:timers/promises'
import type { Digest } from '../base/hash.ts'
import type { NotCompared, PathDifference, Receipt, RehearsalFault, RehearsalStep } from '../plans/receipt.ts'
import { environmentDigest } from './environment.ts'
import { Found, faultOf, isUnknown } from './findings.ts'
import { type FurnishedRoom, inTurn, type RehearsalPorts, withRehearsalRoom } from './in-room.ts'
import type { RoomSpec } from './spec.ts'
import { type Differing, differing, type State, stateOf, type TableState } from './state.ts'

export interface BesideSpec extends RoomSpec {
  /** Of the clone of the database. */
  readonly tables?: () => Promise<readonly TableState[]>
}

/** `unknown`: nothing was learned of it. */
export interface BesideReceipt {
  readonly verdict: 'green' | 'red' | 'unknown'
  readonly fault?: RehearsalFault
  readonly environment: Digest
  readonly bootMs?: number
  /** Paths and tables that it changed. Absent: it was not run to its end. */
  readonly changed?: readonly string[]
  readonly backMs?: number
  /** JSON that holds the same after the way back, and is written otherwise. */
  readonly rewritten: readonly string[]
  /** Absent: it was not taken back. */
  readonly differences?: readonly PathDifference[]
  readonly compared: number
  readonly tables: number
  readonly notCompared: readonly NotCompared[]
  readonly cloned: Receipt['cloned']
  readonly stayed: readonly string[]
}

export type Growing<R> = { -readonly [Key in keyof R]: R[Key] }
export type AtStep = (step: RehearsalStep) => void

/** What a service writes after it has answered comes within that. */
export const SETTLE_MS = 250
const LATE_MS = 3_000
const AGAIN_MS = 500

export const begunReceipt = ({ unit }: BesideSpec): BesideReceipt => ({
  verdict: 'unknown',
  environment: environmentDigest(unit),
  compared: 0,
  tables: 0,
  notCompared: unit.notApplied.map((what) => ({ what, why: 'unit_setting' })),
  cloned: [],
  stayed: [],
  rewritten: [],
})

/** Fills `found`, whatever happens: a room that could not be had is a receipt that says `unknown` and why. Answers what was said in the room. */
export function rehearseBeside(
  ports: RehearsalPorts,
  spec: BesideSpec,
  found: Growing<BesideReceipt>,
  work: (room: FurnishedRoom, at: AtStep) => Promise<void>,
): Promise<string> {
  return inTurn(async () => {
    let output = ''
    let step: RehearsalStep = 'clone'
    try {
      const limitedBy = await withRehearsalRoom(ports, spec, {
        furnished: ({ cloned, notCompared, stayed }) => {
          found.cloned = cloned
          found.stayed = stayed
          // The tables of the database are compared here: it is no live data.
          const own = notCompared.filter(
            ({ what }) => spec.tables === undefined || what !== spec.database?.name,
          )
          found.notCompared = [
            { what: 'acl', why: 'acl' },
            { what: 'xattr', why: 'attributes' },
            ...found.notCompared,
            ...own,
          ]
        },
        said: (text) => {
          output = text
        },
        work: async (room) => {
          await work(room, (now) => {
            step = now
          })
          return room.session.limitedBy
        },
      })
      found.verdict = 'green'
      if (limitedBy === 'watcher') throw new Found({ step: 'clone', code: 'unavailable', what: 'cgroup' })
    } catch (cause) {
      found.fault = faultOf(cause, step)
      found.verdict = isUnknown(found.fault) ? 'unknown' : 'red'
    }
    return output
  })
}

/** The running service before anything is done to it. */
export interface Before {
  /** What differs from then now, but for what changes by itself. `differs`: fields and columns that may. */
  since(differs?: readonly string[]): Promise<readonly Differing[]>
}

/** Starts the service and looks at it twice: what changes without us is its own, and says nothing of what is tried. `ask`: before each look. */
export async function bootedBefore(
  { service, furnished, baseUid }: FurnishedRoom,
  { live, tables }: BesideSpec,
  found: Growing<BesideReceipt>,
  at: AtStep,
  ask: () => Promise<unknown> = async () => {},
): Promise<Before> {
  const look = async (): Promise<State> => stateOf(furnished.compared, live, baseUid, await tables?.())
  at('boot')
  const booting = performance.now()
  await service.prepare()
  await service.start('boot')
  await service.healthy('boot')
  found.bootMs = Math.round(performance.now() - booting)
  await ask()
  const first = await look()
  await service.healthy('boot')
  await ask()
  const before = await look()
  const noise = new Set(differing(first, before, []).map(({ path }) => path))
  found.notCompared = [...found.notCompared, ...[...noise].map((what) => ({ what, why: 'live' }) as const)]
  found.compared = before.files.size
  found.tables = before.tables.size
  return {
    since: async (differs = []) =>
      differing(before, await look(), differs).filter(({ path }) => !noise.has(path)),
  }
}

/** What is written late is waited for; what is still different then is a difference, and red. `seen` is told all of it first. */
export async function requireAsBefore(
  before: Before,
  found: Growing<BesideReceipt>,
  at: AtStep,
  {
    differs = [],
    seen = () => {},
  }: { differs?: readonly string[]; seen?: (all: readonly Differing[]) => void } = {},
): Promise<void> {
  at('compare')
  const until = performance.now() + LATE_MS
  for (;;) {
    await pause(AGAIN_MS)
    const all = await before.since(differs)
    const left = all.filter(({ how }) => how !== 'declared' && how !== 'rewritten')
    if (left.length > 0 && performance.now() < until) continue
    seen(all)
    found.rewritten = all.flatMap(({ how, path }) => (how === 'rewritten' ? [path] : []))
    found.differences = left.map(pathDifference)
    const [first] = left
    if (first === undefined) return
    throw new Found({ step: 'compare', code: 'different', what: first.path })
  }
}

function pathDifference({ path, field, at }: Differing): PathDifference {
  return { path: at === undefined ? path : `${path} ${at}`, field, after: 'back' }
}
