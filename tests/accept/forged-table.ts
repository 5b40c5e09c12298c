// The hundred forgeries: what somebody could write in place of a row that people approved, and what the runner says to each.
import { execFileSync } from 'node:child_process'
import { at, canonicalText, type Loose, labelled, nonce, type Row, type Signed, sha } from './forged-world.ts'

export interface Forger {
  sign(key: string, text: string, namespace?: string): Promise<string>
  /** Nonce of an approval that was used. */
  readonly usedNonce: string
  /** A whole approval of another change. */
  readonly otherApproval: Signed
  /** Digest of bytes that nobody approved, which the runner has. */
  readonly evilDigest: string
  readonly file: string
}

export interface Variant {
  readonly name: string
  /** The runner's answer; where the door is shut before, also that. */
  readonly code: RegExp
  readonly forge: (row: Row, by: Forger) => void | Promise<void>
  /** What it says is that its time is over: the change then has expired, which is its reason. */
  readonly runsOut?: true
}

const signature = /^statement\.signature_wrong$/
const malformed = /^statement\.malformed$/
const foreign = /^statement\.foreign_key$/
const otherEnvelope = /^statement\.other_envelope$/
const differs = /^judge\.envelope_differs$/
const lineageWrong = /^approval\.lineage_wrong$/
const unknownAuthor = /^approval\.unknown_author$/

/** The approval with other fields, signed by a key. */
const stated =
  (over: Loose, key = 'ops1', namespace = 'sekisho') =>
  async (row: Row, by: Forger) => {
    const text = canonicalText({ ...row.statement, nonce: nonce(), ...over })
    row.signed = { text, signature: await by.sign(key, text, namespace) }
  }
/** A text of any form under a sound signature of the approver. */
const texted = (make: (statement: Loose) => string) => async (row: Row, by: Forger) => {
  const text = make({ ...row.statement, nonce: nonce() })
  row.signed = { text, signature: await by.sign('ops1', text) }
}
/** The text changed below its signature. */
const altered = (over: Loose) => (row: Row) => {
  row.signed = { ...row.signed, text: canonicalText({ ...row.statement, ...over }) }
}
const resigned = (change: (signature: string) => string) => (row: Row) => {
  row.signed = { ...row.signed, signature: change(row.signed.signature) }
}
const only = (type: string, over: Loose) => async (row: Row, by: Forger) => {
  const { v, approver, role, at: from, expires } = row.statement
  const text = canonicalText({ v, approver, role, at: from, expires, nonce: nonce(), type, ...over })
  row.signed = { text, signature: await by.sign('ops1', text) }
}
const HOUR = 3_600_000

