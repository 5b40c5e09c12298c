// Rules over ledgers whose approvals are really signed by ssh-keygen: one sound story, and each way to break it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileOf, sampleOf } from '../../tests/ledger/sample.ts'
import { type Digest, labelledDigest, sha256 } from '../base/hash.ts'
import { canonical, type Json } from '../base/json.ts'
import { parsePublicKey } from '../base/sign.ts'
import { parseLedgerKey } from './checkpoint.ts'
import type { EntryDraft } from './entry.ts'
import type { Broken } from './rules.ts'
import { type Verdict, Verifier } from './verify.ts'

let directory: string
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const prints: Record<string, string> = {}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-rules-'))
  for (const name of ['ops1', 'ops2', 'claude']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name)])
    const key = parsePublicKey(readFileSync(join(directory, `${name}.pub`), 'utf8'))
    prints[name] = key.ok ? key.key.fingerprint : ''
  }
})

function sshSign(name: string, text: string, namespace = 'sekisho'): string {
  const argv = ['-Y', 'sign', '-q', '-f', join(directory, name), '-n', namespace]
  return execFileSync('ssh-keygen', argv, { input: text, stdio: ['pipe', 'pipe', 'ignore'] }).toString()
}

const change = 'CHG-2026-0001'
const envelope = sha256('envelope')
const bytes = new Map<string, Uint8Array>()
let nonces = 0

interface Say {
  readonly by?: string
  readonly signer?: string
  readonly namespace?: string
  readonly said?: Readonly<Record<string, Json>>
  readonly entry?: Readonly<Record<string, Json>>
  readonly nonce?: string
}

function statement(
  fields: Readonly<Record<string, Json>>,
  say: Say,
): { readonly blob: Digest; readonly digest: Digest } {
  const nonce = say.nonce ?? String(++nonces).padStart(32, '0')
  const by = say.by ?? 'ops1'
  const at = '2026-11-25T13:59:00.000Z'
  const expires = '2026-11-26T13:59:00.000Z'
  const common = { v: 1, approver: by, role: 'approver', nonce, at, expires }
  const value = { ...common, ...fields, ...say.said }
  const text = canonical(value)
  const signature = sshSign(say.signer ?? by, text, say.namespace)
  const content = Buffer.from(canonical({ signature, text }))
  const blob = sha256(content)
  bytes.set(blob, content)
  return { blob, digest: labelledDigest('sekisho-statement-v1', value) }
}

const entry = (
  kind: string,
  payload: Readonly<Record<string, Json>>,
  more: Partial<EntryDraft> = {},
): EntryDraft => ({
  kind,
  subject: change,
  actor: 'system',
  payload,
  ...more,
})
const created = (author = 'ops1', sponsor?: string) =>
  entry('change.created', { author, ...(sponsor === undefined ? {} : { sponsor }), revision: 1 })
function approved(say: Say = {}): EntryDraft {
  const by = say.by ?? 'ops1'
  const { blob, digest } = statement({ type: 'approve', change, envelope, shown: sha256('card') }, say)
  const payload = {
    envelope,
    statement: digest,
    approver: by,
    role: 'approver',
    fingerprint: prints[say.signer ?? by] ?? '',
    ...say.entry,
  }
  return entry('change.approved', payload, { actor: by, blobs: [blob] })
}
function standing(say: Say = {}): EntryDraft {
  const what = { service: 'mirai', verb: 'restart', unit: 'mirai.service' }
  const said = { type: 'standing', playbook: 'service/1', playbookDigest: sha256('p'), perHour: 3, ...what }
  const { blob, digest } = statement(said, say)
  const by = say.by ?? 'ops1'
  const who = { approver: by, role: 'approver', fingerprint: prints[say.signer ?? by] ?? '' }
  const payload = { statement: digest, ...what, ...who, ...say.entry }
  return entry('standing.signed', payload, { subject: 'standing', blobs: [blob] })
}
const started = (n = 1, more: Readonly<Record<string, Json>> = {}) =>
  entry('execution.started', { execution: `${change}/${n}`, envelope, ...more })
const closed = (n = 1) => entry('execution.closed', { execution: `${change}/${n}`, outcome: 'kept' })

function verdictOf(
  drafts: readonly EntryDraft[],
  approvers?: ReadonlyMap<string, ReadonlySet<string>>,
  erased = new Set<string>(),
): Verdict {
  const sample = sampleOf(drafts, bytes, erased)
  const key = parseLedgerKey(sample.key)
  if (key === undefined) throw new Error('no key')
  const verifier = new Verifier({ key, change, ...(approvers === undefined ? {} : { approvers }) })
  for (const line of sample.lines) verifier.line(fileOf([line]).subarray(0, -1))
  return verifier.end(false)
}
const why = (verdict: Verdict): Broken['why'][] | string =>
  verdict.state === 'broken' ? verdict.broken.map((one) => one.why) : verdict.state

test('a change that was approved, ran and was closed breaks nothing; its signatures were recomputed', () => {
  const verdict = verdictOf([created(), approved(), approved({ by: 'ops2' }), started(), closed()])
  expect(verdict).toMatchObject({ state: 'sound', statements: 2, change: { id: change } })
  expect(verdict.state === 'sound' && verdict.change?.entries.map((one) => one.kind)).toEqual([
    'change.created',
    'change.approved',
    'change.approved',
    'execution.started',
    'execution.closed',
  ])
})

