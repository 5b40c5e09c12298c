// The ledger as the doors show it: head, export, verification, and checkpoints signed by the runner with a proof of growth.
import { SekishoError } from '../base/error.ts'
import { ERRORS } from '../base/error-codes.ts'
import type { Digest } from '../base/hash.ts'
import type { ChangeId } from '../base/id.ts'
import { parseEd25519Pem } from '../base/sign.ts'
import { read, write } from '../db/tx.ts'
import {
  formatLedgerKey,
  type LedgerKey,
  originOf,
  parseLedgerKey,
  parseNote,
  verifyNote,
} from '../ledger/checkpoint.ts'
import { parseEntry } from '../ledger/entry.ts'
import { exportLines, extractLines } from '../ledger/export.ts'
import { Verifier } from '../ledger/verify.ts'
import {
  consistencyProof,
  currentRoot,
  getBlob,
  inclusionProof,
  latestCheckpoint,
  readSubject,
  type StoredCheckpoint,
  type StoredEntry,
  saveCheckpoint,
  streamBodies,
} from '../record/store.ts'
import { type Gate, now } from './gate.ts'
import { type Divergence, divergence, divergenceOfTexts, notTheSigned } from './signed-head.ts'
import { readSetting, writeSetting } from './store.ts'

const KEY_SETTING = 'ledger_key'

/**
 * A checkpoint of the ledger as it is, signed by the runner if it extends the last one that it signed. The key that signed first is
 * kept: another key later is said loudly and never taken in silence.
 */
export function checkpoint(gate: Gate): Promise<StoredCheckpoint> {
  // One after the other: two heads read at once would ask the runner to sign the older one last.
  const next = (signing.get(gate.runner) ?? Promise.resolve()).then(() => signHead(gate))
  signing.set(
    gate.runner,
    next.then(
      () => {
        refusals.delete(gate.runner)
      },
      (error: unknown) => {
        refusals.set(gate.runner, { mayPass: error instanceof SekishoError && ERRORS[error.code].retry })
      },
    ),
  )
  return next
}

const signing = new WeakMap<Gate['runner'], Promise<void>>()
const refusals = new WeakMap<Gate['runner'], { readonly mayPass: boolean }>()

/** No checkpoint could be signed at the last try. What a later try may mend by itself counts only when the last checkpoint is old. */
export function isCheckpointRefused(gate: Gate, isOld: boolean): boolean {
  const refusal = refusals.get(gate.runner)
  return refusal !== undefined && (!refusal.mayPass || isOld)
}

async function signHead(gate: Gate): Promise<StoredCheckpoint> {
  const { signer } = await gate.runner.ask('status', {})
  const head = await read(gate.db, async (tx) => {
    const now = await currentRoot(tx)
    const from = Math.min(signer.size, now.size)
    return {
      ...now,
      signer,
      diverged: await divergence(tx, signer),
      consistency: await consistencyProof(tx, from, now.size),
    }
  })
  // The runner is asked in any case: it learns that this is not the ledger that it signed, and takes no order from here on.
  const { note } = await gate.runner
    .ask('sign', {
      origin: originOf(gate.policy().name),
      size: head.size,
      root: head.root,
      consistency: head.consistency,
    })
    .catch((error: unknown) => {
      throw head.diverged === undefined ? error : notTheSigned(head.diverged)
    })
  const key = ledgerKeyOf(gate, head.signer.publicKey)
  const verdict = verifyNote(note, key)
  if (!verdict.ok) throw new SekishoError('ledger.checkpoint_invalid', { next: head.size, why: verdict.why })
  const stored = { size: head.size, root: head.root, note, at: now(gate) }
  await write(gate.db, async (tx) => {
    await saveCheckpoint(tx, stored)
    if ((await readSetting(tx, KEY_SETTING)) === undefined)
      await writeSetting(tx, KEY_SETTING, formatLedgerKey(key))
  })
  return stored
}

/** The runner gives its key as PEM. */
function ledgerKeyOf(gate: Gate, pem: string): LedgerKey {
  const publicKey = parseEd25519Pem(pem)
  if (publicKey === undefined) throw new SekishoError('runner.protocol', { why: 'no Ed25519 key' })
  return { name: originOf(gate.policy().name), publicKey }
}

export interface LedgerHead {
  readonly origin: string
  readonly size: number
  readonly root: string
  readonly note?: string
  readonly publicKey: string
}

export async function ledgerHead(gate: Gate): Promise<LedgerHead> {
  const { head, last, key } = await read(gate.db, async (tx) => ({
    head: await currentRoot(tx),
    last: await latestCheckpoint(tx),
    key: await readSetting(tx, KEY_SETTING),
  }))
  return {
    origin: originOf(gate.policy().name),
    size: head.size,
    root: head.root,
    ...(last === undefined ? {} : { note: last.note }),
    publicKey: typeof key === 'string' ? key : '',
  }
}