const STATEMENTS: readonly Variant[] = [
  { name: 'another approver over the same signature', code: signature, forge: altered({ approver: 'ops2' }) },
  { name: 'another role over the same signature', code: signature, forge: altered({ role: 'approver' }) },
  { name: 'another nonce over the same signature', code: signature, forge: altered({ nonce: nonce() }) },
  { name: 'a longer life over the same signature', code: signature, forge: altered({ expires: at(HOUR) }) },
  { name: 'another card over the same signature', code: signature, forge: altered({ shown: sha('card') }) },
  {
    name: 'a typed target over the same signature',
    code: signature,
    forge: altered({ typed: 'app.conf' }),
  },
  { name: 'ops2 in name, ops1’s key', code: foreign, forge: stated({ approver: 'ops2', role: 'approver' }) },
  { name: 'ops1 in name, ops2’s key', code: foreign, forge: stated({}, 'ops2') },
  { name: 'ops1 in name, the author’s key', code: foreign, forge: stated({}, 'dev') },
  { name: 'ops1 in name, a key that nobody enrolled', code: foreign, forge: stated({}, 'mallory') },
  { name: 'a revoked key', code: /^statement\.key_revoked$/, forge: stated({}, 'stranger') },
  { name: 'namespace file', code: signature, forge: stated({}, 'ops1', 'file') },
  { name: 'namespace git', code: signature, forge: stated({}, 'ops1', 'git') },
  { name: 'a login’s namespace', code: signature, forge: stated({}, 'ops1', 'sekisho-login') },
  { name: 'namespace in another case', code: signature, forge: stated({}, 'ops1', 'Sekisho') },
  {
    name: 'a rejection',
    code: /^statement\.wrong_type$/,
    forge: async (row, by) => {
      const { change, envelope } = row.statement
      await only('reject', { change, envelope, reason: 'no' })(row, by)
    },
  },
  {
    name: 'a waiver',
    code: /^statement\.wrong_type$/,
    forge: async (row, by) => {
      const { change } = row.statement
      await only('waive', { change, plan: row.get('planDigest'), check: 'trial', reason: 'x' })(row, by)
    },
  },
  {
    name: 'a keep of this execution',
    code: /^statement\.wrong_type$/,
    forge: (row, by) => only('keep', { execution: `${String(row.get('id'))}/1` })(row, by),
  },
  {
    name: 'a continue of this execution',
    code: /^statement\.wrong_type$/,
    forge: (row, by) =>
      only('continue', {
        execution: `${String(row.get('id'))}/1`,
        action: '1',
        attempt: 1,
        choice: 'retry',
      })(row, by),
  },
  {
    name: 'a standing statement',
    code: /^statement\.wrong_type$/,
    forge: only('standing', {
      playbook: 'service/1',
      playbookDigest: sha('playbook'),
      service: 'app',
      verb: 'restart',
      unit: 'app.service',
      perHour: 9,
    }),
  },
  {
    name: 'a revocation',
    code: /^statement\.wrong_type$/,
    forge: only('revoke', { statement: sha('x') }),
  },
  {
    name: 'an accepted fork',
    code: /^statement\.wrong_type$/,
    forge: only('acceptFork', { size: 1, root: sha('x') }),
  },
  {
    name: 'an approval of another change',
    code: /^statement\.other_change$/,
    forge: stated({ change: 'CHG-2026-4711' }),
  },
  {
    name: 'an approval of another envelope',
    code: otherEnvelope,
    forge: stated({ envelope: sha('another') }),
  },
  {
    name: 'the whole used approval of another change',
    code: /^statement\.other_change$/,
    forge: (row, by) => {
      row.signed = by.otherApproval
    },
  },
  {
    name: 'the signature of another approval',
    code: signature,
    forge: (row, by) => {
      row.signed = { ...row.signed, signature: by.otherApproval.signature }
    },
  },
  {
    name: 'a used nonce, signed anew',
    code: /^statement\.nonce_used$/,
    forge: (row, by) => stated({ nonce: by.usedNonce })(row, by),
  },
  {
    name: 'one nonce under two people',
    code: /^statement\.nonce_used$/,
    forge: async (row, by) => {
      const [first] = row.get('decisions') as Loose[]
      const text = canonicalText({ ...row.statement, approver: 'ops2', role: 'approver' })
      row.set('decisions', [first, { ...first, signed: { text, signature: await by.sign('ops2', text) } }])
    },
  },
  {
    name: 'expired',
    code: /^statement\.expired$/,
    forge: stated({ at: at(-2 * HOUR), expires: at(-HOUR) }),
  },
  { name: 'ends before it begins', code: /^statement\.expired$/, forge: stated({ expires: at(-2 * HOUR) }) },
  {
    name: 'from the future',
    code: /^statement\.from_the_future$/,
    forge: stated({ at: at(HOUR / 12), expires: at(HOUR) }),
  },
  {
    name: 'lives three days',
    code: /^statement\.lives_too_long$/,
    forge: stated({ expires: at(72 * HOUR) }),
  },
  {
    name: 'lives for ever',
    code: /^statement\.lives_too_long$/,
    forge: stated({ expires: '2099-01-01T00:00:00.000Z' }),
  },
  {
    name: 'a role that may not approve',
    code: /^approval\.role_missing$/,
    forge: stated({ approver: 'ops2', role: 'operator' }, 'ops2'),
  },
  {
    name: 'a role that the person does not hold',
    code: /^statement\.role_not_held$/,
    forge: stated({ approver: 'ops2', role: 'owner' }, 'ops2'),
  },
  {
    name: 'the author as a requester',
    code: /^approval\.role_missing$/,
    forge: stated({ approver: 'dev', role: 'requester' }, 'dev'),
  },
  {
    name: 'the author as an owner',
    code: /^statement\.role_not_held$/,
    forge: stated({ approver: 'dev', role: 'owner' }, 'dev'),
  },
  { name: 'an agent', code: /^statement\.unknown_person$/, forge: stated({ approver: 'claude' }) },
  {
    name: 'a person nobody enrolled',
    code: /^statement\.unknown_person$/,
    forge: stated({ approver: 'root' }),
  },
  { name: 'a name like a prototype', code: malformed, forge: stated({ approver: '__proto__' }) },
  { name: 'a name in look-alikes', code: malformed, forge: stated({ approver: 'оps1' }) },
  { name: 'no approver', code: malformed, forge: stated({ approver: undefined }) },
  { name: 'no nonce', code: malformed, forge: stated({ nonce: undefined }) },
  { name: 'no end', code: malformed, forge: stated({ expires: undefined }) },
  { name: 'a short nonce', code: malformed, forge: stated({ nonce: 'ab' }) },
  { name: 'a nonce in capitals', code: malformed, forge: stated({ nonce: 'A'.repeat(32) }) },
  { name: 'version 2', code: malformed, forge: stated({ v: 2 }) },
  { name: 'version as a text', code: malformed, forge: stated({ v: '1' }) },
  { name: 'an unknown type', code: malformed, forge: stated({ type: 'approveAll' }) },
  { name: 'a list as role', code: malformed, forge: stated({ role: ['owner'] }) },
  { name: 'a time that is none', code: malformed, forge: stated({ at: 'yesterday' }) },
  { name: 'a time with an offset', code: malformed, forge: stated({ at: '2026-11-25T13:00:00.000+09:00' }) },
  { name: 'an unknown field', code: malformed, forge: stated({ also: 'CHG-2026-0002' }) },
  { name: 'a field of another type', code: malformed, forge: stated({ reason: 'x' }) },
  { name: 'an endless typed target', code: malformed, forge: stated({ typed: 'x'.repeat(5000) }) },
  { name: 'a truncated text', code: malformed, forge: texted((one) => canonicalText(one).slice(0, -20)) },
  { name: 'an empty text', code: malformed, forge: texted(() => ' ') },
  {
    name: 'a space too much',
    code: malformed,
    forge: texted((one) => canonicalText(one).replace(':', ': ')),
  },
  { name: 'a line feed at the end', code: malformed, forge: texted((one) => `${canonicalText(one)}\n`) },
  { name: 'a byte order mark', code: malformed, forge: texted((one) => `\uFEFF${canonicalText(one)}`) },
  {
    name: 'keys in another order',
    code: malformed,
    forge: texted((one) => JSON.stringify(Object.fromEntries(Object.entries(one).reverse()))),
  },
  {
    name: 'one key twice',
    code: malformed,
    forge: texted((one) => canonicalText(one).replace('{', '{"approver":"ops1",')),
  },
  {
    name: 'an escaped key',
    code: malformed,
    forge: texted((one) => canonicalText(one).replace('"approver"', '"\\u0061pprover"')),
  },
  { name: 'two texts in one', code: malformed, forge: texted((one) => canonicalText(one).repeat(2)) },
  { name: 'a list around it', code: malformed, forge: texted((one) => `[${canonicalText(one)}]`) },
  { name: 'null', code: malformed, forge: texted(() => 'null') },
  { name: 'faces that an error message cuts in two', code: malformed, forge: texted(() => '😀'.repeat(600)) },
  { name: 'ten thousand brackets', code: malformed, forge: texted(() => '['.repeat(10_000)) },
  {
    name: 'an oversized text',
    code: /^(statement\.malformed|runner\.frame_wrong)$/,
    forge: stated({ typed: 'x'.repeat(20_000) }),
  },
  {
    name: 'an oversized signature',
    code: /^(statement\.signature_wrong|runner\.frame_wrong)$/,
    forge: resigned((one) => one.replace('\n', `\n${'A'.repeat(20_000)}\n`)),
  },
  { name: 'no signature', code: signature, forge: resigned(() => '') },
  { name: 'half a signature', code: signature, forge: resigned((one) => one.slice(0, one.length / 2)) },
  { name: 'another armour', code: signature, forge: resigned((one) => one.replaceAll('SSH', 'PGP')) },
  {
    name: 'a flipped bit in the signature',
    code: signature,
    forge: resigned((one) => {
      const lines = one.split('\n')
      const bytes = Buffer.from(lines.slice(1, -2).join(''), 'base64')
      const last = bytes.length - 1
      bytes[last] = (bytes[last] ?? 0) ^ 1
      return `${lines[0]}\n${bytes.toString('base64')}\n-----END SSH SIGNATURE-----\n`
    }),
  },
  {
    name: 'a forged one beside a good one',
    code: foreign,
    forge: async (row, by) => {
      const [first] = row.get('decisions') as Loose[]
      const text = canonicalText({ ...row.statement, nonce: nonce() })
      row.set('decisions', [first, { ...first, signed: { text, signature: await by.sign('mallory', text) } }])
    },
  },
  {
    name: 'what the author has signed left out',
    code: /^approval\.author_unsigned$/,
    forge: (row) => row.set('authored', undefined),
  },
  {
    name: 'no approval at all',
    code: /^approval\.not_enough$/,
    forge: (row) => row.set('decisions', []),
  },
]

