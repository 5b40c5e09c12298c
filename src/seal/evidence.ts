// Evidence of incidents as the runner journals and tells it: what was sealed, who held it when. The raw bytes stay in the runner's store.
import {
  boolean,
  type Decoder,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  text,
} from '../base/decode.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import { type IncidentId, isIncidentId, isServiceName, type ServiceName } from '../base/id.ts'
import { type Instant, isInstant } from '../base/time.ts'

/** One item of evidence. `item` is its number in the incident, such as `E01`. */
export interface EvidenceItem {
  readonly item: string
  readonly name: string
  readonly digest: Digest
  readonly size: number
  /** Where it was read: a path, or a program with its arguments. */
  readonly source?: string
}
/** What was wanted and is not there: `late`, `failed`, `quota`, `no_room`, `not_there`. */
export interface EvidenceGap {
  readonly name: string
  readonly why: string
}
export interface SealedSet {
  readonly incident: IncidentId
  /** Absent where it is the whole host. */
  readonly service?: ServiceName
  /** `level1`, `after` (level 1 once more, after the restart), `glass`, or a set of level 3. */
  readonly set: string
  readonly items: readonly EvidenceItem[]
  readonly gaps: readonly EvidenceGap[]
  /** How long collecting took. */
  readonly milliseconds: number
  /** Who asked for it, as the gate says it. */
  readonly by: string
}

export const CUSTODY_ACTS = ['sealed', 'read', 'exported', 'verified', 'held', 'released', 'dropped'] as const
export type CustodyAct = (typeof CUSTODY_ACTS)[number]
/** One line of the custody log of an incident: who had what, when, where, with which digest. */
export interface CustodyLine {
  readonly v: 1
  readonly n: number
  /** SHA-256 of the line before, without its line feed; 64 zeros for the first. */
  readonly prev: Digest
  readonly at: Instant
  readonly host: string
  readonly who: string
  readonly what: CustodyAct
  /** Absent: the whole of the incident's evidence. */
  readonly item?: string
  readonly digest?: Digest
}

/** Lines of the runner's journal. `custody` holds the digest of each line of the custody log, so that a changed line is found. */
export type EvidenceEvent =
  | ({ readonly kind: 'evidence'; readonly event: 'sealed' } & SealedSet)
  | {
      readonly kind: 'evidence'
      readonly event: 'custody'
      readonly incident: IncidentId
      readonly lines: readonly KnownCustody[]
    }
/** One line of the custody log, by the digest of its text. */
export interface KnownCustody {
  readonly line: Digest
  readonly what: CustodyAct
  readonly item?: string
}

/** How one item, or one line of the custody log, compares with the journal. */
export type Compared = 'equal' | 'changed' | 'missing' | 'dropped'
export interface EvidenceCheck {
  readonly items: readonly (EvidenceItem & { readonly set: string; readonly found: Compared })[]
  /** `item`: what the line speaks of. `added`: lines that the journal does not know. */
  readonly custody: readonly { readonly n: number; readonly item?: string; readonly found: Compared }[]
  readonly added: number
}
export interface EvidenceFacts {
  readonly sets: readonly (SealedSet & { readonly at: Instant })[]
  readonly custody: readonly CustodyLine[]
  readonly held: boolean
}

export const incident = matching(isIncidentId, 'an incident id')
export const itemName = text({ max: 8, pattern: /^E\d{2,6}$/, what: 'an item of evidence' })
const digest = matching(isDigest, 'a digest')
const word = text({ max: 200 })

const item: Decoder<EvidenceItem> = object({
  item: itemName,
  name: word,
  digest,
  size: integer(0),
  source: optional(text({ max: 4096 })),
})
const gap: Decoder<EvidenceGap> = object({ name: word, why: word })
export const custodyLine: Decoder<CustodyLine> = object({
  v: literal(1),
  n: integer(1),
  prev: digest,
  at: matching(isInstant, 'an instant'),
  host: word,
  who: word,
  what: literal(...CUSTODY_ACTS),
  item: optional(itemName),
  digest: optional(digest),
})
const sealedFields = {
  incident,
  service: optional(matching(isServiceName, 'a service name')),
  set: word,
  items: list(item, 10_000),
  gaps: list(gap, 1000),
  milliseconds: integer(0),
  by: word,
} as const

/** The sets that the gate may ask for by the verb `preserve`. */
export const GATE_SETS = ['level1', 'after'] as const
export type GateSet = (typeof GATE_SETS)[number]

/** Read requests about evidence. `by`: who reads, as the gate says it, for the custody log. */
export const EVIDENCE_READS = {
  evidence: object({ kind: literal('evidence'), incident }),
  evidenceItem: object({
    kind: literal('evidenceItem'),
    incident,
    item: itemName,
    offset: integer(0),
    by: word,
  }),
  evidenceCheck: object({ kind: literal('evidenceCheck'), incident, by: word }),
} as const

type Read<D> = D extends Decoder<infer T> ? T : never
export type EvidenceRead = {
  [K in keyof typeof EVIDENCE_READS]: Read<(typeof EVIDENCE_READS)[K]>
}[keyof typeof EVIDENCE_READS]

/** What leaves the runner in pieces. `size`: of the whole. */
interface Piece {
  readonly base64: string
  readonly size: number
  readonly last: boolean
}
export type EvidenceAnswer =
  | { readonly kind: 'evidence'; readonly facts: EvidenceFacts }
  | ({ readonly kind: 'evidenceItem' } & Piece)
  | { readonly kind: 'evidenceCheck'; readonly facts: EvidenceCheck }

/** Collects and seals a set once; asked again it answers with what was sealed. */
export interface PreserveRequest {
  readonly verb: 'preserve'
  readonly incident: IncidentId
  readonly service: ServiceName
  readonly set: GateSet
  readonly by: string
  /** The how manyth of this name, from 1: after a relapse what was sealed before is not the answer. */
  readonly number?: number
}
export const preserveRequest: Decoder<PreserveRequest> = object({
  verb: literal('preserve'),
  incident,
  service: matching(isServiceName, 'a service name'),
  set: literal(...GATE_SETS),
  by: word,
  number: optional(integer(1, 1000)),
})

/** At admin.sock alone: raw bytes, and the hold that keeps evidence from being dropped. */
export type EvidenceAdmin =
  | {
      readonly verb: 'evidenceRaw'
      readonly incident: IncidentId
      readonly item: string
      readonly offset: number
      readonly by: string
    }
  | {
      readonly verb: 'evidenceHold'
      readonly incident: IncidentId
      readonly held: boolean
      readonly by: string
    }
export const EVIDENCE_ADMIN = {
  evidenceRaw: object({
    verb: literal('evidenceRaw'),
    incident,
    item: itemName,
    offset: integer(0),
    by: word,
  }),
  evidenceHold: object({ verb: literal('evidenceHold'), incident, held: boolean, by: word }),
} as const
export interface EvidenceAnswers {
  readonly preserve: SealedSet & { readonly at: Instant; readonly repeated: boolean }
  readonly evidenceRaw: Piece & { readonly digest: Digest }
  readonly evidenceHold: { readonly held: boolean }
}

/** What the gate reads of the runner's answer to `preserve`. */
export const sealedSet: Decoder<EvidenceAnswers['preserve']> = object({
  ...sealedFields,
  at: matching(isInstant, 'an instant'),
  repeated: boolean,
})
