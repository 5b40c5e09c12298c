// Takes known secret values out of text before it leaves the runner, also where a value lies across two chunks.
// INVARIANT I12: no secret that the runner handled appears in journal, blobs or answers.
import type { Json, JsonObject } from '../base/json.ts'

export const REDACTED = '[secret]'
/** Shorter values would take ordinary words out of every text; they are not looked for, and the docs say so. */
export const SHORTEST = 6

/** The forms in which a value shows up: as it is, in JSON, percent-encoded, base64 at its three alignments' common part. */
export function needlesOf(values: readonly Buffer[]): readonly Buffer[] {
  const all = new Map<string, Buffer>()
  const add = (bytes: Buffer) => {
    if (bytes.length >= SHORTEST) all.set(bytes.toString('latin1'), bytes)
  }
  for (const value of values) {
    const bytes = trimmed(value)
    add(bytes)
    const text = bytes.toString('utf8')
    if (!text.isWellFormed() || text.includes('\ufffd')) continue
    add(Buffer.from(JSON.stringify(text).slice(1, -1)))
    add(Buffer.from(encodeURIComponent(text)))
    for (const shift of [0, 1, 2]) add(base64Core(bytes, shift))
    for (const line of text.split('\n')) add(trimmed(Buffer.from(line)))
  }
  // Longest first: a value that holds another one is taken out whole.
  return [...all.values()].sort((a, b) => b.length - a.length)
}

function trimmed(value: Buffer): Buffer {
  let end = value.length
  while (end > 0 && (value[end - 1] === 0x0a || value[end - 1] === 0x0d)) end -= 1
  return value.subarray(0, end)
}

/** The characters of base64 that depend on this value alone, when it starts `shift` bytes into a group of three. */
function base64Core(bytes: Buffer, shift: number): Buffer {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const from = shift === 0 ? 0 : shift + 1
  const whole = Math.floor(((shift + bytes.length) * 8) / 6)
  return Buffer.from(text.slice(from, whole))
}

export class Redactor {
  readonly #needles: readonly Buffer[]
  readonly #longest: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(values: readonly Buffer[]) {
    this.#needles = needlesOf(values)
    this.#longest = Math.max(0, ...this.#needles.map((one) => one.length))
  }

  /** Gives back what is certain; the end that may be the beginning of a secret stays for the next chunk. */
  push(chunk: Buffer): Buffer {
    const bytes = Buffer.concat([this.#rest, chunk])
    const out: Buffer[] = []
    let at = 0
    for (;;) {
      const found = this.#first(bytes, at)
      if (found === undefined) break
      // A longer secret that starts earlier could still be coming in: wait for it.
      if (found.at > bytes.length - this.#longest && this.#mayStartBy(bytes, at, found.at)) break
      out.push(bytes.subarray(at, found.at), Buffer.from(REDACTED))
      at = found.at + found.length
    }
    const keep = Math.max(at, this.#openFrom(bytes, at))
    out.push(bytes.subarray(at, keep))
    this.#rest = Buffer.from(bytes.subarray(keep))
    return Buffer.concat(out)
  }

  end(): Buffer {
    const rest = this.#rest
    this.#rest = Buffer.alloc(0)
    return this.#replaceAll(rest)
  }

  #first(bytes: Buffer, from: number): { readonly at: number; readonly length: number } | undefined {
    let best: { at: number; length: number } | undefined
    for (const needle of this.#needles) {
      const at = bytes.indexOf(needle, from)
      if (at >= 0 && (best === undefined || at < best.at)) best = { at, length: needle.length }
    }
    return best
  }

  #mayStartBy(bytes: Buffer, from: number, before: number): boolean {
    return this.#openFrom(bytes, from) <= before
  }

  /** The earliest place from which the rest is a proper beginning of some secret. */
  #openFrom(bytes: Buffer, from: number): number {
    for (let at = Math.max(from, bytes.length - this.#longest + 1); at < bytes.length; at++) {
      const rest = bytes.subarray(at)
      if (this.#needles.some((one) => one.length > rest.length && one.subarray(0, rest.length).equals(rest)))
        return at
    }
    return bytes.length
  }

  #replaceAll(bytes: Buffer): Buffer {
    const out: Buffer[] = []
    let at = 0
    for (let found = this.#first(bytes, at); found !== undefined; found = this.#first(bytes, at)) {
      out.push(bytes.subarray(at, found.at), Buffer.from(REDACTED))
      at = found.at + found.length
    }
    out.push(bytes.subarray(at))
    return Buffer.concat(out)
  }
}

export function redact(text: string, values: readonly Buffer[]): string {
  const redactor = new Redactor(values)
  return Buffer.concat([redactor.push(Buffer.from(text)), redactor.end()]).toString('utf8')
}

/** The end of a longer text, of which `lead` is what stands before it: a value of which only the last part would be shown is taken out, too. */
export function redactEnd(lead: Buffer, end: Buffer, values: readonly Buffer[]): Buffer {
  const redactor = new Redactor(values)
  redactor.push(lead)
  return Buffer.concat([redactor.push(end), redactor.end()])
}

/** The same in every text and every name of a value: numbers and words of the format stay what they are, so it stays JSON. */
export function redactJson(value: JsonObject, values: readonly Buffer[]): JsonObject {
  const redactor = new Redactor(values)
  const clean = (text: string) =>
    Buffer.concat([redactor.push(Buffer.from(text)), redactor.end()]).toString('utf8')
  const walk = (one: Json): Json => {
    if (typeof one === 'string') return clean(one)
    if (Array.isArray(one)) return one.map((each: Json) => walk(each))
    return typeof one === 'object' && one !== null ? ofObject(one as JsonObject) : one
  }
  const ofObject = (of: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(of).map(([key, each]) => [clean(key), walk(each)]))
  return ofObject(value)
}