/** Every field of the envelope mutated below an approval of the original, with all digests computed anew. */
export const ENVELOPE_FIELDS: Readonly<Record<string, unknown>> = {
  v: 2,
  change: 'CHG-2026-4711',
  revision: 2,
  host: 'other',
  service: 'other',
  class: 'standard',
  tier: 1,
  plan: sha('plan'),
  diff: sha('diff'),
  baseline: [],
  evidence: [],
  waivers: [sha('waiver')],
  policy: sha('policy'),
  playbook: 'service/1',
  approvals: { count: 0, roles: ['requester'] },
  requester: 'ops2',
  author: 'ops2',
  sponsor: 'ops1',
  lineage: [],
  editors: ['ops2'],
  instruction: sha('instruction'),
  notification: 'needed',
  window: { from: at(-HOUR), until: at(HOUR) },
  sealedAt: at(-HOUR),
  expires: at(HOUR),
}
const ANY_REFUSAL = /^(statement|judge|runner|approval)\./

const below = Object.entries(ENVELOPE_FIELDS).map(
  ([field, value]): Variant => ({
    name: `${field} of the envelope, below the approval`,
    code:
      field === 'v' || field === 'change' || field === 'class' || field === 'plan' || field === 'waivers'
        ? ANY_REFUSAL
        : otherEnvelope,
    forge: (row) => {
      row.set(`envelope.${field}`, value)
      row.resealEnvelope()
    },
  }),
)

