// What a rehearsal is told: values alone, made from the inventory and from what was staged.
import type { Digest } from '../base/hash.ts'
import type { Health } from '../plans/policy.ts'
import type { RehearsalStep } from '../plans/receipt.ts'
import type { RoomLimits } from '../room/limits.ts'
import type { PlayStep } from './protocol.ts'
import type { RehearsedUnit } from './unit.ts'

/**
 * `target`: the plan changes things here, and the way back must leave it as it was. `other`: nothing may change it. `live`: the service writes here of its own
 * accord, so it is not compared. `empty`: made anew, with nothing in it.
 */
export type PlaceKind = 'target' | 'other' | 'live' | 'empty'

export interface RehearsalPlace {
  /** Absolute: the same inside as on the host. */
  readonly path: string
  readonly kind: PlaceKind
  /** Where its bytes come from; absent: from the path itself. A directory, or one file. */
  readonly from?: string
  /** Paths below it that are not copied. */
  readonly leave?: readonly string[]
  /** Of an empty directory, or of the top of a copy that is opened when it is deployed. */
  readonly mode?: number
}

export interface RoomDatabase {
  readonly port: number
  readonly socket: string
  /** Named on the receipt among what was cloned. */
  readonly name: string
  readonly bytes: number
  /** What a step `outside` does. Answers why it failed. */
  readonly change?: (back: boolean) => Promise<string | undefined>
  /** The deployed release is started on the new schema, asked, and its smoke test run there: a finding, and no end of the rehearsal. */
  readonly oldCode?: { readonly smokeIn: string }
}

/** What a room is furnished with, and the service that is started in it. */
export interface RoomSpec {
  readonly unit: RehearsedUnit
  /** Asked inside, on the room's own loopback. */
  readonly health: Health
  readonly places: readonly RehearsalPlace[]
  /** Trees of ours that steps take files from: seen inside as `/rehearsal/given/NAME`. */
  readonly given: Readonly<Record<string, string>>
  /** Absolute paths within compared places that are live data. */
  readonly live: readonly string[]
  readonly secrets: {
    /** Files of variables: values that are secrets are made. */
    readonly dotenv: readonly string[]
    /** Files that are secret as wholes: bytes of the same shape stand for them. */
    readonly files: readonly string[]
    /** Names of variables whose real values the room gets. */
    readonly real: readonly string[]
  }
  /** The clone of the service's database: the port of production's cluster, and the socket to which it leads. */
  readonly database?: RoomDatabase
  readonly limits?: Partial<RoomLimits>
  readonly signal?: AbortSignal
  readonly progress?: (step: RehearsalStep, run: number) => void
}

export interface RehearsalSpec extends RoomSpec {
  readonly steps: readonly PlayStep[]
  /** Absent: the steps backwards, and the service started anew at the end. */
  readonly back?: readonly number[]
  /** Absolute paths that the deployment may change; whatever else it changes is a finding. */
  readonly mayChange: readonly string[]
  readonly smoke?: { readonly argv: readonly string[]; readonly cwd: string; readonly withinMs: number }
  /** The deployed release may be sick, for it is what is gone away from: then its health is not asked after the way back. */
  readonly mayBeSick?: true
  readonly runs: number
  /** Requests a second while deploy and way back are played; 0: none. */
  readonly perSecond: number
  readonly played: Digest
  readonly deployed: Digest
  readonly artefact: Digest
  readonly validMs: number
}
