// Who may approve what: one row a case. The verifier here believes what a signature says of itself; the real one is tested in base/.
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import {
  ALONE,
  CLAUDE,
  enrolled,
  FINGERPRINTS,
  makeEnvelope,
  makePolicy,
  NOW,
  PLANS,
  STATEMENTS,
  TEAM,
} from '../../tests/vectors/seal/sample.ts'
import { decode } from '../base/decode.ts'
import { canonical, type Json, type JsonObject, parseCanonical } from '../base/json.ts'
import { type Instant, instant, milliseconds } from '../base/time.ts'
import type { Plan } from '../plans/plan.ts'
import { type CompiledPolicy, decidingPart } from '../plans/policy.ts'
import { approvingRole, enough, type VerifySignature, verifySigned, verifyStatement } from './enough.ts'
import { type Envelope, envelope as envelopeDecoder, envelopeDigest } from './envelope.ts'
import type { Signed } from './statement.ts'

/** Against hanging only. */
vi.setConfig({ testTimeout: 300_000 })
const now = NOW as Instant
const plan = PLANS['nginx'] as Plan

/** A signature here is `fingerprint namespace bytes`: it counts when it names this message and this namespace. */
const verify: VerifySignature = (signature, message, namespace) => {
  const [fingerprint = '', space, ...text] = signature.split(' ')
  if (space !== namespace) return { ok: false, why: 'namespace' }
  if (text.join(' ') !== new TextDecoder().decode(message)) return { ok: false, why: 'signature' }
  return { ok: true, fingerprint }
}
function sign(text: string, fingerprint: string, namespace = 'sekisho'): Signed {
  return { text, signature: `${fingerprint} ${namespace} ${text}` }
}
const KEY: Readonly<Record<string, string>> = { ...FINGERPRINTS, aya: FINGERPRINTS.taro }

/** An approval by somebody over an envelope, with single fields replaced (undefined leaves one out). */
function approval(
  by: string,
  over: Envelope,
  more: { readonly [key: string]: Json | undefined } = {},
  key = KEY[by] ?? '',
): Signed {
  const value = {
    v: 1,
    type: 'approve',
    approver: by,
    role: 'approver',
    nonce: '0'.repeat(31) + (by.length % 10),
    at: '2026-11-25T05:02:00.000Z',
    expires: '2026-11-26T05:00:00.000Z',
    change: over.change,
    envelope: envelopeDigest(over),
    shown: 'ab'.repeat(32),
    ...more,
  }
  const present = Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined))
  return sign(canonical(present as JsonObject), key)
}

/** The author's own statement over the plan, with single fields replaced. */
function authored(
  over: Envelope,
  more: { readonly [key: string]: Json } = {},
  key = KEY[over.author] ?? '',
): Signed {
  const value = {
    v: 1,
    type: 'author',
    approver: over.author,
    role: 'author',
    nonce: 'a'.repeat(32),
    at: '2026-11-25T05:00:00.000Z',
    expires: '2026-12-02T05:00:00.000Z',
    change: over.change,
    plan: over.plan,
    ...more,
  }
  return sign(canonical(value), key)
}

interface Case {
  readonly title: string
  readonly policy: CompiledPolicy
  readonly envelope?: Readonly<Record<string, unknown>>
  readonly statements: (over: Envelope) => readonly Signed[]
  /** What is given in of the author; a sound statement where nothing is said. */
  readonly authored?: (over: Envelope) => readonly Signed[]
  readonly now?: string
  /** A code, or the persons who count. */
  readonly answer: string | readonly string[]
  readonly solo?: boolean
  readonly demo?: boolean
}

const file = (fingerprint: string, more = {}) => ({ fingerprint, ...more })
const hanako = { id: 'hanako', roles: ['approver', 'operator', 'owner'], keys: [file(FINGERPRINTS.hanako)] }
const taro = { id: 'taro', keys: [file(FINGERPRINTS.taro, { class: 'device' })] }
const jiro = { id: 'jiro', keys: [file(FINGERPRINTS.jiro)] }
const tier = (more: object) => ({
  tier2: { approvals: 1, roles: ['approver', 'owner'], keys: ['file', 'device', 'hardware'], ...more },
})
const TWO = makePolicy([hanako, taro, jiro], tier({ approvals: 2 }))
const byHanako = { author: 'hanako', sponsor: undefined, lineage: ['hanako'] }
const byTaro = { author: 'taro', sponsor: undefined, lineage: ['taro'], requester: 'taro' }

