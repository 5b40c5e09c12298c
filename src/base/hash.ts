// Digests: SHA-256 in lower-case hex, with a domain label wherever a digest is signed or approved.
import { createHash, createHmac, hash, timingSafeEqual } from 'node:crypto'
import { canonical, type Json } from './json.ts'

/** 64 lower-case hex digits of SHA-256. */
export type Digest = string & { readonly digest: unique symbol }

const DIGEST = /^[0-9a-f]{64}$/

export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && DIGEST.test(value)
}

export function sha256(bytes: Uint8Array | string): Digest {
  return createHash('sha256').update(bytes).digest('hex') as Digest
}

/** SHA-256 as bytes, in one call: trees hash hashes, and hex would be turned back at once. */
export function sha256Bytes(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/** SHA-256(label ‖ 0x00 ‖ RFC 8785 text): what is sealed of one kind can never be read as another kind. */
export function labelledDigest(label: string, value: Json): Digest {
  return createHash('sha256').update(label).update('\0').update(canonical(value)).digest('hex') as Digest
}

/** HMAC-SHA-256 in hex: the only digest that may be taken of a secret (spine §8). */
export function keyedHash(key: Uint8Array, bytes: Uint8Array | string): string {
  return createHmac('sha256', key).update(bytes).digest('hex')
}

/** Constant-time comparison of two strings of hex. */
export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
