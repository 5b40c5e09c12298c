// When a check is looked at: at the start, then each in its own time. A tick that was missed (suspend, a busy machine) is made up by one
// look, not by many. Time is the time since boot, so that a clock that jumps neither stops nor floods it.
import type { JsonObject } from '../base/json.ts'
import type { Clock } from '../base/time.ts'
import type { CheckDefinition } from '../checks/definition.ts'
import type { CheckId } from '../checks/result.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { Looker } from './looker.ts'
import type { Seen } from './network.ts'
import type { Spool } from './spool.ts'

export interface ScheduleParts {
  readonly clock: Clock
  readonly policy: () => CompiledPolicy | undefined
  readonly looker: Looker
  readonly spool: Spool
  /** What it has seen of the limit of its network; told with each beat. */
  readonly network: () => Promise<Seen>
  readonly log: (sentence: string, values: JsonObject) => void
  readonly signal: AbortSignal
}

const TICK_MS = 1000
const BEAT_MS = 10_000
/** Looks that are due within the same tick are one file; more than so many wait for the next. */
const AT_ONCE = 64

/** Which checks are due, and when each is due next. Pure: `next` is changed by the caller alone. */
export function dueOf(
  definitions: readonly CheckDefinition[],
  next: ReadonlyMap<CheckId, number>,
  uptime: number,
): readonly CheckDefinition[] {
  return definitions.filter(({ id }) => (next.get(id) ?? 0) <= uptime).slice(0, AT_ONCE)
}

/** Runs until the signal. */
export async function keepLooking(parts: ScheduleParts): Promise<void> {
  const { clock, looker, spool, log, signal } = parts
  const next = new Map<CheckId, number>()
  const running = new Set<Promise<void>>()
  let version: string | undefined
  let beatAt = 0
  while (!signal.aborted) {
    const uptime = clock.uptime()
    const policy = parts.policy()
    // New rules: what they declare is looked at once, now.
    if (policy?.version !== version) {
      version = policy?.version
      next.clear()
    }
    if (uptime >= beatAt) {
      beatAt = uptime + BEAT_MS
      const seen = await parts.network().catch((): Seen => ({ network: 'unknown', names: [] }))
      await spool
        .beat({ pid: process.pid, rss: process.memoryUsage.rss(), policy: version ?? '', ...seen })
        .catch((error: unknown) => log('the beat cannot be written', { why: String(error) }))
    }
    const due = dueOf(looker.definitions(), next, uptime)
    for (const { id, everyMs } of due) next.set(id, uptime + everyMs)
    // The slow ones keep nobody waiting: each kind of schedule is a round of its own.
    for (const some of bySchedule(due)) {
      const round = looker
        .look(some)
        .then(({ ran, results }) => spool.write(ran, results))
        .catch((error: unknown) => log('a round was not written', { why: String(error) }))
        .finally(() => running.delete(round))
      running.add(round)
    }
    await clock.sleep(TICK_MS, signal).catch(() => {})
  }
  await Promise.all(running)
}

function bySchedule(due: readonly CheckDefinition[]): readonly (readonly CheckDefinition[])[] {
  const groups = new Map<string, CheckDefinition[]>()
  for (const one of due) {
    const key = `${one.everyMs} ${one.item === 'api' || one.item === 'errors' ? one.id : ''}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups.values()]
}
