// What an expression of a script may be: text, a list, a record, a module or function by its full name; and where it came from.
import { originsOf as holes, type Origin, opaque, type Stream } from '../stream.ts'
import { ANY, COMPONENT, concat, distinct, literal, type Piece, type Value } from '../value.ts'

export interface Code {
  /** Every text that it may be; undefined when it is not known. */
  readonly values?: readonly Value[]
  readonly origins?: readonly Origin[]
  readonly list?: readonly Code[]
  readonly fields?: ReadonlyMap<string, Code>
  /** `os.system`, `fs.promises`; `@path` and `@file` for what a call made. */
  readonly name?: string
  /** What a method is called on. */
  readonly base?: Code
}

export const NONE: Code = {}
export const textOf = (...values: readonly string[]): Code => ({
  values: values.map((one) => (one === '' ? [] : [one])),
})
export const valueOf = (...values: readonly Value[]): Code => ({ values })
export const named = (name: string): Code => ({ name })

/** The one text that it is. */
export function plain(code: Code | undefined): string | undefined {
  const only = code?.values?.length === 1 ? code.values[0] : undefined
  return only === undefined ? undefined : literal(only)
}

const UNKNOWN_VALUES: readonly Value[] = [[ANY]]
export const valuesOf = (code: Code | undefined): readonly Value[] => code?.values ?? UNKNOWN_VALUES

export function originsOf(...codes: readonly (Code | undefined)[]): readonly Origin[] {
  const all: Origin[] = []
  for (const code of codes) {
    if (code === undefined) continue
    if (code.origins !== undefined) all.push(...code.origins)
    if (code.base?.origins !== undefined) all.push(...code.base.origins)
    for (const one of code.list ?? []) if (one.origins !== undefined) all.push(...one.origins)
  }
  return all.slice(0, 16)
}

const withOrigins = (code: Code, origins: readonly Origin[]): Code =>
  origins.length === 0 ? code : { ...code, origins }

/** A text of more pieces is no longer put together. */
const PIECES = 256

/** One text after the other. */
export function joined(a: Code, b: Code): Code {
  const origins = originsOf(a, b)
  if (a.list !== undefined && b.list !== undefined)
    return withOrigins({ list: [...a.list, ...b.list].slice(0, 200) }, origins)
  if (a.values === undefined && b.values === undefined) return withOrigins(NONE, origins)
  const known = valuesOf(a)
  if (known.some(({ length }) => length > PIECES))
    return withOrigins({ values: [opaque({ origins: known.flatMap(holes) })] }, origins)
  const values = distinct(known.flatMap((one) => valuesOf(b).map((two) => concat(one, two))))
  return withOrigins({ values }, origins)
}

/** Either. */
export function either(a: Code, b: Code): Code {
  if (a === NONE) return b
  if (b === NONE) return a
  const origins = originsOf(a, b)
  if (a.values !== undefined && b.values !== undefined)
    return withOrigins(
      { values: distinct([...a.values, ...b.values]), ...(a.name === undefined ? {} : { name: a.name }) },
      origins,
    )
  const one = a.values ?? a.list ?? a.name ?? a.fields
  return withOrigins(one === undefined ? b : a, origins)
}

/** What a name begins with that leads back to a kit of a cloud, a cluster or an engine. */
export const FROM_KIT =
  /^(?:boto3|aioboto3|botocore|@?aws(?:-sdk)?|google|googleapiclient|@google-cloud|@?azure|@?kubernetes|docker|dockerode|podman|hcloud|digitalocean|pydo|cloudflare|openstack|libcloud|linode_api4|oci|proxmoxer|pyVim|fog)\b/i

/** What one turn of a loop over it may be. */
export function elementOf(code: Code): Code {
  if (code.list !== undefined) return code.list.length === 0 ? NONE : code.list.slice(0, 16).reduce(either)
  if (code.name === '@list') return code.values === undefined ? NONE : { values: code.values }
  return withOrigins(
    code.name === '@glob' && code.values !== undefined
      ? { values: code.values, name: '@path' }
      : code.name !== undefined && code.name.length < 160 && FROM_KIT.test(code.name)
        ? named(`${code.name}[]`)
        : NONE,
    originsOf(code),
  )
}

export function fromStream(stream: Stream): Code {
  return stream.texts === undefined
    ? { origins: stream.origins }
    : { values: stream.texts, origins: stream.origins }
}

/** A pattern of files, as the languages' own glob reads it. */
export function globbed(source: string): Value {
  const all: Piece[] = []
  for (const part of source.split(/(\*\*|\*|\?)/))
    if (part === '**') all.push({ wild: 'deep' })
    else if (part === '*') all.push({ wild: 'name' })
    else if (part === '?') all.push({ wild: 'char' })
    else if (part !== '') all.push(part)
  return all
}

/** `~` of a library that expands it. */
export const expandedHome = (value: Value): Value => {
  const [first, ...rest] = value
  return typeof first === 'string' && (first === '~' || first.startsWith('~/'))
    ? concat(['/home/', COMPONENT, first.slice(1)], rest)
    : value
}

export function decoded(source: string): string | undefined {
  const clean = source.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/')
  if (clean.length > 40_000 || !/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) return undefined
  return base64(clean.replace(/=+$/, ''))
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function base64(clean: string): string {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const letter of clean) {
    held = ((held << 6) | ALPHABET.indexOf(letter)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes.push((held >> bits) & 0xff)
  }
  return utf8(bytes)
}

export function utf8(bytes: readonly number[]): string {
  let all = ''
  for (const byte of bytes) all += String.fromCharCode(byte)
  try {
    return decodeURIComponent(escapeBytes(all))
  } catch {
    return all
  }
}
const escapeBytes = (bytes: string) =>
  bytes.replace(/[%\u0080-\u00ff]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0')}`)
