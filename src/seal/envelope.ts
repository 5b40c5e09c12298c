// The envelope (封): one digest over everything that is approved. Outside it: state, comments, retries, display text, the explanation.
import { type Decoder, integer, list, literal, matching, object, optional, text } from '../base/decode.ts'
import { type Digest, isDigest, labelledDigest } from '../base/hash.ts'
import {
  type ActorId,
  type ChangeId,
  isActorId,
  isChangeId,
  isServiceName,
  isTargetId,
  type ServiceName,
  type TargetId,
} from '../base/id.ts'
import type { Json } from '../base/json.ts'
import { type Instant, isInstant } from '../base/time.ts'
import type { Role, Tier } from '../plans/policy.ts'
import { type SealedEvidence, sealedEvidence } from './checks.ts'

export interface Envelope {
  readonly v: 1
  readonly change: ChangeId
  readonly revision: number
  readonly host: string
  readonly service: ServiceName
  /** `standard`: covered by a standing statement. */
  readonly class: 'normal' | 'standard'
  readonly tier: Tier
  readonly plan: Digest
  /** Of the text that `sekisho change diff` prints (UTF-8, no colours). */
  readonly diff: Digest
  /** Fingerprint of each target as it was when the plan was made (fingerprint.ts). */
  readonly baseline: readonly { readonly target: TargetId; readonly digest: Digest }[]
  readonly evidence: readonly SealedEvidence[]
  /** Digests of waive statements. */
  readonly waivers: readonly Digest[]
  /** Digest of the deciding part of the policy (policy.ts). */
  readonly policy: Digest
  readonly playbook: string
  readonly approvals: { readonly count: number; readonly roles: readonly Role[] }
  readonly requester: ActorId
  readonly author: ActorId
  readonly sponsor?: ActorId
  /** Everybody who counts as the author (author, sponsor), in byte order. */
  readonly lineage: readonly ActorId[]
  /** Everybody whose hand is in it, in byte order: none of them approves it (domain.md §6.1). */
  readonly editors: readonly ActorId[]
  readonly instruction: Digest
  readonly notification: 'not_needed' | 'needed'
  readonly window?: { readonly from: Instant; readonly until: Instant }
  readonly sealedAt: Instant
  readonly expires: Instant
}

const digest = matching(isDigest, 'a digest')
const actor = matching(isActorId, 'an actor name')
const at = matching(isInstant, 'an instant')
const role: Decoder<Role> = literal('viewer', 'requester', 'approver', 'operator', 'owner', 'auditor')
const tier: Decoder<Tier> = literal(1, 2, 3)

/** Total decoder of an envelope. */
export const envelope: Decoder<Envelope> = object({
  v: literal(1),
  change: matching(isChangeId, 'a change id'),
  revision: integer(1, 10_000),
  host: text({ max: 63 }),
  service: matching(isServiceName, 'a service name'),
  class: literal('normal', 'standard'),
  tier,
  plan: digest,
  diff: digest,
  baseline: list(object({ target: matching(isTargetId, 'a target id'), digest }), 100),
  evidence: list(sealedEvidence, 20),
  waivers: list(digest, 20),
  policy: digest,
  playbook: text({ max: 100 }),
  approvals: object({ count: integer(0, 20), roles: list(role, 10) }),
  requester: actor,
  author: actor,
  sponsor: optional(actor),
  lineage: list(actor, 20),
  editors: list(actor, 100),
  instruction: digest,
  notification: literal('not_needed', 'needed'),
  window: optional(object({ from: at, until: at })),
  sealedAt: at,
  expires: at,
})

export function envelopeDigest(of: Envelope): Digest {
  return labelledDigest('sekisho-envelope-v1', of as unknown as Json)
}

// 64 everyday kanji, so that each word carries six bits and can be read aloud on the phone.
const WORDS =
  '山川風石空海雲月星花鳥木林森草竹松梅桜桃水火土金日光雪雨虹露霜霧谷島浜岸岩滝泉池湖波道橋門里村町港船舟馬鹿犬猫鶴亀魚貝虎龍米麦豆'

/** 封 as people see it: four words from one part of the digest, eight hex digits from another (domain.md §10). */
export function sealWords(of: Digest): { readonly words: string; readonly hex: string } {
  const characters = Array.from(WORDS)
  const words = [0, 1, 2, 3]
    .map((i) => characters[Number.parseInt(of.slice(i * 2, i * 2 + 2), 16) % 64])
    .join('')
  return { words, hex: of.slice(32, 40) }
}
