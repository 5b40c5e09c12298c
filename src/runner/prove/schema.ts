// Is the catalogue what the rehearsal came to? What the clone could not have (owners, rights) is compared only where it had them.
import { withoutRights } from '../../plans/catalogue.ts'
import type { Proof } from '../../plans/proofs.ts'
import { catalogueDigest, catalogueOf } from '../../postgres/catalogue.ts'
import { findCluster } from '../../postgres/cluster.ts'
import { green, notProven, type ProofContext, type Proven, red } from './context.ts'

const PROBE_MS = 60_000

export async function proveSchema(
  { port, database }: Extract<Proof, { readonly kind: 'schema' }>,
  c: ProofContext,
): Promise<Proven> {
  const wanted = c.trial?.schema
  const limits = { timeoutMs: PROBE_MS, signal: c.signal }
  const now = await catalogueOf(await findCluster({ port }, limits), database, limits)
  const facts = { database, entries: now.length }
  if (wanted === undefined) return notProven('not_rehearsed', facts)
  const found = wanted.hasOwners ? now : withoutRights(now)
  return catalogueDigest(found) === wanted.catalogue ? green(facts) : red('schema_differs', facts)
}
