// Reading targets of the runner's own inventory: the facts behind `read`, the baseline of the judge and its `pre`.

import type { KnownCopy } from '../backup/level.ts'
import { SekishoError } from '../base/error.ts'
import type { TargetId } from '../base/id.ts'
import { instant } from '../base/time.ts'
import type { ReadContext } from '../host/context.ts'
import { readHealth } from '../host/health.ts'
import { partsOf, readTarget } from '../host/target.ts'
import { readUnitState } from '../host/unit-facts.ts'
import { resolveLinks } from '../host/walk.ts'
import type { TargetFacts } from '../plans/fingerprint.ts'
import type { Plan } from '../plans/plan.ts'
import { serviceOf } from '../plans/policy.ts'
import { backupFault } from './judge/backup-check.ts'
import type { PreFacts } from './judge/pre.ts'

/** A declared target, or the file at the end of a declared chain of links: two names of one real file are one target too. */
export async function readInventoryTarget(target: TargetId, c: ReadContext): Promise<TargetFacts> {
  try {
    return await readTarget(target, c)
  } catch (error) {
    if (!(error instanceof SekishoError) || error.code !== 'file.not_declared') throw error
    const { kind, name } = partsOf(target)
    const declared = kind === 'file' ? await declaredNameOf(name, c) : undefined
    if (declared === undefined) throw error
    const host = target.slice(0, target.indexOf('/'))
    const facts = await readTarget(`${host}/file:${declared}` as TargetId, c)
    return facts.kind === 'file' ? { ...facts, path: name, links: [] } : facts
  }
}

async function declaredNameOf(real: string, c: ReadContext): Promise<string | undefined> {
  for (const service of c.policy.services)
    for (const { path } of service.files) {
      const found = await resolveLinks(path).catch(() => undefined)
      if (found?.real === real) return path
    }
  return undefined
}

/** Every target of the plan; what refuses to be read is simply not there, and the judge says so. */
export async function readTargets(plan: Plan, c: ReadContext): Promise<ReadonlyMap<TargetId, TargetFacts>> {
  const facts = new Map<TargetId, TargetFacts>()
  for (const target of plan.targets) {
    const read = await readInventoryTarget(target, c).catch((error: unknown) => {
      if (error instanceof SekishoError) return undefined
      throw error
    })
    if (read !== undefined) facts.set(target, read)
  }
  return facts
}

/** `copies`: of the plan's service, as the journal knows them. */
export async function readPre(plan: Plan, c: ReadContext, copies: readonly KnownCopy[]): Promise<PreFacts> {
  const units = new Map<string, { readonly active: boolean; readonly state: string }>()
  let health: PreFacts['health']
  let backup: string | undefined
  if (plan.startsFrom === 'down') health = await healthOf(plan, c)
  for (const assertion of plan.pre) {
    switch (assertion.kind) {
      case 'health':
        health = await healthOf(plan, c)
        break
      case 'unit':
        if (c.systemctl) {
          const { active, sub } = await readUnitState(assertion.unit, c)
          units.set(assertion.unit, { active: active === 'active', state: `${active} (${sub})` })
        }
        break
      case 'backup':
        backup = backupFault(copies, assertion.level, instant(c.clock.now()))
        break
    }
  }
  return {
    units,
    ...(health === undefined ? {} : { health }),
    ...(backup === undefined ? {} : { backup }),
  }
}

export async function healthOf(
  plan: Pick<Plan, 'service'>,
  c: ReadContext,
): Promise<NonNullable<PreFacts['health']>> {
  return (await readHealth(serviceOf(c.policy, plan.service)?.health, c)).verdict
}
