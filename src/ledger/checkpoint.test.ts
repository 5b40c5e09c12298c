// Checkpoints against openssl as the oracle, and what the signer refuses.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Digest, sha256 } from '../base/hash.ts'
import { ed25519Private, ed25519Public, ed25519PublicPem } from '../base/sign.ts'
import {
  extendCheckpoint,
  formatLedgerKey,
  parseLedgerKey,
  parseNote,
  signCheckpoint,
  verifyNote,
} from './checkpoint.ts'
import { append, consistencyRanges, EMPTY_TREE, type Hash, hex, leafHash, proof, root } from './merkle.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-checkpoint-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const privatePem = ed25519Private(Buffer.alloc(32, 7))
const publicKey = ed25519Public(privatePem)
const key = { name: 'sekisho/example', publicKey }
const checkpoint = { origin: 'sekisho/example', size: 412, root: sha256('root') }
const note = signCheckpoint(checkpoint, privatePem)

test('the commands of the specification check a note with plain openssl', () => {
  writeFileSync(join(directory, 'note'), note)
  writeFileSync(join(directory, 'key.pem'), ed25519PublicPem(publicKey))
  const script = `set -e
    head -n 3 note > text
    tail -n 1 note | cut -d' ' -f3 | base64 -d | tail -c 64 > signature
    openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile signature`
  const said = execFileSync('sh', ['-c', script], { cwd: directory }).toString()
  expect(said).toContain('Signature Verified Successfully')
  writeFileSync(join(directory, 'note'), note.replace('\n412\n', '\n413\n'))
  expect(spawnSync('sh', ['-c', script], { cwd: directory }).status).not.toBe(0)
})

test('a note is read back, and only with its own key and name', () => {
  expect(verifyNote(note, key)).toMatchObject({ ok: true, note: { checkpoint } })
  const other = ed25519Public(ed25519Private(Buffer.alloc(32, 8)))
  expect(verifyNote(note, { ...key, publicKey: other })).toEqual({ ok: false, why: 'no_signature_of_key' })
  expect(verifyNote(note, { ...key, name: 'sekisho/other' })).toEqual({ ok: false, why: 'other_origin' })
  const moved = note.replace('\n412\n', '\n411\n')
  expect(verifyNote(moved, key)).toEqual({ ok: false, why: 'signature' })
})

test('a signature of somebody else beside ours does not matter; one of ours twice does', () => {
  const line = note.split('\n').at(-2) ?? ''
  const foreign = `${note}— witness.example/w ${Buffer.alloc(76, 1).toString('base64')}\n`
  expect(verifyNote(foreign, key).ok).toBe(true)
  expect(verifyNote(`${note}${line}\n`, key).ok).toBe(false)
})

test('each character of a note changed: refused', () => {
  for (let i = 0; i < note.length; i++) {
    const code = note.charCodeAt(i)
    for (const bit of [1, 2, 16]) {
      const hurt = `${note.slice(0, i)}${String.fromCharCode(code ^ bit)}${note.slice(i + 1)}`
      expect(verifyNote(hurt, key).ok, `character ${i}`).toBe(false)
    }
    expect(verifyNote(note.slice(0, i), key).ok).toBe(false)
  }
})

test('base64 counts in its one canonical text only', () => {
  const last = (text: string) => {
    // The last letter before the padding holds bits that no byte uses.
    const at = text.lastIndexOf('=') - 1
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const code = alphabet.indexOf(text[at] ?? '')
    return `${text.slice(0, at)}${alphabet[code ^ 1]}${text.slice(at + 1)}`
  }
  expect(parseNote(last(note)).ok).toBe(false)
  const [origin, size, root = '', ...rest] = note.split('\n')
  expect(parseNote([origin, size, last(root), ...rest].join('\n')).ok).toBe(false)
})

test('reading never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(parseNote(text).ok).toBe(false)
      expect(parseLedgerKey(text)).toBeUndefined()
    }),
  )
})

test('the key as one line is read back; one character changed is refused', () => {
  const line = formatLedgerKey(key)
  expect(parseLedgerKey(`${line}\n`)).toEqual(key)
  for (let i = 0; i < line.length; i++) {
    const hurt = `${line.slice(0, i)}${line[i] === 'a' ? 'b' : 'a'}${line.slice(i + 1)}`
    const read = parseLedgerKey(hurt)
    expect(read === undefined, hurt).toBe(true)
  }
})

describe('INVARIANT I7: the signer signs only what extends what it signed last', () => {
  const bodies = Array.from({ length: 24 }, (_, i) => `body ${i}`)
  const rootOf = (list: readonly string[]) =>
    hex(root(list.reduce((tree, body) => append(tree, leafHash(body)), EMPTY_TREE))) as Digest
  const nodeIn =
    (list: readonly string[]) =>
    ({ height, index }: { height: number; index: number }): Hash =>
      Buffer.from(rootOf(list.slice(index * 2 ** height, (index + 1) * 2 ** height)), 'hex')
  const request = (list: readonly string[], from: number) => ({
    size: list.length,
    root: rootOf(list),
    consistency: proof(consistencyRanges(from, list.length), nodeIn(list)).map(hex),
  })

  test('the first one, one that grows, and the same again', () => {
    expect(extendCheckpoint(undefined, request(bodies.slice(0, 5), 0))).toMatchObject({ ok: true, size: 5 })
    for (let old = 0; old <= 24; old++) {
      const last = { size: old, root: rootOf(bodies.slice(0, old)) }
      expect(extendCheckpoint(last, request(bodies, old)), `from ${old}`).toMatchObject({
        ok: true,
        size: 24,
      })
    }
  })

  test('smaller, another root of the same size, a rewritten history, no proof: refused with both sizes', () => {
    const last = { size: 10, root: rootOf(bodies.slice(0, 10)) }
    const shrunk = extendCheckpoint(last, request(bodies.slice(0, 9), 9))
    expect(shrunk).toMatchObject({
      ok: false,
      code: 'ledger.checkpoint_shrinks',
      detail: { last: 10, next: 9 },
    })
    const rewritten = bodies.map((body, i) => (i === 3 ? 'other' : body))
    const forks = { ok: false, code: 'ledger.checkpoint_forks' }
    expect(extendCheckpoint(last, request(rewritten.slice(0, 10), 10))).toMatchObject(forks)
    expect(extendCheckpoint(last, request(rewritten, 10))).toMatchObject(forks)
    expect(extendCheckpoint(last, { ...request(bodies, 10), consistency: [] })).toMatchObject(forks)
    expect(extendCheckpoint({ size: 0, root: rootOf([]) }, { ...request(bodies, 0), size: 0 })).toMatchObject(
      forks,
    )
  })

  test('what is not a size or a hash: refused', () => {
    const invalid = { ok: false, code: 'ledger.checkpoint_invalid' }
    const good = request(bodies, 0)
    for (const size of [-1, 1.5, Number.NaN, 2 ** 60])
      expect(extendCheckpoint(undefined, { ...good, size })).toMatchObject(invalid)
    expect(extendCheckpoint(undefined, { ...good, root: 'ABC' })).toMatchObject(invalid)
    expect(extendCheckpoint(undefined, { ...good, consistency: ['x'] })).toMatchObject(invalid)
  })
})
