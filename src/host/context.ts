// What reading the state of this machine works through. Everything is handed in: nothing here is global.
import type { ExecutionId, IncidentId } from '../base/id.ts'
import type { Clock } from '../base/time.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { run } from '../sys/process.ts'

/** Whether this host is cut off, and the end of that. */
export interface IsolationPort {
  /** Of the isolation that stands; undefined where none does. Throws isolation.unreadable. */
  incident(): Promise<IncidentId | undefined>
  /** Whose standing statement began the isolation that stands: a change of this service ends it, and none of another one. */
  service(): Promise<string | undefined>
  /** The table alone, whatever the record says. */
  table(): Promise<'present' | 'absent' | 'unknown'>
  /** INVARIANT Q4: called by the action of an approved change alone. `other`: another incident's stands, and was left as it is. */
  end(incident: IncidentId, execution: ExecutionId): Promise<'ended' | 'none' | 'other'>
}

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
  /** Absent where nobody asks about it. */
  readonly isolation?: IsolationPort
}
