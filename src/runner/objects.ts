// What was put, under the digest that the runner computed itself: plans, envelopes, statements, blobs; 0600, durable. What no accepted
// execution names has a quota and goes oldest first.
import { readdir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { decode } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { type Digest, isDigest, sha256 } from '../base/hash.ts'
import { type Json, JsonError, parseCanonical } from '../base/json.ts'
import { plan, planDigest } from '../plans/plan.ts'
import { envelope, envelopeDigest } from '../seal/envelope.ts'
import type { RunnerRequest } from '../seal/protocol.ts'
import { parseStatement, type Signed, signed, statementDigest } from '../seal/statement.ts'
import { privateDirectory, readRegular, writeDurable } from '../sys/files.ts'

export type ObjectKind = 'plan' | 'envelope' | 'statement' | 'blob'
type PutRequest = Extract<RunnerRequest, { readonly verb: 'put'; readonly kind: ObjectKind }>

export const OBJECT_LIMIT = 1_048_576
export interface Quota {
  readonly bytes: number
  readonly count: number
}
export const QUOTA: Quota = { bytes: 67_108_864, count: 1000 }
/** Uploads that are under way at once; a half one is forgotten when others come. */
const MAX_PARTIAL = 16

interface Stored {
  readonly kind: ObjectKind
  readonly digest: Digest
  readonly size: number
  readonly at: number
}

export class Objects {
  readonly #directory: string
  readonly #quota: Quota
  readonly #partial = new Map<string, Buffer[]>()
  /** Named by an accepted execution: never evicted. */
  readonly #pinned = new Set<string>()
  #order = 0

  constructor(directory: string, quota: Quota = QUOTA) {
    this.#directory = directory
    this.#quota = quota
  }

  async prepare(): Promise<void> {
    for (const kind of ['plan', 'envelope', 'statement', 'blob'] as const)
      await privateDirectory(join(this.#directory, kind))
  }

  /** Takes one chunk; true when the whole is stored. */
  async put(request: PutRequest): Promise<boolean> {
    const { kind, digest, size, offset } = request
    if (await this.has(kind, digest)) {
      await this.#touch(kind, digest)
      return true
    }
    const key = `${kind}/${digest}`
    const chunk = Buffer.from(request.base64, 'base64')
    const had = offset === 0 ? [] : (this.#partial.get(key) ?? [])
    const expected = had.reduce((sum, one) => sum + one.length, 0)
    if (offset !== expected || offset + chunk.length > size)
      throw new SekishoError('runner.chunk_wrong', { expected, offset })
    const all = [...had, chunk]
    this.#partial.delete(key)
    if (expected + chunk.length < size) {
      for (const old of this.#partial.keys()) {
        if (this.#partial.size < MAX_PARTIAL) break
        this.#partial.delete(old)
      }
      this.#partial.set(key, all)
      return false
    }
    await this.store(kind, digest, Buffer.concat(all))
    return true
  }

  async store(kind: ObjectKind, digest: Digest, bytes: Buffer): Promise<void> {
    if (bytes.length > OBJECT_LIMIT)
      throw new SekishoError('input.too_large', { what: kind, limit: OBJECT_LIMIT })
    if (digestOf(kind, bytes) !== digest)
      throw new SekishoError('judge.digest_wrong', { what: `${kind} ${digest}` })
    await this.#makeRoom(bytes.length)
    await writeDurable(this.#path(kind, digest), bytes, { mode: 0o600 })
    await this.#touch(kind, digest)
  }

  /** Stores bytes of the runner's own (diagnostics), pinned from the start. */
  async keep(bytes: Buffer): Promise<Digest> {
    const digest = sha256(bytes)
    this.pin('blob', digest)
    if (!(await this.has('blob', digest)))
      await writeDurable(this.#path('blob', digest), bytes, { mode: 0o600 })
    return digest
  }

  async has(kind: ObjectKind, digest: Digest): Promise<boolean> {
    return (await stat(this.#path(kind, digest)).catch(() => undefined))?.isFile() ?? false
  }

  /** The bytes, hashed again at every reading. Throws runner.object_missing. */
  async read(kind: ObjectKind, digest: Digest): Promise<Buffer> {
    const found = await readRegular(this.#path(kind, digest), OBJECT_LIMIT)
    if (found === undefined) throw new SekishoError('runner.object_missing', { kind, digest })
    const bytes = Buffer.from(found.bytes)
    if (digestOf(kind, bytes) !== digest) throw new SekishoError('judge.digest_wrong', { what: kind })
    return bytes
  }

  async statement(digest: Digest): Promise<Signed> {
    const read = decode(signed, parseCanonical((await this.read('statement', digest)).toString('utf8')))
    if (!read.ok) throw new SekishoError('statement.malformed', { at: read.at, why: read.why })
    return read.value
  }

  /** An accepted execution needs it: it stays. */
  pin(kind: ObjectKind, digest: Digest): void {
    this.#pinned.add(`${kind}/${digest}`)
  }

  /** Oldest first, only what is not pinned. */
  async #makeRoom(size: number): Promise<void> {
    const loose = (await this.#list()).filter(({ kind, digest }) => !this.#pinned.has(`${kind}/${digest}`))
    let bytes = loose.reduce((sum, one) => sum + one.size, size)
    let count = loose.length + 1
    for (const old of loose.toSorted((a, b) => a.at - b.at)) {
      if (bytes <= this.#quota.bytes && count <= this.#quota.count) return
      await rm(this.#path(old.kind, old.digest), { force: true })
      bytes -= old.size
      count -= 1
    }
  }

  async #list(): Promise<readonly Stored[]> {
    const all: Stored[] = []
    for (const kind of ['plan', 'envelope', 'statement', 'blob'] as const) {
      for (const digest of await readdir(join(this.#directory, kind))) {
        const path = join(this.#directory, kind, digest)
        const found = await stat(path).catch(() => undefined)
        if (isDigest(digest) && found !== undefined)
          all.push({ kind, digest, size: found.size, at: found.mtimeMs })
        else await rm(path, { force: true }) // a temporary that a kill left behind
      }
    }
    return all
  }

  /** Order of use by a counter on top of the old time: the wall clock decides nothing here. */
  async #touch(kind: ObjectKind, digest: Digest): Promise<void> {
    if (this.#order === 0)
      this.#order = Math.max(1, ...(await this.#list()).map(({ at }) => Math.ceil(at / 1000)))
    this.#order += 1
    await utimes(this.#path(kind, digest), this.#order, this.#order)
  }

  #path(kind: ObjectKind, digest: Digest): string {
    return join(this.#directory, kind, digest)
  }
}

/** The one digest under which bytes of a kind are stored. Throws when they are not of that kind. */
export function digestOf(kind: ObjectKind, bytes: Buffer): Digest {
  if (kind === 'blob') return sha256(bytes)
  const text = bytes.toString('utf8')
  let value: Json
  try {
    value = parseCanonical(text)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new SekishoError('input.invalid', { field: kind, why: error.message.slice(0, 200) })
  }
  switch (kind) {
    case 'plan': {
      const read = decode(plan, value)
      if (!read.ok) throw new SekishoError('judge.plan_malformed', { at: read.at, why: read.why })
      return planDigest(read.value)
    }
    case 'envelope': {
      const read = decode(envelope, value)
      if (!read.ok) throw new SekishoError('judge.envelope_malformed', { at: read.at, why: read.why })
      return envelopeDigest(read.value)
    }
    case 'statement': {
      const read = decode(signed, value)
      const parsed = read.ok ? parseStatement(read.value.text) : read
      if (!parsed.ok) throw new SekishoError('statement.malformed', { at: parsed.at, why: parsed.why })
      return statementDigest(parsed.value)
    }
  }
}
