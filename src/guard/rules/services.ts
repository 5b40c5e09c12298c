// What the policy declares as a service: its units, processes, ports and containers, and whether a name can mean one of them.
import type { Effect } from '../effect.ts'
import { fileNamesOf } from '../mark.ts'
import { isInside, namesMeet } from '../path.ts'
import type { Compiled, ServiceRow } from '../policy.ts'
import { originsOf } from '../stream.ts'
import { isOpen, literal, type Piece, type Value } from '../value.ts'
import type { Rule, Rules } from './rule.ts'

export const SERVICE_RULES: Rules = {
  'service.stop': { rule: 'service.stop-other', verdict: 'ask' },
  'service.disable': { rule: 'service.stop-other', verdict: 'ask' },
  'service.mask': { rule: 'service.stop-other', verdict: 'ask' },
  'service.restart': { rule: 'service.restart-other', verdict: 'ask' },
  'process.kill': { rule: 'process.kill', verdict: 'ask' },
}

export const SERVICE_DECLARED: Readonly<Record<string, Rule>> = {
  'service.stop': { rule: 'service.stop', verdict: 'deny' },
  'service.disable': { rule: 'service.stop', verdict: 'deny' },
  'service.mask': { rule: 'service.stop', verdict: 'deny' },
  'service.restart': { rule: 'service.restart', verdict: 'deny' },
  'service.reload': { rule: 'service.reload', verdict: 'ask' },
  'process.kill': { rule: 'service.stop', verdict: 'deny' },
}

/** The rule for an effect on a declared service, with the service's name; undefined where it is not one. */
export function serviceRule(
  effect: Effect,
  compiled: Compiled,
): { readonly rule: Rule; readonly service: string } | undefined {
  const rule = Object.hasOwn(SERVICE_DECLARED, effect.verb) ? SERVICE_DECLARED[effect.verb] : undefined
  const { policy } = compiled
  if (rule === undefined || policy.services.length === 0) return undefined
  const found = policy.services.find(
    (service) => means(effect, service) || hasOpen(effect, service, compiled),
  )
  if (found === undefined) return undefined
  const tells = effect.verb === 'process.kill' && effect.note === 'reload'
  return { rule: tells ? RELOAD : rule, service: found.name }
}

const RELOAD: Rule = { rule: 'service.reload', verdict: 'ask' }

export function means({ on }: Effect, service: ServiceRow): boolean {
  if (on.kind === 'service') {
    // Everything of a manager that holds something of this service.
    if (on.all === true) return heldBy(on.manager, service)
    return isCalled(on.manager, on.name, service)
  }
  if (on.kind !== 'process') return false
  switch (on.by) {
    case 'all':
      return true
    case 'port':
      return service.ports.some((port) => namesMeet(on.value, [String(port)]))
    case 'pattern':
      return isPart(on.value, service)
    case 'name':
      return processesOf(service).some((name) => namesMeet(on.value, [name]))
    case 'pid':
      return fileNamesOf(on.value).some((names) => isNamedAfter(names, service))
    case 'user':
      return false
  }
}

/** `/run/app/main.pid`, `app.pid`, `…/app.service/cgroup.procs`: a file whose numbers are of this service's processes. */
function isNamedAfter(names: readonly string[], service: ServiceRow): boolean {
  const own = [service.name, ...service.processes, ...service.units.map(bare)]
  const isKept = names[0] === 'run' || names[0] === 'sys' || (names[0] === 'var' && names[1] === 'run')
  return names.slice(isKept ? 0 : -1).some((one) => own.includes(bare(one.replace(/\.(?:pid|lock)$/, ''))))
}

/** A name that a manager knows, as one of this service. */
export const isCalled = (manager: string, given: Value, service: ServiceRow): boolean =>
  namesOf(manager, service).some((name) => matches(given, name, manager))

/** Whoever has a service's data open is the service. */
function hasOpen({ on }: Effect, service: ServiceRow, { protect }: Compiled): boolean {
  if (on.kind !== 'process' || on.by !== 'pid') return false
  const files = originsOf(on.value).flatMap((one) => (one.from === 'file' && one.recursive ? [one.path] : []))
  return files.some((file) =>
    protect.some(
      (row) =>
        row.kind === 'data' &&
        row.service === service.name &&
        row.patterns.some((one) => isInside(file, one)),
    ),
  )
}

function heldBy(manager: string, service: ServiceRow): boolean {
  if (manager === 'docker' || manager === 'compose') return service.containers.length > 0
  if (manager === 'systemd' || manager === 'init') return service.units.length > 0
  return true
}

function namesOf(manager: string, service: ServiceRow): readonly string[] {
  const own = [service.name]
  if (manager === 'systemd' || manager === 'init') return [...service.units.map(bare), ...own]
  if (manager === 'docker' || manager === 'compose') return [...service.containers, ...own]
  return [...own, ...service.processes, ...service.units.map(bare), ...service.containers]
}

/** Without the kind of unit: a socket or a path unit of that name starts the same service. */
const bare = (unit: string): string => unit.replace(/\.(service|socket|target|path|timer|scope|slice)$/, '')

function matches(value: Value, name: string, manager: string): boolean {
  const plain = literal(value)
  const glob = plain === undefined ? value : globbed(manager === 'systemd' ? bare(plain) : plain)
  const instance =
    plain === undefined || !plain.includes('@') ? undefined : plain.slice(0, plain.indexOf('@') + 1)
  return (
    namesMeet(glob, [name]) || instance === name || (instance !== undefined && instance.slice(0, -1) === name)
  )
}

/** A manager reads wildcards of its own, also where the shell left them alone. */
function globbed(plain: string): Value {
  if (!/[*?]/.test(plain)) return [plain]
  return plain
    .split(/([*?])/)
    .filter((one) => one !== '')
    .map((one): Piece => (one === '*' ? { wild: 'component' } : one === '?' ? { wild: 'char' } : one))
}

/** Names of the programs that services are made of: who does not say its own may be any of them. */
const RUNTIMES =
  'node nodejs bun deno python python3 java ruby php php-fpm gunicorn uvicorn puma dotnet beam.smp'.split(' ')

function processesOf(service: ServiceRow): readonly string[] {
  const declared = [...service.processes, ...service.units.map(bare), service.name]
  return service.processes.length > 0 ? declared : [...declared, ...RUNTIMES]
}

/** `pkill -f` looks in the whole command line: the pattern may be a part of it, or the line a part of the pattern. */
function isPart(value: Value, service: ServiceRow): boolean {
  const names = processesOf(service)
  if (isOpen(value)) return true
  const plain = (literal(value) ?? '').replace(/^[\^\\]+|[$\\]+$/g, '')
  const given = plain.split(/[|()]/).filter((one) => one !== '')
  return given.some((one) =>
    names.some(
      (name) => name.includes(one.replace(/[.*[\]?+]/g, '')) || one.split(/[^\w.-]+/).includes(name),
    ),
  )
}
