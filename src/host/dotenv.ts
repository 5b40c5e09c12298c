// dotenv files as bytes: reads every line, edits single keys and leaves all other bytes as they are. Values never leave
// this file in a difference or a problem: they may be secrets.
import { isWritable } from '../seal/env-value.ts'

export interface DotenvEntry {
  readonly key: string
  readonly value: string
  readonly line: number
  readonly exported: boolean
}

export type DotenvFault =
  | 'not_text'
  | 'no_equals'
  | 'bad_key'
  | 'duplicate_key'
  | 'unclosed_quote'
  | 'after_quote'
  | 'unquoted_special'
  | 'too_large'

export interface DotenvProblem {
  readonly why: DotenvFault
  readonly line: number
  /** Only when it is a valid name; a mistyped line may hold a secret. */
  readonly key?: string
}

export interface Dotenv {
  readonly entries: readonly DotenvEntry[]
  readonly problems: readonly DotenvProblem[]
}

export type DotenvEdited =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly problem: DotenvEditProblem }

export type DotenvEditProblem =
  /** The file as it stands cannot be edited safely. */
  | { readonly kind: 'file'; readonly problem: DotenvProblem }
  | {
      readonly kind: 'key_invalid' | 'value_not_writable' | 'set_and_unset' | 'not_there'
      readonly key: string
    }

type Quote = '' | "'" | '"'

type Line =
  | { readonly kind: 'other'; readonly text: string }
  | { readonly kind: 'fault'; readonly text: string; readonly why: DotenvFault; readonly key?: string }
  | {
      readonly kind: 'entry'
      readonly text: string
      /** With `export`, spaces and the equals sign. */
      readonly head: string
      readonly exported: boolean
      readonly key: string
      readonly quote: Quote
      readonly value: string
      /** Spaces and comment behind the value. */
      readonly tail: string
    }

const MAX_BYTES = 1_048_576
const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Total: every line is an entry, a comment, empty, or a problem with its number. */
export function readDotenv(bytes: Uint8Array): Dotenv {
  const text = decode(bytes)
  if (typeof text !== 'string') return { entries: [], problems: [text] }
  const entries: DotenvEntry[] = []
  const problems: DotenvProblem[] = []
  const seen = new Set<string>()
  linesOf(text).forEach(({ text: raw }, index) => {
    const line = readLine(raw)
    const at = index + 1
    if (line.kind === 'fault')
      problems.push({ why: line.why, line: at, ...(line.key === undefined ? {} : { key: line.key }) })
    if (line.kind !== 'entry') return
    if (seen.has(line.key)) problems.push({ why: 'duplicate_key', line: at, key: line.key })
    seen.add(line.key)
    entries.push({ key: line.key, value: line.value, line: at, exported: line.exported })
  })
  return { entries, problems }
}

/**
 * Sets and removes keys. A key that is there keeps its place, its quotes where they can hold the value, its `export` and
 * its comment; a new key goes to the end. No other byte changes: comments, order, line ends, a missing last one.
 */
export function editDotenv(
  bytes: Uint8Array,
  edit: {
    readonly set?: readonly { readonly key: string; readonly value: string }[]
    readonly unset?: readonly string[]
  },
): DotenvEdited {
  const [first] = readDotenv(bytes).problems
  if (first !== undefined) return { ok: false, problem: { kind: 'file', problem: first } }
  const set = new Map((edit.set ?? []).map(({ key, value }) => [key, value]))
  const unset = new Set(edit.unset ?? [])
  const refusal = refuseEdit(bytes, set, unset)
  if (refusal !== undefined) return { ok: false, problem: refusal }
  const text = Buffer.from(bytes).toString('utf8')
  const lines = linesOf(text)
  const end = lines.find((line) => line.end !== '')?.end ?? '\n'
  const left = new Map(set)
  const kept = lines.flatMap(({ text: raw, end: lineEnd }) => {
    const line = readLine(raw)
    if (line.kind !== 'entry') return [raw + lineEnd]
    if (unset.has(line.key)) return []
    const value = left.get(line.key)
    if (value === undefined) return [raw + lineEnd]
    left.delete(line.key)
    return [(value === line.value ? raw : rewritten(line, value)) + lineEnd]
  })
  let result = kept.join('')
  if (left.size > 0 && result !== '' && !result.endsWith('\n')) result += end
  for (const [key, value] of left) result += `${key}=${quoted(value, '')}${end}`
  return { ok: true, bytes: Buffer.from(result, 'utf8') }
}

