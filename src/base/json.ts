// The total JSON type, canonical bytes (RFC 8785), and a strict parser for what is hashed.
// What is hashed holds no floats, no big integers and no lone surrogates: two writers must give the same bytes.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** Why a value or a text is not canonical JSON; `at` is a path such as `$.actions[0].files`. */
export class JsonError extends Error {
  override name = 'JsonError'
  readonly at: string
  constructor(message: string, at: string) {
    // The engine's own message quotes the text that it could not read, and may cut a pair in two.
    super(`${message} at ${at}`.toWellFormed())
    this.at = at.toWellFormed()
  }
}

/**
 * RFC 8785 text of a value. Only safe integers are allowed as numbers (a float is written as a string by the caller),
 * absent is absent (`undefined` is refused), strings must be well-formed Unicode.
 */
export function canonical(value: Json): string {
  return write(value, [])
}

/** Deeper than any record of ours, and far from the end of the stack. */
const MAX_DEPTH = 64

/** `path` is one list for the whole walk, turned into text only where something is wrong: this is the hottest loop of the ledger. */
function write(value: Json, path: (string | number)[]): string {
  if (value === null) return 'null'
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new JsonError('a string with a lone surrogate', place(path))
    return JSON.stringify(value)
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0))
      throw new JsonError('a number that is not a safe integer', place(path))
    return String(value)
  }
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value !== 'object') throw new JsonError(`a value of type ${typeof value}`, place(path))
  if (path.length > MAX_DEPTH) throw new JsonError('nested too deeply', place(path).slice(0, 100))
  return Array.isArray(value) ? writeList(value, path) : writeObject(value as JsonObject, path)
}

function writeList(list: readonly Json[], path: (string | number)[]): string {
  let text = '['
  for (let i = 0; i < list.length; i++) {
    path.push(i)
    text += (i === 0 ? '' : ',') + write(list[i] as Json, path)
    path.pop()
  }
  return `${text}]`
}

function writeObject(object: JsonObject, path: (string | number)[]): string {
  // RFC 8785 §3.2.3: members sorted by UTF-16 code units, which is what sort() does on strings.
  const keys = Object.keys(object).sort()
  let text = '{'
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    if (!key.isWellFormed()) throw new JsonError('a key with a lone surrogate', place(path))
    path.push(key)
    text += `${i === 0 ? '' : ','}${JSON.stringify(key)}:${write(object[key] as Json, path)}`
    path.pop()
  }
  return `${text}}`
}

function place(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (at, step) => (typeof step === 'number' ? `${at}[${step}]` : `${at}.${step}`),
    '$',
  )
}

/**
 * Parses text that must already be canonical: whatever does not come back byte for byte is refused (duplicate keys,
 * spaces, floats, other escapes, other order). Throws JsonError.
 */
export function parseCanonical(text: string): Json {
  const value = parseJson(text)
  if (canonical(value) !== text) throw new JsonError('JSON that is not in canonical form (RFC 8785)', '$')
  return value
}

/** JSON.parse with our error. Duplicate keys pass here; use parseCanonical for what is hashed. */
export function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw new JsonError(`text that is not JSON (${(cause as Error).message})`, '$')
  }
}

export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
