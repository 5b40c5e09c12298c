// The offline verifier: lines of an export in, one verdict out. No server, no database, memory for the tree O(log n).
// The first thing that is wrong decides, in the order of docs/spec/ledger-v1.md §6, so that every verifier names the same entry.
import { type Digest, sha256 } from '../base/hash.ts'
import { type Checkpoint, type LedgerKey, type NoteFault, parseNote, verifyNote } from './checkpoint.ts'
import { type Entry, type EntryFault, FIRST_PREV, parseEntry } from './entry.ts'
import { BLOB_HEAD, ENTRY_HEAD, readBlob, readExtract, readFull, readHeader } from './export-line.ts'
import {
  append,
  EMPTY_TREE,
  fromHex,
  type Hash,
  hex,
  leafHash,
  root,
  type Tree,
  verifyInclusion,
} from './merkle.ts'
import { type Broken, type Kept, keep, RULES, type RuleFacts } from './rules.ts'

export type AlteredWhy =
  | EntryFault
  | 'header'
  | 'line' // not a line of the form that stands here
  | 'seq' // another entry stands in this one's place
  | 'leaf' // its text does not have the hash that stands beside it
  | 'next' // the entry after it names another hash
  | 'proof' // its proof does not lead to the signed root
  | 'blob' // the bytes that it names are altered, missing or not in their place
  | 'erased' // the bytes that it names are said to be erased, and no entry says so

export type Verdict =
  | {
      readonly state: 'sound'
      readonly exit: 0
      readonly checkpoint: Checkpoint
      /** Entries in the file; in an extract fewer than the checkpoint covers. */
      readonly entries: number
      readonly extract: boolean
      readonly blobs: number
      readonly erased: readonly { readonly digest: Digest; readonly seq: number }[]
      /** Signatures of people that were recomputed. */
      readonly statements: number
      /** Of the change that was asked for. */
      readonly change?: { readonly id: string; readonly entries: readonly Shown[] }
    }
  | {
      readonly state: 'altered'
      readonly exit: 2
      /** 0 when it is the header or a line that belongs to no entry. */
      readonly seq: number
      readonly line: number
      readonly why: AlteredWhy
    }
  | {
      readonly state: 'truncated' | 'forked'
      readonly exit: 3
      readonly signed: number
      readonly found: number
    }
  | { readonly state: 'signature'; readonly exit: 4; readonly why: NoteFault }
  | { readonly state: 'broken'; readonly exit: 5; readonly broken: readonly Broken[] }
  | { readonly state: 'no_such_change'; readonly exit: 1; readonly change: string }

/** An entry of the change that was asked for. */
export type Shown = Omit<Kept, 'rule' | 'ofChange'>

export interface VerifyOptions {
  /** The key that the reader trusts, never taken from the file. A key without a name (PEM) takes the file's origin. */
  readonly key: { readonly name?: string; readonly publicKey: Uint8Array }
  /** Heads known from elsewhere (kept earlier, or from a witness): the file must contain them. */
  readonly heads?: readonly string[]
  /** Say what is on record of this change. */
  readonly change?: string
  /** Fingerprints of each person's keys as the reader knows them; absent: as the ledger recorded them. */
  readonly approvers?: ReadonlyMap<string, ReadonlySet<string>>
}

/** Give it every line in order, then ask for the verdict. */
export class Verifier {
  readonly #options: VerifyOptions
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #verdict: Verdict | undefined
  #line = 0
  #checkpoint: Checkpoint | undefined
  #heads: { readonly size: number; readonly root: Digest }[] = []
  /** Of an extract: the numbers it promises. */
  #seqs: readonly number[] | undefined
  #tree: Tree = EMPTY_TREE
  #count = 0
  #before: { readonly seq: number; readonly leaf: string } | undefined
  /** Blob → the first entry that names it. */
  readonly #named = new Map<Digest, number>()
  readonly #erasures = new Set<string>()
  #expected: Digest[] | undefined
  #seen = 0
  readonly #erased: { digest: Digest; seq: number }[] = []
  readonly #kept: Kept[] = []
  readonly #bytes = new Map<Digest, Uint8Array>()

  constructor(options: VerifyOptions) {
    this.#options = options
  }

  /** True when the verdict is settled and the rest of the file need not be read. */
  get settled(): boolean {
    return this.#verdict !== undefined
  }

