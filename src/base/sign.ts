// Signatures: our own reading of SSH signatures (PROTOCOL.sshsig) and plain Ed25519 for checkpoints.
// Everything read here is hostile: a verdict is a value with its reason, never an exception.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/** What kind of SSH key this is. Certificates, DSA and (for now) hardware keys are refused by name. */
export type KeyType =
  | 'ssh-ed25519'
  | 'ecdsa-sha2-nistp256'
  | 'ecdsa-sha2-nistp384'
  | 'ecdsa-sha2-nistp521'
  | 'ssh-rsa'

/** Why a key or a signature does not count. */
export type SignatureFault =
  | 'key_line' // not `type base64 [comment]`
  | 'key_malformed' // the key's inside does not parse, or is not a point of its curve
  | 'key_type' // a type we do not take: DSA, certificates, what we do not know
  | 'hardware_key' // sk-…: not taken yet
  | 'rsa_too_short' // < 3072 bits
  | 'rsa_exponent'
  | 'armor' // not one armored SSH signature
  | 'too_large'
  | 'malformed' // truncated, trailing bytes, reserved bytes, wrong version
  | 'namespace'
  | 'hash' // not sha256 or sha512
  | 'algorithm' // the signature's algorithm is not one of this key (SHA-1 with RSA, for one)
  | 'signature' // all parses, and it is not a signature over this message

export interface PublicKey {
  readonly type: KeyType
  /** The key's wire form, which is what is compared and enrolled. */
  readonly blob: Uint8Array
  /** `SHA256:…`, as ssh-keygen prints it. */
  readonly fingerprint: string
}
export type PublicKeyAnswer =
  | { readonly ok: true; readonly key: PublicKey; readonly comment: string }
  | { readonly ok: false; readonly why: SignatureFault; readonly type?: string }
export type SshVerdict =
  | { readonly ok: true; readonly publicKey: PublicKey; readonly fingerprint: string }
  | { readonly ok: false; readonly why: SignatureFault; readonly fingerprint?: string }

const CURVES = {
  'ecdsa-sha2-nistp256': { name: 'nistp256', jwk: 'P-256', hash: 'sha256', size: 32 },
  'ecdsa-sha2-nistp384': { name: 'nistp384', jwk: 'P-384', hash: 'sha384', size: 48 },
  'ecdsa-sha2-nistp521': { name: 'nistp521', jwk: 'P-521', hash: 'sha512', size: 66 },
} as const
const RSA_HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }
const RSA_LEAST_BITS = 3072
const RSA_MOST_BITS = 16_384
const MAX_ARMOR = 16_384
const MAX_KEY_LINE = 16_384
const MAGIC = Buffer.from('SSHSIG')
const BEGIN = '-----BEGIN SSH SIGNATURE-----'
const END = '-----END SSH SIGNATURE-----'

/** `SHA256:` and the digest of the key's wire form in base64 without padding. */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** Reads one line of a `.pub` file: `ssh-ed25519 AAAA… comment`. No options, no certificates. */
export function parsePublicKey(line: string): PublicKeyAnswer {
  if (line.length > MAX_KEY_LINE) return { ok: false, why: 'too_large' }
  const match = /^([a-z0-9@.-]{1,64})[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]+([^\r\n\0]*))?\r?\n?$/.exec(line)
  if (!match) return { ok: false, why: 'key_line' }
  const [, type = '', text = '', comment = ''] = match
  const blob = base64(text)
  if (blob === undefined) return { ok: false, why: 'key_line' }
  const read = readKey(blob)
  if (!read.ok) return read
  if (read.key.type !== type) return { ok: false, why: 'key_malformed', type }
  return { ok: true, key: read.key, comment: comment.trim() }
}

/**
 * Verifies an armored SSH signature over `message` in `namespace`. Whether the key may sign is the caller's question:
 * the answer names the key that did.
 */
