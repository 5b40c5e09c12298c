// Who is heard at all, before anybody asks who it is: by host name, by kind of body, and not too often.
import type { MiddlewareHandler } from 'hono'
import { SekishoError } from '../base/error.ts'
import type { Clock } from '../base/time.ts'
import { bucket } from './bucket.ts'

/** A page in somebody's browser must not reach us under a name of its own (DNS rebinding). */
export function knownHost(hosts: readonly string[]): MiddlewareHandler {
  const known = new Set(['127.0.0.1', 'localhost', '[::1]', ...hosts])
  return async (c, next) => {
    const host = (c.req.header('host') ?? new URL(c.req.url).host).replace(/:\d+$/, '')
    if (!known.has(host)) throw new SekishoError('http.host_refused', { host: host.slice(0, 100) })
    await next()
    c.header('x-content-type-options', 'nosniff')
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
  }
}

/** Where somebody who has no token yet may knock. */
export const OPEN_PATHS = new Set(['/api/v1/login/start', '/api/v1/login/finish'])
/** Of each of the two, over all who knock: what nobody has to show anything for must cost little. */
const LOGINS_PER_MINUTE = 20

/** A body of another kind would pass the schemas unread. */
export const jsonOnly: MiddlewareHandler = async (c, next) => {
  const type = c.req.header('content-type')
  if (c.req.method === 'POST' && type !== undefined && !/^application\/json\s*(;|$)/i.test(type))
    throw new SekishoError('http.not_json', { type: type.slice(0, 100) })
  await next()
}

/** Throws http.too_often. */
export function notTooOften(clock: Clock): MiddlewareHandler {
  const buckets = new Map([...OPEN_PATHS].map((path) => [path, bucket(LOGINS_PER_MINUTE, clock)]))
  return async (c, next) => {
    const seconds = buckets.get(c.req.path)?.take()
    if (seconds !== undefined) throw new SekishoError('http.too_often', { seconds })
    await next()
  }
}
