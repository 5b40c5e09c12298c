// The addresses to which notices are declared to go: found once before the isolation, for names cannot be asked for afterwards.
import type { Channel } from '../notify/rules.ts'
import type { AdmittedNotice } from '../plans/isolation.ts'
import type { run } from '../sys/process.ts'
import { isLoopback, plainAddress } from './address.ts'

const RESOLVE_MS = 2000
const ADDRESSES_MAX = 8

interface NoticePlace {
  readonly host: string
  readonly port: number
}

export function noticePlaces(channels: readonly Channel[]): readonly NoticePlace[] {
  const places = channels.map((one): NoticePlace => {
    if (one.kind === 'mail') return { host: one.host, port: one.port }
    const { hostname, port, protocol } = new URL(one.url)
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'http:' ? 80 : 443) }
  })
  return [...new Map(places.map((place) => [`${place.host} ${place.port}`, place])).values()]
}

/** `unresolved`: names without an address now. What lies on this host needs no rule. */
export async function noticeAddresses(
  channels: readonly Channel[],
  process: typeof run,
): Promise<{ readonly notices: readonly AdmittedNotice[]; readonly unresolved: readonly string[] }> {
  const found = await Promise.all(
    noticePlaces(channels).map(async ({ host, port }) => {
      const literal = plainAddress(host)
      if (literal !== undefined) return { host, notices: [{ address: literal, port }] }
      const asked = await process(['getent', 'ahosts', host], { timeoutMs: RESOLVE_MS })
      const addresses = asked.stdout
        .split('\n')
        .flatMap((line) => plainAddress(line.split(/\s+/)[0] ?? '') ?? [])
      const own = [...new Set(addresses)].slice(0, ADDRESSES_MAX)
      return { host, notices: own.map((address) => ({ address, port })) }
    }),
  )
  const all = found.flatMap(({ notices }) => notices).filter(({ address }) => !isLoopback(address))
  const notices = [...new Map(all.map((one) => [`${one.address} ${one.port}`, one])).values()]
  return {
    notices: notices.slice(0, 64),
    unresolved: found.filter((one) => one.notices.length === 0).map(({ host }) => host),
  }
}
