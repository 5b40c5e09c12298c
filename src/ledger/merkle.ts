// The tree of RFC 9162 §2.1: leaves are appended, a root stands for all of them, short proofs show that a leaf is in it and
// that one tree extends another. A tree of any size is held as its peaks, one hash for each bit of its size.
import { sha256Bytes } from '../base/hash.ts'

export type Hash = Uint8Array

/** The compact form of a tree: `peaks` are the roots of its perfect subtrees from left to right. */
export interface Tree {
  readonly size: number
  readonly peaks: readonly Hash[]
}

/** Leaves `start` to `end - 1`; `start` is a multiple of the largest power of two that fits. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** The root of the perfect subtree over leaves `index * 2^height` to `(index + 1) * 2^height - 1`. */
export interface Node {
  readonly height: number
  readonly index: number
}

export const EMPTY_TREE: Tree = { size: 0, peaks: [] }
export const EMPTY_ROOT: Hash = sha256Bytes(new Uint8Array(0))
export const HASH_SIZE = 32

/** SHA-256(0x00 ‖ body). */
export function leafHash(body: Uint8Array | string): Hash {
  if (typeof body !== 'string') return sha256Bytes(Buffer.concat([LEAF, body]))
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(body))
  bytes[0] = 0
  bytes.write(body, 1)
  return sha256Bytes(bytes)
}
const LEAF = Uint8Array.of(0)

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  const bytes = Buffer.allocUnsafe(1 + 2 * HASH_SIZE)
  bytes[0] = 1
  bytes.set(left, 1)
  bytes.set(right, 1 + HASH_SIZE)
  return sha256Bytes(bytes)
}

/** The tree with one leaf more. */
export function append(tree: Tree, leaf: Hash): Tree {
  const peaks = [...tree.peaks]
  let hash = leaf
  for (const left of completedBy(tree)) {
    peaks.pop()
    hash = nodeHash(left, hash)
  }
  peaks.push(hash)
  return { size: tree.size + 1, peaks }
}

/** The peaks that the next leaf melts together, nearest first. */
function completedBy(tree: Tree): Hash[] {
  const melted: Hash[] = []
  for (let size = tree.size, i = tree.peaks.length - 1; size % 2 === 1; size = (size - 1) / 2, i--) {
    melted.push(tree.peaks[i] as Hash)
  }
  return melted
}

/** The root of RFC 9162; the empty tree's is SHA-256 of nothing. */
export function root(tree: Tree): Hash {
  return tree.size === 0 ? EMPTY_ROOT : fold(tree.peaks)
}

/** One hash over neighbouring subtrees, from the right to the left. */
export function fold(hashes: readonly Hash[]): Hash {
  return hashes.reduceRight((right, left) => nodeHash(left, right))
}

/** The perfect subtrees that make up a range, from left to right. */
export function rangeNodes(range: Range): Node[] {
  const nodes: Node[] = []
  for (let at = range.start; at < range.end; ) {
    let height = 0
    while (2 ** (height + 1) <= range.end - at) height++
    nodes.push({ height, index: at / 2 ** height })
    at += 2 ** height
  }
  return nodes
}

/** The ranges whose hashes prove that leaf `index` is in the tree of `size` leaves, in the order of the proof. */
export function inclusionRanges(index: number, size: number): Range[] {
  const ranges: Range[] = []
  let [start, end] = [0, size]
  while (end - start > 1) {
    const middle = start + split(end - start)
    if (index < middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
    }
  }
  return ranges.reverse()
}

/** The ranges whose hashes prove that the tree of `newSize` leaves extends the one of `oldSize`, in order. */
export function consistencyRanges(oldSize: number, newSize: number): Range[] {
  if (oldSize === 0 || oldSize === newSize) return []
  const ranges: Range[] = []
  let [start, end] = [0, newSize]
  let known = true
  while (oldSize !== end) {
    const middle = start + split(end - start)
    if (oldSize <= middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
      known = false
    }
  }
  if (!known) ranges.push({ start, end })
  return ranges.reverse()
}

/** The proof's hashes, given each perfect subtree's. */
export function proof(ranges: readonly Range[], nodeAt: (node: Node) => Hash): Hash[] {
  return ranges.map((range) => fold(rangeNodes(range).map(nodeAt)))
}

/** The largest power of two below `size` (size ≥ 2). */
function split(size: number): number {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}

/** RFC 9162 §2.1.3.2. Total: a proof of the wrong length is false. */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Hash,
  hashes: readonly Hash[],
  expected: Hash,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size) return false
  let [fn, sn] = [index, size - 1]
  let hash = leaf
  for (const sibling of hashes) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sibling, hash)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else hash = nodeHash(hash, sibling)
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 && same(hash, expected)
}

/** RFC 9162 §2.1.4.2; from the empty tree everything extends. Total. */
export function verifyConsistency(
  oldSize: number,
  oldRoot: Hash,
  newSize: number,
  newRoot: Hash,
  hashes: readonly Hash[],
): boolean {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false
  if (oldSize === newSize) return hashes.length === 0 && same(oldRoot, newRoot)
  if (oldSize === 0) return hashes.length === 0 && same(oldRoot, EMPTY_ROOT)
  let [fn, sn] = [oldSize - 1, newSize - 1]
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)]
  const [first, ...rest] = fn === 0 ? [oldRoot, ...hashes] : hashes
  if (first === undefined) return false
  let [fr, sr] = [first, first]
  for (const hash of rest) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(hash, fr)
      sr = nodeHash(hash, sr)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else sr = nodeHash(sr, hash)
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 && same(fr, oldRoot) && same(sr, newRoot)
}

export function same(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0
}
export function hex(hash: Hash): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('hex')
}
/** The 32 bytes of 64 lower-case hex digits, or undefined. */
export function fromHex(text: unknown): Hash | undefined {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text) ? Buffer.from(text, 'hex') : undefined
}

function half(value: number): number {
  return Math.floor(value / 2)
}
function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
