// Break-glass at the owner's door: a statement is taken once, each act is covered by it, preceded by a snapshot and written down before and
// after; whoever used it owes a review, and until somebody has signed that there is no second one (X13). No gate and no store is needed.
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { type TargetId, unitTarget } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import { instant, milliseconds } from '../base/time.ts'
import { glanceAtHealth } from '../host/health.ts'
import { collectLevelOne } from '../host/level-one.ts'
import { readUnitState } from '../host/unit-facts.ts'
import { approversOf, holdsRole, type Role, type Service, serviceOf } from '../plans/policy.ts'
import type { Verified } from '../seal/enough.ts'
import { GLASS_MS, type Glass, type GlassAdmin, type GlassAnswers, glassesOf } from '../seal/glass.ts'
import type { StatementOf } from '../seal/statement.ts'
import { applyUnit, unitTimeoutMs } from './act/unit.ts'
import { type RunnerParts, readContext } from './parts.ts'
import { Redactor, redactJson } from './redact.ts'
import { secretValues } from './verbs/read.ts'

type Order = Extract<GlassAdmin, { readonly verb: 'glassAct' }>
/** Who may open one, for all the services that it names. */
const OPENS: readonly Role[] = ['operator', 'approver', 'owner']
const REVIEWS: readonly Role[] = ['approver', 'owner']

export interface Claims {
  /** Nothing else is begun on the unit until it is released. Throws glass.held where an execution is open. */
  claim(of: {
    readonly service: Service['name']
    readonly unit: TargetId
    readonly glass: Digest
  }): Promise<() => void>
}

export class BreakGlass {
  readonly #parts: RunnerParts
  readonly #claims: Claims
  #tail: Promise<unknown> = Promise.resolve()
  constructor(parts: RunnerParts, claims: Claims) {
    this.#parts = parts
    this.#claims = claims
  }

  /** An act that a kill cut off: what came of it is read from PID 1, and nothing is repeated. */
  async resume(): Promise<void> {
    const { journal, systemctl, process } = this.#parts
    for (const { glass, acts } of this.list())
      for (const { number, result, service } of acts) {
        if (result !== undefined) continue
        const unit = serviceOf(this.#parts.policies.current, service)?.unit
        const state =
          unit === undefined || !systemctl
            ? undefined
            : await readUnitState(unit, { run: process }).catch(() => undefined)
        const detail: JsonObject =
          state === undefined ? {} : { active: state.active, sub: state.sub, invocation: state.invocation }
        await journal.append('glass', {
          kind: 'glass',
          event: 'outcome',
          glass,
          number,
          result: 'unknown',
          detail,
        })
      }
  }

  list(): readonly Glass[] {
    return glassesOf(this.#parts.journal.index.glass)
  }

  /** Throws glass.too_long, glass.review_owed, approval.role_missing, runner.outside_inventory. */
  async open(statement: StatementOf<'glass'>, { digest, person }: Verified): Promise<string> {
    const { policies, journal } = this.#parts
    const { verbs, services, reason, incident, expires, at, nonce } = statement
    if (milliseconds(expires) - milliseconds(at) > GLASS_MS)
      throw new SekishoError('glass.too_long', { minutes: GLASS_MS / 60_000 })
    for (const name of services) {
      if (serviceOf(policies.current, name)?.unit === undefined)
        throw new SekishoError('runner.outside_inventory', { target: name })
      if (!holdsRole(person, OPENS, name) || !OPENS.includes(statement.role))
        throw new SekishoError('approval.role_missing', { approver: person.id, roles: OPENS })
    }
    const owed = this.list().find((one) => one.person === person.id && one.reviewed === undefined)
    if (owed !== undefined)
      throw new SekishoError('glass.review_owed', {
        person: person.id,
        glass: owed.glass.slice(0, 12),
        at: owed.at,
      })
    await journal.append('statement', {
      kind: 'statement',
      type: 'glass',
      digest,
      effect: expires,
      person: person.id,
      nonce,
    })
    await journal.append('glass', {
      kind: 'glass',
      event: 'opened',
      glass: digest,
      person: person.id,
      expires,
      verbs,
      services,
      reason,
      ...(incident === undefined ? {} : { incident }),
    })
    return digest
  }

  /** By somebody else, unless nobody else could (solo). Throws glass.unknown, glass.own_review. */
  async review(statement: StatementOf<'glassReview'>, { digest, person }: Verified): Promise<string> {
    const { policies, journal } = this.#parts
    const glass = this.list().find((one) => one.glass === statement.glass)
    if (glass === undefined) throw new SekishoError('glass.unknown', { glass: statement.glass.slice(0, 12) })
    const others = glass.services.flatMap((name) =>
      approversOf(policies.current, name).filter(({ id }) => id !== glass.person),
    )
    if (person.id === glass.person && others.length > 0)
      throw new SekishoError('glass.own_review', { person: person.id, others: others.map(({ id }) => id) })
    if (!glass.services.every((name) => holdsRole(person, REVIEWS, name)))
      throw new SekishoError('approval.role_missing', { approver: person.id, roles: REVIEWS })
    await journal.append('statement', {
      kind: 'statement',
      type: 'glassReview',
      digest,
      effect: glass.glass,
      person: person.id,
      nonce: statement.nonce,
    })
    const { text } = statement
    await journal.append('glass', {
      kind: 'glass',
      event: 'reviewed',
      glass: glass.glass,
      person: person.id,
      text,
    })
    return glass.glass
  }

  /** One after the other. Throws glass.unknown, glass.over, glass.not_covered, glass.held. */
  act(order: Order): Promise<GlassAnswers['glassAct']> {
    const next = this.#tail.then(() => this.#act(order))
    this.#tail = next.catch(() => {})
    return next
  }

  async #act({ glass: digest, act: verb, service: name, by }: Order): Promise<GlassAnswers['glassAct']> {
    const { policies } = this.#parts
    const glass = this.list().find((one) => one.glass === digest)
    if (glass === undefined) throw new SekishoError('glass.unknown', { glass: digest.slice(0, 12) })
    this.#requireLive(glass)
    if (!glass.verbs.includes(verb) || !glass.services.includes(name))
      throw new SekishoError('glass.not_covered', {
        verb,
        service: name,
        verbs: glass.verbs,
        services: glass.services,
      })
    const service = serviceOf(policies.current, name)
    const unit = service?.unit
    if (service === undefined || unit === undefined)
      throw new SekishoError('runner.outside_inventory', { target: name })
    const release = await this.#claims.claim({
      service: name,
      unit: unitTarget(this.#parts.host, unit),
      glass: digest,
    })
    try {
      return await this.#actOn({ glass, service, unit, verb, by })
    } finally {
      release()
    }
  }