/** Names only, each list sorted. */
export function differenceOfKeys(
  before: Uint8Array,
  after: Uint8Array,
): {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
} {
  const old = new Map(readDotenv(before).entries.map(({ key, value }) => [key, value]))
  const fresh = new Map(readDotenv(after).entries.map(({ key, value }) => [key, value]))
  return {
    added: [...fresh.keys()].filter((key) => !old.has(key)).sort(),
    changed: [...fresh.keys()].filter((key) => old.has(key) && old.get(key) !== fresh.get(key)).sort(),
    removed: [...old.keys()].filter((key) => !fresh.has(key)).sort(),
  }
}

function refuseEdit(
  bytes: Uint8Array,
  set: ReadonlyMap<string, string>,
  unset: ReadonlySet<string>,
): DotenvEditProblem | undefined {
  const keys = new Set(readDotenv(bytes).entries.map(({ key }) => key))
  for (const [key, value] of set) {
    if (!KEY.test(key)) return { kind: 'key_invalid', key }
    if (unset.has(key)) return { kind: 'set_and_unset', key }
    if (!isWritable(value)) return { kind: 'value_not_writable', key }
  }
  for (const key of unset)
    if (!keys.has(key)) return { kind: KEY.test(key) ? 'not_there' : 'key_invalid', key }
  return undefined
}

function decode(bytes: Uint8Array): string | DotenvProblem {
  if (bytes.length > MAX_BYTES) return { why: 'too_large', line: 1 }
  const text = Buffer.from(bytes).toString('utf8')
  if (Buffer.compare(Buffer.from(text, 'utf8'), bytes) !== 0 || text.includes('\0'))
    return { why: 'not_text', line: 1 }
  return text
}

function linesOf(text: string): readonly { readonly text: string; readonly end: string }[] {
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => {
    const end = /\r?\n$/.exec(line)?.[0] ?? ''
    return { text: line.slice(0, line.length - end.length), end }
  })
}

function readLine(text: string): Line {
  if (/^\s*(#.*)?$/.test(text)) return { kind: 'other', text }
  const equals = text.indexOf('=')
  if (equals < 0) return { kind: 'fault', text, why: 'no_equals' }
  const left = /^(\s*(?:(export)\s+)?)(.*?)\s*$/.exec(text.slice(0, equals))
  const key = left?.[3] ?? ''
  if (!KEY.test(key) || (left?.[1] ?? '').includes('\ufeff')) return { kind: 'fault', text, why: 'bad_key' }
  const spaces = /^[ \t]*/.exec(text.slice(equals + 1))?.[0] ?? ''
  const head = text.slice(0, equals + 1) + spaces
  const rest = text.slice(head.length)
  const entry = { kind: 'entry', text, head, exported: left?.[2] !== undefined, key } as const
  const quote = rest[0]
  if (quote === '"' || quote === "'") {
    const close = closingQuote(rest, quote)
    if (close < 0) return { kind: 'fault', text, why: 'unclosed_quote', key }
    const tail = rest.slice(close + 1)
    if (!/^\s*$|^\s+#/.test(tail)) return { kind: 'fault', text, why: 'after_quote', key }
    const inner = rest.slice(1, close)
    return { ...entry, quote, value: quote === '"' ? unescape(inner) : inner, tail }
  }
  // A `#` begins a comment only behind a space.
  const comment = rest.search(/\s+#|\s*$/)
  const value = rest.slice(0, comment)
  // `A= # x` is a value for some readers and a comment for others.
  if (/["'`\\]|^#/.test(value)) return { kind: 'fault', text, why: 'unquoted_special', key }
  return { ...entry, quote: '', value, tail: rest.slice(comment) }
}

function closingQuote(rest: string, quote: string): number {
  for (let i = 1; i < rest.length; i++) {
    if (rest[i] === '\\' && quote === '"') i++
    else if (rest[i] === quote) return i
  }
  return -1
}

function unescape(inner: string): string {
  return inner.replace(/\\(["\\$`])/g, '$1')
}

function rewritten(line: Line & { kind: 'entry' }, value: string): string {
  return `${line.head}${quoted(value, line.quote)}${line.tail}`
}

/** In the quotes that stood there if they can hold it, else in the plainest that can. */
function quoted(value: string, quote: Quote): string {
  const plain = /^[A-Za-z0-9_@%+:,./~^&*()[\]{}!?;|<>=-]*$/.test(value)
  if (quote === '' && plain && !/[;&|<>()*?[\]{}~!^]/.test(value)) return value
  if (quote !== '"' && !value.includes("'")) return `'${value}'`
  if (!/["\\$`]/.test(value)) return `"${value}"`
  return value.includes("'") ? `"${value.replace(/["\\$`]/g, '\\$&')}"` : `'${value}'`
}
