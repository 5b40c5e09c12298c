// Total decoders for what crosses a trust border where no schema library may live (runner, seal). Unknown fields are refused,
// absent is absent, nothing throws at the caller: `decode` answers.
import { isObject, type Json, type JsonObject } from './json.ts'

export type Decoder<T> = (value: unknown, at: string) => T

/** `why` of a field that is not there: what an older release wrote says this of whatever has come since. */
export const MISSING = 'missing'

export class DecodeError extends Error {
  override name = 'DecodeError'
  readonly at: string
  readonly why: string
  constructor(at: string, why: string) {
    super(`${at}: ${why}`)
    this.at = at
    this.why = why
  }
}

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly at: string; readonly why: string }

export function decode<T>(decoder: Decoder<T>, value: unknown): Decoded<T> {
  try {
    return { ok: true, value: decoder(value, '$') }
  } catch (error) {
    if (error instanceof DecodeError) return { ok: false, at: error.at, why: error.why }
    if (error instanceof RangeError) return { ok: false, at: '$', why: 'nested too deeply' }
    throw error
  }
}

const fail = (at: string, why: string): never => {
  throw new DecodeError(at, why)
}

export function text(options: { max?: number; pattern?: RegExp; what?: string } = {}): Decoder<string> {
  const { max = 65_536, pattern, what = 'text' } = options
  return (value, at) => {
    if (typeof value !== 'string') return fail(at, `${what} expected`)
    if (value.length > max) return fail(at, `longer than ${max}`)
    if (!value.isWellFormed()) return fail(at, 'a lone surrogate')
    if (pattern && !pattern.test(value)) return fail(at, `not ${what}`)
    return value
  }
}

export function matching<T extends string>(is: (value: unknown) => value is T, what: string): Decoder<T> {
  return (value, at) => (is(value) ? value : fail(at, `not ${what}`))
}

/** Minus zero is refused: it has no text of its own. */
export function integer(min = 0, max = Number.MAX_SAFE_INTEGER): Decoder<number> {
  return (value, at) =>
    typeof value === 'number' &&
    Number.isSafeInteger(value) &&
    !Object.is(value, -0) &&
    value >= min &&
    value <= max
      ? value
      : fail(at, `a whole number from ${min} to ${max} expected`)
}

export const boolean: Decoder<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : fail(at, 'true or false expected')

export function literal<const T extends string | number | boolean>(...allowed: readonly T[]): Decoder<T> {
  return (value, at) => {
    for (const one of allowed) if (one === value) return one
    return fail(at, `one of ${allowed.join(', ')} expected`)
  }
}

export function list<T>(item: Decoder<T>, max = 1000): Decoder<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) return fail(at, 'a list expected')
    if (value.length > max) return fail(at, `more than ${max} items`)
    return value.map((one, i) => item(one, `${at}[${i}]`))
  }
}

/** A field that may be absent (never null, never undefined). */
export interface Optional<T> {
  readonly optional: Decoder<T>
}
export function optional<T>(decoder: Decoder<T>): Optional<T> {
  return { optional: decoder }
}

type Fields = { readonly [key: string]: Decoder<unknown> | Optional<unknown> }
type RequiredKeys<F extends Fields> = { [K in keyof F]: F[K] extends Optional<unknown> ? never : K }[keyof F]
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends Optional<unknown> ? K : never }[keyof F]
type Shape<F extends Fields> = {
  readonly [K in RequiredKeys<F>]: F[K] extends Decoder<infer T> ? T : never
} & { readonly [K in OptionalKeys<F>]?: F[K] extends Optional<infer T> ? T : never }

export function object<F extends Fields>(fields: F): Decoder<Shape<F>> {
  const names = Object.keys(fields)
  return (value, at) => {
    if (!isObject(value)) return fail(at, 'an object expected')
    for (const key of Object.keys(value))
      if (!Object.hasOwn(fields, key)) fail(`${at}.${key}`, 'unknown field')
    const result: Record<string, unknown> = {}
    for (const name of names) {
      const field = fields[name] as Decoder<unknown> | Optional<unknown>
      const present = Object.hasOwn(value, name)
      if (typeof field === 'function') {
        if (!present) fail(`${at}.${name}`, MISSING)
        result[name] = field(value[name], `${at}.${name}`)
      } else if (present) {
        result[name] = field.optional(value[name], `${at}.${name}`)
      }
    }
    return result as Shape<F>
  }
}

/** A closed union told apart by one field, such as `kind` or `type`. */
export function union<D extends string, T extends { readonly [K in D]: string }>(
  field: D,
  cases: { readonly [K in T[D]]: Decoder<Extract<T, { readonly [P in D]: K }>> },
): Decoder<T> {
  return (value, at) => {
    if (!isObject(value)) return fail(at, 'an object expected')
    const kind = value[field]
    if (typeof kind !== 'string' || !Object.hasOwn(cases, kind))
      return fail(`${at}.${field}`, `one of ${Object.keys(cases).join(', ')} expected`)
    return (cases as Record<string, Decoder<T>>)[kind]?.(value, at) ?? fail(at, 'no such case')
  }
}

/** An object with free keys of one value kind. */
export function record<T>(item: Decoder<T>, key: RegExp, max = 200): Decoder<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (!isObject(value)) return fail(at, 'an object expected')
    const entries = Object.entries(value)
    if (entries.length > max) return fail(at, `more than ${max} fields`)
    return Object.fromEntries(
      entries.map(([name, one]) => [
        key.test(name) ? name : fail(`${at}.${name}`, 'not an allowed name'),
        item(one, `${at}.${name}`),
      ]),
    )
  }
}

/** Facts of a check: any object of JSON, which a reader decodes field by field. */
export const jsonObject: Decoder<JsonObject> = (value, at) =>
  isObject(value as Json) ? (value as JsonObject) : fail(at, 'an object expected')
