// Which addresses of the network sekisho-watch has to reach, by the rules in force: its unit lets it reach no other. A name is a name of a file of
// hosts: of this machine's own, and of the one that root makes for the unit with what declared names resolve to (install/watch-names.ts). Pure.
import type { CompiledPolicy } from '../plans/policy.ts'

export interface Reach {
  /** Besides this machine's own 127.0.0.0/8 and ::1. */
  readonly addresses: readonly string[]
  /** Declared names without an address in that file. */
  readonly names: readonly string[]
}

/** `hosts`: a file of hosts, which belongs to root. */
export function reachOf(policy: CompiledPolicy, hosts: string): Reach {
  const known = addressesIn(hosts)
  const addresses = new Set<string>()
  const names = new Set<string>()
  for (const one of declaredHosts(policy)) {
    const host = one.replace(/^\[(.*)\]$/, '$1').toLowerCase()
    if (host === 'localhost' || host.endsWith('.localhost')) continue
    const found = isAddress(host) ? [host] : known.get(host)
    if (found === undefined) names.add(host)
    for (const address of found ?? []) if (!isLoopback(address)) addresses.add(address)
  }
  return { addresses: [...addresses].sort(), names: [...names].sort() }
}

/** What the process has seen of its limit: nothing but what is declared, everything, not to be tried here, or it runs without its unit. */
export const NETWORK_SEEN = ['limited', 'open', 'unknown', 'no_unit'] as const
export type NetworkSeen = (typeof NETWORK_SEEN)[number]

/** The values of `IPAddressAllow` of its unit. */
export function allowedAddresses({ addresses }: Reach): readonly string[] {
  return ['127.0.0.0/8', '::1/128', ...addresses]
}

/** No name has a colon, or digits alone behind its last dot. */
const isAddress = (text: string) => text.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(text)
const isLoopback = (address: string) => address === '::1' || address.startsWith('127.')

function addressesIn(hosts: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const line of hosts.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (!isAddress(address)) continue
    for (const name of names)
      found.set(name.toLowerCase(), [...(found.get(name.toLowerCase()) ?? []), address])
  }
  return found
}

function declaredHosts({ services, checks = [], notify }: CompiledPolicy): readonly string[] {
  const urls = [
    ...services.flatMap(({ health }) => (health === undefined ? [] : [health.url])),
    ...checks.flatMap(({ look }) =>
      look.kind === 'url'
        ? [look.url]
        : look.kind === 'locks'
          ? look.advisories.filter((one) => /^https?:/.test(one))
          : [],
    ),
    ...(notify?.channels ?? []).flatMap((one) => (one.kind === 'mail' ? [] : [one.url])),
    ...(notify?.pingsOut ?? []).map(({ url }) => url),
  ]
  const servers = (notify?.channels ?? []).flatMap((one) => (one.kind === 'mail' ? [one.host] : []))
  // A database is a name; psql takes a whole address as well.
  const databases = checks.flatMap(({ look }) =>
    look.kind === 'sql'
      ? [/\bhost(?:addr)?\s*=\s*([^\s/]+)|:\/\/(?:[^@/]*@)?([^:/?]+)/.exec(look.database)]
      : [],
  )
  return [
    ...urls.map((url) => new URL(url).hostname),
    ...servers,
    ...databases.flatMap((one) => one?.[1] ?? one?.[2] ?? []),
  ]
}
