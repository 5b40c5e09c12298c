// What leaves the host, and what changes elsewhere.
import type { Effect } from '../effect.ts'
import type { GuardPolicy } from '../policy.ts'
import { literal, prefix, type Value } from '../value.ts'
import type { Rule, Rules } from './rule.ts'

export const NETWORK_RULES: Rules = {
  'net.firewall': { rule: 'net.firewall', verdict: 'ask' },
}

export const MUTATE: Rule = { rule: 'http.mutate', verdict: 'ask' }

/** Methods that only read. What is posted decides by where it goes. */
const READS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'])

/** Words of an address or a body that name an act which takes something away. */
const ACTS = new Set(
  'delete destroy remove purge drop truncate wipe erase terminate shutdown kill close reset revoke disable deactivate uninstall flush rollback evict drain reboot poweroff dodelete dowipeoutworkspace unregister deprovision decommission'.split(
    ' ',
  ),
)

/** A request by its method and its address: reads are free, a method that changes is asked about, a post by what it is for. */
export function networkRule({ verb, on, note }: Effect, { services }: GuardPolicy): Rule | undefined {
  if (verb !== 'net.mutate') return undefined
  if (on.kind !== 'url') return MUTATE
  const method = on.method ?? 'ANY'
  if (READS.has(method)) return undefined
  if (method !== 'POST') return MUTATE
  const urls = services.flatMap((one) => one.urls)
  if (urls.some((one) => belongs(on.url, one))) return MUTATE
  const source = literal(on.url) ?? prefix(on.url)
  const body = note ?? ''
  if (wordsOf(pathOf(source)).some((word) => ACTS.has(word))) return MUTATE
  // A control socket has no address of its own: what is said to it tells.
  const speaks = source.startsWith('/') || /\bmutation\b/.test(body)
  if (orders(body)) return MUTATE
  return speaks && wordsOf(body).some((word) => ACTS.has(word)) ? MUTATE : undefined
}

/** A body whose element or key is the act itself: `<delete>…`, `{"remove_index": {…}}`. Switched off it is none. */
function orders(body: string): boolean {
  const source = body.slice(0, 4_000)
  const names = [
    /^\s*<([\w-]+)/.exec(source)?.[1],
    ...[...source.matchAll(/"([\w-]{1,64})"\s*:\s*[{["]/g)].map(([, key]) => key),
  ]
  return names.some((name) => name !== undefined && ACTS.has(wordsOf(name)[0] ?? ''))
}

const bare = (source: string) =>
  source
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/^(?:127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?=[:/]|$)/, 'localhost')
    .replace(/^:(?=\d)/, 'localhost:')

function belongs(url: Value, base: string): boolean {
  const start = bare(prefix(url))
  const own = bare(base).replace(/\/+$/, '')
  return start === own || start.startsWith(`${own}/`) || start.startsWith(`${own}?`)
}

const pathOf = (source: string) => {
  const rest = bare(source)
  const slash = rest.indexOf('/')
  return slash === -1 ? '' : rest.slice(slash)
}

/** `doDelete`, `delete-batch`, `_delete_by_query`: the words in a name. */
function wordsOf(source: string): readonly string[] {
  return source
    .slice(0, 4_000)
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
}
