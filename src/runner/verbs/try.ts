// The verb `try`: validation and trial of a stored plan in a shadow, journalled as evidence, with no effect on the live system.
import { decode } from '../../base/decode.ts'
import { failureOf, SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { byteOrder } from '../../base/id.ts'
import { parseCanonical } from '../../base/json.ts'
import { after, type Instant, instant, isInstant } from '../../base/time.ts'
import { baselineDigest, fingerprint } from '../../plans/fingerprint.ts'
import { type Plan, plan as planDecoder } from '../../plans/plan.ts'
import { migrationIn, toolMigrationIn } from '../../plans/playbooks/schema.ts'
import { evidenceDigest, type TrialCheck } from '../../seal/journal.ts'
import type { TrialAnswer } from '../../seal/protocol.ts'
import { readTargets } from '../inventory.ts'
import type { Body } from '../journal/index.ts'
import { type RunnerParts, readContext } from '../parts.ts'
import { judgeFreeSpace } from './free-space.ts'

/** Evidence of a trial is good for this long (seal/checks.ts). */
const VALID_MS = 86_400_000

/** Evidence lives no longer than what it rests on: of a backup, until that is a day old (S08). */
export function validUntil(at: Instant, checks: readonly TrialCheck[]): Instant {
  const ends = checks.flatMap(({ verdict, facts: { until } }) =>
    verdict === 'green' && isInstant(until) ? [until] : [],
  )
  return ends.reduce((first, one) => (one < first ? one : first), after(at, VALID_MS))
}

/** Answers every check of a trial for one plan. */
export type TryPlan = (plan: Plan, parts: RunnerParts) => Promise<readonly TrialCheck[]>

export class Trials {
  readonly #parts: RunnerParts
  readonly #tryPlan: TryPlan
  readonly #tails = new Map<'database' | 'shadow', Promise<unknown>>()
  constructor(parts: RunnerParts, tryPlan: TryPlan) {
    this.#parts = parts
    this.#tryPlan = tryPlan
  }

  /**
   * One after the other: a trial takes a processor and a shadow. What is rehearsed on a clone, a migration, a call or a command, takes as long as the clone and its programs
   * do; nobody else's trial waits for that.
   */
  async try(digest: Digest): Promise<TrialAnswer> {
    const plan = await this.#planOf(digest)
    const isMigration = migrationIn(plan) !== undefined || toolMigrationIn(plan) !== undefined
    const isOnClone = isMigration || plan.pattern === 'request' || plan.pattern === 'command'
    const queue = isOnClone ? 'database' : 'shadow'
    const next = (this.#tails.get(queue) ?? Promise.resolve()).then(() => this.#try(digest, plan))
    this.#tails.set(
      queue,
      next.catch(() => {}),
    )
    return next
  }

  async #planOf(digest: Digest): Promise<Plan> {
    const text = (await this.#parts.objects.read('plan', digest)).toString('utf8')
    const read = decode(planDecoder, parseCanonical(text))
    if (!read.ok) throw new SekishoError('judge.plan_malformed', { at: read.at, why: read.why })
    return read.value
  }

  async #try(digest: Digest, plan: Plan): Promise<TrialAnswer> {
    const { clock, journal } = this.#parts
    // Whoever approves knows before that there is no room: what could not start now is not tried either.
    const { current } = this.#parts.policies
    const room = await judgeFreeSpace(plan, current, this.#parts.place.state)
    if (!room.ok) throw failureOf(room)
    const started = clock.uptime()
    const begun = await this.#baseline(plan)
    const checks = await this.#tryPlan(plan, this.#parts)
    // What was found holds for the targets as they were all the while: somebody may have edited another file of the same nginx.
    const baseline = await this.#baseline(plan)
    if (baseline !== begun) throw new SekishoError('judge.trial_moved', { change: plan.change })
    const at = instant(clock.now())
    const expires = validUntil(at, checks)
    const body: Body<'trial'> = { kind: 'trial', plan: digest, checks, baseline, expires }
    await journal.append('trial', body)
    return {
      plan: digest,
      checks,
      baseline,
      evidence: evidenceDigest(body),
      at,
      expires: body.expires,
      milliseconds: clock.uptime() - started,
    }
  }

  /** Of every target of the plan that can be read. */
  async #baseline(plan: Plan): Promise<Digest> {
    const facts = await readTargets(plan, readContext(this.#parts, this.#parts.policies.current))
    const prints = [...facts].map(([target, one]) => ({ target, digest: fingerprint(target, one) }))
    return baselineDigest(prints.sort((a, b) => byteOrder(a.target, b.target)))
  }
}
