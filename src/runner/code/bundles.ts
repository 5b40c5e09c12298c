// Bundles of commits on their way in: piece by piece into a file, and counted only once the whole has the digest under which it was announced.
// What nobody staged in time goes, and all of them together have a limit.
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
/** A small file takes its blocks and its inode too. */
const COUNTS_AT_LEAST = 65_536
/** So long one waits for its next piece, or to be staged. */
const WAITS_MS = 3_600_000

export class Bundles {
  readonly #directory: string
  readonly #now: () => number
  readonly #enough: typeof enough
  /** The size that was announced, by the path of a part. After a restart it is not known until the next piece comes. */
  readonly #announced = new Map<string, number>()
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
   * Takes one piece, one after the other; true when the whole is here. Throws runner.chunk_wrong, runner.quota, room.no_space, room.no_inodes,
   * judge.digest_wrong.
   */
  put(piece: BundlePart): Promise<boolean> {
    const done = this.#last.then(() => this.#put(piece))
    this.#last = done.catch(() => undefined)
    return done
  }

  async #put({ digest, size, offset, base64 }: BundlePart): Promise<boolean> {
    if ((await sizeOf(this.#whole(digest))) === size) return true
    const part = `${this.#whole(digest)}.part`
    if (offset === 0) {
      await this.#makeRoom(part, size)
      await this.#remove(part)
    }
    const had = (await sizeOf(part)) ?? 0
    const bytes = Buffer.from(base64, 'base64')
    const isAnnounced = offset === 0 || (this.#announced.get(part) ?? size) === size
    if (!isAnnounced || offset !== had || had + bytes.length > size)
      throw new SekishoError('runner.chunk_wrong', { expected: had, offset })
    this.#enough(this.#directory, { bytes: size - had, files: 1 })
    this.#announced.set(part, size)
    await appendFile(part, bytes, { mode: 0o600 })
    if (had + bytes.length < size) return false
    const found = await digestOf(part)
    if (found !== digest) {
      await this.#remove(part)
      throw new SekishoError('judge.digest_wrong', { what: `bundle ${digest}` })
    }
    await rename(part, this.#whole(digest))
    this.#announced.delete(part)
    return true
  }

  /** Gives the whole to whoever stages it: it lies at `path` then, and no more here. Throws deploy.bundle_missing. */
  async take(digest: Digest, path: string): Promise<void> {
    const whole = this.#whole(digest)
    if ((await sizeOf(whole)) === undefined)
      throw new SekishoError('deploy.bundle_missing', { why: digest.slice(0, 12) })
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

  /** What waited too long goes, then the oldest whole ones, until this one fits. One that is still coming stays. Throws runner.quota. */
  async #makeRoom(part: string, size: number): Promise<void> {
    const others = (await this.#list()).filter(({ path }) => path !== part)
    for (const { path, at } of others) if (this.#isOver(at)) await this.#remove(path)
    const all = others.filter(({ at }) => !this.#isOver(at))
    const own = Math.max(size, COUNTS_AT_LEAST)
    if (sumOf(all.filter(({ isWhole }) => !isWhole)) + own > TOGETHER)
      throw new SekishoError('runner.quota', { limit: TOGETHER })
    let bytes = sumOf(all) + own
    for (const one of all.filter(({ isWhole }) => isWhole).toSorted((a, b) => a.at - b.at)) {
      if (bytes <= TOGETHER) break
      await this.#remove(one.path)
      bytes -= one.counts
    }
  }

  #isOver(at: number): boolean {
    return this.#now() - at >= WAITS_MS
  }

  async #remove(path: string): Promise<void> {
    await rm(path, { force: true })
    this.#announced.delete(path)
  }

  async #list() {
    const found = await Promise.all(
      (await readdir(this.#directory)).map(async (name) => {
        const path = join(this.#directory, name)
        const file = await stat(path).catch(() => undefined)
        if (file === undefined || !isDigest(name.replace(/\.part$/, ''))) return []
        const isWhole = !name.endsWith('.part')
        const size = isWhole ? file.size : (this.#announced.get(path) ?? BUNDLE_MAX)
        return [{ path, isWhole, counts: Math.max(size, COUNTS_AT_LEAST), at: file.mtimeMs }]
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
