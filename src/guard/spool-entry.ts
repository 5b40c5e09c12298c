// What a hook leaves for the gate, and how the gate reads it: told by the account that wrote it, never evidence (guard §0).
import { boolean, type Decoder, decode, literal, matching, object, optional, text } from '../base/decode.ts'

/** An entry is a few lines; a longer one would be a way to fill the disk. */
export const ENTRY_LIMIT = 8192

export interface Entry {
  readonly v: 1
  readonly agent: string
  readonly session: string
  readonly call?: string
  readonly tool: string
  readonly cwd: string
  readonly verdict: 'ask' | 'deny'
  readonly rule: string
  readonly intent: string
  /** What was asked, cut and with secrets masked. */
  readonly text: string
  readonly observed: boolean
}

/** A cut may have gone through a pair: such a text could not be hashed. */
const told = (max: number): Decoder<string> => {
  const read = text({ max })
  return (value, at) => read(typeof value === 'string' ? value.toWellFormed() : value, at)
}
const isIntent = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)

const entry: Decoder<Entry> = object({
  v: literal(1),
  agent: told(64),
  session: told(128),
  call: optional(told(128)),
  tool: told(128),
  cwd: told(1024),
  verdict: literal('ask', 'deny'),
  rule: text({ max: 64, pattern: /^[a-z][a-z0-9._-]*$/ }),
  intent: matching(isIntent, 'digest'),
  text: told(4096),
  observed: boolean,
})

/** Undefined where the bytes are no entry of this version. */
export function readEntry(bytes: Uint8Array): Entry | undefined {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
  const read = decode(entry, value)
  return read.ok ? read.value : undefined
}
