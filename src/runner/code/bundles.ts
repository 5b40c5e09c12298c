// Bundles of commits on their way in: piece by piece into a file, and counted only once the whole has the digest under which it was announced.
// A transfer that broke goes on where it stopped. What nobody staged in time goes; all of them together have a limit, and what one actor sends has one of its own.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, copyFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import { enough } from '../../room/place.ts'
import { BUNDLE_MAX, type BundlePart } from '../../seal/protocol.ts'
import { privateDirectory } from '../../sys/files.ts'

/** Of all that wait together: the whole ones with their size, the others with the size that was announced. */
const TOGETHER = 2 * BUNDLE_MAX
/** Of what one actor sends at a time: it fills no more than half, so that another one can always send too. */
const OF_ONE = BUNDLE_MAX
/** Without a piece for so long, one gives way to another one of the same actor. */
const IDLE_MS = 60_000
/** A small file takes its blocks and its inode too. */
const COUNTS_AT_LEAST = 65_536
/** So long one waits for its next piece, or to be staged. */
const WAITS_MS = 3_600_000

export interface BundleTaken {
  /** The whole is here. */
  readonly stored: boolean
  /** So many bytes of it are here: where the next piece begins. */
  readonly had: number
}

interface Sent {
  /** As it was announced. */
  readonly size: number
  readonly by: string
}

export class Bundles {
  readonly #directory: string
  readonly #now: () => number
  readonly #enough: typeof enough
  /** By path. After a restart it is not known until the next piece comes. */
  readonly #sent = new Map<string, Sent>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(directory: string, now: () => number, enoughRoom = enough) {
    this.#directory = directory
    this.#now = now
    this.#enough = enoughRoom
  }

  async prepare(): Promise<void> {
    await privateDirectory(this.#directory)
  }

  /**
   * Takes one piece, one after the other; of one that is here in part already, what is new. Throws runner.chunk_wrong, runner.quota, room.no_space,
   * room.no_inodes, judge.digest_wrong.
   */
  put(piece: BundlePart): Promise<BundleTaken> {
    const done = this.#last.then(() => this.#put(piece))
    this.#last = done.catch(() => undefined)
    return done
  }

  async #put({ digest, size, offset, base64, by }: BundlePart): Promise<BundleTaken> {
    const whole = this.#whole(digest)
    if ((await sizeOf(whole)) === size) return { stored: true, had: size }
    const part = `${whole}.part`
    const isAnnounced = (this.#sent.get(part)?.size ?? size) === size
    if (offset === 0 && !(isAnnounced && ((await sizeOf(part)) ?? 0) > 0)) {
      await this.#makeRoom(part, size, by)
      await this.#remove(part)
    }
    const had = (await sizeOf(part)) ?? 0
    const bytes = Buffer.from(base64, 'base64')
    if ((offset > 0 && !isAnnounced) || offset > had || Math.max(had, offset + bytes.length) > size)
      throw new SekishoError('runner.chunk_wrong', { expected: had, offset })
    const fresh = bytes.subarray(had - offset)
    this.#enough(this.#directory, { bytes: size - had, files: 1 })
    this.#sent.set(part, this.#sent.get(part) ?? { size, by })
    await appendFile(part, fresh, { mode: 0o600 })
    const has = had + fresh.length
    if (has < size) return { stored: false, had: has }
    const found = await digestOf(part)
    if (found !== digest) {
      await this.#remove(part)
      throw new SekishoError('judge.digest_wrong', { what: `bundle ${digest}` })
    }
    await rename(part, whole)
    this.#sent.delete(part)
    this.#sent.set(whole, { size, by })
    return { stored: true, had: size }
  }

  /** Gives the whole to whoever stages it: it lies at `path` then, and no more here. Throws deploy.bundle_missing. */
  async take(digest: Digest, path: string): Promise<void> {
    const whole = this.#whole(digest)
    if ((await sizeOf(whole)) === undefined)
      throw new SekishoError('deploy.bundle_missing', { why: digest.slice(0, 12) })
    this.#sent.delete(whole)
    await rename(whole, path).catch(async () => {
      // On another volume.
      await copyFile(whole, path)
      await rm(whole, { force: true })
    })
  }

  /** What nobody staged in time, and what a kill left half. */
  async sweep(): Promise<void> {
    for (const { path, at } of await this.#list()) if (this.#isOver(at)) await this.#remove(path)
  }

  /**
   * What waited too long goes, then what the same actor has left half and idle, then the oldest whole ones, its own first, until this one fits. One that is
   * still coming stays. Throws runner.quota.
   */
  async #makeRoom(part: string, size: number, by: string): Promise<void> {
    const others = (await this.#list()).filter(({ path }) => path !== part)
    for (const { path, at } of others) if (this.#isOver(at)) await this.#remove(path)
    let all = others.filter(({ at }) => !this.#isOver(at)).toSorted((a, b) => a.at - b.at)
    const remove = async (one: (typeof all)[number]) => {
      await this.#remove(one.path)
      all = all.filter((other) => other !== one)
    }
    const own = Math.max(size, COUNTS_AT_LEAST)
    const coming = () => all.filter(({ isWhole }) => !isWhole)
    const ofActor = () => coming().filter((one) => one.by === by)
    for (const one of ofActor())
      if (sumOf(ofActor()) + own > OF_ONE && this.#now() - one.at >= IDLE_MS) await remove(one)
    if (sumOf(ofActor()) + own > OF_ONE) throw new SekishoError('runner.quota', { limit: OF_ONE })
    if (sumOf(coming()) + own > TOGETHER) throw new SekishoError('runner.quota', { limit: TOGETHER })
    const whole = all.filter(({ isWhole }) => isWhole)
    for (const one of [...whole.filter((each) => each.by === by), ...whole.filter((each) => each.by !== by)])
      if (sumOf(all) + own > TOGETHER) await remove(one)
  }

  #isOver(at: number): boolean {
    return this.#now() - at >= WAITS_MS
  }

  async #remove(path: string): Promise<void> {
    await rm(path, { force: true })
    this.#sent.delete(path)
  }

  async #list() {
    const found = await Promise.all(
      (await readdir(this.#directory)).map(async (name) => {
        const path = join(this.#directory, name)
        const file = await stat(path).catch(() => undefined)
        if (file === undefined || !isDigest(name.replace(/\.part$/, ''))) return []
        const isWhole = !name.endsWith('.part')
        const sent = this.#sent.get(path)
        const size = isWhole ? file.size : (sent?.size ?? BUNDLE_MAX)
        const counts = Math.max(size, COUNTS_AT_LEAST)
        return [{ path, isWhole, counts, at: file.mtimeMs, by: sent?.by }]
      }),
    )
    return found.flat()
  }

  #whole(digest: Digest): string {
    return join(this.#directory, digest)
  }
}

function sumOf(all: readonly { readonly counts: number }[]): number {
  return all.reduce((sum, { counts }) => sum + counts, 0)
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
