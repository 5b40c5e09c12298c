// What the runner's acts work through, and the answers they give. Everything is handed in: nothing here is global.

import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import type { ExecutionId } from '../../base/id.ts'
import type { JsonObject } from '../../base/json.ts'
import type { ReadContext } from '../../host/context.ts'
import type { Maintenance } from '../../plans/actions/maintenance.ts'
import type { RestoreHands } from '../../restore/stage-record.ts'
import type { Loss } from '../../schema/bound.ts'
import type { Applied } from '../../seal/journal.ts'
import { fileError } from '../../sys/files.ts'
import type { CodeHands } from './code.ts'
import type { ToolRooms } from './migrate-by-tool.ts'

export interface ActContext extends ReadContext {
  readonly execution: ExecutionId
  /** This execution's directory of copies in the state directory; used for targets on the same volume. */
  readonly copies: string
  /** New bytes by digest, from the runner's own store. */
  readonly blob: (digest: Digest) => Promise<Buffer>
  /** A secret's value. It never goes into an argv, an environment or a log. */
  readonly secret: (reference: string, version: number) => Promise<Buffer>
  /** The end of a text without the secrets that the runner knows; `lead` is what stands before it. Absent where a context knows none. */
  readonly redactEnd?: (lead: Buffer, end: Buffer) => Promise<Buffer>
  /** Where restores are laid out; absent where a context needs none. */
  readonly restore?: RestoreHands
  /** Where code is staged; absent where a context needs none. */
  readonly code?: CodeHands
  /** Maintenance around a step of this execution; absent where nobody keeps leases. */
  readonly lease?: LeaseHands
  /** For migrations by a tool; absent where nobody runs one. */
  readonly tools?: ToolRooms
  /** What a way back of a schema was counted to lose in the trial that was approved. */
  readonly losses?: readonly Loss[]
  /** A named point at which a test may end the process. */
  readonly killPoint: (name: string) => void
}

export interface LeaseHands {
  readonly hold: (action: Maintenance) => Promise<ActResult>
  readonly release: (action: Maintenance) => Promise<ActResult>
}

export interface ActResult {
  /** `uncertain`: whether it had an effect cannot be told from here. No outcome is written: it is looked for, and a person says where nothing tells. */
  readonly result: 'applied' | 'failed' | 'uncertain'
  readonly detail: JsonObject
}

export interface ProbeResult {
  readonly found: Applied
  readonly detail: JsonObject
}

/** When an intent was journalled. */
export interface Since {
  readonly boot: string
  /** Milliseconds since that boot. */
  readonly uptime: number
}

export function applied(detail: JsonObject = {}): ActResult {
  return { result: 'applied', detail }
}

export function failed(why: string, detail: JsonObject = {}): ActResult {
  return { result: 'failed', detail: { ...detail, why } }
}

/** `why` is the code; what the error said of it stands in `because`. */
export function failedBy(error: SekishoError, detail: JsonObject = {}): ActResult {
  const { why, ...rest } = error.detail
  return failed(error.code, { ...rest, ...(why === undefined ? {} : { because: why }), ...detail })
}

/** An answer for what the machine refused; a bug is thrown on. */
export function failedOr(cause: unknown, path: string, detail: JsonObject = {}): ActResult {
  const isErrno = cause instanceof Error && 'syscall' in cause
  if (cause instanceof SekishoError || isErrno) return failedBy(fileError(path, cause), detail)
  throw cause
}
