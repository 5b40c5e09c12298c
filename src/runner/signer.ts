// The verb `sign`: a checkpoint is signed only when it extends the last one that was signed, which the journal knows.
// INVARIANT I7: checkpoints of one origin are pairwise consistent and never shrink. The line is durable before the note is given out.
import { failureOf, SekishoError } from '../base/error.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import { extendCheckpoint, isOrigin, signCheckpoint } from '../ledger/checkpoint.ts'
import { EMPTY_ROOT, hex } from '../ledger/merkle.ts'
import type { RunnerRequest } from '../seal/protocol.ts'
import type { Journal } from './journal/journal.ts'
import type { OwnKeys } from './own-key.ts'

type SignRequest = Extract<RunnerRequest, { readonly verb: 'sign' }>

export class Signer {
  readonly #journal: Journal
  readonly #keys: OwnKeys
  readonly #origin: () => string
  #tail: Promise<unknown> = Promise.resolve()
  #isOther = false
  /** `origin`: of the ledger of this installation, by the rules in force. Throws what keeps the rules from being read. */
  constructor(journal: Journal, keys: OwnKeys, origin: () => string) {
    this.#journal = journal
    this.#keys = keys
    this.#origin = origin
  }

  head(): { readonly size: number; readonly root: string } {
    const { checkpoint } = this.#journal.index
    return checkpoint === undefined
      ? { size: 0, root: hex(EMPTY_ROOT) }
      : { size: checkpoint.size, root: checkpoint.root }
  }

  /**
   * The ledger that was shown last does not continue what was signed: no order is taken until one does, or until a person has
   * accepted it. Known while this process lives; the gate compares at each start by itself.
   */
  get isLedgerOther(): boolean {
    return this.#isOther
  }

  /** One after the other: two heads in flight could fork. */
  sign(request: SignRequest): Promise<{ readonly note: string }> {
    const next = this.#tail.then(() => this.#sign(request))
    this.#tail = next.catch(() => {})
    return next
  }

  async #sign(request: SignRequest): Promise<{ readonly note: string }> {
    const { origin, size, root, consistency } = request
    if (!isOrigin(origin)) throw new SekishoError('ledger.checkpoint_invalid', { next: size, origin })
    const own = this.#origin()
    if (origin !== own) throw new SekishoError('ledger.origin_other', { origin, own })
    const last = this.#journal.index.checkpoint
    const head = last !== undefined && isDigest(last.root) ? { size: last.size, root: last.root } : undefined
    const extended = extendCheckpoint(head, { size, root, consistency })
    if (!extended.ok) {
      if (extended.code !== 'ledger.checkpoint_invalid') this.#isOther = true
      throw failureOf(extended)
    }
    this.#isOther = false
    if (last?.size !== extended.size || last.root !== extended.root)
      await this.#journal.append('checkpoint', {
        kind: 'checkpoint',
        size: extended.size,
        root: extended.root,
      })
    return { note: signCheckpoint({ origin, size, root: extended.root }, this.#keys.ledger) }
  }

  /** A person accepted that the ledger goes on from here; the caller has verified the statement and journalled it. */
  async startAt(size: number, root: Digest): Promise<void> {
    await this.#journal.append('checkpoint', { kind: 'checkpoint', size, root })
    this.#isOther = false
  }
}