const CASES: readonly Case[] = [
  // enough
  {
    title: 'another person approves',
    policy: TEAM,
    statements: (e) => [approval('taro', e)],
    answer: ['taro'],
  },
  {
    title: 'the sponsor approves the untouched change of the agent',
    policy: TEAM,
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: ['hanako'],
  },
  {
    title: 'one person alone approves the change of their agent',
    policy: ALONE,
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: ['hanako'],
    solo: true,
  },
  {
    title: 'one person alone approves their own change',
    policy: ALONE,
    envelope: byHanako,
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: ['hanako'],
    solo: true,
  },
  {
    title: 'one person alone is enough where the rule asks for two',
    policy: makePolicy([{ ...hanako, roles: ['owner'] }], tier({ approvals: 2 })),
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: ['hanako'],
    solo: true,
  },
  {
    title: 'two of two',
    policy: TWO,
    statements: (e) => [approval('taro', e), approval('jiro', e)],
    answer: ['taro', 'jiro'],
  },
  {
    title: 'more than enough is enough',
    policy: TEAM,
    statements: (e) => [approval('taro', e), approval('hanako', e, { role: 'owner' })],
    answer: ['taro', 'hanako'],
  },
  {
    title: 'a demo key counts and is said',
    policy: makePolicy([hanako, { ...taro, keys: [file(FINGERPRINTS.taro, { demo: true })] }]),
    statements: (e) => [approval('taro', e)],
    answer: ['taro'],
    demo: true,
  },
  {
    title: 'the second key of a person, the first revoked',
    policy: makePolicy([
      hanako,
      { id: 'taro', keys: [file(FINGERPRINTS.jiro, { revoked: true }), file(FINGERPRINTS.taro)] },
    ]),
    statements: (e) => [approval('taro', e)],
    answer: ['taro'],
  },
  {
    title: 'the last millisecond of its life',
    policy: TEAM,
    statements: (e) => [approval('taro', e, { expires: NOW })],
    answer: ['taro'],
  },
  {
    title: 'a clock that is a minute ahead',
    policy: TEAM,
    statements: (e) => [approval('taro', e, { at: '2026-11-25T05:03:11.000Z' })],
    answer: ['taro'],
  },
  {
    title: 'exactly 24 hours of life',
    policy: TEAM,
    statements: (e) => [
      approval('taro', e, { at: '2026-11-25T05:00:00.000Z', expires: '2026-11-26T05:00:00.000Z' }),
    ],
    answer: ['taro'],
  },
  {
    title: 'to the end of a sealed window',
    policy: TEAM,
    envelope: { window: { from: '2026-11-28T15:00:00.000Z', until: '2026-11-28T18:00:00.000Z' } },
    statements: (e) => [approval('taro', e, { expires: '2026-11-28T18:00:00.000Z' })],
    answer: ['taro'],
  },
  {
    title: 'a key on a device at enforce with a shared account',
    policy: makePolicy([hanako, taro], { level: 'enforce', agentUser: 'shared' }),
    statements: (e) => [approval('taro', e)],
    answer: ['taro'],
  },
  {
    title: 'a file key at enforce where the agent has its own account',
    policy: makePolicy([hanako, jiro], { level: 'enforce', agentUser: 'own' }),
    statements: (e) => [approval('jiro', e)],
    answer: ['jiro'],
  },
  // what the author signs
  {
    title: 'another person approves what a person wrote and signed',
    policy: TEAM,
    envelope: byHanako,
    statements: (e) => [approval('taro', e)],
    answer: ['taro'],
  },
  {
    title: 'one person alone approves what nobody has signed',
    policy: ALONE,
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    authored: () => [],
    answer: ['hanako'],
    solo: true,
  },
  {
    title: 'a demo key of the author is said',
    policy: makePolicy([hanako, taro], {}, [
      { ...CLAUDE, keys: [enrolled(FINGERPRINTS.claude, { demo: true })] },
    ]),
    statements: (e) => [approval('taro', e)],
    answer: ['taro'],
    demo: true,
  },
  {
    title: 'the author has not signed',
    policy: TEAM,
    statements: (e) => [approval('taro', e)],
    authored: () => [],
    answer: 'approval.author_unsigned',
  },
  {
    title: 'the sponsor approves what the agent has not signed',
    policy: TEAM,
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    authored: () => [],
    answer: 'approval.author_unsigned',
  },
  {
    title: 'nobody approves, and the author has not signed',
    policy: TEAM,
    statements: () => [],
    authored: () => [],
    answer: 'approval.author_unsigned',
  },
  {
    title: 'somebody else has signed as the author',
    policy: TEAM,
    statements: (e) => [approval('taro', e)],
    authored: (e) => [authored(e, { approver: 'hanako' }, FINGERPRINTS.hanako)],
    answer: 'statement.other_author',
  },
  {
    title: 'the sponsor signs in the name of the agent',
    policy: TEAM,
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    authored: (e) => [authored(e, {}, FINGERPRINTS.hanako)],
    answer: 'statement.foreign_key',
  },
  {
    title: 'an agent without a key',
    policy: makePolicy([hanako, taro], {}, [{ ...CLAUDE, keys: undefined }]),
    statements: (e) => [approval('taro', e)],
    answer: 'statement.foreign_key',
  },
  {
    title: 'a revoked key of an agent',
    policy: makePolicy([hanako, taro], {}, [
      { ...CLAUDE, keys: [enrolled(FINGERPRINTS.claude, { revoked: true })] },
    ]),
    statements: (e) => [approval('taro', e)],
    answer: 'statement.key_revoked',
  },
  {
    title: 'an author who approves by the same key under another name',
    policy: makePolicy([hanako, taro, { ...taro, id: 'aya' }]),
    envelope: { ...byTaro, author: 'aya', lineage: ['aya'], editors: ['aya'], requester: 'aya' },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.own_change',
  },
  {
    title: 'the author has signed another plan',
    policy: TEAM,
    statements: (e) => [approval('taro', e)],
    authored: (e) => [authored(e, { plan: 'cd'.repeat(32) })],
    answer: 'statement.other_plan',
  },
  {
    title: 'the author has signed another change',
    policy: TEAM,
    statements: (e) => [approval('taro', e)],
    authored: (e) => [authored(e, { change: 'CHG-2026-0002' })],
    answer: 'statement.other_change',
  },
  {
    title: 'the author has signed for longer than a week',
    policy: TEAM,
    statements: (e) => [approval('taro', e)],
    authored: (e) => [authored(e, { expires: '2026-12-02T05:00:00.001Z' })],
    answer: 'statement.lives_too_long',
  },
  {
    title: 'what the author has signed is over',
    policy: TEAM,
    statements: (e) => [approval('taro', e)],
    authored: (e) => [authored(e, { expires: '2026-11-25T05:02:10.999Z' })],
    answer: 'statement.expired',
  },
  // not enough, not a statement, not by that person
  { title: 'nothing', policy: TEAM, statements: () => [], answer: 'approval.not_enough' },
  {
    title: 'one of two',
    policy: TWO,
    statements: (e) => [approval('taro', e)],
    answer: 'approval.not_enough',
  },
  {
    title: 'the same person twice is one',
    policy: TWO,
    statements: (e) => [approval('taro', e), approval('taro', e, { nonce: 'f'.repeat(32) })],
    answer: 'approval.not_enough',
  },
  {
    title: 'two accounts of one person, one key',
    policy: makePolicy([hanako, taro, { ...taro, id: 'aya' }], tier({ approvals: 2 })),
    statements: (e) => [approval('taro', e), approval('aya', e)],
    answer: 'approval.not_enough',
  },
  {
    title: 'not canonical',
    policy: TEAM,
    statements: (e) => {
      const one = approval('taro', e)
      return [sign(` ${one.text}`, FINGERPRINTS.taro)]
    },
    answer: 'statement.malformed',
  },
  {
    title: 'an unknown field',
    policy: TEAM,
    statements: (e) => [approval('taro', e, { amount: 1 })],
    answer: 'statement.malformed',
  },
  {
    title: 'a missing field',
    policy: TEAM,
    statements: (e) => [approval('taro', e, { shown: undefined })],
    answer: 'statement.malformed',
  },
  {
    title: 'longer than a statement is',
    policy: TEAM,
    statements: (e) => [
      sign(approval('taro', e).text.replace('{', `{"a":"${'x'.repeat(17_000)}",`), KEY['taro'] ?? ''),
    ],
    answer: 'statement.malformed',
  },
  {
    title: 'a day that does not exist',
    policy: TEAM,
    statements: (e) => [approval('taro', e, { at: '2026-02-30T00:00:00.000Z' })],
    answer: 'statement.malformed',
  },
  {
    title: 'signed for another namespace',
    policy: TEAM,
    statements: (e) => [sign(approval('taro', e).text, FINGERPRINTS.taro, 'git')],
    answer: 'statement.signature_wrong',
  },
  {
    title: 'one character altered after signing',
    policy: TEAM,
    statements: (e) => {
      const one = approval('taro', e)
      return [{ ...one, text: one.text.replace('"role":"approver"', '"role":"operator"') }]
    },
    answer: 'statement.signature_wrong',
  },
  {
    title: 'a person nobody knows',
    policy: TEAM,
    statements: (e) => [approval('saburo', e, {}, FINGERPRINTS.taro)],
    answer: 'statement.unknown_person',
  },
  {
    title: 'an agent signs',
    policy: TEAM,
    statements: (e) => [approval('claude', e, {}, FINGERPRINTS.hanako)],
    answer: 'statement.unknown_person',
  },
  {
    title: 'an agent that was also written down as a person',
    policy: makePolicy([hanako, { id: 'claude', keys: [file(FINGERPRINTS.jiro)] }]),
    statements: (e) => [approval('claude', e, {}, FINGERPRINTS.jiro)],
    answer: 'agent.never_approves',
  },
  {
    title: "somebody else's key",
    policy: TEAM,
    statements: (e) => [approval('taro', e, {}, FINGERPRINTS.hanako)],
    answer: 'statement.foreign_key',
  },
  {
    title: 'a revoked key',
    policy: makePolicy([hanako, jiro, { ...taro, keys: [file(FINGERPRINTS.taro, { revoked: true })] }]),
    statements: (e) => [approval('taro', e)],
    answer: 'statement.key_revoked',
  },
  {
    title: 'a role that is not held',
    policy: TEAM,
    statements: (e) => [approval('taro', e, { role: 'owner' })],
    answer: 'statement.role_not_held',
  },
  {
    title: 'signed 61 s in the future',
    policy: TEAM,
    statements: (e) => [approval('taro', e, { at: '2026-11-25T05:03:12.000Z' })],
    answer: 'statement.from_the_future',
  },
  {
    title: 'a minute and a millisecond ahead',
    policy: TEAM,
    statements: (e) => [approval('taro', e, { at: '2026-11-25T05:03:11.001Z' })],
    answer: 'statement.from_the_future',
  },
  {
    title: 'expired a millisecond ago',
    policy: TEAM,
    statements: (e) => [approval('taro', e, { expires: '2026-11-25T05:02:10.999Z' })],
    answer: 'statement.expired',
  },
  // sound, and not an approval of this
  {
    title: 'a rejection',
    policy: TEAM,
    statements: () => [sign(canonical(STATEMENTS['reject'] as unknown as Json), FINGERPRINTS.taro)],
    answer: 'statement.wrong_type',
  },
  {
    title: 'a keep',
    policy: TEAM,
    statements: () => [sign(canonical(STATEMENTS['keep'] as unknown as Json), FINGERPRINTS.taro)],
    answer: 'statement.wrong_type',
  },
  {
    title: 'another change',
    policy: TEAM,
    statements: (e) => [approval('taro', e, { change: 'CHG-2026-0002' })],
    answer: 'statement.other_change',
  },
  {
    title: 'another envelope',
    policy: TEAM,
    statements: (e) => [approval('taro', e, { envelope: 'cd'.repeat(32) })],
    answer: 'statement.other_envelope',
  },
  {
    title: 'the envelope with another author',
    policy: TEAM,
    statements: (e) => [
      approval('taro', e, {
        envelope: envelopeDigest({ ...e, author: e.requester, lineage: [e.requester] }),
      }),
    ],
    answer: 'statement.other_envelope',
  },
  {
    title: 'a millisecond more than 24 hours',
    policy: TEAM,
    statements: (e) => [
      approval('taro', e, { at: '2026-11-25T05:00:00.000Z', expires: '2026-11-26T05:00:00.001Z' }),
    ],
    answer: 'statement.lives_too_long',
  },
  {
    title: 'more than 7 days, whatever the window says',
    policy: TEAM,
    envelope: { window: { from: '2026-12-20T15:00:00.000Z', until: '2026-12-20T18:00:00.000Z' } },
    statements: (e) => [approval('taro', e, { expires: '2026-12-20T18:00:00.000Z' })],
    answer: 'statement.lives_too_long',
  },
  {
    title: 'an operator is no approver',
    policy: makePolicy([hanako, taro, { ...jiro, roles: ['operator'] }]),
    statements: (e) => [approval('jiro', e, { role: 'operator' })],
    answer: 'approval.role_missing',
  },
  {
    title: 'an approver who signs as operator',
    policy: makePolicy([hanako, { ...taro, roles: ['approver', 'operator'] }]),
    statements: (e) => [approval('taro', e, { role: 'operator' })],
    answer: 'approval.role_missing',
  },
  {
    title: 'an approver of another service',
    policy: makePolicy([hanako, taro, { ...jiro, services: ['other'] }]),
    statements: (e) => [approval('jiro', e)],
    answer: 'approval.role_missing',
  },
  {
    title: 'a class of key that the rule does not take',
    policy: makePolicy([hanako, taro, jiro], tier({ keys: ['device', 'hardware'] })),
    statements: (e) => [approval('jiro', e)],
    answer: 'approval.key_class',
  },
  {
    title: 'a file key at enforce with a shared account',
    policy: makePolicy([hanako, taro], { level: 'enforce', agentUser: 'shared' }),
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: 'approval.shared_file_key',
  },
  {
    title: 'a file key at enforce with a shared account, alone',
    policy: makePolicy([{ ...hanako, roles: ['owner'] }], { level: 'enforce', agentUser: 'shared' }),
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: 'approval.shared_file_key',
  },
  {
    title: 'the author',
    policy: TEAM,
    envelope: byTaro,
    statements: (e) => [approval('taro', e)],
    answer: 'approval.own_change',
  },
  {
    title: 'the author who is sponsor of another agent',
    policy: TEAM,
    envelope: byHanako,
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: 'approval.own_change',
  },
  {
    title: 'somebody the envelope only calls the sponsor',
    policy: TEAM,
    envelope: { sponsor: 'taro', lineage: ['claude', 'taro'] },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.lineage_wrong',
  },
  {
    title: 'the sponsor by the policy, where the envelope names another',
    policy: TEAM,
    envelope: { sponsor: 'taro', lineage: ['claude', 'hanako', 'taro'] },
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: 'approval.lineage_wrong',
  },
  {
    title: 'a key that is revoked under another name',
    policy: makePolicy([
      hanako,
      taro,
      { id: 'old', roles: ['viewer'], keys: [file(FINGERPRINTS.taro, { revoked: true })] },
    ]),
    statements: (e) => [approval('taro', e)],
    answer: 'statement.key_revoked',
  },
  {
    title: 'one of two that are sealed, where the rule asks for one',
    policy: TEAM,
    envelope: { approvals: { count: 2, roles: ['approver', 'owner'] } },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.not_enough',
  },
  {
    title: 'two days without a window, where the rule says seven',
    policy: makePolicy([hanako, taro], { approvalSeconds: 604_800 }),
    statements: (e) => [approval('taro', e, { expires: '2026-11-27T05:02:00.000Z' })],
    answer: 'statement.lives_too_long',
  },
  {
    title: 'an editor who is not the author',
    policy: TEAM,
    envelope: { editors: ['claude', 'taro'] },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.own_change',
  },
  {
    title: 'the sponsor of an agent whose work he edited',
    policy: TEAM,
    envelope: { editors: ['claude', 'hanako'] },
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: 'approval.own_change',
  },
  {
    title: 'the sponsor of an agent whose work somebody else edited',
    policy: TEAM,
    envelope: { editors: ['claude', 'taro'] },
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: 'approval.own_change',
  },
  {
    title: 'the sponsor of an agent that edited somebody else’s work',
    policy: TEAM,
    envelope: { ...byTaro, editors: ['claude', 'taro'] },
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: 'approval.own_change',
  },
  {
    title: 'the sponsor of two agents that nobody else has corrected',
    policy: makePolicy([hanako, taro], {}, [
      CLAUDE,
      { id: 'codex', name: 'Codex', sponsor: 'hanako', paused: false },
    ]),
    envelope: { editors: ['claude', 'codex'] },
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: ['hanako'],
  },
  // An envelope whose names are not those of the policy: the gate says who wrote it, and the policy says who that can be.
  {
    title: 'an author who does not exist, where the real one approves',
    policy: TEAM,
    envelope: { author: 'nobody', sponsor: undefined, lineage: ['nobody'], requester: 'nobody' },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.unknown_author',
  },
  {
    title: 'an author who does not exist, where one person alone approves',
    policy: ALONE,
    envelope: { author: 'nobody', sponsor: undefined, lineage: ['nobody'] },
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: 'approval.unknown_author',
  },
  {
    title: 'an author who was removed from the policy',
    policy: makePolicy([hanako, jiro]),
    envelope: byTaro,
    statements: (e) => [approval('hanako', e, { role: 'owner' })],
    answer: 'approval.unknown_author',
  },
  {
    title: 'a requester who does not exist',
    policy: TEAM,
    envelope: { requester: 'nobody' },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.unknown_author',
  },
  {
    title: 'an editor who does not exist',
    policy: TEAM,
    envelope: { editors: ['claude', 'nobody'] },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.unknown_author',
  },
  {
    title: 'a sponsor who does not exist',
    policy: TEAM,
    envelope: { sponsor: 'nobody', lineage: ['claude', 'nobody'] },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.unknown_author',
  },
  {
    title: 'an agent without its sponsor',
    policy: TEAM,
    envelope: { sponsor: undefined, lineage: ['claude'] },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.lineage_wrong',
  },
  {
    title: 'a person with a sponsor',
    policy: TEAM,
    envelope: { ...byHanako, sponsor: 'hanako' },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.lineage_wrong',
  },
  {
    title: 'a lineage without the sponsor',
    policy: TEAM,
    envelope: { lineage: ['claude'] },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.lineage_wrong',
  },
  {
    title: 'editors without the author',
    policy: TEAM,
    envelope: { editors: ['hanako'] },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.lineage_wrong',
  },
  {
    title: 'an agent that works for nobody the policy knows',
    policy: makePolicy([hanako, taro], {}, [
      { id: 'claude', name: 'Claude', sponsor: 'codex', paused: false },
      { id: 'codex', name: 'Codex', sponsor: 'claude', paused: false },
    ]),
    envelope: { sponsor: 'codex', lineage: ['claude', 'codex'] },
    statements: (e) => [approval('taro', e)],
    answer: 'approval.unknown_author',
  },
  {
    title: 'a forged one beside a good one refuses both',
    policy: TEAM,
    statements: (e) => [approval('taro', e), approval('hanako', e, { role: 'owner' }, FINGERPRINTS.jiro)],
    answer: 'statement.foreign_key',
  },
]

