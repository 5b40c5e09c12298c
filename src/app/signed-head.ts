// Compares this ledger with the head that the runner signed last: as many first entries as were signed must have the signed root.
// INVARIANT I7: where they differ (an older database was put back, history was rewritten), nothing starts until an owner has accepted it.
// Later entries do not mend it, because the signed head stays the same.
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { append, EMPTY_TREE, hex, leafHash, root } from '../ledger/merkle.ts'
import type { LedgerGlance } from '../record/glance.ts'
import { currentRoot, type Executor, rootAt, streamBodies } from '../record/store.ts'
import type { RunnerStatus } from '../seal/runner-status.ts'

type SignedHead = Pick<RunnerStatus['signer'], 'size' | 'root'>

export interface Divergence {
  /** `behind`: fewer entries than were signed. `other`: enough entries, with another root. */
  readonly kind: 'behind' | 'other'
  readonly code: 'runner.signed_head_ahead' | 'runner.signed_head_differs'
  readonly detail: { readonly signed: number; readonly size: number }
}

/** Ask for `signed` first: an entry may be written and signed at any moment. */
export async function divergence(db: Executor, signed: SignedHead): Promise<Divergence | undefined> {
  const { size } = await currentRoot(db)
  if (signed.size > size) return behind(signed, size)
  const { root: ours } = await rootAt(db, signed.size)
  return ours === signed.root ? undefined : other(signed, size)
}

/** The same, of a ledger that was read after `signed` was asked for. */
export function divergenceOf(
  signed: SignedHead,
  { size, rootOfSigned }: LedgerGlance,
): Divergence | undefined {
  if (signed.size > size) return behind(signed, size)
  return rootOfSigned === signed.root ? undefined : other(signed, size)
}

export function notTheSigned({ code, detail }: Divergence): SekishoError {
  return new SekishoError(code, detail)
}

/** The same from the texts of the entries, and not from the stored hashes. */
export async function divergenceOfTexts(
  db: Executor,
  signed: SignedHead,
  proven: { readonly size: number; readonly root: Digest },
): Promise<Divergence | undefined> {
  const { size } = await currentRoot(db)
  if (signed.size > size) return behind(signed, size)
  const ours = signed.size === proven.size ? proven.root : await rootOfTexts(db, signed.size)
  return ours === signed.root ? undefined : other(signed, size)
}

async function rootOfTexts(db: Executor, size: number): Promise<string> {
  let tree = EMPTY_TREE
  for await (const { body } of streamBodies(db, size)) tree = append(tree, leafHash(body))
  return hex(root(tree))
}

function behind(signed: SignedHead, size: number): Divergence {
  return { kind: 'behind', code: 'runner.signed_head_ahead', detail: { signed: signed.size, size } }
}

function other(signed: SignedHead, size: number): Divergence {
  return { kind: 'other', code: 'runner.signed_head_differs', detail: { signed: signed.size, size } }
}
