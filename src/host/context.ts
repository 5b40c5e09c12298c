// What reading the state of this machine works through. Everything is handed in: nothing here is global.
import type { Clock } from '../base/time.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { run } from '../sys/process.ts'

/** What reading needs. */
export interface ReadContext {
  readonly run: typeof run
  readonly clock: Clock
  readonly policy: CompiledPolicy
  /** HMAC of secret bytes by the runner's own key. */
  readonly keyed: (bytes: Uint8Array) => string
  readonly signal: AbortSignal
  /** systemd is PID 1 here. */
  readonly systemctl: boolean
}
