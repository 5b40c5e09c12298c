// What an export or an extract is written from: entries, proofs and blobs of the store.
import { sql } from 'kysely'
import type { Digest } from '../base/hash.ts'
import type { ExportSource, ExtractSource } from '../ledger/export.ts'
import {
  type Executor,
  getBlob,
  inclusionProof,
  rowsAt,
  type StoredCheckpoint,
  type StoredEntry,
  stored,
  streamBodies,
} from './store.ts'

/** What `exportLines` reads: the first `head.size` entries under the head's note. */
export function exportSource(db: Executor, head: Pick<StoredCheckpoint, 'note' | 'size'>): ExportSource {
  return { note: head.note, entries: streamBodies(db, head.size), blob: (digest) => getBlob(db, digest) }
}

/**
 * What `extractLines` reads: some entries of the head, each with its proof. Where a blob of theirs was erased, the entry that
 * says so comes with them.
 */
export async function extractSource(
  db: Executor,
  head: Pick<StoredCheckpoint, 'note' | 'size'>,
  seqs: readonly number[],
): Promise<ExtractSource> {
  const chosen = (await rowsAt(db, sql`seq = any(${[...seqs]}::bigint[]) and seq <= ${head.size}`)).map(
    stored,
  )
  const have = new Set(chosen.map(({ seq }) => seq))
  const erasures = (await erasuresOf(db, chosen)).filter(({ seq }) => seq <= head.size && !have.has(seq))
  const entries: { seq: number; body: string; proof: readonly Digest[] }[] = []
  for (const { seq, body } of [...chosen, ...erasures].sort((a, b) => a.seq - b.seq))
    entries.push({ seq, body, proof: await inclusionProof(db, seq, head.size) })
  return { note: head.note, entries, blob: (digest) => getBlob(db, digest) }
}

async function erasuresOf(db: Executor, entries: readonly StoredEntry[]): Promise<StoredEntry[]> {
  const named = entries.flatMap(({ entry }) => entry.blobs ?? [])
  const answer = await sql<{ digest: string }>`
    select digest from blob where digest = any(${named}::text[]) and bytes is null`.execute(db)
  if (answer.rows.length === 0) return []
  const erased = new Set<unknown>(answer.rows.map((row) => row.digest))
  const rows = (await rowsAt(db, sql`kind = 'blob.erased'`)).map(stored)
  return rows.filter(({ entry }) => erased.has(entry.payload['digest']))
}