  /** One line without its line feed; `undefined` stands for a line that was too long to be read. */
  line(bytes: Uint8Array | undefined): void {
    if (this.#verdict !== undefined) return
    this.#line++
    const text = bytes === undefined ? undefined : this.#text(bytes)
    if (this.#line === 1) this.#header(text)
    else if (this.#isEntryLine(text)) this.#entry(text)
    else this.#blob(text)
  }

  /** `cut`: the file did not end with a line feed. */
  end(cut: boolean): Verdict {
    if (this.#verdict === undefined) this.#close(cut)
    return this.#verdict ?? this.#sound()
  }

  /** Entries end with the first blob line; once all are here, with the first line that is no entry line. */
  #isEntryLine(text: string | undefined): boolean {
    if (this.#expected !== undefined || text?.startsWith(BLOB_HEAD) === true) return false
    const promised = this.#seqs?.length ?? this.#checkpoint?.size ?? 0
    return this.#count < promised || text?.startsWith(ENTRY_HEAD) === true
  }

  #text(bytes: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(bytes)
    } catch {
      return undefined
    }
  }

  #altered(seq: number, why: AlteredWhy): void {
    this.#verdict = { state: 'altered', exit: 2, seq, line: this.#line, why }
  }

  #header(text: string | undefined): void {
    const header = readHeader(text)
    if (header === undefined) return this.#altered(0, 'header')
    this.#seqs = header.seqs
    const main = this.#note(header.note)
    if (main === undefined) return
    this.#checkpoint = main
    for (const note of this.#options.heads ?? []) {
      const head = this.#note(note)
      if (head === undefined) return
      if (head.origin !== main.origin) {
        this.#verdict = { state: 'signature', exit: 4, why: 'other_origin' }
        return
      }
      // A longer ledger was signed than the one in the file: the end is missing.
      if (head.size > main.size || (head.size === main.size && head.root !== main.root)) {
        const state = head.size > main.size ? 'truncated' : 'forked'
        this.#verdict = { state, exit: 3, signed: head.size, found: main.size }
        return
      }
      this.#heads.push(head)
    }
  }

