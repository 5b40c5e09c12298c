// Maintenance of a service that ends by itself: asked of the runner, which keeps it; here it comes onto the record, and nobody is told of the
// checks that it names until it ends. What was muted before is muted again afterwards, as it was.
import type { ActorId, ServiceName } from '../base/id.ts'
import { isObject } from '../base/json.ts'
import type { MaintenanceView } from '../contract/notice.ts'
import type { Actor } from '../identity/actor.ts'
import { type CompiledPolicy, serviceOf } from '../plans/policy.ts'
import type { Lease } from '../seal/lease.ts'
import { allow, declaredService, nameOf, WHOLE } from './authorize.ts'
import { applyMute, liftMute } from './check-mute.ts'
import { listMutes, type Mute } from './check-store.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import { readSetting, writeSetting } from './store.ts'

/** What the record says of the leases, and which mutes they replaced. */
const SETTING = 'leases'

interface Known {
  readonly number: number
  readonly phase: Lease['phase']
  readonly earlier: readonly Mute[]
}

/** Throws may.*, service.unknown, lease.*, runner.*. */
export async function startMaintenance(
  gate: Gate,
  actor: Actor,
  name: string,
  wish: { readonly minutes: number; readonly reason: string },
): Promise<MaintenanceView> {
  const policy = allow(gate, actor, 'maintenance.run', WHOLE)
  const { name: service } = declaredService(policy, name)
  const { minutes, reason } = wish
  const one = await gate.runner.ask('leaseStart', {
    service,
    seconds: minutes * 60,
    reason,
    by: nameOf(actor),
  })
  await joinLeases(gate, [one])
  return viewOf(one)
}

/** Throws may.*, service.unknown, lease.*, runner.*. */
export async function endMaintenance(gate: Gate, actor: Actor, name: string): Promise<MaintenanceView> {
  const policy = allow(gate, actor, 'maintenance.run', WHOLE)
  const { name: service } = declaredService(policy, name)
  const one = await gate.runner.ask('leaseEnd', { service, by: nameOf(actor) })
  await joinLeases(gate, [one])
  return viewOf(one)
}

/** Throws may.*, runner.*. */
export async function maintenanceShown(
  gate: Gate,
  actor: Actor,
): Promise<{ readonly maintenance: MaintenanceView[] }> {
  allow(gate, actor, 'status.read', WHOLE)
  const { leases } = await gate.runner.ask('leases', {})
  return { maintenance: leases.map(viewOf) }
}

export function viewOf(one: Lease): MaintenanceView {
  const { service, phase, by, reason, since, until, why } = one
  return { service, phase, by, reason, since, until, ...(why === undefined ? {} : { why }) }
}

/** What the runner says of leases comes onto the record, and mutes follow it. Doing it twice has the effect of once. */
export async function joinLeases(gate: Gate, leases: readonly Lease[]): Promise<void> {
  const known = await knownLeases(gate.db)
  if (leases.every((one) => isKnown(one, known))) return
  await act(gate, 'system', async (step) => {
    const before = await knownLeases(step.tx)
    let after = before
    for (const one of leases)
      if (!isKnown(one, before))
        after = { ...after, [one.service]: await take(step, gate.policy(), one, before) }
    await writeSetting(step.tx, SETTING, after)
  })
}

const isKnown = ({ service, number, phase }: Lease, known: Readonly<Record<string, Known>>) =>
  known[service]?.number === number && known[service].phase === phase

async function take(
  step: Act,
  policy: CompiledPolicy,
  one: Lease,
  before: Readonly<Record<string, Known>>,
): Promise<Known> {
  const { service, number, phase, by, reason, until, since, why } = one
  const known = before[service]
  const wasOn = known?.phase === 'on' && known.number === number
  await step.record(
    `maintenance.${phase}`,
    service,
    plain({ service, number, by, reason, since, until, why }),
  )
  await step.tell({ kind: 'maintenance', values: { service, phase } })
  if (phase === 'on') {
    const patterns = patternsOf(policy, service)
    // Of one whose end nobody saw here the mute is still there: it is not one of before.
    const isFollowed = known !== undefined && known.phase !== 'off'
    const earlier = isFollowed
      ? known.earlier
      : (await listMutes(step.tx)).filter(({ pattern }) => patterns.includes(pattern))
    for (const pattern of patterns)
      await applyMute(step, policy, { pattern, until, by: by as ActorId, reason, at: step.at })
    return { number, phase, earlier }
  }
  if (wasOn || known?.earlier !== undefined) {
    const earlier = known?.earlier ?? []
    if (phase === 'off') {
      for (const pattern of patternsOf(policy, service)) await liftMute(step, policy, pattern, by as ActorId)
      for (const mute of earlier) if (mute.until > step.at) await applyMute(step, policy, mute)
      return { number, phase, earlier: [] }
    }
    return { number, phase, earlier }
  }
  return { number, phase, earlier: [] }
}

function patternsOf(policy: CompiledPolicy, service: ServiceName): readonly string[] {
  return serviceOf(policy, service)?.maintenance?.mutes ?? [`${service}/*`]
}

async function knownLeases(db: Act['tx']): Promise<Readonly<Record<string, Known>>> {
  const value = await readSetting(db, SETTING)
  return isObject(value) ? (value as unknown as Readonly<Record<string, Known>>) : {}
}
