// Rules that the entries themselves can prove or break, checked offline after the ledger was found whole. Each is one function
// over the facts; a new rule is a new row of RULES. What the runner alone knows (its clock, its journal) is not judged here.
import { isObject, type JsonObject, parseCanonical } from '../base/json.ts'
import { verifySshSignature } from '../base/sign.ts'
import { parseStatement, statementDigest } from '../seal/statement.ts'
import type { Entry } from './entry.ts'

export interface Broken {
  /** I1, I4, I8 of the design; S2: a signature is used once. */
  readonly invariant: 'I1' | 'I4' | 'I8' | 'S2'
  /** The change, or another subject. */
  readonly change: string
  readonly seq: number
  readonly why: BrokenWhy
}
export type BrokenWhy =
  | 'no_approval' // started without a live approval of this envelope
  | 'no_standing' // started by a standing statement that is not, or no longer, in force
  | 'statement_missing' // the signed statement is not among the blobs
  | 'statement_signature' // it does not verify
  | 'statement_key' // it verifies with another key than the one recorded
  | 'statement_other' // it says something else than the entry
  | 'fields_missing' // the entry leaves out what its rule needs
  | 'unknown_key' // not a key that the reader knows for this person
  | 'expired' // the approval had ended before the start
  | 'agent_approves'
  | 'nonce_twice'
  | 'closed_not_started'
  | 'started_twice'
  | 'two_open'

/** What is kept of an entry while the file goes by. */
export interface Kept {
  readonly seq: number
  readonly at: string
  readonly kind: string
  readonly subject: string
  readonly actor: string
  readonly payload: JsonObject
  readonly blobs: readonly string[]
  /** A rule reads it. */
  readonly rule: boolean
  /** It speaks of the change that the reader asked for. */
  readonly ofChange: boolean
  readonly leaf: string
}

export interface RuleFacts {
  /** In order of seq. */
  readonly entries: readonly Kept[]
  /** Small JSON blobs by digest. */
  readonly blob: (digest: string) => Uint8Array | 'erased' | undefined
  /** Told once for each statement whose signature was recomputed. */
  readonly counted: () => void
  readonly approvers?: ReadonlyMap<string, ReadonlySet<string>>
}

export interface Rule {
  readonly invariant: Broken['invariant']
  readonly check: (facts: RuleFacts) => Broken[]
}

const KINDS = new Set([
  'change.created',
  'change.approved',
  'change.rejected',
  'change.waived',
  'change.authored',
  'change.void',
  'change.expired',
  'change.withdrawn',
  'execution.started',
  'execution.closed',
  'standing.signed',
  'standing.revoked',
  'standing.demoted',
])
const SIGNED = new Set([
  'change.approved',
  'change.rejected',
  'change.waived',
  'change.authored',
  'standing.signed',
])
/** The gate's clock and the runner's may differ by so much. */
const SKEW_MS = 60_000

export function keep(entry: Entry, leaf: string, change: string | undefined): Kept | undefined {
  const rule = KINDS.has(entry.kind)
  const { subject } = entry
  const ofChange = change !== undefined && (subject === change || subject.startsWith(`${change}/`))
  if (!rule && !ofChange) return undefined
  const { seq, at, kind, actor, payload, blobs = [] } = entry
  return { seq, at, kind, subject, actor, payload, blobs, rule, ofChange, leaf }
}

export const RULES: readonly Rule[] = [
  { invariant: 'I1', check: saysWhatItMust },
  { invariant: 'I1', check: startedWithApproval },
  { invariant: 'I1', check: statementsVerify },
  { invariant: 'S2', check: nonceOnce },
  { invariant: 'I8', check: noAgentApproves },
  { invariant: 'I4', check: oneExecution },
]

/** What an entry of this kind cannot be without: left out, two rules would compare nothing with nothing and pass. */
const MUST: Readonly<Record<string, readonly string[]>> = {
  'change.approved': ['envelope', 'statement', 'approver', 'role', 'fingerprint'],
  'change.rejected': ['envelope', 'statement', 'approver', 'role', 'fingerprint'],
  'change.waived': ['check', 'statement', 'approver', 'role', 'fingerprint'],
  'change.authored': ['plan', 'statement', 'approver', 'role', 'fingerprint'],
  'standing.signed': ['statement', 'approver', 'role', 'fingerprint', 'service', 'verb', 'unit'],
  'standing.revoked': ['statement'],
  'standing.demoted': ['statement'],
  'execution.started': ['execution', 'envelope'],
  'execution.closed': ['execution'],
}

