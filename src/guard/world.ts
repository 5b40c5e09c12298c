// What one question shares over all shells in it: the effects found so far, the budget, what could not be read.
import type { Certainty, Effect, Resource, Verb } from './effect.ts'
import { pathKey } from './path.ts'
import type { Stream } from './stream.ts'
import type { Span } from './tree.ts'

/**
 * A budget in steps and not in time, so that the same text always gets the same answer (guard §0). The most that any of our own 4,400 vectors takes is 523;
 * a line of a script takes about ten, and more where much is known by then: some two hundred of the dearest such lines are read to their end.
 */
export const STEPS = 20_000
export const DEPTH = 64
export const COMMANDS = 4_096
const EFFECTS = 1_024
/** Of each budget, for what stands behind it (behind.ts). */
const AGAIN = { steps: STEPS / 8, commands: COMMANDS / 8, effects: EFFECTS / 8 }

export interface Found {
  readonly verb: Verb
  readonly on: Resource
  readonly certainty?: Certainty
  readonly recursive?: boolean
  readonly reversible?: Effect['reversible']
  readonly note?: string
  readonly hidden?: true
}

/** What is not understood, and where: it asks when it could matter. */
export interface Unclear {
  readonly why: 'syntax' | 'unknown program' | 'unknown code' | 'limit'
  readonly span: Span
}

export class World {
  readonly effects: Effect[] = []
  readonly unclear: Unclear[] = []
  readonly environment: Readonly<Record<string, string>>
  /** Files of the machine that somebody looked into. */
  readonly viewed: ReadonlySet<string>
  /** What stands behind `>(…)`, by the name that it has as a file. */
  readonly outlets = new Map<string, (stream: Stream) => void>()
  /** Programs that an open name can be, found once. */
  readonly candidates = new Map<string, readonly string[]>()
  #outlets = 0
  #steps: number
  #spent = 0
  #commands = COMMANDS
  #effects = EFFECTS
  #seen = new Set<string>()
  /** Set when a limit was passed; what was found before it stays found. */
  limit: 'size' | 'nesting' | 'steps' | 'depth' | 'commands' | 'effects' | undefined

  constructor(
    environment: Readonly<Record<string, string>> = {},
    viewed: Readonly<Record<string, string>> = {},
    steps = STEPS,
  ) {
    this.#steps = steps
    this.environment = environment
    this.viewed = new Set(Object.keys(viewed))
  }

  get spent(): number {
    return this.#spent
  }

  /** Whatever is still found is not followed. */
  get isSpent(): boolean {
    return this.#steps <= 0
  }

  step(cost = 1): boolean {
    this.#steps -= cost
    this.#spent += cost
    if (this.#steps > 0) return true
    this.limit ??= 'steps'
    return false
  }

  /** A second, smaller budget. */
  again(): void {
    this.#steps = AGAIN.steps
    this.#commands = AGAIN.commands
    this.#effects = this.effects.length + AGAIN.effects
  }

  outlet(): string {
    return `/dev/fd/sub-${this.#outlets++}`
  }

  command(): boolean {
    if (--this.#commands > 0) return true
    this.limit ??= 'commands'
    return false
  }

  say(why: Unclear['why'], span: Span): void {
    // Of each kind the first few are told.
    if (this.unclear.length < 64 || !this.unclear.some((one) => one.why === why))
      this.unclear.push({ why, span })
  }

  emit(effect: Effect): void {
    if (this.effects.length >= this.#effects) {
      this.limit ??= 'effects'
      // No more is told of: what could still be found is soon not looked for.
      this.step(32)
      return
    }
    const key = `${effect.verb} ${resourceKey(effect.on)} ${effect.recursive === true} ${effect.host ?? ''} ${effect.as ?? ''} ${effect.note ?? ''} ${effect.span[0]}`
    if (this.#seen.has(key)) return
    // A doubt about it does not hide what is then certain.
    const known = effect.certainty === 'unknown' ? `${key} ?` : key
    if (this.#seen.has(known)) return
    this.#seen.add(known)
    this.effects.push(effect)
  }
}

/** A resource as text: equal for equal resources. */
export function resourceKey(on: Resource): string {
  return on.kind === 'path' ? pathKey(on.path) : JSON.stringify(on)
}