  #note(text: string): Checkpoint | undefined {
    const read = parseNote(text)
    const { publicKey } = this.#options.key
    const name = this.#options.key.name ?? (read.ok ? read.note.checkpoint.origin : '')
    const key: LedgerKey = { name, publicKey }
    const verified = verifyNote(text, key)
    if (verified.ok && verified.note.signatures.length === 1) return verified.note.checkpoint
    this.#verdict = { state: 'signature', exit: 4, why: verified.ok ? 'malformed' : verified.why }
    return undefined
  }

  #entry(text: string | undefined): void {
    const seq = this.#seqs === undefined ? this.#count + 1 : this.#seqs[this.#count]
    if (seq === undefined) return this.#altered(0, 'line')
    const parts =
      text === undefined ? undefined : this.#seqs === undefined ? readFull(text) : readExtract(text)
    if (parts === undefined) return this.#altered(seq, 'line')
    const read = parseEntry(parts.body)
    if (!read.ok) return this.#altered(seq, read.why)
    const { entry } = read
    if (entry.seq !== seq) return this.#altered(seq, 'seq')
    const leaf = leafHash(parts.body)
    const leafHex = hex(leaf)
    if (parts.kind === 'full' && parts.leaf !== leafHex) return this.#altered(seq, 'leaf')
    if (parts.kind === 'extract' && !this.#included(seq, leaf, parts.proof))
      return this.#altered(seq, 'proof')
    const link = this.#before
    if (seq === 1 && entry.prev !== FIRST_PREV) return this.#altered(1, 'field')
    if (link?.seq === seq - 1 && entry.prev !== link.leaf) return this.#altered(link.seq, 'next')
    this.#before = { seq, leaf: leafHex }
    this.#count++
    if (this.#seqs === undefined) this.#grow(leaf)
    this.#nameBlobs(entry)
    const kept = keep(entry, leafHex, this.#options.change)
    if (kept !== undefined) this.#kept.push(kept)
  }

  #included(seq: number, leaf: Hash, proof: readonly Hash[]): boolean {
    const { size, root: signed } = this.#checkpoint as Checkpoint
    return verifyInclusion(seq - 1, size, leaf, proof, fromHex(signed) as Hash)
  }

  #grow(leaf: Hash): void {
    this.#tree = append(this.#tree, leaf)
    for (const head of this.#heads) {
      if (head.size === this.#tree.size && head.root !== hex(root(this.#tree)))
        this.#verdict ??= { state: 'forked', exit: 3, signed: head.size, found: this.#checkpoint?.size ?? 0 }
    }
  }

  #nameBlobs(entry: Entry): void {
    for (const digest of entry.blobs ?? []) {
      if (!this.#named.has(digest)) this.#named.set(digest, entry.seq)
    }
    const erased = entry.kind === 'blob.erased' ? entry.payload['digest'] : undefined
    if (typeof erased === 'string') this.#erasures.add(erased)
  }

  /** All entries were read: they are as many as were signed, and have the root that was signed. */
  #closeEntries(): void {
    const checkpoint = this.#checkpoint
    if (checkpoint === undefined || this.#expected !== undefined) return
    this.#expected = [...this.#named.keys()].sort()
    if (this.#seqs !== undefined) {
      const missing = this.#seqs[this.#count]
      if (missing !== undefined) this.#altered(missing, 'line')
      return
    }
    const found = this.#count
    const signed = checkpoint.size
    if (found < signed) this.#verdict = { state: 'truncated', exit: 3, signed, found }
    else if (found > signed || hex(root(this.#tree)) !== checkpoint.root)
      this.#verdict = { state: 'forked', exit: 3, signed, found }
  }

  #blob(text: string | undefined): void {
    this.#closeEntries()
    if (this.#verdict !== undefined) return
    const digest = this.#expected?.[this.#seen]
    if (digest === undefined) return this.#altered(0, 'line')
    const seq = this.#named.get(digest) ?? 0
    const blob = readBlob(text)
    if (blob?.digest !== digest) return this.#altered(seq, 'blob')
    if (blob.erased) {
      if (!this.#erasures.has(digest)) return this.#altered(seq, 'erased')
      this.#erased.push({ digest, seq })
    } else {
      const { bytes } = blob
      if (bytes === undefined || sha256(bytes) !== digest) return this.#altered(seq, 'blob')
      if (bytes.length <= MAX_STATEMENT_BLOB && bytes[0] === 0x7b) this.#bytes.set(digest, bytes)
    }
    this.#seen++
  }

  #close(cut: boolean): void {
    if (this.#line === 0) {
      this.#verdict = { state: 'truncated', exit: 3, signed: 0, found: 0 }
      return
    }
    const signed = this.#seqs?.length ?? this.#checkpoint?.size ?? 0
    if (!cut || this.#seqs === undefined) this.#closeEntries()
    if (this.#verdict !== undefined) return
    if (cut) {
      this.#verdict = { state: 'truncated', exit: 3, signed, found: this.#count }
      return
    }
    const missing = this.#expected?.[this.#seen]
    if (missing !== undefined) this.#altered(this.#named.get(missing) ?? 0, 'blob')
  }

  #sound(): Verdict {
    const checkpoint = this.#checkpoint as Checkpoint // The header set it, or there is a verdict already.
    const erased = new Set<string>(this.#erased.map((blob) => blob.digest))
    let statements = 0
    const facts: RuleFacts = {
      entries: this.#kept.filter((kept) => kept.rule),
      blob: (digest) => this.#bytes.get(digest as Digest) ?? (erased.has(digest) ? 'erased' : undefined),
      counted: () => {
        statements++
      },
      ...(this.#options.approvers === undefined ? {} : { approvers: this.#options.approvers }),
    }
    const broken = RULES.flatMap((rule) => rule.check(facts)).sort((a, b) => a.seq - b.seq)
    if (broken.length > 0) return { state: 'broken', exit: 5, broken }
    const { change } = this.#options
    const ofChange = this.#kept
      .filter((kept) => kept.ofChange)
      .map(({ rule: _rule, ofChange: _ofChange, ...shown }): Shown => shown)
    if (change !== undefined && ofChange.length === 0) return { state: 'no_such_change', exit: 1, change }
    return {
      state: 'sound',
      exit: 0,
      checkpoint,
      entries: this.#count,
      extract: this.#seqs !== undefined,
      blobs: this.#seen,
      erased: this.#erased,
      statements,
      ...(change === undefined ? {} : { change: { id: change, entries: ofChange } }),
    }
  }
}

/** Larger blobs cannot be a signed statement and are not kept for the rules. */
const MAX_STATEMENT_BLOB = 65_536
