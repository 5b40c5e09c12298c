// What the watch process starts to tell people: the sender, each second, and the pings that say that all is well.
import { join } from 'node:path'
import type { Clock } from '../base/time.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { Log } from '../sys/log.ts'
import { pingOut } from './pings.ts'
import { openSender, type Sender } from './sender.ts'

export interface NoticesParts {
  /** The directory of the watch process: the gate writes `outbox/` in it, everything else is written here. */
  readonly directory: string
  /** In force now. */
  readonly policy: () => CompiledPolicy | undefined
  /** Are gate, runner and watch well? Only then a ping goes out. */
  readonly isWell: () => boolean
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** Handed the sender once, for what this process has to tell by itself. */
  readonly onSender?: (sender: Sender) => void
}

const LOOK_MS = 1000

/** Runs until the signal. */
export async function startNotices(parts: NoticesParts): Promise<void> {
  const { policy, clock, log, signal } = parts
  const sender = openSender({
    notices: join(parts.directory, 'outbox'),
    spool: parts.directory,
    rules: () => policy()?.notify,
    name: () => policy()?.name ?? 'sekisho',
    clock,
    log,
  })
  parts.onSender?.(sender)
  const pings = pingOut({ rules: () => policy()?.notify?.pingsOut ?? [], isWell: parts.isWell, clock, log })
  while (!signal.aborted) {
    await sender.look()
    pings.look()
    await clock.sleep(LOOK_MS, signal).catch(() => undefined)
  }
  await Promise.race([sender.idle(), clock.sleep(5000)])
}
