// One journal file: append only, each line fsynced before it counts, chained. A torn last line is dropped at opening.
// INVARIANT R2: append returns only after fsync; after a failed write or fsync nothing of it is believed and the file is read again.
// INVARIANT R3: a held lock is let go before a person, a deadline or another's claim is waited for; HOLD_MS without a line end it by
// themselves, whatever hangs in between, and our death at once.
import { constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { type Digest, sha256 } from '../../base/hash.ts'
import type { KillPoint } from '../../base/kill-point.ts'
import { type Clock, instant } from '../../base/time.ts'
import type { JournalBody, JournalLine } from '../../seal/journal.ts'
import { fileError, syncDirectory } from '../../sys/files.ts'
import { FIRST_PREV, lineText, readLines } from './line.ts'

export interface FileDeps {
  readonly clock: Clock
  readonly killPoint: KillPoint
  /** Takes the lock of the open file until the descriptor is closed. Absent where only this process writes the file. */
  readonly lock?: (descriptor: number) => Promise<void>
  /** Gives back the space kept for the journal; true when there was some. */
  readonly releaseReserve?: () => Promise<boolean>
}

/** A lock that nobody uses is given back after this: an act that hangs between two lines must not keep the keeper out. */
const HOLD_MS = 300

export class JournalFile {
  readonly path: string
  readonly #deps: FileDeps
  #lines: JournalLine[] = []
  #size = 0
  #head: Digest = FIRST_PREV
  #start: { seq: number; prev: Digest } = { seq: 0, prev: FIRST_PREV }
  #exists = false
  #tail: Promise<unknown> = Promise.resolve()
  #damage: string | undefined
  #isHolding = false
  #held: FileHandle | undefined
  #idle: NodeJS.Timeout | undefined

  private constructor(path: string, deps: FileDeps) {
    this.path = path
    this.#deps = deps
  }

  /** Reads what is there; drops a torn last line. `after`: this file goes on where another one ended. */
  static async open(
    path: string,
    deps: FileDeps,
    after?: { readonly seq: number; readonly prev: Digest },
  ): Promise<JournalFile> {
    const file = new JournalFile(path, deps)
    if (after !== undefined) {
      file.#start = after
      file.#head = after.prev
    }
    await file.#withFile(false, async (handle) => file.#read(handle))
    return file
  }

  get lines(): readonly JournalLine[] {
    return this.#lines
  }
  get exists(): boolean {
    return this.#exists
  }
  /** What is wrong with it besides a torn last line. Such a file is never written again. */
  get damage(): string | undefined {
    return this.#damage
  }

  /**
   * Appends one line, durably. With `expected` (the number of lines the caller has seen) it answers undefined instead when
   * somebody else has written in between: the caller looks again and decides anew.
   */
  append(key: string, body: JournalBody, expected?: number): Promise<JournalLine | undefined> {
    const next = this.#tail.then(() => this.#append(key, body, expected))
    this.#tail = next.catch(() => {})
    return next
  }

  /** Learns of lines that another process has written. */
  refresh(): Promise<void> {
    const next = this.#tail.then(async () => {
      if (await this.#isAsKnown()) return
      await this.#withFile(false, (handle) => this.#read(handle))
    })
    this.#tail = next.catch(() => {})
    return next
  }

  /**
   * The lock that the next line takes is kept for the lines after it, until `letGo` or HOLD_MS without a line: asking for it
   * starts a program, and a line of bookkeeping costs less than that.
   */
  hold(): void {
    this.#isHolding = true
  }

  letGo(): Promise<void> {
    const next = this.#tail.then(() => this.#letGo())
    this.#tail = next.catch(() => {})
    return next
  }

  async #letGo(): Promise<void> {
    this.#isHolding = false
    clearTimeout(this.#idle)
    const held = this.#held
    this.#held = undefined
    await held?.close()
  }

  /** Lines are only added: a file of the size that we know holds nothing that we do not, and needs no lock to say so. */
  async #isAsKnown(): Promise<boolean> {
    if (!this.#exists || this.#damage !== undefined) return false
    const there = await lstat(this.path).catch(() => undefined)
    return there?.isFile() === true && there.size === this.#size
  }

  /** Digest of the bytes as they are, damaged or not. */
  async bytesDigest(): Promise<Digest> {
    const handle = await open(this.path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      return sha256(await handle.readFile())
    } finally {
      await handle.close()
    }
  }

  async #append(key: string, body: JournalBody, expected?: number): Promise<JournalLine | undefined> {
    return this.#withFile(true, async (handle) => {
      if ((await handle.stat()).size !== this.#size) await this.#read(handle)
      if (this.#damage !== undefined)
        throw new SekishoError('runner.journal_damaged', { path: this.path, why: this.#damage })
      if (expected !== undefined && this.#lines.length !== expected) return undefined
      const { clock, killPoint } = this.#deps
      const line: JournalLine = {
        v: 1,
        seq: this.#start.seq + this.#lines.length + 1,
        prev: this.#head,
        boot: clock.boot(),
        uptime: clock.uptime(),
        at: instant(clock.now()),
        key,
        body,
      }
      const text = lineText(line)
      const bytes = Buffer.from(`${text}\n`)
      killPoint(`journal.${body.kind}.before`)
      await this.#write(handle, bytes)
      this.#lines.push(line)
      this.#size += bytes.length
      this.#head = sha256(text)
      killPoint(`journal.${body.kind}.after`)
      return line
    })
  }

  async #write(handle: FileHandle, bytes: Buffer): Promise<void> {
    try {
      await writeWhole(handle, bytes, this.#size)
    } catch (cause) {
      // What came of the line is taken back; it was never acknowledged.
      await handle.truncate(this.#size).catch(() => {})
      const failure = fileError(this.path, cause)
      if (failure.code !== 'file.no_space' || !(await this.#deps.releaseReserve?.())) throw failure
      await writeWhole(handle, bytes, this.#size).catch(async (again: unknown) => {
        await handle.truncate(this.#size).catch(() => {})
        throw fileError(this.path, again)
      })
    }
  }

  async #read(handle: FileHandle | undefined): Promise<void> {
    if (handle === undefined) return
    const bytes = await readWhole(handle)
    const read = readLines(bytes, this.#start)
    this.#lines = [...read.lines]
    this.#head = read.head
    this.#size = read.size
    this.#damage = read.damage === undefined ? undefined : `line ${read.damage.line}: ${read.damage.why}`
    if (read.damage === undefined && read.tornBytes > 0) {
      await handle.truncate(read.size)
      await handle.sync()
    }
  }

  async #withFile<T>(make: true, work: (handle: FileHandle) => Promise<T>): Promise<T>
  async #withFile(make: false, work: (handle: FileHandle) => Promise<void>): Promise<void>
  async #withFile<T>(make: boolean, work: (handle: FileHandle) => Promise<T>): Promise<T | undefined> {
    clearTimeout(this.#idle)
    const handle = this.#held ?? (await this.#openLocked(make))
    this.#held = undefined
    if (handle === undefined) return undefined
    let isSound = false
    try {
      const result = await work(handle)
      isSound = true
      return result
    } finally {
      if (isSound && this.#isHolding) this.#keep(handle)
      else await handle.close()
    }
  }

  #keep(handle: FileHandle): void {
    this.#held = handle
    this.#idle = setTimeout(() => void this.letGo().catch(() => {}), HOLD_MS)
    this.#idle.unref()
  }

  /** Undefined where there is no file and none is to be made. */
  async #openLocked(make: boolean): Promise<FileHandle | undefined> {
    const flags = constants.O_RDWR | constants.O_NOFOLLOW | (make ? constants.O_CREAT : 0)
    let handle: FileHandle
    try {
      handle = await open(this.path, flags, 0o600)
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (!make && code === 'ENOENT') return undefined
      if (make && code === 'ENOSPC' && (await this.#deps.releaseReserve?.())) return this.#openLocked(true)
      throw fileError(this.path, cause)
    }
    try {
      if (!this.#exists && make) await syncDirectory(dirname(this.path))
      this.#exists = true
      await this.#deps.lock?.(handle.fd)
      return handle
    } catch (cause) {
      await handle.close()
      throw cause
    }
  }
}

async function writeWhole(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done)
    done += bytesWritten
  }
  await handle.sync()
}

/** From its beginning, wherever an earlier reading of the same descriptor ended. */
async function readWhole(handle: FileHandle): Promise<Buffer> {
  const bytes = Buffer.alloc((await handle.stat()).size)
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes.subarray(0, done)
}