export function verifySshSignature(armored: string, message: Uint8Array, namespace: string): SshVerdict {
  const blob = readArmor(armored)
  if (blob === undefined) return { ok: false, why: armored.length > MAX_ARMOR ? 'too_large' : 'armor' }
  const reader = new Reader(blob)
  const magic = reader.take(MAGIC.length)
  const version = reader.uint32()
  const keyBlob = reader.string()
  const signedNamespace = reader.string()
  const reserved = reader.string()
  const hash = reader.string()
  const signature = reader.string()
  if (!magic || !keyBlob || !signedNamespace || !reserved || !hash || !signature || !reader.atEnd)
    return { ok: false, why: 'malformed' }
  if (!MAGIC.equals(magic) || version !== 1 || reserved.length > 0) return { ok: false, why: 'malformed' }
  const read = readKey(keyBlob)
  if (!read.ok) return { ok: false, why: read.why }
  const print = read.key.fingerprint
  if (namespace === '' || !Buffer.from(namespace).equals(signedNamespace))
    return { ok: false, why: 'namespace', fingerprint: print }
  const hashName = hash.toString('latin1')
  if (hashName !== 'sha256' && hashName !== 'sha512') return { ok: false, why: 'hash', fingerprint: print }

  const inner = new Reader(signature)
  const algorithm = inner.string()?.toString('latin1')
  const bytes = inner.string()
  if (algorithm === undefined || !bytes || !inner.atEnd)
    return { ok: false, why: 'malformed', fingerprint: print }
  const digest = createHash(hashName).update(message).digest()
  const signed = Buffer.concat([
    MAGIC,
    sshString(signedNamespace),
    sshString(reserved),
    sshString(hash),
    sshString(digest),
  ])
  const fault = check(read, algorithm, signed, bytes)
  return fault === undefined
    ? { ok: true, publicKey: read.key, fingerprint: print }
    : { ok: false, why: fault, fingerprint: print }
}

// --- keys -----------------------------------------------------------------------------------------------------------

interface ReadKey {
  readonly ok: true
  readonly key: PublicKey
  readonly object: KeyObject
  /** Length of an RSA modulus, of a curve's coordinate, or of Ed25519's half signature. */
  readonly size: number
}
type KeyFault = { readonly ok: false; readonly why: SignatureFault; readonly type?: string }

function readKey(blob: Uint8Array): ReadKey | KeyFault {
  const reader = new Reader(Buffer.from(blob))
  const type = reader.string()?.toString('latin1')
  if (type === undefined || !/^[a-z0-9@.-]{1,64}$/.test(type)) return { ok: false, why: 'key_malformed' }
  switch (type) {
    case 'ssh-ed25519': {
      const point = reader.string()
      if (point?.length !== 32 || !reader.atEnd) return { ok: false, why: 'key_malformed', type }
      return imported(type, blob, { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') }, 32)
    }
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521': {
      const curve = CURVES[type]
      const name = reader.string()?.toString('latin1')
      const point = reader.string()
      const size = curve.size
      if (name !== curve.name || point?.length !== 1 + 2 * size || point[0] !== 4 || !reader.atEnd)
        return { ok: false, why: 'key_malformed', type }
      const x = point.subarray(1, 1 + size).toString('base64url')
      const y = point.subarray(1 + size).toString('base64url')
      return imported(type, blob, { kty: 'EC', crv: curve.jwk, x, y }, size)
    }
    case 'ssh-rsa': {
      const exponent = reader.positive()
      const modulus = reader.positive()
      if (!exponent || !modulus || !reader.atEnd) return { ok: false, why: 'key_malformed', type }
      const bits = bitLength(modulus)
      if (bits < RSA_LEAST_BITS) return { ok: false, why: 'rsa_too_short', type }
      if (bits > RSA_MOST_BITS) return { ok: false, why: 'key_malformed', type }
      // Even exponents do not exist, 1 would make every message its own signature, huge ones only cost time.
      const odd = ((exponent.at(-1) ?? 0) & 1) === 1
      if (!odd || exponent.length > 8 || bitLength(exponent) < 2)
        return { ok: false, why: 'rsa_exponent', type }
      const jwk = { kty: 'RSA', e: exponent.toString('base64url'), n: modulus.toString('base64url') }
      return imported(type, blob, jwk, modulus.length)
    }
    default:
      return { ok: false, why: type.startsWith('sk-') ? 'hardware_key' : 'key_type', type }
  }
}

function imported(type: KeyType, blob: Uint8Array, jwk: Readonly<Record<string, string>>, size: number) {
  const object = attempt(() => createPublicKey({ key: { ...jwk }, format: 'jwk' }))
  if (object === undefined) return { ok: false, why: 'key_malformed', type } as const
  const key: PublicKey = { type, blob: Uint8Array.from(blob), fingerprint: fingerprint(blob) }
  return { ok: true, key, object, size } as const
}

function check(read: ReadKey, algorithm: string, signed: Buffer, bytes: Buffer): SignatureFault | undefined {
  const { key, object, size } = read
  switch (key.type) {
    case 'ssh-ed25519':
      if (algorithm !== key.type) return 'algorithm'
      if (bytes.length !== 2 * size) return 'malformed'
      return holds(() => verify(null, signed, object, bytes))
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521': {
      if (algorithm !== key.type) return 'algorithm'
      const reader = new Reader(bytes)
      const r = reader.positive()
      const s = reader.positive()
      if (!r || !s || !reader.atEnd || r.length > size || s.length > size) return 'malformed'
      const flat = Buffer.alloc(2 * size)
      r.copy(flat, size - r.length)
      s.copy(flat, 2 * size - s.length)
      const options = { key: object, dsaEncoding: 'ieee-p1363' } as const
      return holds(() => verify(CURVES[key.type as keyof typeof CURVES].hash, signed, options, flat))
    }
    case 'ssh-rsa': {
      const hash = Object.hasOwn(RSA_HASHES, algorithm) ? RSA_HASHES[algorithm] : undefined
      if (hash === undefined) return 'algorithm'
      if (bytes.length !== size) return 'malformed'
      return holds(() => verify(hash, signed, object, bytes))
    }
  }
}

