// Lines of an export as a reader takes them apart: header, entry with its hash or its proof, blob. Total, and it believes nothing.
import { isObject, type Json, parseCanonical } from '../base/json.ts'
import { depth } from './entry.ts'
import { EXTRACT_FORMAT, FULL_FORMAT } from './export.ts'
import { fromHex, type Hash } from './merkle.ts'

export const ENTRY_HEAD = '{"entry":'
export const BLOB_HEAD = '{"blob":'
const LEAF_TAIL = /^,"leaf":"([0-9a-f]{64})"\}$/
const LEAF_TAIL_LENGTH = 75
const PROOF_HEAD = ',"proof":['
const MAX_PROOF = 64

export interface Header {
  readonly note: string
  /** Of an extract: the numbers of its entries. */
  readonly seqs?: readonly number[]
}

export function readHeader(text: string | undefined): Header | undefined {
  const value = json(text)
  if (!isObject(value) || value['v'] !== 1) return undefined
  const { checkpoint: note, format, seqs } = value
  if (typeof note !== 'string') return undefined
  const fields = Object.keys(value).length
  if (format === FULL_FORMAT && fields === 3) return { note }
  return format === EXTRACT_FORMAT && fields === 4 && isAscending(seqs) ? { note, seqs } : undefined
}

/** A blob line: `erased` or `bytes` in base64, exactly one of them. */
export function readBlob(
  text: string | undefined,
): { readonly digest: unknown; readonly erased: boolean; readonly bytes?: Uint8Array } | undefined {
  const value = json(text)
  if (!isObject(value) || Object.keys(value).length !== 2) return undefined
  const { blob: digest, erased, bytes: encoded } = value
  if (erased === true) return { digest, erased: true }
  const bytes = typeof encoded === 'string' ? Buffer.from(encoded, 'base64') : undefined
  if (bytes === undefined || bytes.toString('base64') !== encoded) return undefined
  return { digest, erased: false, bytes }
}

function json(text: string | undefined): Json | undefined {
  if (text === undefined || depth(text) > 4) return undefined
  try {
    return parseCanonical(text)
  } catch {
    return undefined
  }
}

export type EntryLine =
  | { readonly kind: 'full'; readonly body: string; readonly leaf: string }
  | { readonly kind: 'extract'; readonly body: string; readonly proof: readonly Hash[] }

/** `{"entry":BODY,"leaf":"HEX"}` */
export function readFull(text: string): EntryLine | undefined {
  const leaf = LEAF_TAIL.exec(text.slice(-LEAF_TAIL_LENGTH))?.[1]
  if (leaf === undefined || !text.startsWith(ENTRY_HEAD)) return undefined
  return { kind: 'full', body: text.slice(ENTRY_HEAD.length, -LEAF_TAIL_LENGTH), leaf }
}

/** `{"entry":BODY,"proof":[…]}` */
export function readExtract(text: string): EntryLine | undefined {
  const at = text.lastIndexOf(PROOF_HEAD)
  if (at < 0 || !text.startsWith(ENTRY_HEAD) || !text.endsWith(']}')) return undefined
  const list = text.slice(at + PROOF_HEAD.length, -2)
  const items = list === '' ? [] : list.split(',')
  if (items.length > MAX_PROOF) return undefined
  const proof: Hash[] = []
  for (const item of items) {
    const hash = /^"[0-9a-f]{64}"$/.test(item) ? fromHex(item.slice(1, -1)) : undefined
    if (hash === undefined) return undefined
    proof.push(hash)
  }
  return { kind: 'extract', body: text.slice(ENTRY_HEAD.length, at), proof }
}

function isAscending(value: unknown): value is readonly number[] {
  if (!Array.isArray(value) || value.length === 0) return false
  const list: readonly unknown[] = value
  return list.every((item, i) => {
    const before = i === 0 ? 0 : list[i - 1]
    return Number.isSafeInteger(item) && (item as number) > (before as number)
  })
}
