// Vectors of RFC 6962 as the certificate-transparency projects publish them, and properties against the recursive
// definition of RFC 9162 written out here a second time.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  append,
  consistencyRanges,
  EMPTY_TREE,
  type Hash,
  hex,
  inclusionRanges,
  leafHash,
  type Node,
  proof,
  root,
  type Tree,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

function sha(...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
function split(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}
/** MTH of RFC 9162 §2.1.1, as it is written there. */
function mth(d: readonly Uint8Array[]): Buffer {
  if (d.length === 0) return sha()
  if (d.length === 1) return sha(Buffer.of(0), d[0] ?? Buffer.alloc(0))
  const k = split(d.length)
  return sha(Buffer.of(1), mth(d.slice(0, k)), mth(d.slice(k)))
}
/** PATH of RFC 9162 §2.1.3.1. */
function path(m: number, d: readonly Uint8Array[]): Buffer[] {
  if (d.length === 1) return []
  const k = split(d.length)
  return m < k
    ? [...path(m, d.slice(0, k)), mth(d.slice(k))]
    : [...path(m - k, d.slice(k)), mth(d.slice(0, k))]
}
/** SUBPROOF of RFC 9162 §2.1.4.1. */
function subproof(m: number, d: readonly Uint8Array[], b: boolean): Buffer[] {
  if (m === d.length) return b ? [] : [mth(d)]
  const k = split(d.length)
  return m <= k
    ? [...subproof(m, d.slice(0, k), b), mth(d.slice(k))]
    : [...subproof(m - k, d.slice(k), false), mth(d.slice(0, k))]
}
function grow(d: readonly Uint8Array[]): Tree {
  return d.reduce((tree, body) => append(tree, leafHash(body)), EMPTY_TREE)
}
function nodeIn(d: readonly Uint8Array[]) {
  return ({ height, index }: Node): Hash => mth(d.slice(index * 2 ** height, (index + 1) * 2 ** height))
}
const bodies = (size: number) => Array.from({ length: size }, (_, i) => Buffer.from(`body ${i}`))

test('a root is no proof of itself as a leaf', () => {
  const head = root(grow(bodies(5)))
  expect(verifyInclusion(0, 5, head, [], head)).toBe(false)
  expect(verifyConsistency(4, head, 5, head, [])).toBe(false)
})

test('the roots of RFC 6962', () => {
  const d = LEAVES.map((text) => Buffer.from(text, 'hex'))
  expect(ROOTS.map((_, size) => hex(root(grow(d.slice(0, size)))))).toEqual(ROOTS)
})

describe('against the definition', () => {
  test('root, every inclusion proof and every consistency proof up to 34 leaves', () => {
    for (let size = 0; size <= 34; size++) {
      const d = bodies(size)
      const head = root(grow(d))
      expect(hex(head)).toBe(mth(d).toString('hex'))
      for (let i = 0; i < size; i++) {
        const hashes = proof(inclusionRanges(i, size), nodeIn(d))
        expect(hashes.map(hex)).toEqual(path(i, d).map(hex))
        expect(verifyInclusion(i, size, leafHash(d[i] ?? ''), hashes, head)).toBe(true)
      }
      for (let old = 0; old <= size; old++) {
        const hashes = proof(consistencyRanges(old, size), nodeIn(d))
        if (old > 0) expect(hashes.map(hex)).toEqual(subproof(old, d, true).map(hex))
        expect(verifyConsistency(old, mth(d.slice(0, old)), size, head, hashes)).toBe(true)
      }
    }
  })

  test('a proof with one flipped bit, one hash more or less, another index or size proves nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), fc.nat(), (size, a, b) => {
        const d = bodies(size)
        const head = mth(d)
        const index = a % size
        const hashes = path(index, d)
        const leaf = leafHash(d[index] ?? '')
        const hurt = hashes.map((hash) => Buffer.from(hash))
        const victim = hurt[b % hurt.length]
        if (victim) victim[b % 32] = (victim[b % 32] ?? 0) ^ (1 << (b % 8))
        expect(verifyInclusion(index, size, leaf, hurt, head)).toBe(false)
        expect(verifyInclusion(index, size, leaf, hashes.slice(1), head)).toBe(false)
        expect(verifyInclusion(index, size, leaf, [...hashes, head], head)).toBe(false)
        expect(verifyInclusion((index + 1) % size, size, leaf, hashes, head)).toBe(false)
        expect(verifyInclusion(index, 0, leaf, hashes, head)).toBe(false)

        const old = 1 + (b % (size - 1))
        const oldRoot = mth(d.slice(0, old))
        const steps = subproof(old, d, true)
        expect(verifyConsistency(old, oldRoot, size, head, steps)).toBe(true)
        const wrong = steps.map((hash) => Buffer.from(hash))
        const other = wrong[a % wrong.length]
        if (other) other[a % 32] = (other[a % 32] ?? 0) ^ (1 << (a % 8))
        expect(verifyConsistency(old, oldRoot, size, head, wrong)).toBe(false)
        expect(verifyConsistency(old, oldRoot, size, head, steps.slice(1))).toBe(false)
        expect(verifyConsistency(old, oldRoot, size, head, [...steps, head])).toBe(false)
        expect(verifyConsistency(size, head, old, oldRoot, steps)).toBe(false)
        expect(verifyConsistency(old, mth(bodies(old + 1)), size, head, steps)).toBe(false)
      }),
    )
  })

  test('a history that was rewritten is never consistent', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 20 }),
        fc.nat(),
        (old, more, at) => {
          const before = bodies(old)
          const after = bodies(old + more).map((body, i) =>
            i === at % old ? Buffer.from('rewritten') : body,
          )
          const hashes = old === old + more ? [] : subproof(old, after, true)
          expect(verifyConsistency(old, mth(before), old + more, mth(after), hashes)).toBe(false)
        },
      ),
    )
  })
})
