// The ledger at a glance: its size, its checkpoint, and the root of as many entries as were signed, as a part of a larger statement.
import { type RawBuilder, sql } from 'kysely'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { type Instant, instant } from '../base/time.ts'
import { EMPTY_ROOT, HASH_SIZE, type Hash, hex, type Node, proof, rangeNodes } from '../ledger/merkle.ts'

/** How many entries there are, the latest checkpoint, and the root of as many entries as were signed. */
export interface LedgerGlance {
  readonly size: number
  readonly checkpoint?: { readonly size: number; readonly at: Instant }
  /** Undefined where fewer entries are there. */
  readonly rootOfSigned?: Digest
}

interface LedgerFound {
  readonly size: number
  readonly checkpoint: { readonly size: number; readonly at: string } | null
  readonly rows: readonly (readonly [seq: number, leaf: string, nodes: string])[]
}

/** One value of JSON, a part of a larger statement, and how it is read. Throws `ledger.damaged`. */
export function ledgerGlance(signed: number): {
  readonly query: RawBuilder<LedgerFound>
  readonly take: (found: LedgerFound) => LedgerGlance
} {
  const ranges = signed === 0 ? [] : [{ start: 0, end: signed }]
  const wanted = [...new Set(ranges.flatMap(rangeNodes).map(lastOf))]
  return {
    query: sql`(select json_build_object(
      'size', (select coalesce(max(seq), 0) from ledger),
      'checkpoint', (select json_build_object('size', size, 'at', at) from checkpoint),
      'rows', (select coalesce(json_agg(json_build_array(seq, encode(leaf, 'hex'), encode(nodes, 'hex'))), '[]')
        from ledger where seq = any(${wanted}::bigint[]))))`,
    take: ({ size, checkpoint, rows }) => {
      const bytes = (text: string) => Buffer.from(text, 'hex')
      const known = new Map(
        rows.map(([seq, leaf, nodes]) => [seq, { leaf: bytes(leaf), nodes: bytes(nodes) }]),
      )
      const hash = () => (signed === 0 ? EMPTY_ROOT : (proof(ranges, nodesOf(known))[0] ?? EMPTY_ROOT))
      return {
        size,
        ...(checkpoint === null
          ? {}
          : { checkpoint: { size: checkpoint.size, at: instant(Date.parse(checkpoint.at)) } }),
        ...(signed > size ? {} : { rootOfSigned: hex(hash()) as Digest }),
      }
    },
  }
}

/** A subtree's hash stands in the row of its last leaf. */
export const lastOf = (node: Node) => (node.index + 1) * 2 ** node.height

export interface NodeRow {
  readonly leaf: Buffer
  readonly nodes: Buffer
}

export function nodesOf(rows: ReadonlyMap<number, NodeRow>): (node: Node) => Hash {
  return (node) => {
    const seq = lastOf(node)
    const row = rows.get(seq)
    if (row === undefined) throw new SekishoError('ledger.damaged', { seq, why: 'no such entry' })
    if (node.height === 0) return row.leaf
    const hash = row.nodes.subarray((node.height - 1) * HASH_SIZE, node.height * HASH_SIZE)
    if (hash.length !== HASH_SIZE) throw new SekishoError('ledger.damaged', { seq, why: 'subtree hash' })
    return hash
  }
}
