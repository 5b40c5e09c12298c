// What one trial may take of this host before anybody has approved anything: bytes that it reads and writes, names that it looks at, time.
// Over a budget the trial ends with a refusal that says which one; what it had made is removed by whoever made it.

/** `memory` and `processes` are those of the programs inside the sandbox (limit.ts). */
export type Budgeted = 'bytes' | 'names' | 'time' | 'memory' | 'processes' | 'scratch'

export interface TrialLimits {
  readonly bytes: number
  readonly names: number
  readonly milliseconds: number
}
export const TRIAL_LIMITS: TrialLimits = {
  bytes: 134_217_728,
  names: 20_000,
  milliseconds: 120_000,
}

/** So much of each file costs nothing: what is left of a budget must not tell how large a small secret file is, or whether it is there. */
const FREE_BYTES = 16_384
/** The same for the entries of a directory. */
const FREE_ENTRIES = 1_000

export class OverBudget extends Error {
  override name = 'OverBudget'
  readonly what: Budgeted
  readonly limit: number
  readonly path: string | undefined
  constructor(what: Budgeted, limit: number, path?: string) {
    super(`${what} ${limit}`)
    this.what = what
    this.limit = limit
    this.path = path
  }
}

export class TrialBudget {
  readonly #limits: TrialLimits
  readonly #uptime: () => number
  readonly #started: number
  #read = 0
  #written = 0
  #names = 0

  /** `uptime` in milliseconds, which no change of the clock moves. */
  constructor(uptime: () => number, limits: TrialLimits = TRIAL_LIMITS) {
    this.#limits = limits
    this.#uptime = uptime
    this.#started = uptime()
  }

  /** Before the bytes of an inode are read, which happens once. */
  read(path: string, size: number): void {
    this.#read += Math.max(0, size - FREE_BYTES)
    if (this.#read > this.#limits.bytes) throw new OverBudget('bytes', this.#limits.bytes, path)
    this.timeLeft(path)
  }

  /** Before bytes are made or written for the sandbox. */
  write(path: string, size: number): void {
    this.#written += size
    if (this.#written > this.#limits.bytes) throw new OverBudget('bytes', this.#limits.bytes, path)
    this.timeLeft(path)
  }

  /** One path that is looked at, whatever stands there. */
  name(path: string): void {
    if (++this.#names > this.#limits.names) throw new OverBudget('names', this.#limits.names, path)
  }

  entries(path: string, count: number): void {
    this.#names += Math.max(0, count - FREE_ENTRIES)
    if (this.#names > this.#limits.names) throw new OverBudget('names', this.#limits.names, path)
  }

  /** Milliseconds that are left, more than none. */
  timeLeft(path?: string): number {
    const left = this.#limits.milliseconds - (this.#uptime() - this.#started)
    if (left <= 0) throw new OverBudget('time', this.#limits.milliseconds, path)
    return Math.ceil(left)
  }
}
