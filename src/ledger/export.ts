// The ledger as one file, lines of canonical JSON: the signed head, the entries word for word, then every blob they name.
// The file is a function of the ledger alone, so that two exports of one head are the same bytes (docs/spec/ledger-v1.md).
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { canonical } from '../base/json.ts'
import { parseNote } from './checkpoint.ts'
import { parseEntry } from './entry.ts'

export const FULL_FORMAT = 'sekisho-ledger'
export const EXTRACT_FORMAT = 'sekisho-ledger-extract'
/** Longest line that a reader takes, in bytes. */
export const MAX_LINE_BYTES = 33_554_432

export type ExportBlob =
  | { readonly state: 'present'; readonly bytes: Uint8Array }
  | { readonly state: 'erased' }

export function headerLine(note: string): string {
  return canonical({ checkpoint: note, format: FULL_FORMAT, v: 1 })
}
export function extractHeaderLine(note: string, seqs: readonly number[]): string {
  return canonical({ checkpoint: note, format: EXTRACT_FORMAT, seqs, v: 1 })
}
/** The leaf's hash beside the entry names the one that was altered; it proves nothing by itself. */
export function entryLine(body: string, leaf: Digest): string {
  return `{"entry":${body},"leaf":"${leaf}"}`
}
export function extractLine(body: string, proof: readonly Digest[]): string {
  return `{"entry":${body},"proof":${canonical(proof)}}`
}
export function blobLine(digest: Digest, blob: ExportBlob): string {
  return blob.state === 'erased'
    ? canonical({ blob: digest, erased: true })
    : canonical({ blob: digest, bytes: Buffer.from(blob.bytes).toString('base64') })
}

export interface ExportSource {
  /** The signed note; its size is the number of entries that go into the file. */
  readonly note: string
  readonly entries: AsyncIterable<{ readonly seq: number; readonly body: string; readonly leaf: Digest }>
  blob(digest: Digest): Promise<ExportBlob | undefined>
}
export interface ExtractSource {
  readonly note: string
  /** Ascending. */
  readonly entries: readonly {
    readonly seq: number
    readonly body: string
    readonly proof: readonly Digest[]
  }[]
  blob(digest: Digest): Promise<ExportBlob | undefined>
}

/**
 * The lines of the whole ledger, each without its line feed. Throws `ledger.damaged`, `ledger.blob_missing`, and
 * `ledger.checkpoint_old` when a blob was erased after the head was signed: then a new head is needed first.
 */
export async function* exportLines(source: ExportSource): AsyncGenerator<string> {
  const size = sizeOf(source.note)
  yield headerLine(source.note)
  const named = new Named()
  for await (const { seq, body, leaf } of source.entries) {
    named.add(seq, body)
    yield entryLine(body, leaf)
  }
  if (named.count !== size) throw new SekishoError('ledger.damaged', { seq: named.count + 1, why: 'missing' })
  yield* blobLines(named, source)
}

/** The lines of some entries, each with its proof against the signed head. */
export async function* extractLines(source: ExtractSource): AsyncGenerator<string> {
  yield extractHeaderLine(
    source.note,
    source.entries.map((entry) => entry.seq),
  )
  const named = new Named()
  for (const { seq, body, proof } of source.entries) {
    named.add(seq, body)
    yield extractLine(body, proof)
  }
  yield* blobLines(named, source)
}

async function* blobLines(named: Named, source: Pick<ExportSource, 'blob'>): AsyncGenerator<string> {
  for (const digest of [...named.blobs].sort()) {
    const blob = await source.blob(digest)
    if (blob === undefined) throw new SekishoError('ledger.blob_missing', { digest })
    if (blob.state === 'erased' && !named.erased.has(digest))
      throw new SekishoError('ledger.checkpoint_old', { digest })
    yield blobLine(digest, blob)
  }
}

class Named {
  count = 0
  readonly blobs = new Set<Digest>()
  readonly erased = new Set<string>()
  add(seq: number, body: string): void {
    const read = parseEntry(body)
    if (!read.ok) throw new SekishoError('ledger.damaged', { seq, why: read.why })
    this.count++
    for (const digest of read.entry.blobs ?? []) this.blobs.add(digest)
    const erased = read.entry.kind === 'blob.erased' ? read.entry.payload['digest'] : undefined
    if (typeof erased === 'string') this.erased.add(erased)
  }
}

function sizeOf(note: string): number {
  const read = parseNote(note)
  if (!read.ok) throw new SekishoError('ledger.no_checkpoint')
  return read.note.checkpoint.size
}