function saysWhatItMust({ entries }: RuleFacts): Broken[] {
  return entries
    .filter(({ kind, payload }) => (MUST[kind] ?? []).some((field) => typeof payload[field] !== 'string'))
    .map((entry) => breaks('I1', entry, 'fields_missing'))
}

/** I1: before it started, a live approval of exactly this envelope, or a standing statement in force. */
function startedWithApproval({ entries, blob }: RuleFacts): Broken[] {
  const broken: Broken[] = []
  const live = new Map<string, string | undefined>() // envelope → when the latest approval ends
  const ended = new Set<string>() // changes that were rejected, withdrawn or ran out
  const standing = new Set<string>()
  for (const entry of entries) {
    const { kind, payload } = entry
    const envelope = envelopeKey(entry)
    if (kind === 'change.approved') {
      ended.delete(entry.subject)
      const expires = statementOf(entry, blob)?.fields['expires']
      const before = live.get(envelope)
      const later = typeof expires === 'string' && (before === undefined || before < expires)
      if (!live.has(envelope) || later) live.set(envelope, typeof expires === 'string' ? expires : before)
    } else if (kind === 'change.void') live.delete(envelope)
    else if (kind === 'change.rejected' || kind === 'change.expired' || kind === 'change.withdrawn')
      ended.add(entry.subject)
    else if (kind === 'standing.signed') standing.add(String(payload['statement']))
    else if (kind === 'standing.revoked' || kind === 'standing.demoted')
      standing.delete(String(payload['statement']))
    else if (kind === 'execution.started') {
      const by = payload['standing']
      if (by !== undefined) {
        if (!standing.has(String(by))) broken.push(breaks('I1', entry, 'no_standing'))
      } else if (!live.has(envelope) || ended.has(entry.subject))
        broken.push(breaks('I1', entry, 'no_approval'))
      else {
        const until = live.get(envelope)
        if (until !== undefined && Date.parse(until) + SKEW_MS < Date.parse(entry.at))
          broken.push(breaks('I1', entry, 'expired'))
      }
    }
  }
  return broken
}

/** I1: what counts as a signature is one, by the key on record, over what the entry says. */
function statementsVerify({ entries, blob, counted, approvers }: RuleFacts): Broken[] {
  const broken: Broken[] = []
  for (const entry of entries) {
    if (!SIGNED.has(entry.kind)) continue
    if (entry.blobs.some((digest) => blob(digest) === 'erased')) continue // Listed as erased; nothing can be said.
    const statement = statementOf(entry, blob)
    if (statement === undefined) {
      broken.push(breaks('I1', entry, 'statement_missing'))
      continue
    }
    const verdict = verifySshSignature(statement.signature, Buffer.from(statement.text), 'sekisho')
    counted()
    const approver = statement.fields['approver']
    if (!verdict.ok) broken.push(breaks('I1', entry, 'statement_signature'))
    else if (
      typeof entry.payload['fingerprint'] === 'string' &&
      entry.payload['fingerprint'] !== verdict.fingerprint
    )
      broken.push(breaks('I1', entry, 'statement_key'))
    else if (!agrees(entry, statement)) broken.push(breaks('I1', entry, 'statement_other'))
    // Who wrote a plan need not be one who may approve.
    else if (entry.kind === 'change.authored') continue
    else if (approvers !== undefined && approvers.get(String(approver))?.has(verdict.fingerprint) !== true)
      broken.push(breaks('I1', entry, 'unknown_key'))
  }
  return broken
}