  async #actOn(of: {
    readonly glass: Glass
    readonly service: Service
    readonly unit: string
    readonly verb: Order['act']
    readonly by: string
  }): Promise<GlassAnswers['glassAct']> {
    const { journal } = this.#parts
    const { glass, service, unit, verb, by } = of
    const { snapshot, gaps } = await this.#snapshot(service, glass)
    // The snapshot takes up to 20 s.
    this.#requireLive(glass)
    const number = glass.acts.length + 1
    await journal.append('glass', {
      kind: 'glass',
      event: 'intent',
      glass: glass.glass,
      number,
      verb,
      service: service.name,
      unit,
      by,
      snapshot,
      gaps,
    })
    const { result, detail } = await this.#apply(verb, unit, service)
    await journal.append('glass', {
      kind: 'glass',
      event: 'outcome',
      glass: glass.glass,
      number,
      result,
      detail,
    })
    return { number, result, snapshot: snapshot.length, gaps, detail }
  }

  async #apply(verb: Order['act'], unit: string, service: Service) {
    const parts = this.#parts
    const context = readContext(parts, parts.policies.current)
    const clean = async (detail: JsonObject) => redactJson(detail, await secretValues(parts))
    if (!parts.systemctl) return { result: 'failed' as const, detail: { why: 'no_systemd' } }
    const limit = unitTimeoutMs(verb, await readUnitState(unit, { run: parts.process }))
    const applied = await applyUnit(
      { kind: 'unit', verb, unit },
      { ...context, killPoint: parts.killPoint },
      limit,
    )
    const health = verb === 'stop' ? undefined : (await glanceAtHealth(service.health, context)).verdict
    const result = applied.result === 'applied' ? ('applied' as const) : ('failed' as const)
    return { result, detail: await clean({ ...applied.detail, ...(health === undefined ? {} : { health }) }) }
  }

  /** Before anything is touched. Without an incident the texts are kept as the runner's own, redacted. */
  async #snapshot(service: Service, { incident, acts, glass }: Glass) {
    const parts = this.#parts
    const {
      items,
      gaps,
      milliseconds: took,
    } = await collectLevelOne(service, readContext(parts, parts.policies.current))
    if (incident !== undefined)
      await parts.evidence.seal({
        incident,
        service: service.name,
        set: `glass ${glass.slice(0, 12)}/${acts.length + 1}`,
        items: items.map(({ name, bytes }) => ({ name, content: [bytes] })),
        gaps,
        milliseconds: took,
        by: 'runner',
      })
    const secrets = await secretValues(parts)
    const snapshot: { name: string; digest: Digest; size: number }[] = []
    for (const { name, bytes } of items) {
      const redactor = new Redactor(secrets)
      const clean = Buffer.concat([redactor.push(bytes), redactor.end()]).subarray(-OBJECT_BYTES)
      snapshot.push({ name, digest: await parts.objects.keep(clean), size: clean.length })
    }
    return { snapshot, gaps: gaps.map(({ name }) => name) }
  }

  /** By the wall clock and by the time since boot: neither setting the clock back nor forward makes it longer. */
  #requireLive({ glass, at, expires }: Glass): void {
    const { clock, journal } = this.#parts
    const opened = journal.rest.find(
      ({ body }) => body.kind === 'glass' && body.event === 'opened' && body.glass === glass,
    )
    const life = milliseconds(expires) - milliseconds(at)
    const sameBoot = opened?.boot === clock.boot()
    const passed = sameBoot && opened !== undefined ? clock.uptime() - opened.uptime : 0
    if (expires < instant(clock.now()) || passed > Math.max(life, 0))
      throw new SekishoError('glass.over', { glass: glass.slice(0, 12), expires })
  }
}
const OBJECT_BYTES = 1_048_576
