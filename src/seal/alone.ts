// One person alone: when the pause is over after which the rules let them approve by themselves, and what holds of what cannot be undone.
import { type Answer, refused } from '../base/error.ts'
import type { ChangeId } from '../base/id.ts'
import { after, type Instant } from '../base/time.ts'
import { type CompiledPolicy, isSolo } from '../plans/policy.ts'
import type { Envelope } from './envelope.ts'

/** Seconds between the runner's first sight of an envelope of tier 3 and the second signature of one person alone. */
const IRREVERSIBLE_PAUSE = 600

/** What the caller knows of an envelope that one person alone may approve after a pause (policy.alone). */
export interface Waiting {
  /** When the runner first stored it, by the runner's own journal. */
  readonly stored: Instant | undefined
  /** Somebody has rejected it. */
  readonly rejected: boolean
}

/** From when one person alone may approve this, of tier 3 for the second time; undefined where nobody may. */
export function aloneFrom(
  envelope: Alone,
  policy: CompiledPolicy,
  waiting: Waiting | undefined,
): Instant | undefined {
  const pause = alonePause(envelope, policy)
  if (pause === undefined || waiting?.stored === undefined || waiting.rejected) return undefined
  return after(waiting.stored, pause * 1000)
}

/** May one person alone sign it now? Of tier 3 the first time at once: the pause stands between it and the second. */
export function signsAlone(
  { tier }: Pick<Envelope, 'tier'>,
  from: Instant | undefined,
  now: Instant,
): boolean {
  return from !== undefined && (tier === 3 || now >= from)
}

type Alone = Pick<Envelope, 'tier' | 'class' | 'service'>

/**
 * Seconds that the runner must have held an envelope before one person alone approves it; undefined where one alone never may. Of tier
 * 3 it is ten minutes at least, and holds too where only one person can approve at all (domain.md §6.8).
 */
export function alonePause(envelope: Alone, policy: CompiledPolicy): number | undefined {
  if (envelope.class !== 'normal') return undefined
  const { alone } = policy.rules
  const declared = alone?.tiers.includes(envelope.tier) === true ? alone.afterSeconds : undefined
  if (envelope.tier !== 3) return declared
  if (declared === undefined) return isSolo(policy, envelope.service) ? IRREVERSIBLE_PAUSE : undefined
  return Math.max(IRREVERSIBLE_PAUSE, declared)
}

/** INVARIANT S5: one person alone signs tier 3 twice, and the second signature is younger than the end of the pause. */
export function signedTwice<T extends { readonly signedAt: readonly Instant[] }>(
  alone: T & { readonly ok: true },
  from: Instant,
  change: ChangeId,
  now: Instant,
): Answer<T> {
  const signed = alone.signedAt.toSorted()
  const last = signed.at(-1)
  if (signed.length > 1 && last !== undefined && last >= from && now >= from) return alone
  return now < from
    ? refused('approval.second_later', { from, change })
    : refused('approval.second_missing', { from, change })
}
