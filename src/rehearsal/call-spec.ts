// The rehearsal of a declared call, from what the inventory declares: the service as it is deployed, its data as a backup has it. Values in, values out.
import { posix } from 'node:path'
import type { Request, Sent } from '../plans/actions/request.ts'
import type { ApiCall } from '../plans/api-rules.ts'
import { isAtOrBelow } from '../plans/data-directory.ts'
import type { Service } from '../plans/policy.ts'
import type { CallSpec } from './call.ts'
import { healthInside, isInside, placesAround } from './service-places.ts'
import type { RehearsalPlace } from './spec.ts'
import type { RehearsedUnit } from './unit.ts'

export interface CallInput {
  readonly service: Service
  readonly unit: RehearsedUnit
  readonly action: Request
  readonly call: ApiCall
  readonly dataFrom: (directory: string) => string | undefined
  readonly isThere: (path: string) => boolean
  /** Directories below the releases that do not run. */
  readonly idle: readonly string[]
}

/** Values that the room is made of, without what only the runner has. */
export type CallPlaces =
  | {
      readonly ok: true
      readonly spec: Pick<
        CallSpec,
        | 'unit'
        | 'health'
        | 'places'
        | 'given'
        | 'live'
        | 'secrets'
        | 'call'
        | 'read'
        | 'inverse'
        | 'withinMs'
        | 'differs'
      >
    }
  | { readonly ok: false; readonly why: 'no_health' | 'no_address' }

export function callSpec({ service, unit, action, call, dataFrom, isThere, idle }: CallInput): CallPlaces {
  const health = healthInside(service)
  if (health === undefined) return { ok: false, why: 'no_health' }
  const base = call.rehearse ?? call.base
  if (!isInside(base)) return { ok: false, why: 'no_address' }
  const inside = (url: string) => base + url.slice(call.base.length)
  const sent = ({ method, url, body }: Sent): Sent => ({
    method,
    url: inside(url),
    ...(body === undefined ? {} : { body }),
  })
  const code = codeOf(service, unit, idle, isThere)
  const around = placesAround({ service, unit, code, kind: 'target', dataFrom, isThere })
  return {
    ok: true,
    spec: {
      unit,
      health,
      places: around.places,
      given: {},
      live: [],
      secrets: { ...around.secrets, real: service.code?.rehearse.realSecrets ?? [] },
      call: sent(action),
      read: inside(action.read),
      ...(action.inverse === undefined ? {} : { inverse: sent(action.inverse) }),
      withinMs: call.withinMs,
      differs: call.differs ?? [],
    },
  }
}

/** What every room sees of the host by itself. */
const SEEN = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc', '/proc', '/dev', '/run', '/tmp'] as const

/** As declared; else the working directory of the unit, and where the words that it starts with lie. */
export function codeOf(
  { code, data = [] }: Service,
  { workingDirectory, start }: RehearsedUnit,
  idle: readonly string[],
  isThere: (path: string) => boolean,
): readonly RehearsalPlace[] {
  if (code !== undefined) {
    const { path } = code.repo
    return [
      {
        path,
        kind: 'other',
        leave: ['.git', 'repository.git', ...idle.map((one) => posix.relative(path, one))],
      },
    ]
  }
  const words = start.flatMap(({ argv }) => argv).filter((one) => /^\/[^\0\n]+$/.test(one) && isThere(one))
  const all = [workingDirectory, ...words.map((one) => posix.dirname(one))].filter(
    (one) =>
      /^\/./.test(one) &&
      isThere(one) &&
      !SEEN.some((seen) => isAtOrBelow(one, seen)) &&
      !data.some(({ dir }) => isAtOrBelow(one, dir)),
  )
  const top = all.filter((one) => !all.some((other) => other !== one && isAtOrBelow(one, other)))
  return [...new Set(top)].map((path) => ({ path, kind: 'other' }))
}