function statementsOf({ statements, authored: given }: Case, over: Envelope): readonly Signed[] {
  return [...statements(over), ...(given?.(over) ?? [authored(over)])]
}

describe('enough', () => {
  test.each(CASES)('$title', (one) => {
    const { policy, envelope, answer, solo, demo, now: at } = one
    const over = makeEnvelope(plan, policy, envelope)
    const found = enough(
      statementsOf(one, over),
      over,
      envelopeDigest(over),
      policy,
      (at ?? NOW) as Instant,
      verify,
    )
    if (typeof answer === 'string') expect(found).toMatchObject({ ok: false, code: answer })
    else
      expect(found).toMatchObject({ ok: true, approvers: answer, solo: solo ?? false, demo: demo ?? false })
  })

  test('every refusal of this room stands in the table', () => {
    const codes = new Set(CASES.flatMap(({ answer }) => (typeof answer === 'string' ? [answer] : [])))
    expect([...codes].sort()).toEqual([
      'agent.never_approves',
      'approval.author_unsigned',
      'approval.key_class',
      'approval.lineage_wrong',
      'approval.not_enough',
      'approval.own_change',
      'approval.role_missing',
      'approval.shared_file_key',
      'approval.unknown_author',
      'statement.expired',
      'statement.foreign_key',
      'statement.from_the_future',
      'statement.key_revoked',
      'statement.lives_too_long',
      'statement.malformed',
      'statement.other_author',
      'statement.other_change',
      'statement.other_envelope',
      'statement.other_plan',
      'statement.role_not_held',
      'statement.signature_wrong',
      'statement.unknown_person',
      'statement.wrong_type',
    ])
  })

  test('nothing that differs by one character from what was signed is enough', () => {
    const over = makeEnvelope(plan, TEAM)
    const given = [approval('taro', over), authored(over)]
    expect(enough(given, over, envelopeDigest(over), TEAM, now, verify).ok).toBe(true)
    fc.assert(
      fc.property(
        fc.constantFrom(...given),
        fc.nat(500),
        fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
        (altered, at, by) => {
          const text = altered.text.slice(0, at) + by + altered.text.slice(at + 1)
          fc.pre(at < altered.text.length && text !== altered.text)
          const all = given.map((one) => (one === altered ? { ...one, text } : one))
          expect(enough(all, over, envelopeDigest(over), TEAM, now, verify).ok).toBe(false)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('no other envelope is approved with it: each part, altered, takes the approval away', () => {
    const over = makeEnvelope(plan, TEAM, {
      window: { from: '2026-11-25T00:00:00.000Z', until: '2026-11-26T00:00:00.000Z' },
      waivers: ['ee'.repeat(32)],
    })
    const good = [approval('taro', over), authored(over)]
    expect(enough(good, over, envelopeDigest(over), TEAM, now, verify).ok).toBe(true)
    const parts = leaves(over as unknown as Json)
    expect(parts.length).toBeGreaterThan(40)
    for (const path of parts) {
      const altered = alter(over as unknown as Json, path) as unknown as Envelope
      expect(envelopeDigest(altered), path.join('.')).not.toBe(envelopeDigest(over))
      expect(enough(good, altered, envelopeDigest(altered), TEAM, now, verify).ok, path.join('.')).toBe(false)
    }
  })

  test('an approval lives as long as the shorter of its own end and the rule, and not a millisecond more', () => {
    const over = makeEnvelope(plan, TEAM)
    fc.assert(
      fc.property(
        fc.integer({ min: -200_000, max: 200_000 }),
        fc.integer({ min: 0, max: 200_000_000 }),
        (start, life) => {
          const at = instant(milliseconds(now) + start)
          const expires = instant(milliseconds(at) + life)
          const found = enough(
            [approval('taro', over, { at, expires }), authored(over)],
            over,
            envelopeDigest(over),
            TEAM,
            now,
            verify,
          )
          const allowed = start <= 60_000 && start + life >= 0 && life <= 86_400_000
          expect(found.ok).toBe(allowed)
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('statements that are no approval', () => {
  test.each(Object.entries(STATEMENTS))('%s is read and verified', (_, statement) => {
    const text = canonical(statement as unknown as Json)
    const signed = sign(text, KEY[statement.approver] ?? '')
    expect(verifySigned(signed, TEAM, now, verify)).toMatchObject({ ok: true, verified: { statement } })
  })

  test('the key of an agent signs what the agent wrote, and nothing else', () => {
    for (const [name, statement] of Object.entries(STATEMENTS)) {
      const ofClaude = sign(
        canonical({ ...statement, approver: 'claude' } as unknown as Json),
        KEY['claude'] ?? '',
      )
      const answer = verifySigned(ofClaude, TEAM, now, verify)
      if (name === 'author') expect(answer).toMatchObject({ ok: true })
      else expect(answer, name).toMatchObject({ ok: false, code: 'statement.unknown_person' })
    }
    // Nor does an author's statement stand where a person's decision is wanted.
    const author = sign(canonical(STATEMENTS['author'] as unknown as Json), KEY['claude'] ?? '')
    expect(verifyStatement(author, TEAM, now, verify)).toMatchObject({ code: 'statement.wrong_type' })
  })

  test('the role that is offered to a person is one the rule takes', () => {
    const over = makeEnvelope(plan, TEAM)
    const [first, second] = TEAM.people
    expect(first && approvingRole(first, over, TEAM)).toBe('approver')
    expect(second && approvingRole(second, over, TEAM)).toBe('approver')
    const operators = makePolicy([hanako, { ...jiro, roles: ['operator'] }])
    expect(operators.people[1] && approvingRole(operators.people[1], over, operators)).toBeUndefined()
  })
})

describe('the deciding part of the policy', () => {
  const service = plan.service
  const before = decidingPart(TEAM, service)
  test('moves with what decides', () => {
    const people = [
      { ...hanako, name: '運用 花子' },
      { ...taro, name: '検査 太郎' },
    ]
    expect(decidingPart(makePolicy(people), service)).toBe(before)
    expect(decidingPart(makePolicy([...people, jiro]), service)).not.toBe(before)
    expect(decidingPart(makePolicy(people, { level: 'enforce' }), service)).not.toBe(before)
    expect(decidingPart(makePolicy(people, { keepSeconds: 301 }), service)).not.toBe(before)
    expect(decidingPart(makePolicy(people, {}, []), service)).not.toBe(before)
  })
  test('stays where somebody or something else moves', () => {
    const people = [
      { ...hanako, name: '運用 花子' },
      { ...taro, name: '検査 太郎' },
    ]
    expect(decidingPart(makePolicy([...people, { ...jiro, services: ['other'] }]), service)).toBe(before)
    expect(decidingPart(makePolicy([...people, { ...jiro, roles: ['viewer'] }]), service)).toBe(before)
    expect(decidingPart(makePolicy(people, { windows: [] }), service)).toBe(before)
  })
})

/** Paths to every value that is no object and no list. */
function leaves(value: Json, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, one]) => leaves(one as Json, [...path, key]))
}
/** The same with one value made another of its kind. */
function alter(value: Json, [first, ...rest]: readonly string[]): Json {
  if (first === undefined) {
    if (typeof value === 'number') return value + 1
    const text = String(value)
    return text.endsWith('0') ? `${text.slice(0, -1)}1` : `${text.slice(0, -1)}0`
  }
  const copy = structuredClone(value) as { [key: string]: Json }
  copy[first] = alter(copy[first] as Json, rest)
  return copy
}

test('what the sample seals is read back as it is', () => {
  const over = makeEnvelope(plan, TEAM)
  const text = canonical(over as unknown as Json)
  expect(decode(envelopeDecoder, parseCanonical(text))).toEqual({ ok: true, value: over })
})

describe('policy.alone: one person alone after a pause', () => {
  const rules = (alone: object | undefined, more: object = {}) =>
    makePolicy([hanako, taro, jiro], { ...tier(more), ...(alone === undefined ? {} : { alone }) })
  const PAUSE = { afterSeconds: 900, tiers: [1, 2] }
  const SIGNED = milliseconds('2026-11-25T05:02:00.000Z' as Instant)
  const own = makeEnvelope(plan, rules(PAUSE), byHanako)

  /** What hanako's approval of her own change is answered, so long after the runner stored it. */
  function asked(
    policy: CompiledPolicy,
    minutes: number | undefined,
    { rejected = false, by = 'hanako', over = own, byAuthor = (of: Envelope) => [authored(of)] } = {},
  ) {
    const stored = minutes === undefined ? undefined : instant(SIGNED - minutes * 60_000)
    const signed = [approval(by, over, by === 'hanako' ? { role: 'owner' } : {}), ...byAuthor(over)]
    const answer = enough(signed, over, envelopeDigest(over), policy, now, verify, { stored, rejected })
    return answer.ok ? (answer.solo ? 'alone' : 'together') : answer.code
  }

  test('the author approves alone when the pause is over, and it is said', () => {
    expect(asked(rules(PAUSE), 15)).toBe('alone')
    expect(asked(rules(PAUSE), 16)).toBe('alone')
  })
  test('before that the author is told to wait, and another person approves as always', () => {
    expect(asked(rules(PAUSE), 14.99)).toBe('approval.alone_later')
    expect(asked(rules(PAUSE), 1, { by: 'taro' })).toBe('together')
    expect(asked(rules(PAUSE), 60, { by: 'taro' })).toBe('together')
  })
  test('a rejection ends it, as does an envelope that the runner has not stored', () => {
    expect(asked(rules(PAUSE), 60, { rejected: true })).toBe('approval.own_change')
    expect(asked(rules(PAUSE), undefined)).toBe('approval.own_change')
  })
  test('only where the policy says so, and for the tiers that it names', () => {
    expect(asked(rules(undefined), 60)).toBe('approval.own_change')
    expect(asked(rules({ ...PAUSE, tiers: [1] }), 60)).toBe('approval.own_change')
    expect(asked(rules({ ...PAUSE, tiers: [2] }), 60)).toBe('alone')
  })
  test('one of two is enough after the pause, and not before', () => {
    const two = rules(PAUSE, { approvals: 2 })
    const over = makeEnvelope(plan, two, {
      ...byHanako,
      approvals: { count: 2, roles: ['approver', 'owner'] },
    })
    expect(asked(two, 60, { by: 'taro', over })).toBe('alone')
    expect(asked(two, 5, { by: 'taro', over })).toBe('approval.not_enough')
  })
  test('the author need not have signed what one person approves alone', () => {
    const byAuthor = () => []
    expect(asked(rules(PAUSE), 60, { byAuthor })).toBe('alone')
    expect(asked(rules(PAUSE), 60, { by: 'taro', byAuthor })).toBe('alone')
    expect(asked(rules(PAUSE), 5, { by: 'taro', byAuthor })).toBe('approval.author_unsigned')
    expect(asked(rules(undefined), 60, { by: 'taro', byAuthor })).toBe('approval.author_unsigned')
  })
  test('what was signed before the end of the pause does not count after it', () => {
    const stored = instant(SIGNED - 14 * 60_000)
    const late = instant(SIGNED + 30 * 60_000)
    const answer = enough(
      [approval('hanako', own, { role: 'owner' })],
      own,
      envelopeDigest(own),
      rules(PAUSE),
      late,
      verify,
      {
        stored,
        rejected: false,
      },
    )
    expect(answer).toMatchObject({ ok: false, code: 'approval.alone_later' })
  })
  test('the pause gives nobody a right but that: an agent, a foreign key, a missing role stay refused', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CASES), fc.nat({ max: 100_000 }), (one, seconds) => {
        const policy = {
          ...one.policy,
          rules: { ...one.policy.rules, alone: { afterSeconds: 900, tiers: [1, 2] as const } },
        }
        const over = decoded({ ...makeEnvelope(plan, one.policy, one.envelope ?? {}) })
        const at = (one.now ?? now) as Instant
        const statements = statementsOf(one, over)
        const without = enough(statements, over, envelopeDigest(over), one.policy, at, verify)
        const waiting = { stored: instant(SIGNED - seconds * 1000), rejected: false }
        const after = enough(statements, over, envelopeDigest(over), policy, at, verify, waiting)
        if (without.ok) return after.ok
        const bends = ['approval.own_change', 'approval.not_enough', 'approval.author_unsigned'].includes(
          without.code,
        )
        return after.ok ? bends && after.solo : bends || after.code === without.code
      }),
    )
  })
})

function decoded(value: object): Envelope {
  const read = decode(envelopeDecoder, value)
  if (!read.ok) throw new Error(`${read.at}: ${read.why}`)
  return read.value
}