/** S2: one signature, one use. */
function nonceOnce({ entries, blob }: RuleFacts): Broken[] {
  const used = new Set<string>()
  const broken: Broken[] = []
  for (const entry of entries) {
    if (!SIGNED.has(entry.kind)) continue
    const nonce = statementOf(entry, blob)?.fields['nonce']
    if (typeof nonce !== 'string') continue
    if (used.has(nonce)) broken.push(breaks('S2', entry, 'nonce_twice'))
    used.add(nonce)
  }
  return broken
}

/** I8: an agent, which is an author with a sponsor, signs nothing but what it wrote. */
function noAgentApproves({ entries }: RuleFacts): Broken[] {
  const agents = new Set<string>()
  for (const { kind, payload } of entries) {
    if (kind === 'change.created' && payload['sponsor'] !== undefined) agents.add(String(payload['author']))
  }
  return entries
    .filter(({ kind }) => SIGNED.has(kind) && kind !== 'change.authored')
    .filter((entry) => agents.has(String(entry.payload['approver'] ?? entry.actor)))
    .map((entry) => breaks('I8', entry, 'agent_approves'))
}

/** I4: a change has at most one execution open, each starts once, and only what started is closed. */
function oneExecution({ entries }: RuleFacts): Broken[] {
  const broken: Broken[] = []
  const started = new Set<string>()
  const open = new Map<string, string>()
  for (const entry of entries) {
    const execution = String(entry.payload['execution'])
    if (entry.kind === 'execution.started') {
      if (started.has(execution)) broken.push(breaks('I4', entry, 'started_twice'))
      else if (open.has(changeOf(entry))) broken.push(breaks('I4', entry, 'two_open'))
      started.add(execution)
      open.set(changeOf(entry), execution)
    } else if (entry.kind === 'execution.closed') {
      if (!started.has(execution)) broken.push(breaks('I4', entry, 'closed_not_started'))
      if (open.get(changeOf(entry)) === execution) open.delete(changeOf(entry))
    }
  }
  return broken
}

interface SignedBlob {
  readonly text: string
  readonly signature: string
  readonly fields: { readonly [key: string]: unknown }
}

/** The signed statement among an entry's blobs: canonical JSON of exactly {signature, text}. */
function statementOf(entry: Kept, blob: RuleFacts['blob']): SignedBlob | undefined {
  for (const digest of entry.blobs) {
    const bytes = blob(digest)
    if (bytes === undefined || bytes === 'erased') continue
    const value = canonicalObject(Buffer.from(bytes).toString('utf8'))
    if (value === undefined || Object.keys(value).length !== 2) continue
    const { text, signature } = value
    if (typeof text !== 'string' || typeof signature !== 'string') continue
    const fields = canonicalObject(text)
    if (fields !== undefined) return { text, signature, fields }
  }
  return undefined
}

function canonicalObject(text: string): { readonly [key: string]: unknown } | undefined {
  try {
    const value: unknown = parseCanonical(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const TYPES: Readonly<Record<string, string>> = {
  'change.approved': 'approve',
  'change.rejected': 'reject',
  'change.waived': 'waive',
  'change.authored': 'author',
  'standing.signed': 'standing',
}

/** The entry repeats what was signed, and the text is a statement of ours with every field of its type. */
function agrees(entry: Kept, { text, fields }: SignedBlob): boolean {
  const parsed = parseStatement(text)
  if (!parsed.ok || parsed.value.type !== TYPES[entry.kind]) return false
  if (entry.payload['statement'] !== statementDigest(parsed.value)) return false
  if (fields['change'] !== undefined && fields['change'] !== changeOf(entry)) return false
  // A waiver's entry does not say over which plan it was signed.
  if (entry.kind === 'change.authored' && fields['plan'] !== entry.payload['plan']) return false
  return ['envelope', 'approver', 'role', 'check', 'service', 'verb', 'unit'].every(
    (field) => fields[field] === undefined || fields[field] === entry.payload[field],
  )
}

function envelopeKey(entry: Kept): string {
  return `${changeOf(entry)} ${String(entry.payload['envelope'])}`
}
function changeOf(entry: Kept): string {
  return entry.subject.split('/')[0] ?? entry.subject
}
function breaks(invariant: Broken['invariant'], entry: Kept, why: BrokenWhy): Broken {
  return { invariant, change: changeOf(entry), seq: entry.seq, why }
}
