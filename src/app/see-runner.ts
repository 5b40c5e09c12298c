// The state of the runner, with a short time limit: one that hangs is reported and not waited for.
import { SekishoError } from '../base/error.ts'
import { type ErrorCode } from '../base/error-codes.ts'
import type { RunnerStatus } from '../seal/runner-status.ts'
import type { Gate } from './gate.ts'

const STATUS_MS = 700

export type Seen =
  | { readonly reachable: true; readonly status: RunnerStatus; readonly milliseconds: number }
  | { readonly reachable: false; readonly code: ErrorCode; readonly why: string }

export async function seeRunner(gate: Gate): Promise<Seen> {
  const from = performance.now()
  try {
    const status = await gate.runner.ask('status', {}, STATUS_MS)
    return { reachable: true, status, milliseconds: Math.round(performance.now() - from) }
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    return { reachable: false, code: error.code, why: String(error.detail['why'] ?? error.code) }
  }
}
