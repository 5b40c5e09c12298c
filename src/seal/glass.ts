// Break-glass: what a person may do on a host without an approval, for at most half an hour, by registered verbs on declared units; every act
// and the review that it owes are lines of the runner's journal.
import {
  type Decoder,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  text,
  union,
} from '../base/decode.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import { type IncidentId, isIncidentId, isServiceName, type ServiceName } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import { type Instant, isInstant, milliseconds } from '../base/time.ts'

/** What is registered: each acts on the declared unit of a service and can be taken back by another one. */
export const GLASS_VERBS = ['restart', 'reload', 'start', 'stop'] as const
export type GlassVerb = (typeof GLASS_VERBS)[number]
/** The longest that a statement may hold. */
export const GLASS_MS = 1_800_000

export interface GlassFields {
  readonly verbs: readonly GlassVerb[]
  readonly services: readonly ServiceName[]
  readonly reason: string
  /** Evidence that is sealed before each act goes to it. */
  readonly incident?: IncidentId
}
const service = matching(isServiceName, 'a service name')
const digest = matching(isDigest, 'a digest')
const reason = text({ max: 4000 })
export const glassFields = {
  verbs: list(literal(...GLASS_VERBS), GLASS_VERBS.length),
  services: list(service, 20),
  reason,
  incident: optional(matching(isIncidentId, 'an incident id')),
} as const

/** What one item of the snapshot is, by the digest under which the runner keeps it. */
interface Kept {
  readonly name: string
  readonly digest: Digest
  readonly size: number
}
export type GlassEvent =
  | ({
      readonly kind: 'glass'
      readonly event: 'opened'
      readonly glass: Digest
      readonly person: string
      readonly expires: Instant
    } & GlassFields)
  /** Written before the act: what there was, and what is about to be done. */
  | {
      readonly kind: 'glass'
      readonly event: 'intent'
      readonly glass: Digest
      readonly number: number
      readonly verb: GlassVerb
      readonly service: ServiceName
      readonly unit: string
      readonly by: string
      readonly snapshot: readonly Kept[]
      readonly gaps: readonly string[]
    }
  | {
      readonly kind: 'glass'
      readonly event: 'outcome'
      readonly glass: Digest
      readonly number: number
      /** `unknown`: the runner died on the way. */
      readonly result: 'applied' | 'failed' | 'unknown'
      readonly detail: JsonObject
    }
  | {
      readonly kind: 'glass'
      readonly event: 'reviewed'
      readonly glass: Digest
      readonly person: string
      readonly text: string
    }

const line = { kind: literal('glass'), glass: digest } as const
const person = text({ max: 200 })
const detail: Decoder<JsonObject> = (value, at) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  return object({})(value, at) as JsonObject
}
/** For the gate, which puts these lines onto the record. */
export const glassEvent: Decoder<GlassEvent> = union<'event', GlassEvent>('event', {
  opened: object({
    ...line,
    event: literal('opened'),
    person,
    expires: matching(isInstant, 'an instant'),
    ...glassFields,
  }),
  intent: object({
    ...line,
    event: literal('intent'),
    number: integer(1),
    verb: literal(...GLASS_VERBS),
    service,
    unit: text({ max: 255 }),
    by: person,
    snapshot: list(object({ name: person, digest, size: integer(0) }), 200),
    gaps: list(person, 200),
  }),
  outcome: object({
    ...line,
    event: literal('outcome'),
    number: integer(1),
    result: literal('applied', 'failed', 'unknown'),
    detail,
  }),
  reviewed: object({ ...line, event: literal('reviewed'), person, text: reason }),
})

/** At admin.sock alone. */
export type GlassAdmin =
  | {
      readonly verb: 'glassAct'
      readonly glass: Digest
      readonly act: GlassVerb
      readonly service: ServiceName
      readonly by: string
    }
  | { readonly verb: 'glassList' }
export const GLASS_ADMIN = {
  glassAct: object({
    verb: literal('glassAct'),
    glass: digest,
    act: literal(...GLASS_VERBS),
    service,
    by: person,
  }),
  glassList: object({ verb: literal('glassList') }),
} as const

export interface Glass extends GlassFields {
  readonly glass: Digest
  readonly person: string
  readonly at: Instant
  readonly expires: Instant
  readonly acts: readonly {
    readonly number: number
    readonly verb: GlassVerb
    readonly service: ServiceName
    readonly at: Instant
    /** Absent while it is under way. */
    readonly result?: 'applied' | 'failed' | 'unknown'
  }[]
  readonly reviewed?: { readonly person: string; readonly at: Instant; readonly text: string }
}
export interface GlassAnswers {
  readonly glassAct: {
    readonly number: number
    readonly result: 'applied' | 'failed'
    readonly snapshot: number
    readonly gaps: readonly string[]
    readonly detail: JsonObject
  }
  readonly glassList: { readonly glasses: readonly Glass[] }
}

/** From then on whoever owes the review asks for no change (security.md §7). */
export const GLASS_OVERDUE_MS = 259_200_000

/** What one of these people owes the review of for too long. */
export function overdueOf<Owed extends Pick<Glass, 'person' | 'at'>>(
  owed: readonly Owed[],
  people: readonly string[],
  now: number,
): Owed | undefined {
  return owed.find(({ person, at }) => people.includes(person) && now - milliseconds(at) > GLASS_OVERDUE_MS)
}

/** Each statement with what was done under it, folded from the lines. */
export function glassesOf(
  lines: readonly { readonly at: Instant; readonly body: GlassEvent }[],
): readonly Glass[] {
  const found = new Map<Digest, Glass>()
  for (const { at, body } of lines) {
    if (body.event === 'opened') {
      const { kind: _, event: __, ...fields } = body
      found.set(body.glass, { ...fields, at, acts: [] })
      continue
    }
    const one = found.get(body.glass)
    if (one === undefined) continue
    switch (body.event) {
      case 'intent': {
        const { number, verb, service: of } = body
        found.set(body.glass, { ...one, acts: [...one.acts, { number, verb, service: of, at }] })
        break
      }
      case 'outcome': {
        const acts = one.acts.map((act) =>
          act.number === body.number ? { ...act, result: body.result } : act,
        )
        found.set(body.glass, { ...one, acts })
        break
      }
      case 'reviewed':
        found.set(body.glass, { ...one, reviewed: { person: body.person, at, text: body.text } })
        break
    }
  }
  return [...found.values()]
}
