// The signed head of the ledger: a C2SP checkpoint (origin, size, root) in a C2SP signed note with an Ed25519 signature.
// The runner signs it and never anything that does not extend what it signed last.
import { type Answer, refused } from '../base/error.ts'
import { type Digest, isDigest, sha256Bytes } from '../base/hash.ts'
import { ed25519Public, signEd25519, verifyEd25519 } from '../base/sign.ts'
import { EMPTY_ROOT, fromHex, type Hash, hex, verifyConsistency } from './merkle.ts'

export interface Checkpoint {
  /** `sekisho/<name>`: which ledger this is. */
  readonly origin: string
  readonly size: number
  readonly root: Digest
}

/** The public half of the ledger's key, with the name its signatures carry (our origin). */
export interface LedgerKey {
  readonly name: string
  readonly publicKey: Uint8Array
}

export interface NoteSignature {
  readonly name: string
  /** First four bytes of SHA-256(name ‖ LF ‖ 0x01 ‖ public key), in hex. */
  readonly keyHash: string
  readonly bytes: Uint8Array
}
export interface Note {
  /** What is signed, with its last line feed. */
  readonly text: string
  readonly checkpoint: Checkpoint
  readonly signatures: readonly NoteSignature[]
}

/** Why a note does not count. */
export type NoteFault = 'malformed' | 'no_signature_of_key' | 'other_origin' | 'signature'
export type NoteAnswer =
  | { readonly ok: true; readonly note: Note }
  | { readonly ok: false; readonly why: NoteFault }

const ORIGIN = /^[\x21-\x2a\x2c-\x7e]{1,128}$/
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/
const ROOT = /^[A-Za-z0-9+/]{43}=$/
const SIGNATURE = /^— ([\x21-\x2a\x2c-\x7e]{1,128}) ([A-Za-z0-9+/]{8,400}={0,2})$/
const MAX_NOTE = 8192
const ALGORITHM_ED25519 = 1

/** An origin is one word of printable ASCII without `+`. */
export function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && ORIGIN.test(value)
}

/** Which ledger the checkpoints of an installation speak of, by the name in its rules. */
export function originOf(name: string): string {
  return `sekisho/${name.replace(/[^\x21-\x2a\x2c-\x7e]/g, '-')}`.slice(0, 128)
}

/** The three lines that are signed. */
export function checkpointText(checkpoint: Checkpoint): string {
  const bytes = Buffer.from(checkpoint.root, 'hex')
  return `${checkpoint.origin}\n${checkpoint.size}\n${bytes.toString('base64')}\n`
}

/** The whole note, signed. The key's name is the origin. */
export function signCheckpoint(checkpoint: Checkpoint, privatePem: string): string {
  const text = checkpointText(checkpoint)
  const signature = signEd25519(privatePem, Buffer.from(text))
  const id = keyHash(checkpoint.origin, ed25519Public(privatePem))
  const line = Buffer.concat([id, signature]).toString('base64')
  return `${text}\n— ${checkpoint.origin} ${line}\n`
}

/** Reads a note without believing it. Total. */
export function parseNote(text: string): NoteAnswer {
  const bad = { ok: false, why: 'malformed' } as const
  if (text.length > MAX_NOTE) return bad
  const [origin, size, root, blank, ...lines] = text.split('\n')
  if (origin === undefined || size === undefined || root === undefined || blank !== '') return bad
  if (!ORIGIN.test(origin) || !SIZE.test(size) || !Number.isSafeInteger(Number(size))) return bad
  const rootBytes = Buffer.from(root, 'base64')
  if (!ROOT.test(root) || rootBytes.toString('base64') !== root) return bad
  if (lines.length < 2 || lines.pop() !== '') return bad
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const [, name, encoded] = SIGNATURE.exec(line) ?? []
    if (name === undefined || encoded === undefined) return bad
    const bytes = Buffer.from(encoded, 'base64')
    if (bytes.toString('base64') !== encoded || bytes.length < 5) return bad
    signatures.push({ name, keyHash: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) })
  }
  const checkpoint: Checkpoint = { origin, size: Number(size), root: hex(rootBytes) as Digest }
  return { ok: true, note: { text: `${origin}\n${size}\n${root}\n`, checkpoint, signatures } }
}

