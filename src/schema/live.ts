// The database of production as a rehearsal begins: it must be as the plan saw it.
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import type { CatalogueEntry } from '../plans/catalogue.ts'
import { catalogueDigest, catalogueOf } from '../postgres/catalogue.ts'
import type { Cluster, Limits } from '../postgres/types.ts'
import { clusterOf, type MigrationTarget, roleOf } from './target.ts'

export interface LiveDatabase {
  readonly live: Cluster
  /** Of the declared role. */
  readonly searchPath: string
  readonly now: readonly CatalogueEntry[]
}

/** Throws backup.db_*, schema.role_* and schema.moved. */
export async function asPlanned(
  target: MigrationTarget & { readonly catalogue: Digest },
  limits: Limits,
): Promise<LiveDatabase> {
  const { database, catalogue } = target
  const live = await clusterOf(target, limits)
  const searchPath = await roleOf(live, target, limits)
  const now = await catalogueOf(live, database, limits)
  if (catalogueDigest(now) !== catalogue) throw new SekishoError('schema.moved', { database })
  return { live, searchPath, now }
}
