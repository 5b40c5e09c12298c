// The rules in force, and the services that they declare, as they are now.
import { SekishoError } from '../base/error.ts'
import { type ErrorCode } from '../base/error-codes.ts'
import { codeTarget } from '../base/id.ts'
import { listChanges } from '../change/store.ts'
import { seenBy } from '../checks/health.ts'
import type { Actor } from '../identity/actor.ts'
import type { PersonKey, Service } from '../plans/policy.ts'
import { allow, declaredService, WHOLE } from './authorize.ts'
import type { Gate } from './gate.ts'

/** Longer than the runner looks at a service for somebody who glances. */
const GLANCE_MS = 6000
/** What has become of it in production is known. */
const CARRIED_OUT = ['succeeded', 'rolled_back', 'failed', 'closed'] as const

export function policyOf(gate: Gate, actor: Actor) {
  const policy = allow(gate, actor, 'policy.read', WHOLE)
  return {
    version: policy.version,
    name: policy.name,
    language: policy.language,
    zone: policy.zone,
    level: policy.rules.level,
    people: policy.people.map(({ id, name, roles, keys }) => ({
      id,
      name,
      roles: [...roles],
      keys: shownKeys(keys),
    })),
    agents: policy.agents.map(({ id, name, model, sponsor, paused, keys }) => ({
      id,
      name,
      ...(model === undefined ? {} : { model }),
      sponsor,
      paused,
      ...(keys === undefined ? {} : { keys: shownKeys(keys) }),
    })),
  }
}

const shownKeys = (keys: readonly PersonKey[]) =>
  keys.map((key) => ({ fingerprint: key.fingerprint, class: key.class, revoked: key.revoked }))

export async function servicesOf(gate: Gate, actor: Actor) {
  const policy = allow(gate, actor, 'service.read', WHOLE)
  return Promise.all(policy.services.map((one) => shown(gate, one)))
}

/** One service with its health and its unit as they are now. */
export async function serviceShown(gate: Gate, actor: Actor, name: string) {
  const service = declaredService(gate.policy(), name)
  allow(gate, actor, 'service.read', { kind: 'service', service: service.name })
  let failed: ErrorCode | undefined
  const ask = async <T>(probe: Promise<T>): Promise<T | undefined> => {
    try {
      return await probe
    } catch (error) {
      if (!(error instanceof SekishoError)) throw error
      failed ??= error.code
      return undefined // Not measured; said as such.
    }
  }
  const [view, health, unit, code] = await Promise.all([
    shown(gate, service),
    service.health === undefined
      ? undefined
      : ask(gate.runner.read({ kind: 'health', service: service.name, glance: true }, GLANCE_MS)),
    service.unit === undefined
      ? undefined
      : ask(gate.runner.read({ kind: 'unit', unit: service.unit }, GLANCE_MS)),
    service.code === undefined
      ? undefined
      : ask(
          gate.runner.read(
            { kind: 'target', target: codeTarget(service.host, service.code.repo.path) },
            GLANCE_MS,
          ),
        ),
  ])
  const first = health?.facts.attempts.find(({ ok }) => !ok) ?? health?.facts.attempts[0]
  return {
    ...view,
    ...(service.health === undefined
      ? {}
      : {
          health: {
            verdict: health?.facts.verdict ?? ('no_data' as const),
            detail: first === undefined ? (failed ?? '') : seenBy(first),
            ...(first === undefined ? {} : { milliseconds: first.milliseconds }),
          },
        }),
    ...(service.code === undefined
      ? {}
      : {
          code: {
            branch: service.code.repo.branch,
            ...(code?.facts.kind === 'code' ? { commit: code.facts.commit } : {}),
          },
        }),
    ...(unit === undefined ? {} : { active: `${unit.facts.active} (${unit.facts.sub})` }),
  }
}

async function shown(gate: Gate, service: Service) {
  const [last] = await listChanges(gate.db, {
    service: service.name,
    states: CARRIED_OUT,
    lately: true,
    limit: 1,
  })
  return {
    name: service.name,
    host: service.host,
    ...(service.unit === undefined ? {} : { unit: service.unit }),
    files: service.files.map(({ path, kind, secret, activation, keep }) => ({
      path,
      kind,
      secret,
      activation,
      keep,
    })),
    ...(last === undefined ? {} : { lastChange: last.change.id }),
  }
}