/** Signed by the approver, who was shown something else, and by the author: what the runner computes or knows by itself, nobody can sign away. */
const signedOver =
  (forge: (row: Row, by: Forger) => void, whole = false) =>
  async (row: Row, by: Forger) => {
    forge(row, by)
    if (whole) row.reseal()
    else row.resealEnvelope()
    await stated({ envelope: row.get('envelopeDigest'), change: row.get('envelope.change') })(row, by)
    const before = row.get('authored.signed') as Signed | undefined
    if (before === undefined) return
    const { change, plan } = row.envelope
    const text = canonicalText({ ...(JSON.parse(before.text) as Loose), change, plan })
    row.set('authored.signed', { text, signature: await by.sign('dev', text) })
  }
const field = (
  path: string,
  value: unknown,
  code: RegExp,
  name = `${path} signed as ${JSON.stringify(value)}`,
) => ({
  name: name.slice(0, 110),
  code,
  forge: signedOver((row) => row.set(`envelope.${path}`, value)),
})
/** The gate names somebody else as the one who asked for it, wrote it and edited it. */
const writtenBy = (who: string, code: RegExp, name: string): Variant => ({
  name,
  code,
  forge: signedOver((row) => {
    for (const part of ['author', 'requester']) row.set(`envelope.${part}`, who)
    for (const part of ['lineage', 'editors']) row.set(`envelope.${part}`, [who])
  }),
})
const evidence = (row: Row) => row.get('envelope.evidence') as Loose[]
const evidenceOf = (row: Row, check: string) => evidence(row).find((one) => one['check'] === check) ?? {}

