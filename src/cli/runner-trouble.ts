// Why no change would start now: the runner does not answer, or it answers and starts nothing.
import type { Status } from '../contract/gate.ts'
import { RUNNER_SILENT, RUNNER_TROUBLE } from '../words/runner.ts'
import type { Terminal } from './terminal.ts'

/** A short reason why nothing would start now. */
export function runnerTrouble(
  { reachable, trouble }: Status['runner'],
  terminal: Terminal,
): string | undefined {
  if (!reachable) return terminal.pick(RUNNER_SILENT)
  return trouble === undefined ? undefined : terminal.pick(RUNNER_TROUBLE[trouble])
}