/** Reads a note and believes it: the origin is the key's, and a signature of exactly this key holds. Total. */
export function verifyNote(text: string, key: LedgerKey): NoteAnswer {
  const read = parseNote(text)
  if (!read.ok) return read
  const { note } = read
  if (note.checkpoint.origin !== key.name) return { ok: false, why: 'other_origin' }
  const id = Buffer.from(keyHash(key.name, key.publicKey)).toString('hex')
  const own = note.signatures.filter((line) => line.name === key.name && line.keyHash === id)
  if (own.length !== 1) return { ok: false, why: 'no_signature_of_key' }
  const signed = Buffer.from(note.text)
  const holds = own.every((line) => verifyEd25519(key.publicKey, signed, line.bytes))
  return holds ? read : { ok: false, why: 'signature' }
}

/** The four bytes by which a signature line names its key (C2SP signed-note). */
export function keyHash(name: string, publicKey: Uint8Array): Uint8Array {
  const parts = [Buffer.from(`${name}\n`), Uint8Array.of(ALGORITHM_ED25519), publicKey]
  return sha256Bytes(Buffer.concat(parts)).subarray(0, 4)
}

/** `name+hash+key`, the one line that is handed to an auditor (C2SP verifier key). */
export function formatLedgerKey(key: LedgerKey): string {
  const encoded = Buffer.concat([Uint8Array.of(ALGORITHM_ED25519), key.publicKey]).toString('base64')
  return `${key.name}+${Buffer.from(keyHash(key.name, key.publicKey)).toString('hex')}+${encoded}`
}

/** Reads such a line; undefined when it is not one, or when its hash is not the key's. */
export function parseLedgerKey(text: string): LedgerKey | undefined {
  const [, name, id, encoded] =
    /^([^\s+]{1,128})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text.trim()) ?? []
  if (name === undefined || !ORIGIN.test(name) || encoded === undefined) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length !== 33 || bytes[0] !== ALGORITHM_ED25519 || bytes.toString('base64') !== encoded)
    return undefined
  const publicKey = Uint8Array.from(bytes.subarray(1))
  return Buffer.from(keyHash(name, publicKey)).toString('hex') === id ? { name, publicKey } : undefined
}

/** What the runner is asked to sign. `consistency` proves it against the last head signed; hashes in hex. */
export interface HeadRequest {
  readonly size: number
  readonly root: string
  readonly consistency: readonly string[]
}

/**
 * INVARIANT I7: checkpoints of one origin are pairwise consistent and never shrink. May `next` be signed after `last`
 * (absent: nothing was ever signed)? Pure and total; the answer carries both sizes.
 */
export function extendCheckpoint(
  last: Pick<Checkpoint, 'size' | 'root'> | undefined,
  next: HeadRequest,
): Answer<{ readonly size: number; readonly root: Digest }> {
  const from = last?.size ?? 0
  const detail = { last: from, next: next.size }
  if (!Number.isSafeInteger(next.size) || next.size < 0) return refused('ledger.checkpoint_invalid', detail)
  const newRoot = fromHex(next.root)
  const oldRoot = last === undefined ? EMPTY_ROOT : fromHex(last.root)
  if (newRoot === undefined || oldRoot === undefined || !isDigest(next.root))
    return refused('ledger.checkpoint_invalid', detail)
  if (next.size < from) return refused('ledger.checkpoint_shrinks', detail)
  const hashes: Hash[] = []
  for (const text of next.consistency) {
    const hash = fromHex(text)
    if (hash === undefined) return refused('ledger.checkpoint_invalid', detail)
    hashes.push(hash)
  }
  if (!verifyConsistency(from, oldRoot, next.size, newRoot, hashes))
    return refused('ledger.checkpoint_forks', detail)
  return { ok: true, size: next.size, root: next.root }
}