const SIGNED: readonly Variant[] = [
  field('tier', 1, differs),
  field('class', 'standard', /^judge\.standing_covers_not$/),
  field('revision', 2, differs),
  field('host', 'other', differs),
  field('service', 'other', /^(judge\.envelope_differs|judge\.policy_moved|approval\.\w+)$/),
  field('change', 'CHG-2026-4711', differs),
  field('plan', sha('plan'), /^(runner\.object_missing|judge\.digest_wrong)$/),
  field('policy', sha('policy'), /^judge\.policy_moved$/),
  field('playbook', 'service/1', differs),
  field('approvals', { count: 0, roles: [] }, differs),
  field('author', 'claude', lineageWrong, 'an agent as author, without its sponsor'),
  field('lineage', [], lineageWrong, 'lineage without the author'),
  field('lineage', ['ops2'], lineageWrong, 'lineage of somebody else'),
  field('editors', [], lineageWrong, 'nobody edited it'),
  field('editors', ['ops2'], lineageWrong, 'somebody else edited it'),
  field('editors', ['ops2', 'dev'], lineageWrong, 'editors in another order'),
  field('editors', ['dev', 'ops1'], /^approval\.own_change$/, 'the approver among the editors'),
  field('sponsor', 'ops2', lineageWrong, 'a sponsor of a person'),
  field('sponsor', 'nobody', unknownAuthor, 'a sponsor who does not exist'),
  field('requester', 'nobody', unknownAuthor, 'a requester who does not exist'),
  field('editors', ['dev', 'nobody'], unknownAuthor, 'an editor who does not exist'),
  writtenBy('nobody', unknownAuthor, 'an author who does not exist, where the real one approves'),
  writtenBy('dev2', unknownAuthor, 'an author with a name that is like one'),
  writtenBy(
    'ops2',
    /^statement\.other_author$/,
    'another person as the author, with what the real one signed',
  ),
  {
    name: 'another person as the author, who has signed nothing',
    code: /^approval\.author_unsigned$/,
    forge: signedOver((row) => {
      for (const part of ['author', 'requester']) row.set(`envelope.${part}`, 'ops2')
      for (const part of ['lineage', 'editors']) row.set(`envelope.${part}`, ['ops2'])
      row.set('authored', undefined)
    }),
  },
  field('baseline', [], differs, 'no baseline'),
  {
    ...field('expires', at(-HOUR), /^judge\.envelope_expired$/, 'an envelope that has expired'),
    runsOut: true,
  },
  field('window', { from: at(-HOUR), until: at(HOUR) }, differs, 'a window that the plan has not'),
  field(
    'also',
    true,
    /^(judge\.envelope_malformed|runner\.object_wrong|runner\.object\w*)$/,
    'an unknown field signed',
  ),
  field(
    'waivers',
    [sha('waiver')],
    /^(runner\.object_missing|judge\.waiver_wrong)$/,
    'a waiver that is not there',
  ),
  {
    name: 'another baseline',
    code: /^judge\.(envelope_differs|baseline_moved)$/,
    forge: signedOver((row) => row.set('envelope.baseline.0.digest', sha('baseline'))),
  },
  ...['baseline', 'validation', 'trial', 'undo', 'notification'].map((check) => ({
    name: `no evidence of ${check}`,
    code: /^judge\.evidence_missing$/,
    forge: signedOver((row) =>
      row.set(
        'envelope.evidence',
        evidence(row).filter((one) => one['check'] !== check),
      ),
    ),
  })),
  ...['validation', 'trial', 'undo'].map((check) => ({
    name: `evidence of ${check} that the runner never wrote`,
    code: /^judge\.evidence_unknown$/,
    forge: signedOver((row) => {
      evidenceOf(row, check)['digest'] = sha('green')
    }),
  })),
  {
    name: 'evidence that has expired',
    code: /^judge\.evidence_stale$/,
    forge: signedOver((row) => {
      evidenceOf(row, 'trial')['expires'] = at(-HOUR)
    }),
  },
  {
    name: 'the trial as the gate’s own word',
    code: /^judge\.evidence_unknown$/,
    forge: signedOver((row) => {
      evidenceOf(row, 'trial')['collector'] = 'gate'
    }),
  },
  {
    name: 'one evidence twice',
    code: /^judge\.evidence_missing$/,
    forge: signedOver((row) =>
      row.set('envelope.evidence', [...evidence(row), { ...evidenceOf(row, 'trial') }]),
    ),
  },
  {
    name: 'a waiver by the author',
    code: /^judge\.waiver_wrong$/,
    forge: async (row, by) => {
      const { v, at: from, expires, change } = row.statement
      const waiver = {
        v,
        at: from,
        expires,
        change,
        approver: 'dev',
        role: 'requester',
        nonce: nonce(),
        type: 'waive',
        plan: row.get('planDigest'),
        check: 'trial',
        reason: 'I know what I do',
      }
      await waivedBy('dev', waiver)(row, by)
    },
  },
  {
    name: 'a waiver of what cannot be waived',
    code: /^judge\.waiver_wrong$/,
    forge: async (row, by) => {
      const { v, at: from, expires, change } = row.statement
      const plan = row.get('planDigest')
      const whole = { v, at: from, expires, change, approver: 'ops2', role: 'approver', nonce: nonce() }
      await waivedBy('ops2', { ...whole, type: 'waive', plan, check: 'baseline', reason: 'x' })(row, by)
    },
  },
  {
    name: 'a waiver for another plan',
    code: /^judge\.waiver_wrong$/,
    forge: async (row, by) => {
      const { v, at: from, expires, change } = row.statement
      const whole = { v, at: from, expires, change, approver: 'ops2', role: 'approver', nonce: nonce() }
      await waivedBy('ops2', { ...whole, type: 'waive', plan: sha('x'), check: 'trial', reason: 'x' })(
        row,
        by,
      )
    },
  },
]

