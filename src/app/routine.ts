// `check run`: looks now at the daily items, the weekly items or one check, and says what does not answer. What was found is kept like
// any other look.
import { SekishoError } from '../base/error.ts'
import type { ServiceName } from '../base/id.ts'
import { type CheckDefinition, type CheckGroup, definitionsOf, ITEM_RULES } from '../checks/definition.ts'
import { shownState } from '../checks/engine.ts'
import { type CheckId, type CheckResult, familyOf } from '../checks/result.ts'
import type { CheckItem, CheckView } from '../contract/check.ts'
import type { Actor } from '../identity/actor.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { allow, declaredService, WHOLE } from './authorize.ts'
import { lookAtGate, takeRounds } from './check-rounds.ts'
import { type CheckRow, listCheckRows } from './check-store.ts'
import { type Gate, now } from './gate.ts'
import { explainRestarts } from './own-restarts.ts'
import { askWatch } from './watch-client.ts'

const GROUPS: readonly string[] = ['daily', 'weekly'] satisfies readonly CheckGroup[]
const isGroup = (name: string): name is CheckGroup => GROUPS.includes(name)
/** What a service says of an item that it does not declare. */
const UNDECLARED: Readonly<Record<string, string>> = {
  service: 'check.no_unit',
  errors: 'check.no_log_declared',
  backup: 'check.no_backup_declared',
  data: 'check.no_data_declared',
  api: 'check.no_health_declared',
  restored: 'check.no_backup_declared',
  rotation: 'check.no_log_declared',
  integrity: 'check.no_backup_declared',
}

/** Of one service, or of all. Throws service.unknown, check.unknown, and runner.* only where the runner does not answer at all. */
export async function routineCheck(
  gate: Gate,
  actor: Actor,
  name: string,
  only: string | undefined,
): Promise<CheckView> {
  const policy = allow(gate, actor, 'status.read', WHOLE)
  const services = only === undefined ? policy.services : [declaredService(policy, only)]
  const wanted = isGroup(name)
    ? definitionsOf(policy).filter(({ group }) => group === name)
    : checksNamed(policy, name).filter(({ service }) => only === undefined || service === only)
  const looked = await lookNow(
    gate,
    wanted.filter(({ service }) => service === undefined || services.some((one) => one.name === service)),
  )
  return {
    name,
    at: now(gate),
    services: isGroup(name)
      ? services.map((service) => ({ service: service.name, items: itemsOf(service.name, name, looked) }))
      : [...new Set(wanted.map(({ service }) => service ?? 'host'))].map((service) => ({
          service,
          items: looked.filter((one) => (one.service ?? 'host') === service).map(({ item }) => item),
        })),
  }
}

/** By its whole name, or by its item where that says which. Throws check.unknown. */
export function checksNamed(policy: CompiledPolicy, name: string): readonly CheckDefinition[] {
  const all = definitionsOf(policy)
  const family = familyOf(name as CheckId)
  const found = all.filter(({ id, item }) => id === family || item === name)
  if (found.length === 0) throw new SekishoError('check.unknown', { check: name })
  return found
}

interface LookedItem {
  readonly service?: ServiceName
  readonly item: CheckItem
}

async function lookNow(gate: Gate, definitions: readonly CheckDefinition[]): Promise<readonly LookedItem[]> {
  const ours = definitions.filter(({ collector }) => collector === 'gate')
  const theirs = definitions.filter(({ collector }) => collector === 'watch')
  const [own, seen] = await Promise.all([
    lookAtGate(gate, ours),
    theirs.length === 0
      ? undefined
      : askWatch(
          gate,
          theirs.map(({ id }) => id),
        ),
  ])
  const watched = seen === undefined ? undefined : await explainRestarts(gate, seen)
  // What sekisho-watch found is in its spool too; taken twice it changes nothing, and what is shown next has been stored.
  await takeRounds(
    gate,
    [own, ...(watched === undefined ? [] : [watched])].filter(({ ran }) => ran.length > 0),
  )
  const stored = new Map((await listCheckRows(gate.db)).map((row) => [row.check, row]))
  return definitions.flatMap((definition) => {
    const { id, item, collector, service } = definition
    const results =
      (collector === 'gate' ? own : watched)?.results.filter(({ check }) => familyOf(check) === id) ?? []
    const items =
      results.length > 0
        ? results.map((one) => itemOf(item, one, stored.get(one.check)))
        : notLooked(definition, watched?.ran)
    return items.map((one) => ({ ...(service === undefined ? {} : { service }), item: one }))
  })
}

/** With the state that stands where that is another one: this look has not been agreed on yet. */
function itemOf(
  item: string,
  { check, state, code, values }: CheckResult,
  row: CheckRow | undefined,
): CheckItem {
  const stands = row === undefined ? state : shownState(row)
  return {
    item,
    check,
    state,
    code,
    values,
    ...(stands === state ? {} : { stands: { state: stands, flapping: row?.flapping === true } }),
  }
}

/** A check may have no part at all: then there is nothing to say of it. */
function notLooked(
  { id, item, collector }: CheckDefinition,
  ran: readonly CheckId[] | undefined,
): readonly CheckItem[] {
  if (collector === 'watch' && ran?.includes(id) === true) return []
  const code = collector === 'watch' ? 'check.watch_away' : 'check.runner_away'
  return [{ item, state: 'no_data', code, values: {} }]
}

/** The items of a service in the order of the guide: its own, and those of the machine that concern it. */
function itemsOf(service: string, group: CheckGroup, looked: readonly LookedItem[]): CheckItem[] {
  const shipped = Object.entries(ITEM_RULES).flatMap(([name, rule]) => {
    if (rule.group !== group) return []
    const found = looked.filter(
      (one) =>
        one.item.item === name &&
        (one.service === service || (one.service === undefined && concerns(one.item, service))),
    )
    if (found.length > 0) return found.map(({ item }) => item)
    const code = UNDECLARED[name]
    return code === undefined || rule.of_ === 'host'
      ? []
      : [{ item: name, state: 'no_data' as const, code, values: {} }]
  })
  // The owner's own checks of this group: those of the service, and those of the machine.
  const own = looked.filter(
    (one) =>
      ITEM_RULES[one.item.item] === undefined && (one.service === undefined || one.service === service),
  )
  return [...shipped, ...own.map(({ item }) => item)]
}

function concerns({ values }: CheckItem, service: string): boolean {
  const services = values['services']
  return typeof services !== 'string' || services === '' || services.split(', ').includes(service)
}
