// No debugging in production (guide; S57): asked about where a declared service's process, port, unit or directory is meant or could be.
import type { Effect } from '../effect.ts'
import { isInside, type Path } from '../path.ts'
import { type Compiled, pattern, type ServiceRow } from '../policy.ts'
import type { Rule, Rules } from './rule.ts'
import { means } from './services.ts'

export const DEBUG_RULES: Rules = {
  'debug.attach': { rule: 'debug.attach', verdict: 'ask' },
  'debug.server': { rule: 'debug.server', verdict: 'ask' },
  'debug.script': { rule: 'debug.script', verdict: 'ask' },
  'debug.second': { rule: 'debug.second', verdict: 'ask' },
}

interface Place {
  readonly service: ServiceRow
  /** Where its program lives, as far as the policy tells: the directories that hold its data and settings. */
  readonly trees: readonly Path[]
  /** What it holds: declared data, settings, secrets. */
  readonly held: readonly Path[]
}
const made = new WeakMap<Compiled, readonly Place[]>()

/** Directories that many programs share: what lies there is not one service's. */
const SHARED = new Set(
  '/var/lib /var/www /var/log /var/opt /var/spool /var/data /var/cache /usr/local /usr/share /usr/lib /etc/systemd /etc/nginx'.split(
    ' ',
  ),
)
const isShared = (directory: string) =>
  SHARED.has(directory) ||
  directory.split('/').length < 3 ||
  /^\/(?:etc|usr|lib|lib64|run|proc|sys|boot|dev|bin|sbin|home\/[^/]+$|Users\/[^/]+$)/.test(directory)

function placesOf(compiled: Compiled): readonly Place[] {
  let found = made.get(compiled)
  if (found !== undefined) return found
  found = compiled.policy.services.map((service) => {
    const held = compiled.policy.protect
      .filter((row) => row.service === service.name)
      .flatMap((row) => row.paths)
      .filter((one) => !one.startsWith('/**'))
    const trees = held.flatMap((one) => {
      const own = one.replace(/\/\*\*.*$/, '')
      const parent = own.slice(0, own.lastIndexOf('/'))
      if (!isShared(parent)) return [`${parent}/**`]
      return own === one || isShared(own) ? [] : [`${own}/**`]
    })
    return { service, trees: [...new Set(trees)].map(pattern), held: held.map(pattern) }
  })
  made.set(compiled, found)
  return found
}

/** What an effect's note says: it is about what the service holds and not about where it lives. */
export const AIMED = 'aimed'
/** A signal that only a JavaScript engine takes for this. */
export const INSPECTOR = 'inspector'

export function debugRule(
  effect: Effect,
  compiled: Compiled,
): { readonly rule: Rule; readonly service: string; readonly unit?: string } | undefined {
  const rule = effect.verb.startsWith('debug.') ? DEBUG_RULES[effect.verb] : undefined
  if (rule === undefined) return undefined
  const found = placesOf(compiled).find((place) => isMeant(effect, place))
  if (found === undefined) return undefined
  const { name, units } = found.service
  const soft = effect.certainty === 'unknown' ? { ...rule, kind: 'unclear' as const } : rule
  return { rule: soft, service: name, ...(units[0] === undefined ? {} : { unit: units[0] }) }
}

function isMeant(effect: Effect, { service, trees, held }: Place): boolean {
  const { on, note, host } = effect
  // Inside a container of its own, wherever that keeps its files.
  if (host !== undefined && on.kind === 'path' && isOwn(host, service)) return true
  if (on.kind === 'path') return (note === AIMED ? held : trees).some((one) => isInside(on.path, one))
  if (note === INSPECTOR && !runsScripts(service)) return false
  if (on.kind === 'process' && (on.by === 'pid' || on.by === 'user')) return true
  return means(effect, service)
}

const isOwn = (host: string, { name, containers }: ServiceRow): boolean =>
  [name, ...containers].includes(host.replace(/:.*$/, ''))

const runsScripts = ({ processes }: ServiceRow): boolean =>
  processes.length === 0 || processes.some((one) => /node|deno|bun|pm2|next|npm|yarn/i.test(one))