function waivedBy(key: string, waiver: Loose) {
  return async (row: Row, by: Forger) => {
    const text = canonicalText(waiver)
    const signed = { text, signature: await by.sign(key, text) }
    const statement = labelled('sekisho-statement-v1', waiver)
    row.set('waivers', [{ check: waiver['check'], by: key, statement, signed }])
    await signedOver((one) => {
      one.set('envelope.waivers', [statement])
      one.set(
        'envelope.evidence',
        evidence(one).filter(({ check }) => check !== waiver['check']),
      )
    })(row, by)
  }
}

const file = 'plan.actions.0.action.files.0'
/** What a plan could do instead: each once below the approval and once under a sound signature of the approver. */
const PLANS: readonly [string, (row: Row, by: Forger) => void][] = [
  ['other bytes', (row, by) => row.set(`${file}.after.digest`, by.evilDigest)],
  ['a mode for everybody', (row) => row.set(`${file}.after.mode`, 0o777)],
  ['another owner', (row) => row.set(`${file}.after.uid`, 65_534)],
  ['another real file', (row) => row.set(`${file}.real`, '/etc/passwd')],
  ['a path outside', (row) => row.set(`${file}.path`, '/etc/passwd')],
  ['another file before', (row) => row.set(`${file}.before.digest`, sha('before'))],
  ['a link in the way', (row) => row.set(`${file}.links`, [{ path: '/etc/x', target: '/etc/y' }])],
  ['the file deleted', (row) => row.set(`${file}.after`, { kind: 'absent' })],
  ['no way back', (row) => row.set('plan.actions.0.undo', [])],
  ['no proof', (row) => row.set('plan.proof', [])],
  ['another proof', (row) => row.set('plan.proof', [{ kind: 'files' }])],
  ['a longer keep', (row) => row.set('plan.keep.seconds', 86_400)],
  ['no target', (row) => row.set('plan.targets', [])],
  ['a target more', (row) => row.set('plan.targets', [row.get('plan.targets.0'), 'local/unit:ssh.service'])],
  ['another host', (row) => row.set('plan.host', 'other')],
  ['another service', (row) => row.set('plan.service', 'other')],
  ['another pattern', (row) => row.set('plan.pattern', 'service')],
  ['another change', (row) => row.set('plan.change', 'CHG-2026-4711')],
  ['an undeclared unit', (row) => row.set('plan.actions.1', unitAction('2', 'ssh.service'))],
  ['only a unit', (row) => row.set('plan.actions', [unitAction('1', 'ssh.service')])],
  ['a window for ever', (row) => row.set('plan.window', { from: at(-HOUR), until: at(HOUR) })],
  ['no health before', (row) => row.set('plan.pre', [{ kind: 'unit', unit: 'x.service', active: false }])],
  ['a command', (row) => row.set('plan.actions.0.action', { kind: 'exec', argv: ['/bin/sh'] })],
]
const unitAction = (id: string, unit: string) => ({
  id,
  action: { kind: 'unit', verb: 'stop', unit },
  undo: [],
  timeoutMs: 1000,
})
/** A mutated plan has no trial in the runner's journal, so that no signature helps it; what is no plan is not even taken. */
const UNTRIED =
  /^(judge\.(evidence_unknown|action_outside|host_other|plan_malformed|envelope_differs)|runner\.object\w*)$/

