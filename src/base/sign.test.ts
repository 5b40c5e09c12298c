// The oracle is ssh-keygen itself: what it refuses we refuse, and everything it signs with a key we take is accepted.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { times } from '../../tests/crash/share.ts'
import {
  ed25519Private,
  ed25519Public,
  ed25519PublicPem,
  parseEd25519Pem,
  parsePublicKey,
  signEd25519,
  verifyEd25519,
  verifySshSignature,
} from './sign.ts'

let directory: string
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const KEYS = [
  { name: 'ed25519', type: 'ed25519', bits: '256' },
  { name: 'p256', type: 'ecdsa', bits: '256' },
  { name: 'p384', type: 'ecdsa', bits: '384' },
  { name: 'p521', type: 'ecdsa', bits: '521' },
  { name: 'rsa3072', type: 'rsa', bits: '3072' },
] as const
const message = Buffer.from('{"type":"approve","v":1}')

function path(name: string): string {
  return join(directory, name)
}
function makeKey(name: string, type: string, bits: string): void {
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    type,
    '-b',
    bits,
    '-N',
    '',
    '-C',
    `${name} comment`,
    '-f',
    path(name),
  ])
}
function sign(name: string, bytes: Uint8Array, namespace = 'sekisho', hash = 'sha512'): string {
  const options = ['-Y', 'sign', '-q', '-f', path(name), '-n', namespace, '-O', `hashalg=${hash}`]
  return execFileSync('ssh-keygen', options, { input: bytes, stdio: ['pipe', 'pipe', 'ignore'] }).toString()
}
function oracle(armored: string, bytes: Uint8Array, namespace = 'sekisho'): boolean {
  writeFileSync(path('signature'), armored)
  const result = spawnSync(
    'ssh-keygen',
    ['-Y', 'check-novalidate', '-n', namespace, '-s', path('signature')],
    { input: bytes },
  )
  return result.status === 0
}
function unarmor(armored: string): Buffer {
  return Buffer.from(armored.split('\n').slice(1, -2).join(''), 'base64')
}
function armor(blob: Uint8Array): string {
  const text = Buffer.from(blob).toString('base64').replace(/.{70}/g, '$&\n').replace(/\n$/, '')
  return `-----BEGIN SSH SIGNATURE-----\n${text}\n-----END SSH SIGNATURE-----\n`
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-sign-'))
  for (const key of KEYS) makeKey(key.name, key.type, key.bits)
  makeKey('rsa2048', 'rsa', '2048')
  makeKey('other', 'ed25519', '256')
})

describe.each(KEYS)('$name', ({ name }) => {
  test('the public key and its fingerprint are read as ssh-keygen prints them', () => {
    const line = readFileSync(path(`${name}.pub`), 'utf8')
    const answer = parsePublicKey(line)
    const printed = execFileSync('ssh-keygen', ['-l', '-f', path(`${name}.pub`)])
      .toString()
      .split(' ')[1]
    expect(answer.ok && answer.key.fingerprint).toBe(printed)
    expect(answer.ok && answer.comment).toBe(`${name} comment`)
  })

  test.each(['sha512', 'sha256'])('a signature with %s is accepted and names its key', (hash) => {
    const verdict = verifySshSignature(sign(name, message, 'sekisho', hash), message, 'sekisho')
    const key = parsePublicKey(readFileSync(path(`${name}.pub`), 'utf8'))
    expect(verdict.ok && verdict.fingerprint).toBe(key.ok && key.key.fingerprint)
    expect(verdict.ok && Buffer.from(verdict.publicKey.blob)).toEqual(key.ok && Buffer.from(key.key.blob))
  })

  test('another message, another namespace, a foreign key: refused', () => {
    const armored = sign(name, message)
    expect(verifySshSignature(armored, Buffer.from('other'), 'sekisho')).toMatchObject({ why: 'signature' })
    expect(verifySshSignature(armored, message, 'file')).toMatchObject({ why: 'namespace' })
    expect(verifySshSignature(sign(name, message, 'file'), message, 'sekisho')).toMatchObject({
      why: 'namespace',
    })
    const own = parsePublicKey(readFileSync(path(`${name}.pub`), 'utf8'))
    const foreign = verifySshSignature(sign('other', message), message, 'sekisho')
    expect(foreign.ok && foreign.fingerprint).not.toBe(own.ok && own.key.fingerprint)
  })

  test('each byte flipped, each truncation: refused', () => {
    const blob = unarmor(sign(name, message))
    for (let i = 0; i < blob.length; i++) {
      const flipped = Buffer.from(blob)
      flipped[i] = (flipped[i] ?? 0) ^ (1 << (i % 8))
      expect(verifySshSignature(armor(flipped), message, 'sekisho').ok, `byte ${i}`).toBe(false)
      expect(verifySshSignature(armor(blob.subarray(0, i)), message, 'sekisho').ok, `cut ${i}`).toBe(false)
    }
    expect(verifySshSignature(armor(Buffer.concat([blob, Buffer.of(0)])), message, 'sekisho').ok).toBe(false)
  })
})

