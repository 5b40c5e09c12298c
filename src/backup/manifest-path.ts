// Names in a manifest are bytes: as text where they are UTF-8, else as base64, and never both. What could lead out of a tree is no path at all.
import { DecodeError, type Decoder, object, text } from '../base/decode.ts'
import { isObject } from '../base/json.ts'
import type { EntryPath } from './manifest.ts'

export const MAX_PATH_BYTES = 4096
export const MAX_NAME_BYTES = 255
const SLASH = 0x2f
const DOT = 0x2e

export type PathFault = 'nul' | 'absolute' | 'empty_segment' | 'dot_segment' | 'too_long'

/** The one spelling of a path. Of no bytes: the item's own root. */
export function entryPath(bytes: Uint8Array): EntryPath {
  const known = utf8(bytes)
  return known === undefined ? { base64: Buffer.from(bytes).toString('base64') } : { path: known }
}

export function pathBytes(at: EntryPath): Uint8Array {
  return 'path' in at ? Buffer.from(at.path) : Buffer.from(at.base64, 'base64')
}

/** For people and lists: bytes that are not UTF-8 are shown as `\xE3`. */
export function shownPath(at: EntryPath): string {
  if ('path' in at) return at.path
  return [...Buffer.from(at.base64, 'base64')]
    .map((byte) => (byte > 0x7e ? `\\x${byte.toString(16).toUpperCase()}` : String.fromCharCode(byte)))
    .join('')
}

export function samePath(a: EntryPath, b: EntryPath): boolean {
  return 'path' in a ? 'path' in b && a.path === b.path : 'base64' in b && a.base64 === b.base64
}

/** Where an entry lies below the snapshot: the item's root alone, or the path below it. */
export function pathInCopy(root: string, at: EntryPath): Uint8Array {
  const below = pathBytes(at)
  return below.length === 0 ? Buffer.from(root) : Buffer.concat([Buffer.from(`${root}/`), below])
}

/** What is wrong with a path below a root, if anything. No bytes are the root itself, and sound. */
export function pathFault(bytes: Uint8Array): PathFault | undefined {
  if (bytes.length === 0) return undefined
  if (bytes.length > MAX_PATH_BYTES) return 'too_long'
  if (bytes.includes(0)) return 'nul'
  if (bytes[0] === SLASH) return 'absolute'
  for (let start = 0; start <= bytes.length; ) {
    const slash = bytes.indexOf(SLASH, start)
    const end = slash === -1 ? bytes.length : slash
    const length = end - start
    if (length === 0) return 'empty_segment'
    if (length > MAX_NAME_BYTES) return 'too_long'
    if (length <= 2 && bytes[start] === DOT && bytes[end - 1] === DOT) return 'dot_segment'
    start = end + 1
  }
  return undefined
}

/** Below a root: neither absolute nor with `..`, `.`, NUL or an empty name. */
export const pathBelow: Decoder<EntryPath> = (value, at) => {
  const path = someBytes(value, at)
  const fault = pathFault(pathBytes(path))
  if (fault !== undefined) throw new DecodeError(at, fault)
  return path
}

/** What a link says: any bytes but none, and no NUL. It is stored and never followed. */
export const linkTarget: Decoder<EntryPath> = (value, at) => {
  const target = someBytes(value, at)
  const bytes = pathBytes(target)
  if (bytes.length === 0) throw new DecodeError(at, 'empty')
  if (bytes.length > MAX_PATH_BYTES) throw new DecodeError(at, 'too_long')
  if (bytes.includes(0)) throw new DecodeError(at, 'nul')
  return target
}

export const base64: (max: number) => Decoder<string> = (max) => {
  const letters = text({ max })
  return (value, at) => {
    const written = letters(value, at)
    if (Buffer.from(written, 'base64').toString('base64') !== written)
      throw new DecodeError(at, 'not base64 in its one form')
    return written
  }
}

const asText = object({ path: text({ max: MAX_PATH_BYTES }) })
const asBase64 = object({ base64: base64(6_000) })

const someBytes: Decoder<EntryPath> = (value, at) => {
  if (!isObject(value) || !Object.hasOwn(value, 'base64')) return asText(value, at)
  const bytes = asBase64(value, at)
  if (utf8(Buffer.from(bytes.base64, 'base64')) !== undefined)
    throw new DecodeError(at, 'UTF-8 that is written as base64')
  return bytes
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Every byte kept, a byte order mark too; nothing where it is not UTF-8. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return STRICT.decode(bytes)
  } catch {
    return undefined
  }
}