const planVariants = PLANS.flatMap(([name, mutate]): Variant[] => [
  {
    name: `${name} in the plan, below the approval`,
    code: /^(statement\.other_envelope|judge\.(host_other|plan_malformed)|runner\.object\w*)$/,
    forge: (row, by) => {
      mutate(row, by)
      row.reseal()
    },
  },
  { name: `${name} in the plan, signed`, code: UNTRIED, forge: signedOver(mutate, true) },
])

/** A value in the wrong shape, made of the right one. */
const BREAKS: Readonly<Record<string, (value: unknown) => unknown>> = {
  removed: () => undefined,
  'as null': () => null,
  'in a list': (value) => [value],
  'as an empty text': () => '',
  'with a space behind it': (value) => `${String(value)} `,
}
const APPROVAL_FIELDS = [
  'v',
  'type',
  'approver',
  'role',
  'nonce',
  'at',
  'expires',
  'change',
  'envelope',
  'shown',
] as const

const broken = APPROVAL_FIELDS.flatMap((field) =>
  Object.entries(BREAKS).flatMap(([how, to]): Variant[] => [
    {
      name: `${field} ${how}, signed`,
      code: malformed,
      forge: (row, by) => stated({ [field]: to(row.statement[field]) })(row, by),
    },
    {
      name: `${field} ${how}, below the signature`,
      code: /^statement\.(malformed|signature_wrong)$/,
      forge: (row) => altered({ [field]: to(row.statement[field]) })(row),
    },
  ]),
)

/** What need not be there is there in no approval of these tests: to take it away changes nothing. */
const ABSENT: readonly string[] = ['sponsor', 'window']
const brokenEnvelopes = Object.keys(ENVELOPE_FIELDS).flatMap((field) =>
  ['removed', 'as null', 'in a list']
    .filter((how) => how !== 'removed' || !ABSENT.includes(field))
    .map(
      (how): Variant => ({
        name: `${field} of the envelope ${how}, signed`,
        code: ANY_REFUSAL,
        forge: signedOver((row) => row.set(`envelope.${field}`, BREAKS[how]?.(row.get(`envelope.${field}`)))),
      }),
    ),
)

export const FORGERIES: Readonly<Record<string, readonly Variant[]>> = {
  statements: STATEMENTS,
  'envelopes below the approval': below,
  'envelopes that the approver signed': SIGNED,
  plans: planVariants,
}
/** Each field in each wrong shape: an ordinary run takes a share of them. */
export const BROKEN: Readonly<Record<string, readonly Variant[]>> = {
  'statements with one field broken': broken,
  'envelopes with one field broken': brokenEnvelopes,
}

export function keygen(path: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'mallory', '-f', path])
}
