// The routine checks, daily and weekly, by looking: every item of every service is asked for, and what does not answer is said.
import { SekishoError } from '../base/error.ts'
import type { CheckItem, CheckName, CheckView } from '../contract/check.ts'
import type { Actor } from '../identity/actor.ts'
import type { Service } from '../plans/policy.ts'
import { allow, declaredService, WHOLE } from './authorize.ts'
import { factsOf } from './backup.ts'
import { type Gate, now } from './gate.ts'
import { nestedValues } from './nested-values.ts'
import { DAY_MS, type Looked, ROUTINE, type RoutineRow, type Unread } from './routine-items.ts'

/** Of one service, or of all. Throws service.unknown, and runner.* only where the runner does not answer at all. */
export async function routineCheck(
  gate: Gate,
  actor: Actor,
  name: CheckName,
  only: string | undefined,
): Promise<CheckView> {
  const policy = allow(gate, actor, 'status.read', WHOLE)
  const services = only === undefined ? policy.services : [declaredService(policy, only)]
  return {
    name,
    at: now(gate),
    services: await Promise.all(
      services.map(async (service) => ({
        service: service.name,
        items: [...(await items(gate, service, ROUTINE[name]))],
      })),
    ),
  }
}

async function items(
  gate: Gate,
  service: Service,
  rows: readonly RoutineRow[],
): Promise<readonly CheckItem[]> {
  const needs = [...new Set(rows.flatMap((row) => row.needs))]
  const read = await Promise.all(needs.map(async (need) => [need, await READ[need](gate, service)] as const))
  const looked = Object.fromEntries(read) as unknown as Looked
  return rows.flatMap(({ judge }) => judge(looked, service, now(gate)))
}

/** How each of them is read. */
const READ: { readonly [Need in keyof Looked]: (gate: Gate, service: Service) => Promise<Looked[Need]> } = {
  unit: async ({ runner }, { unit }) =>
    unit === undefined ? undefined : asked(runner.read({ kind: 'unit', unit }).then(({ facts }) => facts)),
  machine: ({ runner }, { name }) =>
    asked(runner.read({ kind: 'machine', service: name }).then(({ facts }) => facts)),
  errors: ({ runner }, { name }) => asked(runner.read({ kind: 'errors', service: name, sinceMs: DAY_MS })),
  backups: backupsAsked,
  content: contentAsked,
  health: async ({ runner }, { name, health }) =>
    health === undefined
      ? undefined
      : asked(runner.read({ kind: 'health', service: name }).then(({ facts }) => facts)),
}

async function backupsAsked(gate: Gate, service: Service) {
  if (service.backup === undefined) return undefined
  return asked(factsOf(gate, service).then(({ backups }) => backups))
}

/** Undefined: the service has no data. */
async function contentAsked(gate: Gate, { name, data = [], databases = [] }: Service) {
  if (data.length === 0 && databases.length === 0) return undefined
  return asked(
    gate.runner.read({ kind: 'content', service: name }, CONTENT_LIMIT_MS).then(({ facts }) => facts),
  )
}
/** The runner gives up after a minute. */
const CONTENT_LIMIT_MS = 75_000

/** A refusal of the runner is an answer about this one item; the others are asked all the same. */
async function asked<T>(answer: Promise<T>): Promise<T | Unread> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof SekishoError && error.code !== 'runner.unreachable')
      return { unread: nestedValues(error.code, error.detail) }
    throw error
  }
}
