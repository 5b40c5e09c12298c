// Who is heard at all, before anybody asks who it is: by host name, by kind of body, and not too often.
import type { Context, MiddlewareHandler } from 'hono'
import { connectionOwner } from '../app/port-holder.ts'
import { SekishoError } from '../base/error.ts'
import type { Clock } from '../base/time.ts'
import type { Operation } from '../contract/operation.ts'
import { OPERATIONS } from '../contract/operations.ts'
import { buckets } from './bucket.ts'

/** A page in somebody's browser must not reach us under a name of its own (DNS rebinding). */
export function knownHost(hosts: readonly string[]): MiddlewareHandler {
  const known = new Set(['127.0.0.1', 'localhost', '[::1]', ...hosts])
  return async (c, next) => {
    const host = (c.req.header('host') ?? new URL(c.req.url).host).replace(/:\d+$/, '')
    if (!known.has(host)) throw new SekishoError('http.host_refused', { host: host.slice(0, 100) })
    // No page of ours asks: whatever a browser sends for another page is refused, before it costs anything.
    const origin = c.req.header('origin')
    if (origin !== undefined && origin !== `http://${c.req.header('host') ?? ''}`)
      throw new SekishoError('http.origin_refused', { origin: origin.slice(0, 100) })
    await next()
    c.header('x-content-type-options', 'nosniff')
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
  }
}

const OPEN_PATHS = Object.values<Operation>(OPERATIONS)
  .filter(({ permission }) => permission === 'open')
  .map(({ path }) => new RegExp(`^/api/v1${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`))

/** Where somebody who has no token may knock. */
export const isOpenPath = (path: string): boolean => OPEN_PATHS.some((one) => one.test(path))
/** Of each of the two, for one peer and one person: what nobody has to show anything for must cost little. */
const LOGINS_PER_MINUTE = 20

/** A body of another kind would pass the schemas unread. */
export const jsonOnly: MiddlewareHandler = async (c, next) => {
  const type = c.req.header('content-type')
  if (c.req.method === 'POST' && type !== undefined && !/^application\/json\s*(;|$)/i.test(type))
    throw new SekishoError('http.not_json', { type: type.slice(0, 100) })
  await next()
}

export interface Knocks {
  /** Throws http.too_often. */
  admit(c: Context, person: string): Promise<void>
}

/** How often a login may be asked for: counted after the request was found to be one. */
export function knocks(clock: Clock): Knocks {
  const all = buckets(LOGINS_PER_MINUTE, clock)
  return {
    admit: async (c, person) => {
      const seconds = all.take(`${await peerOf(c)} ${person}`)
      if (seconds !== undefined) throw new SekishoError('http.too_often', { seconds })
    },
  }
}

/** The account at the other end of a loopback connection. Of our own socket node does not tell: all who come by it are one peer. */
async function peerOf({ env }: Context): Promise<string> {
  const { incoming } = (env ?? {}) as {
    readonly incoming?: { readonly socket?: { readonly remotePort?: number; readonly localPort?: number } }
  }
  const { remotePort, localPort } = incoming?.socket ?? {}
  return remotePort === undefined || localPort === undefined
    ? 'socket'
    : String((await connectionOwner(remotePort, localPort)) ?? 'unknown')
}
