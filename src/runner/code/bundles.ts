// Bundles of commits on their way in: piece by piece into a file, and counted only once the whole has the digest under which it was announced.
// What nobody staged in time goes, and all of them together have a limit.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, copyFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import { enough } from '../../room/place.ts'
import type { BundlePart } from '../../seal/protocol.ts'
import { privateDirectory } from '../../sys/files.ts'

/** Of all that wait together, whole or not. */
const TOGETHER = 2 * 268_435_456
/** So long one waits for its next piece, or to be staged. */
const WAITS_MS = 3_600_000

export class Bundles {
  readonly #directory: string
  readonly #now: () => number

  constructor(directory: string, now: () => number) {
    this.#directory = directory
    this.#now = now
  }

  async prepare(): Promise<void> {
    await privateDirectory(this.#directory)
  }

  /** Takes one piece; true when the whole is here. Throws runner.chunk_wrong, room.no_space, judge.digest_wrong. */
  async put({ digest, size, offset, base64 }: BundlePart): Promise<boolean> {
    if ((await sizeOf(this.#whole(digest))) === size) return true
    const part = `${this.#whole(digest)}.part`
    if (offset === 0) {
      await rm(part, { force: true })
      await this.#makeRoom(size)
    }
    const had = (await sizeOf(part)) ?? 0
    const bytes = Buffer.from(base64, 'base64')
    if (offset !== had || had + bytes.length > size)
      throw new SekishoError('runner.chunk_wrong', { expected: had, offset })
    await appendFile(part, bytes, { mode: 0o600 })
    if (had + bytes.length < size) return false
    const found = await digestOf(part)
    if (found !== digest) {
      await rm(part, { force: true })
      throw new SekishoError('judge.digest_wrong', { what: `bundle ${digest}` })
    }
    await rename(part, this.#whole(digest))
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
    for (const { path, at } of await this.#list())
      if (this.#now() - at >= WAITS_MS) await rm(path, { force: true })
  }

  /** What waited too long goes, then the oldest, until this one fits. */
  async #makeRoom(size: number): Promise<void> {
    const all = await this.#list()
    let bytes = all.reduce((sum, one) => sum + one.size, size)
    for (const { path, size: own, at } of all.toSorted((a, b) => a.at - b.at)) {
      if (bytes <= TOGETHER && this.#now() - at < WAITS_MS) break
      await rm(path, { force: true })
      bytes -= own
    }
    enough(this.#directory, { bytes: size, files: 1 })
  }

  async #list() {
    const found = await Promise.all(
      (await readdir(this.#directory)).map(async (name) => {
        const path = join(this.#directory, name)
        const file = await stat(path).catch(() => undefined)
        const isOurs = isDigest(name.replace(/\.part$/, ''))
        return file === undefined || !isOurs ? [] : [{ path, size: file.size, at: file.mtimeMs }]
      }),
    )
    return found.flat()
  }

  #whole(digest: Digest): string {
    return join(this.#directory, digest)
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
