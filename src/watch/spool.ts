// The spool of sekisho-watch: a round of results is one file, whole or not at all. The gate takes it into its tables and removes it. When
// the gate is away for long, the oldest rounds go first, and the directory stays below its quota.
import { mkdir, readdir, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, instant } from '../base/time.ts'
import {
  type CheckId,
  type CheckResult,
  familyOf,
  ROUND_NAME,
  type Round,
  roundName,
} from '../checks/result.ts'
import type { WatchPlaces } from '../checks/watch-places.ts'

const QUOTA_BYTES = 64 * 1_048_576
/** Rounds between two looks at the quota. */
const LOOK_EVERY = 100
const RESULTS_AT_MOST = 1000

export class Spool {
  readonly #places: WatchPlaces
  readonly #clock: Clock
  #count = 0

  private constructor(places: WatchPlaces, clock: Clock) {
    this.#places = places
    this.#clock = clock
  }

  static async open(places: WatchPlaces, clock: Clock): Promise<Spool> {
    for (const directory of [places.spool, places.state])
      await mkdir(directory, { recursive: true, mode: 0o770 })
    return new Spool(places, clock)
  }

  async write(ran: readonly CheckId[], results: readonly CheckResult[]): Promise<void> {
    for (const round of roundsOf(ran, results)) {
      if (this.#count % LOOK_EVERY === 0) await this.#keepQuota()
      await this.#put(this.#places.spool, roundName(instant(this.#clock.now()), ++this.#count), round)
    }
  }

  /** That this process lives, and since when. One file, written over. */
  async beat(values: object): Promise<void> {
    await this.#put(this.#places.directory, 'beat.json', { v: 1, at: instant(this.#clock.now()), ...values })
  }

  async #put(directory: string, name: string, value: object): Promise<void> {
    const temporary = join(directory, `.${name}.tmp`)
    await writeFile(temporary, `${JSON.stringify(value)}\n`, { mode: 0o660 })
    await rename(temporary, join(directory, name))
  }

  async #keepQuota(): Promise<void> {
    const names = (await readdir(this.#places.spool)).filter((name) => ROUND_NAME.test(name)).sort()
    const sizes = await Promise.all(
      names.map((name) =>
        stat(join(this.#places.spool, name)).then(
          ({ blocks }) => blocks * 512,
          () => 0,
        ),
      ),
    )
    let total = sizes.reduce((sum, one) => sum + one, 0)
    for (const [i, name] of names.entries()) {
      if (total <= QUOTA_BYTES) return
      total -= sizes[i] ?? 0
      await unlink(join(this.#places.spool, name)).catch(() => {})
    }
  }
}

/** A file holds so many results; the parts of one check lie in one file, for parts that are not in it are gone. */
function roundsOf(ran: readonly CheckId[], results: readonly CheckResult[]): readonly Round[] {
  if (results.length <= RESULTS_AT_MOST) return [{ v: 1, ran, results }]
  return ran.map((id) => ({
    v: 1,
    ran: [id],
    results: results.filter(({ check }) => familyOf(check) === id),
  }))
}