/** Lines of the whole ledger, or of one change with proofs; a fresh checkpoint first, so that nothing is missing. */
export async function* exportLedger(gate: Gate, change?: ChangeId): AsyncGenerator<string> {
  const { note, size } = await checkpoint(gate)
  const blob = async (digest: Digest) => getBlob(gate.db, digest)
  if (change === undefined) {
    yield* exportLines({ note, entries: streamBodies(gate.db, size), blob })
    return
  }
  const own = (await readSubject(gate.db, change)).filter(({ seq }) => seq <= size)
  if (own.length === 0) throw new SekishoError('change.unknown', { change })
  const all = [...(await standingBehind(gate, own)), ...own].sort((a, b) => a.seq - b.seq)
  const entries = []
  for (const { seq, body } of all)
    entries.push({ seq, body, proof: await inclusionProof(gate.db, seq, size) })
  yield* extractLines({ note, entries, blob })
}

/** A change that ran under a standing statement is proven only together with the entries of that statement. */
async function standingBehind(gate: Gate, own: readonly StoredEntry[]): Promise<readonly StoredEntry[]> {
  const named = own.flatMap(({ body }) => {
    const read = parseEntry(body)
    const statement =
      read.ok && read.entry.kind === 'execution.started' ? read.entry.payload['standing'] : undefined
    return typeof statement === 'string' ? [statement] : []
  })
  if (named.length === 0) return []
  const last = Math.max(...own.map(({ seq }) => seq))
  return (await readSubject(gate.db, 'standing')).filter(({ seq, body }) => {
    const read = parseEntry(body)
    return seq < last && read.ok && named.includes(String(read.entry.payload['statement']))
  })
}

export interface LedgerVerdict {
  readonly sound: boolean
  readonly size: number
  readonly root: string
  readonly at?: number
  readonly why?: string
  /** Entries under the runner's last signature, where this is not the ledger that it signed. */
  readonly signed?: number
  readonly checkpoint: 'signed' | 'none' | 'behind' | 'wrong'
}

/** The same verifier that an auditor runs, over the rows of this store; and the head that the runner signed last is a part of it. */
export async function verifyLedger(gate: Gate): Promise<LedgerVerdict> {
  const signer = await gate.runner.ask('status', {}).then(
    (status) => status.signer,
    (error: unknown) => {
      if (!(error instanceof SekishoError)) throw error
      return undefined
    },
  )
  const head = await ledgerHead(gate)
  const last = head.note === undefined ? undefined : parseNote(head.note)
  const key = parseLedgerKey(head.publicKey)
  if (last === undefined || !last.ok || key === undefined)
    return signer !== undefined && signer.size > 0
      ? notSigned(head, await divergence(gate.db, signer))
      : noCheckpoint(head)
  const verifier = new Verifier({ key })
  const source = {
    note: head.note ?? '',
    entries: streamBodies(gate.db, last.note.checkpoint.size),
    blob: async (digest: Digest) => getBlob(gate.db, digest),
  }
  const base = { size: head.size, root: head.root }
  try {
    for await (const line of exportLines(source)) {
      verifier.line(Buffer.from(line))
      if (verifier.settled) break
    }
  } catch (error) {
    // What cannot even be written out is damage, and named like it.
    if (!(error instanceof SekishoError) || !error.code.startsWith('ledger.')) throw error
    const { seq } = error.detail
    return {
      ...base,
      sound: false,
      ...(typeof seq === 'number' ? { at: seq } : {}),
      why: error.code,
      checkpoint: 'wrong',
    }
  }
  const verdict = verifier.end(false)
  const state = last.note.checkpoint.size < head.size ? 'behind' : 'signed'
  switch (verdict.state) {
    case 'sound': {
      // Without the runner only the note that lies in the same database was compared.
      if (signer === undefined) return { ...base, sound: false, why: 'runner.unreachable', checkpoint: state }
      const other = await divergenceOfTexts(gate.db, signer, last.note.checkpoint)
      return other === undefined ? { ...base, sound: true, checkpoint: state } : notSigned(head, other)
    }
    case 'altered':
      return { ...base, sound: false, at: verdict.seq, why: verdict.why, checkpoint: 'wrong' }
    case 'truncated':
    case 'forked':
      return { ...base, sound: false, at: verdict.found, why: verdict.state, checkpoint: 'wrong' }
    case 'signature':
      return { ...base, sound: false, why: verdict.why, checkpoint: 'wrong' }
    case 'broken': {
      const [first] = verdict.broken
      return {
        ...base,
        sound: false,
        ...(first === undefined ? {} : { at: first.seq, why: first.why }),
        checkpoint: state,
      }
    }
    case 'no_such_change':
      return { ...base, sound: false, why: verdict.state, checkpoint: state }
  }
}

function noCheckpoint({ size, root }: LedgerHead): LedgerVerdict {
  return { sound: false, size, root, why: 'no_checkpoint', checkpoint: 'none' }
}

function notSigned(head: LedgerHead, other: Divergence | undefined): LedgerVerdict {
  if (other === undefined) return noCheckpoint(head)
  const { size, root } = head
  const why = other.kind === 'behind' ? 'truncated' : 'forked'
  return { sound: false, size, root, signed: other.detail.signed, why, checkpoint: 'wrong' }
}
