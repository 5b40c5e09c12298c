// Looks at checks: each through the collector of its item, with a limit in time. What a collector could not find out is `no_data`, with
// the reason; nothing that it does ends this process.
import type { JsonObject } from '../base/json.ts'
import { type Clock, instant } from '../base/time.ts'
import { type CheckDefinition, definitionsOf } from '../checks/definition.ts'
import type { Judged } from '../checks/items.ts'
import type { CheckId, CheckResult } from '../checks/result.ts'
import type { WatchPlaces } from '../checks/watch-places.ts'
import { type CompiledPolicy, type Service, serviceOf } from '../plans/policy.ts'
import { COLLECTORS } from './collectors.ts'
import { lookAtOwn } from './own.ts'

export interface LookContext {
  readonly clock: Clock
  readonly places: WatchPlaces
  readonly policy: CompiledPolicy
  readonly log: (sentence: string, values: JsonObject) => void
  readonly signal: AbortSignal
  /** Starts a life of this program. */
  readonly self: readonly string[]
}
/** What an item is looked at with. Throws are no data. */
export type Collector = (context: LookContext, service: Service | undefined) => Promise<readonly Judged[]>

export interface LookerPorts extends Omit<LookContext, 'policy'> {
  readonly policy: () => CompiledPolicy | undefined
}

export interface Looked {
  readonly ran: readonly CheckId[]
  readonly results: readonly CheckResult[]
}

const LIMIT_MS = 60_000
const LONGEST_TEXT = 4000
/** A round holds so many; where there are more, the worst are kept, and that there are more is a result of its own. */
export const PARTS_AT_MOST = 9000
/** Of many parts each text is shorter, so that a round stays below its limit. */
const MANY_PARTS = 100
const TEXT_OF_MANY = 400

export class Looker {
  readonly #ports: LookerPorts
  /** A check is never looked at twice at once: who comes second gets the first one's answer. */
  readonly #underWay = new Map<CheckId, Promise<readonly CheckResult[]>>()

  constructor(ports: LookerPorts) {
    this.#ports = ports
  }

  /** The checks that this process looks at, by the rules in force. */
  definitions(): readonly CheckDefinition[] {
    const policy = this.#ports.policy()
    return policy === undefined ? [] : definitionsOf(policy).filter(({ collector }) => collector === 'watch')
  }

  async look(definitions: readonly CheckDefinition[]): Promise<Looked> {
    const found = await Promise.all(definitions.map((one) => this.#one(one)))
    return { ran: definitions.map(({ id }) => id), results: found.flat() }
  }

  #one(definition: CheckDefinition): Promise<readonly CheckResult[]> {
    const before = this.#underWay.get(definition.id)
    if (before !== undefined) return before
    const look = this.#collect(definition).finally(() => this.#underWay.delete(definition.id))
    this.#underWay.set(definition.id, look)
    return look
  }

  async #collect({ id, item, service }: CheckDefinition): Promise<readonly CheckResult[]> {
    const policy = this.#ports.policy()
    if (policy === undefined) return []
    const own = policy.checks?.find((one) => one.name === item)
    const collector: Collector | undefined =
      own === undefined ? COLLECTORS[item] : async (context) => [await lookAtOwn(own, context)]
    if (collector === undefined) return []
    const declared = service === undefined ? undefined : serviceOf(policy, service)
    const end = new AbortController()
    const timer = setTimeout(() => end.abort(), LIMIT_MS)
    const signal = AbortSignal.any([end.signal, this.#ports.signal])
    let judged: readonly Judged[]
    try {
      judged = await Promise.race([collector({ ...this.#ports, policy, signal }, declared), whenOver(signal)])
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#ports.log('a check could not be looked at', { check: id, why })
      judged = [{ state: 'no_data', code: 'check.not_looked', values: { why: why.slice(0, 300) } }]
    } finally {
      clearTimeout(timer)
    }
    const at = instant(this.#ports.clock.now())
    const longest = judged.length > MANY_PARTS ? TEXT_OF_MANY : LONGEST_TEXT
    if (judged.length > PARTS_AT_MOST) judged = worstOf(judged)
    return judged.map(({ part, state, code, values, value }) => ({
      check: (part === undefined ? id : `${id}:${part}`) as CheckId,
      at,
      state,
      code,
      values: Object.fromEntries(Object.entries(values).map(([name, one]) => [name, short(one, longest)])),
      ...(value === undefined ? {} : { value }),
    }))
  }
}

const short = <T extends string | number | boolean>(value: T, longest: number) =>
  typeof value === 'string' ? printable(value.toWellFormed()).slice(0, longest) : value
/** A program may print anything: what is no text is shown as such. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced.
const printable = (text: string) => text.replace(/[\0-\x08\x0b-\x1f\x7f]/g, '\ufffd')

const WORST: readonly Judged['state'][] = ['red', 'no_data', 'warning', 'good']
export function worstOf(judged: readonly Judged[]): readonly Judged[] {
  const sorted = judged.toSorted((a, b) => WORST.indexOf(a.state) - WORST.indexOf(b.state))
  return [
    { state: 'no_data', code: 'check.too_many', values: { count: judged.length, shown: PARTS_AT_MOST } },
    ...sorted.slice(0, PARTS_AT_MOST),
  ]
}

function whenOver(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${LIMIT_MS / 1000} s`)), {
      once: true,
    })
  })
}
