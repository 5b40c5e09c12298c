// What of a host a room needs so that a service starts there: its code, its data, its settings, and empty places where it writes. Values in, values out.
import { dirname, posix } from 'node:path'
import { isAtOrBelow } from '../plans/data-directory.ts'
import type { Health, Service } from '../plans/policy.ts'
import type { PlaceKind, RehearsalPlace, RoomSpec } from './spec.ts'
import type { RehearsedUnit } from './unit.ts'

export interface Around {
  readonly service: Service
  readonly unit: RehearsedUnit
  /** Where its code lies. */
  readonly code: readonly RehearsalPlace[]
  /** `live`: data that the service writes is not compared. `target`: it is what a plan changes. */
  readonly kind: Extract<PlaceKind, 'live' | 'target'>
  /** Where a clone of a data directory comes from: the newest copy that counts. Undefined: from the directory itself. */
  readonly dataFrom?: (directory: string) => string | undefined
  /** Is there anything at this path of the host? */
  readonly isThere: (path: string) => boolean
}

export function placesAround({ service, unit, code, kind, dataFrom = () => undefined, isThere }: Around): {
  readonly places: readonly RehearsalPlace[]
  /** Data directories that lie in a place of the code. */
  readonly within: readonly string[]
  readonly secrets: Omit<RoomSpec['secrets'], 'real'>
} {
  const { data = [], files, logs } = service
  const within = (dir: string) => code.find(({ path }) => isAtOrBelow(dir, path))
  // Data within the tree of the code has a place of its own where it comes from a backup.
  const dataPlaces = data.flatMap(({ dir }): readonly RehearsalPlace[] => {
    const from = dataFrom(dir)
    if (from !== undefined) return [{ path: dir, kind, from }]
    return within(dir) === undefined ? [{ path: dir, kind }] : []
  })
  const codePlacesAlone = code.map((place): RehearsalPlace => {
    const apart = dataPlaces
      .filter(({ path }) => path !== place.path && isAtOrBelow(path, place.path))
      .map(({ path }) => posix.relative(place.path, path))
    return apart.length === 0 ? place : { ...place, leave: [...(place.leave ?? []), ...apart] }
  })
  const known = [...codePlacesAlone, ...dataPlaces]
  const isKnown = (path: string) => known.some((one) => isAtOrBelow(path, one.path))
  const dotenv = [
    ...files.filter(({ kind }) => kind === 'dotenv').map(({ path }) => path),
    ...unit.environmentFiles.map(({ path }) => path),
  ]
  const configuration = [
    ...dotenv,
    ...files.filter(({ kind }) => kind !== 'nginx' && kind !== 'systemd').map(({ path }) => path),
  ]
  const others = [...new Set(configuration)]
    .filter((path) => !isKnown(path) && isThere(path))
    .map((path): RehearsalPlace => ({ path, kind: 'other' }))
  const written = [
    ...unit.writable,
    ...Object.values(logs).flatMap((path) => (path === undefined ? [] : [dirname(path)])),
  ]
  const empty = [...new Set(written)]
    .filter((path) => !isKnown(path) && isThere(path))
    .map((path): RehearsalPlace => ({ path, kind: 'empty' }))
  return {
    places: [...known, ...others, ...empty],
    within: data.map(({ dir }) => dir).filter((dir) => code.some(({ path }) => isAtOrBelow(dir, path))),
    secrets: {
      dotenv: [...new Set(dotenv)],
      files: [
        ...files.filter(({ kind: of, secret }) => secret && of !== 'dotenv').map(({ path }) => path),
        ...data.flatMap(({ dir, secret }) => secret.map((name) => posix.join(dir, name))),
      ],
    },
  }
}

/** An address at which a service answers in its room: there is no other host, and no certificate. */
export function isInside(url: string): boolean {
  return /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:\/|$)/.test(url)
}

/** In a room there is no proxy in front: the service itself must be asked, in plain words. */
export function healthInside({ health, code }: Service): Health | undefined {
  const url = code?.rehearse.health ?? health?.url
  if (url === undefined || !isInside(url)) return undefined
  const declared = health ?? { status: 200, json: {}, withinMs: 5_000, good: 3, of: 3, everyMs: 100 }
  const { ca: _, ...rest } = { ca: undefined, ...declared }
  return { ...rest, url }
}
