// The rehearsal of a declared command: the deployed release runs in the room on a clone of its data, the command is run beside it as the service's user, and then
// its way back. What each changes is found by looking at files and tables, and never by what a program says.
import { setTimeout as pause } from 'node:timers/promises'
import type { Digest } from '../base/hash.ts'
import { isAtOrBelow } from '../plans/data-directory.ts'
import type { NotCompared, PathDifference, Receipt, RehearsalFault, RehearsalStep } from '../plans/receipt.ts'
import { environmentDigest } from './environment.ts'
import { Found, faultOf, isUnknown } from './findings.ts'
import { type FurnishedRoom, inTurn, type RehearsalPorts, withRehearsalRoom } from './in-room.ts'
import type { RoomSpec } from './spec.ts'
import { type Differing, differing, type State, stateOf, type TableState } from './state.ts'

export interface CommandSpec extends RoomSpec {
  readonly directory: string
  readonly argv: readonly string[]
  /** Absent: nothing but a restore takes it back. */
  readonly back?: readonly string[]
  readonly withinMs: number
  /** Paths that may be other afterwards: what it may write, and the data that the service writes for it. */
  readonly mayChange: readonly string[]
  /** Of the clone of the database. */
  readonly tables?: () => Promise<readonly TableState[]>
}

/** What the rehearsal of a command found. `unknown`: nothing was learned of it. */
export interface CommandReceipt {
  readonly verdict: 'green' | 'red' | 'unknown'
  readonly fault?: RehearsalFault
  readonly environment: Digest
  readonly bootMs?: number
  readonly commandMs?: number
  /** Paths and tables that it changed. Absent: it was not run to its end. */
  readonly changed?: readonly string[]
  readonly backMs?: number
  readonly differences?: readonly PathDifference[]
  readonly compared: number
  readonly tables: number
  readonly notCompared: readonly NotCompared[]
  readonly cloned: Receipt['cloned']
  readonly stayed: readonly string[]
}

/** What a service writes after it was asked comes within that. */
const SETTLE_MS = 250
const LATE_MS = 3_000
const AGAIN_MS = 500

type Growing = { -readonly [Key in keyof CommandReceipt]: CommandReceipt[Key] }

/** Always a receipt: a room that could not be had is one that says `unknown` and why. */
export function rehearseCommand(
  ports: RehearsalPorts,
  spec: CommandSpec,
): Promise<{ readonly receipt: CommandReceipt; readonly output: string }> {
  return inTurn(async () => {
    const found: Growing = {
      verdict: 'unknown',
      environment: environmentDigest(spec.unit),
      compared: 0,
      tables: 0,
      notCompared: spec.unit.notApplied.map((what) => ({ what, why: 'unit_setting' })),
      cloned: [],
      stayed: [],
    }
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
          await play(room, spec, found, (now) => {
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
    return { receipt: found, output }
  })
}

async function play(
  { service, furnished, baseUid }: FurnishedRoom,
  spec: CommandSpec,
  found: Growing,
  at: (step: RehearsalStep) => void,
): Promise<void> {
  const { argv, back, directory, withinMs, mayChange, live, tables } = spec
  const look = async () => stateOf(furnished.compared, live, baseUid, await tables?.())
  at('boot')
  const booting = performance.now()
  await service.prepare()
  await service.start('boot')
  await service.healthy('boot')
  found.bootMs = Math.round(performance.now() - booting)
  const first = await look()
  // What changes without the command is the service's own: it says nothing of the command.
  await service.healthy('boot')
  const before = await look()
  const noise = new Set(differing(first, before, []).map(({ path }) => path))
  const others = (now: State) => differing(before, now, []).filter(({ path }) => !noise.has(path))
  found.notCompared = [...found.notCompared, ...[...noise].map((what) => ({ what, why: 'live' }) as const)]
  found.compared = before.files.size
  found.tables = before.tables.size
  at('command')
  const running = performance.now()
  await service.exec('command', argv, directory, withinMs)
  found.commandMs = Math.max(1, Math.round(performance.now() - running))
  await service.healthy('command')
  await pause(SETTLE_MS)
  const changed = others(await look())
  found.changed = changed.map(({ path }) => path)
  const outside = changed.find(
    ({ path }) => path.startsWith('/') && !mayChange.some((one) => isAtOrBelow(path, one)),
  )
  if (outside !== undefined) throw new Found({ step: 'command', code: 'outside', what: outside.path })
  if (back === undefined) return
  at('back')
  const returning = performance.now()
  await service.exec('back', back, directory, withinMs)
  found.backMs = Math.max(1, Math.round(performance.now() - returning))
  at('back-health')
  await service.healthy('back-health')
  at('compare')
  // What is written late is waited for; what is still different then is a difference.
  const until = performance.now() + LATE_MS
  for (;;) {
    await pause(AGAIN_MS)
    const left = others(await look()).filter(({ how }) => how !== 'rewritten')
    if (left.length > 0 && performance.now() < until) continue
    found.differences = left.map(pathDifference)
    const [one] = left
    if (one === undefined) return
    throw new Found({ step: 'compare', code: 'different', what: one.path })
  }
}

function pathDifference({ path, field, at }: Differing): PathDifference {
  return { path: at === undefined ? path : `${path} ${at}`, field, after: 'back' }
}
