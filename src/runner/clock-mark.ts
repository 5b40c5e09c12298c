// The wall-clock mark (spine §4.5): a time on disk that rises at most by the elapsed boot time + 60 s. A larger jump, or a time below
// the mark, freezes starts until a person accepts the clock. Undo and settling never ask here.
import { decode, integer, object, text } from '../base/decode.ts'
import { parseJson } from '../base/json.ts'
import { type Clock, instant } from '../base/time.ts'
import { readRegular, writeDurable } from '../sys/files.ts'

/** What the clock may be off by without anybody asking. */
export const JUMP_MS = 60_000
/** The file is written again when the mark has risen by this. */
const WRITE_EVERY_MS = 10_000

export interface Mark {
  readonly at: number
  readonly boot: string
  readonly uptime: number
}
export interface Moment extends Mark {}

export type ClockVerdict =
  | { readonly sound: true; readonly mark: Mark }
  | { readonly sound: false; readonly why: string }

/**
 * Pure. Across a reboot the elapsed time is not known: the machine may have been off for long, so only going back is refused;
 * within a boot both directions are.
 */
export function judgeClock(mark: Mark | undefined, now: Moment): ClockVerdict {
  if (mark === undefined) return { sound: true, mark: now }
  if (now.at < mark.at - JUMP_MS)
    return { sound: false, why: `the clock says ${instant(now.at)}, it was ${instant(mark.at)} before` }
  if (mark.boot === now.boot) {
    const highest = mark.at + Math.max(0, now.uptime - mark.uptime) + JUMP_MS
    if (now.at > highest)
      return { sound: false, why: `the clock says ${instant(now.at)}, at most ${instant(highest)} has come` }
  }
  // The mark never falls: a time a little below it leaves it where it was, at the uptime it belongs to.
  return { sound: true, mark: now.at >= mark.at ? now : mark }
}

const markDecoder = object({ at: integer(0), boot: text({ max: 100 }), uptime: integer(0) })

export class ClockMark {
  readonly #path: string
  readonly #clock: Clock
  #mark: Mark | undefined
  #frozen: string | undefined
  #written = 0

  private constructor(path: string, clock: Clock, mark: Mark | undefined) {
    this.#path = path
    this.#clock = clock
    this.#mark = mark
    this.#written = mark?.at ?? 0
  }

  static async open(path: string, clock: Clock): Promise<ClockMark> {
    const found = await readRegular(path, 4096)
    if (found === undefined) return new ClockMark(path, clock, undefined)
    const read = decode(markDecoder, parseJson(found.bytes.toString('utf8')))
    const opened = new ClockMark(path, clock, read.ok ? read.value : undefined)
    if (!read.ok) opened.#frozen = 'the clock mark cannot be read'
    return opened
  }

  /** Frozen stays frozen until accepted, even when the clock comes back: expiries were judged by it. */
  async check(): Promise<{ readonly sound: boolean; readonly why?: string; readonly jumped: boolean }> {
    if (this.#frozen !== undefined) return { sound: false, why: this.#frozen, jumped: false }
    const verdict = judgeClock(this.#mark, this.#now())
    if (!verdict.sound) {
      this.#frozen = verdict.why
      return { sound: false, why: verdict.why, jumped: true }
    }
    this.#mark = verdict.mark
    if (this.#mark.at - this.#written >= WRITE_EVERY_MS || this.#written === 0) await this.#write()
    return { sound: true, jumped: false }
  }

  /** A person says that the clock is right as it is. */
  async accept(): Promise<Mark> {
    this.#frozen = undefined
    this.#mark = this.#now()
    await this.#write()
    return this.#mark
  }

  #now(): Moment {
    return { at: this.#clock.now(), boot: this.#clock.boot(), uptime: this.#clock.uptime() }
  }

  async #write(): Promise<void> {
    if (this.#mark === undefined) return
    const { at, boot, uptime } = this.#mark
    const before = this.#written
    // Said before it is done, so that many who ask at once write once.
    this.#written = at
    try {
      await writeDurable(this.#path, JSON.stringify({ at, boot, uptime }), { mode: 0o600 })
    } catch (error) {
      this.#written = before
      throw error
    }
  }
}
