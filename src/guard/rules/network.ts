// What leaves the host, and what changes elsewhere.
import type { Effect } from '../effect.ts'
import type { GuardPolicy } from '../policy.ts'
import { literal, prefix, type Value } from '../value.ts'
import type { Rule, Rules } from './rule.ts'

export const NETWORK_RULES: Rules = {
  'net.firewall': { rule: 'net.firewall', verdict: 'ask' },
}

/** Its contents leave the host. */
export const SEND: Rule = { rule: 'db.send', verdict: 'ask' }

export const MUTATE: Rule = { rule: 'http.mutate', verdict: 'ask' }

/** Methods that only read. What is posted decides by where it goes. */
const READS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH', 'REPORT', 'QUERY'])

/** Words of an address or a body that name an act which takes something away. */
const ACTS = new Set(
  'delete destroy remove purge prune drop truncate wipe erase terminate shutdown kill close reset revoke disable deactivate uninstall flush rollback evict drain reboot poweroff dodelete dowipeoutworkspace unregister deprovision decommission'.split(
    ' ',
  ),
)

/** The last name of an address is the act: `/jobs/7/cancel`, `/-/quit`, `/_snapshot/r/s/_restore`. */
const ENDS = new Set(
  'cancel quit exit restart stop suspend halt void archive unload restore reindex reroute forcemerge rollover expire forget quitquitquit'.split(
    ' ',
  ),
)
/** Said to a control socket: whatever else it is, it is no question. */
const ORDERS =
  /^\s*(?:set|clear|del|delete|disable|shutdown|abort|drain|kill|stop|quit|exit|reload|restart)\b/im

/** The method stands in what is posted: `_method=DELETE`, `{"method": "item.delete"}`. */
const METHODS =
  /(?:^|[\s&?{,"'])_?method["']?\s*[=:]\s*["']?(?:\w+[./])*(?:delete|remove|destroy|drop|purge|truncate|wipe|shutdown|kill|terminate)(?![a-z])/i

/** A request by its method and its address: reads are free, a method that changes is asked about, a post by what it is for. */
export function networkRule({ verb, on, note }: Effect, { services }: GuardPolicy): Rule | undefined {
  if (verb === 'net.upload' && on.kind === 'database') return SEND
  if (verb !== 'net.mutate') return undefined
  if (on.kind !== 'url') return MUTATE
  const method = on.method ?? 'ANY'
  const source = literal(on.url) ?? prefix(on.url)
  // It was told because its address says more than its method.
  if (READS.has(method)) return source.includes('?') ? MUTATE : undefined
  if (method !== 'POST') return MUTATE
  const urls = services.flatMap((one) => one.urls)
  if (urls.some((one) => belongs(on.url, one))) return MUTATE
  const body = note ?? ''
  const path = pathOf(source)
  if (wordsOf(path).some((word) => ACTS.has(word) || /^delete(?=[a-z]{2})/.test(word))) return MUTATE
  const last = path.split('?')[0]?.replace(/\/+$/, '').split('/').at(-1) ?? ''
  if (last === '_update_by_query' || ENDS.has(wordsOf(last).at(-1) ?? '')) return MUTATE
  // A control socket has no address of its own: what is said to it tells.
  const speaks = source.startsWith('/') || /\bmutation\b/.test(body)
  if (
    orders(body) ||
    METHODS.test(body.slice(0, 4_000)) ||
    (source.startsWith('/') && ORDERS.test(body.slice(0, 4_000)))
  )
    return MUTATE
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
