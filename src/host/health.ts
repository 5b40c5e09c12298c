// Asks the declared health of a service for the runner, with the pinned CA as the runner reads it (checks/health.ts judges).
import { OWN_REQUEST } from '../base/own-request.ts'
import type { Clock } from '../base/time.ts'
import { askHealth } from '../checks/health.ts'
import type { Health } from '../plans/policy.ts'
import type { HealthFacts } from '../seal/protocol.ts'
import { probeHttp } from '../sys/net.ts'
import { readThroughLinks } from './walk.ts'

export interface HealthContext {
  readonly clock: Clock
  readonly signal?: AbortSignal
  /** An answer that is late is still waited for a little, so that the record says how late. */
  readonly patienceMs?: number
}

const PATIENCE_MS = 2000
const GLANCE_MS = 3000
/** The bundle of a whole distribution is a quarter of this. */
const CA_LIMIT = 1_048_576

/** Once, for a person who looks: they know within seconds that nobody answers. Proof and checks ask as often as declared. */
export function glanceAtHealth(spec: Health | undefined, c: HealthContext): Promise<HealthFacts> {
  if (spec === undefined) return readHealth(spec, c)
  const once = { ...spec, good: 1, of: 1, withinMs: Math.min(spec.withinMs, GLANCE_MS) }
  return readHealth(once, { ...c, patienceMs: 0 })
}

/** Asks until the verdict is decided: enough good answers, or too few left to have enough. No declaration means no data. */
export async function readHealth(spec: Health | undefined, c: HealthContext): Promise<HealthFacts> {
  if (spec === undefined) return { verdict: 'no_data', attempts: [] }
  const ca = await pinned(spec)
  if (ca === 'unreadable')
    return { verdict: 'no_data', attempts: [{ ok: false, milliseconds: 0, why: 'ca_unreadable' }] }
  return askHealth(spec, {
    probe: () =>
      probeHttp(spec.url, {
        timeoutMs: spec.withinMs + (c.patienceMs ?? PATIENCE_MS),
        headers: OWN_REQUEST,
        ...(ca === undefined ? {} : { ca }),
        ...(c.signal === undefined ? {} : { signal: c.signal }),
      }),
    sleep: (ms) => c.clock.sleep(ms),
    ...(c.signal === undefined ? {} : { signal: c.signal }),
  })
}

async function pinned(spec: Health): Promise<Buffer | undefined | 'unreadable'> {
  if (spec.ca === undefined) return undefined
  return (await readThroughLinks(spec.ca, CA_LIMIT).catch(() => undefined)) ?? 'unreadable'
}
