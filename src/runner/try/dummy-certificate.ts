// A certificate that looks like the given one but belongs to a fresh key of the same kind, so that a validator can load
// the pair while the secret key never enters the sandbox. Only the public certificate is read.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto'

const PEM =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/** The certificates of a PEM text in order; empty when there is none or one of them cannot be read. */
export function readCertificates(bytes: Uint8Array): readonly X509Certificate[] {
  const before = certificatesRead.get(bytes)
  if (before !== undefined) return before
  const certificates = parseCertificates(bytes)
  certificatesRead.set(bytes, certificates)
  return certificates
}

/** A file that a hundred pairs name is parsed once. */
const certificatesRead = new WeakMap<Uint8Array, readonly X509Certificate[]>()

function parseCertificates(bytes: Uint8Array): readonly X509Certificate[] {
  try {
    const blocks = (Buffer.from(bytes).toString('latin1').match(PEM) ?? []).slice(0, MAX_CHAIN)
    return blocks.map((pem) => new X509Certificate(pem.replace(/(BEGIN|END) (TRUSTED |X509 )/g, '$1 ')))
  } catch {
    return []
  }
}

/** More than any chain; of a longer file the first ones are taken. */
const MAX_CHAIN = 1_000

const keys = new Map<string, { readonly privateKey: KeyObject; readonly publicKey: KeyObject }>()

/** A key of the same kind and size; made once per kind (RSA costs a quarter of a second). Undefined for kinds we cannot make. */
export function dummyKey(certificate: X509Certificate): KeyObject | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey
  const kind = `${type} ${details?.modulusLength ?? ''} ${details?.namedCurve ?? ''}`
  const known = keys.get(kind)
  if (known !== undefined) return known.privateKey
  const made = makeKeys(type, details?.modulusLength, details?.namedCurve)
  if (made !== undefined) keys.set(kind, made)
  return made?.privateKey
}

function makeKeys(type: string | undefined, bits: number | undefined, curve: string | undefined) {
  try {
    if (type === 'rsa') return generateKeyPairSync('rsa', { modulusLength: Math.min(bits ?? 2048, 4096) })
    if (type === 'ec') return generateKeyPairSync('ec', { namedCurve: curve ?? 'prime256v1' })
    if (type === 'ed25519') return generateKeyPairSync('ed25519')
    if (type === 'ed448') return generateKeyPairSync('ed448')
    return undefined
  } catch {
    return undefined
  }
}

export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/**
 * The PEM text with its first certificate re-made for `key` (same names, times and extensions, self-signed in effect);
 * the rest of the chain stays as it is. Undefined when the certificate is not built as RFC 5280 says.
 */
export function dummyCertificate(
  certificates: readonly X509Certificate[],
  key: KeyObject,
): string | undefined {
  const [first, ...chain] = certificates
  if (first === undefined) return undefined
  const leaf = reissue(first.raw, key)
  if (leaf === undefined) return undefined
  return [pem(leaf), ...chain.map((certificate) => pem(certificate.raw))].join('')
}

/** Does the real key belong to the real certificate? `unreadable` also for keys behind a pass phrase. */
export function samePair(certificate: X509Certificate, key: Uint8Array): 'same' | 'different' | 'unreadable' {
  try {
    return certificate.checkPrivateKey(createPrivateKey(Buffer.from(key))) ? 'same' : 'different'
  } catch {
    return 'unreadable'
  }
}

/** tbsCertificate with another key, signed again: version, serial, ALGORITHM, issuer, validity, subject, KEY, extensions. */
function reissue(raw: Uint8Array, key: KeyObject): Buffer | undefined {
  const certificate = readElement(Buffer.from(raw), 0)
  const tbs = certificate === undefined ? undefined : readElement(certificate.content, 0)
  if (tbs === undefined) return undefined
  const fields = readElements(tbs.content)
  const offset = fields[0]?.tag === 0xa0 ? 1 : 0
  if (fields.length < offset + 6) return undefined
  const algorithm = algorithmOf(key)
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const parts = fields.map((field, i) => {
    if (i === offset + 1) return algorithm
    return i === offset + 5 ? publicKey : field.whole
  })
  const body = element(0x30, Buffer.concat(parts))
  const hash = key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'ec' ? 'sha256' : null
  const signature = sign(hash, body, key)
  return element(
    0x30,
    Buffer.concat([body, algorithm, element(0x03, Buffer.concat([Buffer.of(0), signature]))]),
  )
}

/** sha256WithRSAEncryption, ecdsa-with-SHA256, Ed25519, Ed448 as DER AlgorithmIdentifier. */
function algorithmOf(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'rsa') return Buffer.from('300d06092a864886f70d01010b0500', 'hex')
  if (key.asymmetricKeyType === 'ec') return Buffer.from('300a06082a8648ce3d040302', 'hex')
  return Buffer.from(key.asymmetricKeyType === 'ed448' ? '300506032b6571' : '300506032b6570', 'hex')
}

interface Element {
  readonly tag: number
  readonly content: Buffer
  readonly whole: Buffer
}

function readElement(bytes: Buffer, at: number): Element | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) return undefined
  const count = first < 0x80 ? 0 : first & 0x7f
  if (count > 4 || at + 2 + count > bytes.length) return undefined
  const length = count === 0 ? first : bytes.readUIntBE(at + 2, count)
  const from = at + 2 + count
  if (from + length > bytes.length) return undefined
  return { tag, content: bytes.subarray(from, from + length), whole: bytes.subarray(at, from + length) }
}

function readElements(bytes: Buffer): readonly Element[] {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const next = readElement(bytes, at)
    if (next === undefined) return []
    elements.push(next)
    at += next.whole.length
  }
  return elements
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content])
  const size = Buffer.alloc(4)
  size.writeUInt32BE(length)
  const bytes = size.subarray(size.findIndex((byte) => byte !== 0))
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length), bytes, content])
}

function pem(raw: Uint8Array): string {
  const lines =
    Buffer.from(raw)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