test('a restart by standing statement, a second run after the first, a change approved again after void', () => {
  const sign = standing()
  const by = String(sign.payload['statement'])
  expect(
    why(verdictOf([created(), sign, started(1, { standing: by }), closed(), started(2, { standing: by })])),
  ).toBe('sound')
  expect(
    why(verdictOf([created(), approved(), entry('change.void', { envelope }), approved(), started()])),
  ).toBe('sound')
  const erase = approved()
  const digest = erase.blobs?.[0] ?? ''
  const erasure = entry('blob.erased', { digest })
  expect(verdictOf([created(), erase, started(), erasure], undefined, new Set([digest]))).toMatchObject({
    state: 'sound',
    statements: 0,
    erased: [{ digest, seq: 2 }],
  })
})

test.each<[string, () => EntryDraft[], string[]]>([
  ['started without approval', () => [created(), started()], ['no_approval']],
  [
    'approval of another envelope',
    () => [
      created(),
      approved({ said: { envelope: sha256('x') }, entry: { envelope: sha256('x') } }),
      started(),
    ],
    ['no_approval'],
  ],
  ['approval after the start', () => [created(), started(), approved()], ['no_approval']],
  [
    'approval that was void',
    () => [created(), approved(), entry('change.void', { envelope }), started()],
    ['no_approval'],
  ],
  [
    'rejected in between',
    () => [created(), approved(), entry('change.withdrawn', {}), started()],
    ['no_approval'],
  ],
  [
    'approval that ran out',
    () => [created(), approved({ said: { expires: '2026-11-25T13:58:00.000Z' } }), started()],
    ['expired'],
  ],
  [
    'no statement at all',
    () => {
      const { blobs: _, ...bare } = approved()
      return [created(), bare, started()]
    },
    ['statement_missing'],
  ],
  [
    'signed in another namespace',
    () => [created(), approved({ namespace: 'file' }), started()],
    ['statement_signature'],
  ],
  [
    'signed by another key than recorded',
    () => [created(), approved({ signer: 'ops2', entry: { fingerprint: prints['ops1'] ?? '' } }), started()],
    ['statement_key'],
  ],
  [
    'signed for another change',
    () => [created(), approved({ said: { change: 'CHG-2026-0009' } }), started()],
    ['statement_other'],
  ],
  [
    'a rejection recorded as approval',
    () => [created(), approved({ said: { type: 'reject' } }), started()],
    ['statement_other'],
  ],
  [
    'another approver in the entry',
    () => [created(), approved({ entry: { approver: 'ops2' } }), started()],
    ['statement_other'],
  ],
  [
    'an approval and a start that name no envelope, over a signature for another one',
    () => [
      created(),
      approved({ said: { envelope: sha256('another') }, entry: { envelope: 1 } }),
      entry('execution.started', { execution: `${change}/1` }),
    ],
    ['fields_missing', 'fields_missing', 'no_approval', 'statement_other'],
  ],
  [
    'an approval that names no key',
    () => [created(), approved({ entry: { fingerprint: 1 } }), started()],
    ['fields_missing'],
  ],
  [
    'a signed text that never ends',
    () => [created(), approved({ said: { expires: '' } }), started()],
    ['statement_other'],
  ],
  [
    'one nonce for two approvals',
    () => [
      created(),
      approved({ nonce: 'f'.repeat(32) }),
      approved({ by: 'ops2', nonce: 'f'.repeat(32) }),
      started(),
    ],
    ['nonce_twice'],
  ],
  [
    'an agent approves its own change',
    () => [created('claude', 'ops1'), approved({ by: 'claude' }), started()],
    ['agent_approves'],
  ],
  [
    'a standing statement nobody signed',
    () => [created(), started(1, { standing: sha256('none') })],
    ['no_standing'],
  ],
  ['two runs open at once', () => [created(), approved(), started(1), started(2)], ['two_open']],
  [
    'a run that starts twice',
    () => [created(), approved(), started(1), closed(1), started(1)],
    ['started_twice'],
  ],
  ['closed and never started', () => [created(), closed()], ['closed_not_started']],
])('%s', (_, drafts, expected) => {
  const verdict = verdictOf(drafts())
  expect([why(verdict)].flat().sort()).toEqual([...expected].sort())
  expect(verdict).toMatchObject({ exit: 5 })
  expect(verdict.state === 'broken' && verdict.broken.every((one) => one.change === change)).toBe(true)
})

test('a standing statement that was revoked or demoted no longer covers a start', () => {
  for (const kind of ['standing.revoked', 'standing.demoted']) {
    const sign = standing()
    const by = String(sign.payload['statement'])
    const end = entry(kind, { statement: by }, { subject: 'standing' })
    expect(why(verdictOf([created(), sign, end, started(1, { standing: by })]))).toEqual(['no_standing'])
  }
})

test('with a list of approvers, a key that the reader does not know does not count', () => {
  const drafts = [created(), approved(), started(), closed()]
  const known = new Map([['ops1', new Set([prints['ops1'] ?? ''])]])
  expect(why(verdictOf(drafts, known))).toBe('sound')
  expect(why(verdictOf(drafts, new Map([['ops1', new Set([prints['ops2'] ?? ''])]])))).toEqual([
    'unknown_key',
  ])
  expect(why(verdictOf(drafts, new Map()))).toEqual(['unknown_key'])
})