test('mutated signatures (240 in the campaign): whatever we accept, ssh-keygen accepts; whatever it signs, we accept', () => {
  let accepted = 0
  let seed = 7
  const chance = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed % below
  }
  for (let i = 0; i < times(240); i++) {
    const key = KEYS[i % KEYS.length] ?? KEYS[0]
    const armored = sign(key.name, message, 'sekisho', i % 2 === 0 ? 'sha512' : 'sha256')
    const blob = unarmor(armored)
    const at = chance(blob.length)
    const mutated = Buffer.from(blob)
    const kind = i % 12
    let text = armored
    if (kind < 6) {
      mutated[at] = chance(256)
      text = armor(mutated)
    } else if (kind < 8) text = armor(Buffer.concat([blob.subarray(0, at), blob.subarray(at + 1)]))
    else if (kind < 9) text = armor(Buffer.concat([blob.subarray(0, at), Buffer.of(0), blob.subarray(at)]))
    else if (kind < 10) text = armored.replace(/\n/g, '\r\n')
    const ours = verifySshSignature(text, message, 'sekisho').ok
    const theirs = oracle(text, message)
    if (ours) accepted++
    expect(!ours || theirs, `mutation ${i} of ${key.name} at ${at}: ours ${ours}, ssh-keygen ${theirs}`).toBe(
      true,
    )
    if (text === armored) expect(ours && theirs, `untouched ${i}`).toBe(true)
  }
  expect(accepted).toBeGreaterThanOrEqual(times(40))
}, 60_000)

test('RSA of 2048 bits, SHA-1 with RSA, hardware keys and certificates are refused by name', () => {
  expect(verifySshSignature(sign('rsa2048', message), message, 'sekisho')).toMatchObject({
    why: 'rsa_too_short',
  })
  expect(parsePublicKey(readFileSync(path('rsa2048.pub'), 'utf8'))).toMatchObject({ why: 'rsa_too_short' })
  const blob = unarmor(sign('rsa3072', message))
  const sha1 = Buffer.from(blob.toString('latin1').replace('rsa-sha2-512', 'rsa-sha1-512'), 'latin1')
  expect(verifySshSignature(armor(sha1), message, 'sekisho')).toMatchObject({ why: 'algorithm' })
  for (const [type, why] of [
    ['sk-ssh-ed25519@openssh.com', 'hardware_key'],
    ['sk-ecdsa-sha2-nistp256@openssh.com', 'hardware_key'],
    ['ssh-ed25519-cert-v01@openssh.com', 'key_type'],
    ['ssh-dss', 'key_type'],
  ] as const) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(type.length)
    const wire = Buffer.concat([length, Buffer.from(type)]).toString('base64')
    expect(parsePublicKey(`${type} ${wire} somebody`), type).toMatchObject({ ok: false, why, type })
  }
})

test('reserved bytes, another version and another magic are refused even where the signature holds over them', () => {
  const key = ed25519Private(Buffer.alloc(32, 3))
  const word = (bytes: Uint8Array | string) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(Buffer.from(bytes).length)
    return Buffer.concat([length, Buffer.from(bytes)])
  }
  const make = (reserved: string, version: number, magic: string) => {
    const tail = [word('sekisho'), word(reserved), word('sha512')]
    const digest = createHash('sha512').update(message).digest()
    const signed = Buffer.concat([Buffer.from(magic), ...tail, word(digest)])
    const publicKey = Buffer.concat([word('ssh-ed25519'), word(ed25519Public(key))])
    const signature = Buffer.concat([word('ssh-ed25519'), word(signEd25519(key, signed))])
    const blob = [Buffer.from(magic), Buffer.of(0, 0, 0, version), word(publicKey), ...tail, word(signature)]
    return armor(Buffer.concat(blob))
  }
  expect(verifySshSignature(make('', 1, 'SSHSIG'), message, 'sekisho').ok).toBe(true)
  expect(oracle(make('', 1, 'SSHSIG'), message)).toBe(true)
  for (const text of [make('x', 1, 'SSHSIG'), make('', 2, 'SSHSIG'), make('', 1, 'SSHSIh')])
    expect(verifySshSignature(text, message, 'sekisho')).toEqual({ ok: false, why: 'malformed' })
})

test('no text and no bytes make the reader throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array({ maxLength: 400 }), (text, bytes) => {
      expect(parsePublicKey(text).ok).toBe(false)
      expect(verifySshSignature(text, bytes, 'sekisho').ok).toBe(false)
      expect(verifySshSignature(armor(bytes), bytes, 'sekisho').ok).toBe(false)
      expect(verifySshSignature(armor(Buffer.concat([Buffer.from('SSHSIG'), bytes])), bytes, 'x').ok).toBe(
        false,
      )
      expect(verifyEd25519(bytes, bytes, bytes)).toBe(false)
      expect(parseEd25519Pem(text)).toBeUndefined()
    }),
    { numRuns: 300 },
  )
})

test('Ed25519: the vectors of RFC 8032, and openssl reads our keys', () => {
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
  const expected =
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
  const key = ed25519Private(seed)
  const publicKey = ed25519Public(key)
  expect(Buffer.from(publicKey).toString('hex')).toBe(
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  )
  expect(Buffer.from(signEd25519(key, Buffer.alloc(0))).toString('hex')).toBe(expected)
  expect(verifyEd25519(publicKey, Buffer.alloc(0), Buffer.from(expected, 'hex'))).toBe(true)
  expect(verifyEd25519(publicKey, Buffer.from('x'), Buffer.from(expected, 'hex'))).toBe(false)
  const pem = ed25519PublicPem(publicKey)
  expect(Buffer.from(parseEd25519Pem(pem) ?? [])).toEqual(Buffer.from(publicKey))
  expect(execFileSync('openssl', ['pkey', '-pubout'], { input: key }).toString()).toBe(pem)
})