function holds(verified: () => boolean): SignatureFault | undefined {
  return attempt(verified) === true ? undefined : 'signature'
}

/** OpenSSL throws for some hostile values where it answers false for others; to us both are "no". */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

// --- bytes ----------------------------------------------------------------------------------------------------------

function readArmor(text: string): Buffer | undefined {
  if (text.length > MAX_ARMOR) return undefined
  const lines = text.replace(/\r\n/g, '\n').replace(/\n+$/, '').split('\n')
  if (lines[0] !== BEGIN || lines.at(-1) !== END) return undefined
  return base64(lines.slice(1, -1).join(''))
}

/** Canonical base64 only: one text for one value. */
function base64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined
}

function sshString(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function bitLength(bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : bytes.length * 8 - Math.clz32(bytes[0] ?? 0) + 24
}

class Reader {
  readonly #bytes: Buffer
  #at = 0
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }
  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }
  take(size: number): Buffer | undefined {
    if (size > this.#bytes.length - this.#at) return undefined
    this.#at += size
    return this.#bytes.subarray(this.#at - size, this.#at)
  }
  uint32(): number | undefined {
    return this.take(4)?.readUInt32BE()
  }
  string(): Buffer | undefined {
    const size = this.uint32()
    return size === undefined ? undefined : this.take(size)
  }
  /** An mpint > 0 in its one shortest form, without the sign byte. */
  positive(): Buffer | undefined {
    const bytes = this.string()
    const [first, second] = [bytes?.[0], bytes?.[1]]
    if (bytes === undefined || first === undefined || first >= 0x80) return undefined
    if (first !== 0) return bytes
    return second !== undefined && second >= 0x80 ? bytes.subarray(1) : undefined
  }
}

// --- Ed25519 for checkpoints ----------------------------------------------------------------------------------------

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex')

/** The private key of 32 random bytes, as PKCS#8 PEM. */
export function ed25519Private(seed: Uint8Array): string {
  return pem('PRIVATE KEY', Buffer.concat([PKCS8_ED25519, seed.subarray(0, 32)]))
}

/** The 32 bytes of the public key. Throws when the text is not an Ed25519 private key: it is our own file. */
export function ed25519Public(privatePem: string): Uint8Array {
  const key = createPrivateKey(privatePem)
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 private key')
  return Uint8Array.from(createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32))
}

/** The public key as openssl reads it (`-pubin -inkey`). */
export function ed25519PublicPem(publicKey: Uint8Array): string {
  return pem('PUBLIC KEY', Buffer.concat([SPKI_ED25519, publicKey]))
}

/** The 32 bytes of `-----BEGIN PUBLIC KEY-----`, or undefined. */
export function parseEd25519Pem(text: string): Uint8Array | undefined {
  const match = /^-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=]{60})\s+-----END PUBLIC KEY-----\s*$/.exec(text)
  const der = base64(match?.[1] ?? '')
  if (der === undefined || !der.subarray(0, SPKI_ED25519.length).equals(SPKI_ED25519)) return undefined
  return Uint8Array.from(der.subarray(SPKI_ED25519.length))
}

/** Throws when the key is not an Ed25519 private key. */
export function signEd25519(privatePem: string, message: Uint8Array): Uint8Array {
  const key = createPrivateKey(privatePem)
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 private key')
  return Uint8Array.from(sign(null, message, key))
}

/** RFC 8032 verification with the 32 bytes of a public key. Never throws. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  return (
    attempt(() => {
      const x = Buffer.from(publicKey).toString('base64url')
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
      return verify(null, message, key, signature)
    }) === true
  )
}

function pem(label: string, der: Uint8Array): string {
  const text = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').replace(/\n$/, '')
  return `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`
}
