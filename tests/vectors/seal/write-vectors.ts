// Writes the vectors of docs/spec beside itself: `node tests/vectors/seal/write-vectors.ts`. The same bytes each time: Ed25519 signs alike.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from '../../../src/base/decode.ts'
import { labelledDigest, sha256 } from '../../../src/base/hash.ts'
import { canonical, type Json, JsonError, type JsonObject, parseCanonical } from '../../../src/base/json.ts'
import { parsePublicKey, verifySshSignature } from '../../../src/base/sign.ts'
import type { TargetId } from '../../../src/base/id.ts'
import type { Instant } from '../../../src/base/time.ts'
import { enough } from '../../../src/seal/enough.ts'
import { type Envelope, envelope, envelopeDigest, sealWords } from '../../../src/seal/envelope.ts'
import { baselineDigest, fingerprint, type TargetFacts } from '../../../src/plans/fingerprint.ts'
import { evidenceDigest, type JournalBody } from '../../../src/seal/journal.ts'
import { type Plan, plan, planDigest } from '../../../src/plans/plan.ts'
import { playbookDigest, playbookOutput } from '../../../src/seal/playbooks.ts'
import { type CompiledPolicy, decidingPart } from '../../../src/plans/policy.ts'
import { parseStatement, type Signed, type Statement, statementDigest, statementText } from '../../../src/seal/statement.ts'
import { isStandingWork, tierOf } from '../../../src/seal/tier.ts'
import { CLAUDE, ENVELOPE, enrolled, makeEnvelope, makePolicy as policyOf, makeStatement, NOW, PLANS, STATEMENTS, TEAM } from './sample.ts'

const here = import.meta.dirname
const scratch = mkdtempSync(join(tmpdir(), 'sekisho-vectors-'))
const plain = (value: unknown) => value as Json
/** Beside itself, or into the folder that is named. */
const into = process.argv[2] ?? here
const write = (name: string, value: Json) => writeFileSync(join(into, name), `${JSON.stringify(value, null, 1)}\n`)

function testKey(number: number) {
  const file = join(scratch, `key-${number}`)
  copyFileSync(join(here, `test-key-${number}`), file)
  execFileSync('chmod', ['600', file])
  const line = readFileSync(join(here, `test-key-${number}.pub`), 'utf8')
  const read = parsePublicKey(line)
  if (!read.ok) throw new Error(read.why)
  return { file, line: line.trim().split(' ').slice(0, 2).join(' '), fingerprint: read.key.fingerprint }
}
const [one, two, three] = [testKey(1), testKey(2), testKey(3)]

function sign(text: string, key = two, namespace = 'sekisho'): Signed {
  const signature = execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', key.file, '-n', namespace], { input: text, stdio: ['pipe', 'pipe', 'ignore'] })
  return { text, signature: signature.toString() }
}

// --- canonical JSON -----------------------------------------------------------------------------------------------------

const sound: readonly Json[] = [null, true, 0, -1, 9007199254740991, '', [], {}, { '\ufb33': 1, '\u{1f600}': 2, a: 3, '10': 4, '9': 5, '': 6 }, '"\\\b\f\n\r\t\u0000\u001f\u007f\u2028/', ['é', 'é'], { a: { b: [{ c: '東京' }] } }, JSON.parse(`${'['.repeat(65)}1${']'.repeat(65)}`) as Json]
const broken = ['', ' {}', '{} ', '{}\n', '{"a": 1}', '{"b":1,"a":2}', '{"a":1,"a":1}', '1.0', '1e3', '-0', '01', '9007199254740992', '"\\u0061"', '"\\/"', '"\\u001F"', '"\\ud800"', '{"\\udc00":1}', 'nul', '[1,]', '\ufeff{}', `${'['.repeat(66)}${']'.repeat(66)}`]
for (const text of broken) {
  try {
    parseCanonical(text)
  } catch (error) {
    if (error instanceof JsonError) continue
  }
  throw new Error(`canonical after all: ${text}`)
}
write('canonical.json', { sound: sound.map(canonical), broken })

// --- plans, envelopes, digests --------------------------------------------------------------------------------------------

write('plans.json', Object.entries(PLANS).map(([name, of]) => ({ name, text: canonical(plain(of)), digest: planDigest(of), tier: tierOf(of), standing: isStandingWork(of) })))
const envelopes: Readonly<Record<string, Envelope>> = {
  ...Object.fromEntries(Object.entries(PLANS).map(([name, of]) => [name, makeEnvelope(of, TEAM)])),
  standard: makeEnvelope(PLANS['restart'] as Plan, TEAM, { class: 'standard', approvals: { count: 0, roles: ['approver', 'owner'] } }),
  bare: makeEnvelope(PLANS['restart'] as Plan, TEAM, { author: 'hanako', sponsor: undefined, lineage: ['hanako'], evidence: [], notification: 'needed' }),
  waived: makeEnvelope(PLANS['nginx'] as Plan, TEAM, { waivers: [statementDigest(STATEMENTS['waive'] as Statement)] }),
}
write('envelopes.json', Object.entries(envelopes).map(([name, of]) => ({ name, text: canonical(plain(of)), digest: envelopeDigest(of), ...sealWords(envelopeDigest(of)) })))

const target = ENVELOPE.baseline.map(({ target: id }) => id)
const facts: readonly TargetFacts[] = [
  { kind: 'file', path: '/etc/nginx/sites-available/mirai', real: '/etc/nginx/sites-available/mirai', links: [], state: { kind: 'file', digest: sha256('a'), size: 1, mode: 0o644, uid: 0, gid: 0 } },
  { kind: 'nginx', files: [{ path: '/etc/nginx/nginx.conf', digest: sha256('b') }] },
  { kind: 'unit', unit: 'nginx.service', loaded: true, files: [{ path: '/usr/lib/systemd/system/nginx.service', digest: sha256('c') }] },
]
const dataTargets: readonly (readonly [TargetId, TargetFacts])[] = [
  ['web1/data:/srv/mirai/data' as TargetId, { kind: 'data', directory: '/srv/mirai/data', identity: 'absent' }],
  ['web1/database:5432/mirai' as TargetId, { kind: 'database', port: 5432, name: 'mirai', oid: 16_385 }],
]
const trial: JournalBody = { kind: 'trial', plan: planDigest(PLANS['nginx'] as Plan), checks: [{ check: 'trial', verdict: 'green', facts: { milliseconds: 13 }, problems: [] }], baseline: baselineDigest(ENVELOPE.baseline), expires: NOW as Instant }
const digests: readonly { readonly name: string; readonly label: string; readonly value: Json; readonly digest: string }[] = [
  ...facts.map((of, i) => ({ name: `fingerprint ${of.kind}`, label: 'sekisho-fingerprint-v1', value: plain({ target: target[i], facts: of }), digest: fingerprint(target[i] as (typeof target)[number], of) })),
  ...dataTargets.map(([id, of]) => ({ name: `fingerprint ${of.kind}`, label: 'sekisho-fingerprint-v1', value: plain({ target: id, facts: of }), digest: fingerprint(id, of) })),
  { name: 'baseline', label: 'sekisho-baseline-v1', value: plain(ENVELOPE.baseline), digest: baselineDigest(ENVELOPE.baseline) },
  { name: 'evidence of a trial', label: 'sekisho-evidence-v1', value: plain(trial), digest: evidenceDigest(trial) },
  { name: 'evidence of the gate', label: 'sekisho-check-v1', value: { check: 'notification', at: NOW, facts: { decision: 'not_needed' }, problems: [] }, digest: labelledDigest('sekisho-check-v1', { check: 'notification', at: NOW, facts: { decision: 'not_needed' }, problems: [] }) },
]
write('digests.json', digests.map(({ name, label, value, digest }) => ({ name, label, text: canonical(value), digest })))
write('deciding.json', TEAM.services.map(({ name: service }) => ({ name: `team, ${service}`, policy: plain(TEAM), service, digest: decidingPart(TEAM, service) })))

// --- what must be refused --------------------------------------------------------------------------------------------------

const edit = (of: unknown, change: (value: { [key: string]: never }) => void) => {
  const copy = structuredClone(of) as { [key: string]: never }
  change(copy)
  return canonical(plain(copy))
}
type Free = { [key: string]: Free } & Free[]
const put = (of: unknown, path: string, value: Json | undefined) =>
  edit(of, (copy) => {
    const keys = path.split('.')
    const last = keys.pop() as string
    let at = copy as unknown as Free
    for (const key of keys) at = at[key] as Free
    if (value === undefined) Reflect.deleteProperty(at, last)
    else at[last] = value as unknown as Free
  })
const p = PLANS['nginx']
const d = PLANS['dotenv']
const r = PLANS['restore']
const e = ENVELOPE
const s = STATEMENTS
const refused: readonly (readonly ['plan' | 'envelope' | 'statement', string, string])[] = [
  ['plan', 'another version', put(p, 'v', 2)],
  ['plan', 'a version as text', put(p, 'v', '1')],
  ['plan', 'an unknown field', put(p, 'argv', ['rm'])],
  ['plan', 'a missing field', put(p, 'keep', undefined)],
  ['plan', 'null for absent', put(p, 'window', null)],
  ['plan', 'revision 0', put(p, 'revision', 0)],
  ['plan', 'a change id with a line feed', put(p, 'change', 'CHG-2026-0001\n')],
  ['plan', 'a free command', put(p, 'actions.1.action', { kind: 'exec', argv: ['true'] })],
  ['plan', 'a verb that is none', put(p, 'actions.1.action.verb', 'mask')],
  ['plan', 'an option for a unit', put(p, 'actions.1.action.unit', 'nginx.service --now')],
  ['plan', 'a relative path', put(p, 'actions.0.action.files.0.real', 'etc/nginx/x')],
  ['plan', 'a mode above 7777', put(p, 'actions.0.action.files.0.after.mode', 0o10000)],
  ['plan', 'a file above the limit', put(p, 'actions.0.action.files.0.after.size', 1_048_577)],
  ['plan', 'a digest in upper case', put(p, 'actions.0.action.files.0.after.digest', 'AB'.repeat(32))],
  ['plan', 'an action number with a zero in front', put(p, 'actions.0.id', '01')],
  ['plan', 'no time-out', put(p, 'actions.0.timeoutMs', 0)],
  ['plan', 'a target of no kind', put(p, 'targets.0', 'web1/host')],
  ['plan', 'another playbook', put(p, 'playbook', 'config/2')],
  ['plan', 'a variable name with a dash', put(d, 'actions.0.action.unset.0', 'OLD-FLAG')],
  ['plan', 'a day that does not exist', put(d, 'window.from', '2026-11-31T00:00:00.000Z')],
  ['plan', 'a restore that names a stage in upper case', put(r, 'actions.1.action.stage', '9E'.repeat(16))],
  ['plan', 'an exchange of something else', put(r, 'actions.2.action.of', 'database')],
  ['plan', 'an exchange from nowhere', put(r, 'actions.2.action.from', undefined)],
  ['plan', 'an exchange from a backup and from evidence', put(r, 'actions.2.action.from.evidence', 'CHG-2026-0001')],
  ['plan', 'null for nothing there before', put(r, 'actions.2.action.before', null)],
  ['plan', 'a port above 65535', put(r, 'actions.3.action.port', 65_536)],
  ['plan', 'a database without a port in a target', put(r, 'targets.1', 'web1/database:mirai')],
  ['plan', 'a greeting with a line feed', put(PLANS['sshd'], 'proof.1.greeting', 'SSH-2.0-\n')],
  ['plan', 'an empty greeting', put(PLANS['sshd'], 'proof.1.greeting', '')],
  ['plan', 'a backup that is read to a level that is none', put(PLANS['dataFile'], 'pre.0.level', 'good')],
  ['plan', 'a proof of a restore that names nothing', put(r, 'proof.0.what', undefined)],
  ['envelope', 'tier 4', put(e, 'tier', 4)],
  ['envelope', 'an emergency', put(e, 'class', 'emergency')],
  ['envelope', 'an unknown field', put(e, 'comment', '')],
  ['envelope', 'no author', put(e, 'author', undefined)],
  ['envelope', 'no editors', put(e, 'editors', undefined)],
  ['envelope', 'an editor with a space', put(e, 'editors', ['ops 1'])],
  ['envelope', 'an author with a space', put(e, 'author', 'ops 1')],
  ['envelope', 'a check that is none', put(e, 'evidence.0.check', 'mood')],
  ['envelope', 'seconds without milliseconds', put(e, 'sealedAt', '2026-11-25T05:00:00Z')],
  ['envelope', '21 approvals', put(e, 'approvals.count', 21)],
  ['statement', 'a type that is none', put(s['approve'], 'type', 'bless')],
  ['statement', 'a field of another type', put(s['approve'], 'reason', 'x')],
  ['statement', 'a nonce in upper case', put(s['approve'], 'nonce', 'AB'.repeat(16))],
  ['statement', 'a short nonce', put(s['approve'], 'nonce', 'ab')],
  ['statement', 'a role that is none', put(s['approve'], 'role', 'root')],
  ['statement', 'a role in what the author signs', put(s['author'], 'role', 'approver')],
  ['statement', 'the role of an author in an approval', put(s['approve'], 'role', 'author')],
  ['statement', 'no expiry', put(s['approve'], 'expires', undefined)],
  ['statement', 'a change for an execution', put(s['keep'], 'execution', 'CHG-2026-0001')],
  ['statement', 'attempt 0', put(s['continue'], 'attempt', 0)],
  ['statement', 'standing for start', put(s['standing'], 'verb', 'start')],
  ['statement', 'standing for a restore', put(s['standing'], 'playbook', 'data/1')],
  ['statement', 'a reason of 4001 characters', put(s['reject'], 'reason', 'x'.repeat(4001))],
  ['statement', 'longer than a statement', canonical({ ...(s['approve'] as unknown as JsonObject), typed: 'x'.repeat(16_384) })],
  ['statement', 'not canonical', `${canonical(plain(s['approve']))}\n`],
]
for (const [kind, name, text] of refused) {
  const read = kind === 'statement' ? parseStatement(text) : decode<unknown>(kind === 'plan' ? plan : envelope, JSON.parse(text))
  if (read.ok) throw new Error(`accepted: ${kind}, ${name}`)
}
write('refused.json', refused.map(([kind, name, text]) => ({ kind, name, text })))

// --- signed ----------------------------------------------------------------------------------------------------------------

const ownKeys: Readonly<Record<string, typeof one>> = { hanako: one, claude: three, codex: three }
const keyOf = (of: Pick<Statement, 'approver'>) => ownKeys[of.approver] ?? two
write('statements.json', Object.entries(STATEMENTS).map(([name, of]) => ({ name, digest: statementDigest(of), key: keyOf(of).line, fingerprint: keyOf(of).fingerprint, ...sign(statementText(of), keyOf(of)) })))

const claude = { ...CLAUDE, keys: [enrolled(three.fingerprint, { public: three.line })] }
const makePolicy = (people: Parameters<typeof policyOf>[0], rules: Parameters<typeof policyOf>[1] = {}, agents: Parameters<typeof policyOf>[2] = [claude]) => policyOf(people, rules, agents)
const hanako = { id: 'hanako', roles: ['approver', 'owner'], keys: [{ fingerprint: one.fingerprint, public: one.line }] }
const taro = { id: 'taro', keys: [{ fingerprint: two.fingerprint, public: two.line, class: 'device' }] }
const team = makePolicy([hanako, taro])
const alone = makePolicy([hanako])
const pair = makePolicy([hanako, taro], { tier2: { approvals: 2, roles: ['approver', 'owner'], keys: ['file', 'device', 'hardware'] } })
const strict = makePolicy([hanako, taro], { level: 'enforce' })
const revoked = makePolicy([hanako, { ...taro, keys: [{ ...taro.keys[0], fingerprint: two.fingerprint, revoked: true }] }])
const nginx = PLANS['nginx'] as Plan
function approve(over: Envelope, more: Readonly<Record<string, Json>> = {}): string {
  return statementText(makeStatement({ type: 'approve', change: over.change, envelope: envelopeDigest(over), shown: sha256('card\n'), ...more }))
}
interface Wish {
  readonly name: string
  readonly policy: CompiledPolicy
  readonly over?: Envelope
  readonly statements: (over: Envelope) => readonly Signed[]
  /** The author's own statement; a sound one where nothing is said. */
  readonly authored?: (over: Envelope) => readonly Signed[]
  /** What the runner's journal says of the envelope (policy.alone). */
  readonly waiting?: { readonly stored: string; readonly rejected: boolean }
}
const afterPause = makePolicy([hanako, taro], { alone: { afterSeconds: 900, tiers: [2] } })
const afterPauseTier1 = makePolicy([hanako, taro], { alone: { afterSeconds: 900, tiers: [1] } })
const LOSING = PLANS['schemaForGood'] as Plan
const twoGroups = makePolicy([{ ...hanako, group: 'shop' }, { ...taro, group: 'platform' }])
const oneGroup = makePolicy([{ ...hanako, group: 'shop' }, { ...taro, group: 'shop' }])
const alone3 = makePolicy([hanako, taro], { alone: { afterSeconds: 5, tiers: [3] } })
const own = { author: 'hanako', sponsor: undefined, lineage: ['hanako'] }
const nobody = { author: 'nobody', requester: 'nobody', sponsor: undefined, lineage: ['nobody'] }
const agent = (id: string, sponsor: string) => ({ ...claude, id, name: id, sponsor })
const twoAgents = makePolicy([hanako, taro], {}, [agent('claude', 'hanako'), agent('codex', 'hanako')])
const chained = makePolicy([hanako, taro], {}, [agent('claude', 'hanako'), agent('codex', 'claude')])
const circle = makePolicy([hanako, taro], {}, [agent('claude', 'codex'), agent('codex', 'claude')])
function authored(over: Envelope, more: Readonly<Record<string, Json>> = {}, key = keyOf({ approver: over.author })): Signed {
  return sign(statementText(makeStatement({ type: 'author', role: 'author', approver: over.author, nonce: 'ac'.repeat(16), change: over.change, plan: over.plan, at: '2026-11-25T05:00:00.000Z', expires: '2026-12-02T05:00:00.000Z', ...more })), key)
}
const unsigned = () => []
const TYPED = { typed: 'mirai' }
const twice = (o: Envelope) => [
  sign(approve(o, { ...byHanako, ...TYPED, nonce: 'fd'.repeat(16), at: '2026-11-25T04:59:00.000Z', expires: '2026-11-25T05:59:00.000Z' }), one),
  sign(approve(o, { ...byHanako, ...TYPED }), one),
]
const byHanako = { approver: 'hanako', role: 'owner', nonce: 'fe'.repeat(16) }
const wishes: readonly Wish[] = [
  { name: 'another person', policy: team, statements: (o) => [sign(approve(o))] },
  { name: 'the sponsor', policy: team, statements: (o) => [sign(approve(o, byHanako), one)] },
  { name: 'two of two', policy: pair, statements: (o) => [sign(approve(o)), sign(approve(o, byHanako), one)] },
  { name: 'one of two', policy: pair, statements: (o) => [sign(approve(o))] },
  { name: 'one of two that are sealed, where the rule asks for one', policy: team, over: makeEnvelope(nginx, team, { approvals: { count: 2, roles: ['approver', 'owner'] } }), statements: (o) => [sign(approve(o))] },
  { name: 'a key that is revoked under another name', policy: makePolicy([hanako, taro, { id: 'old', roles: ['viewer'], keys: [{ fingerprint: two.fingerprint, public: two.line, revoked: true }] }]), statements: (o) => [sign(approve(o))] },
  { name: 'two days, where the rule says seven', policy: makePolicy([hanako, taro], { approvalSeconds: 604_800 }), statements: (o) => [sign(approve(o, { expires: '2026-11-27T05:02:00.000Z' }))] },
  { name: 'nobody', policy: team, statements: () => [] },
  { name: 'alone, own change', policy: alone, over: makeEnvelope(nginx, alone, { author: 'hanako', sponsor: undefined, lineage: ['hanako'] }), statements: (o) => [sign(approve(o, byHanako), one)] },
  { name: 'own change in a team', policy: team, over: makeEnvelope(nginx, team, { author: 'hanako', sponsor: undefined, lineage: ['hanako'] }), statements: (o) => [sign(approve(o, byHanako), one)] },
  { name: 'own change after the pause', policy: afterPause, over: makeEnvelope(nginx, afterPause, own), statements: (o) => [sign(approve(o, byHanako), one)], waiting: { stored: '2026-11-25T04:47:00.000Z', rejected: false } },
  { name: 'own change, signed a millisecond before the end of the pause', policy: afterPause, over: makeEnvelope(nginx, afterPause, own), statements: (o) => [sign(approve(o, byHanako), one)], waiting: { stored: '2026-11-25T04:47:00.001Z', rejected: false } },
  { name: 'own change after the pause, rejected', policy: afterPause, over: makeEnvelope(nginx, afterPause, own), statements: (o) => [sign(approve(o, byHanako), one)], waiting: { stored: '2026-11-25T04:00:00.000Z', rejected: true } },
  { name: 'own change after the pause of another tier', policy: afterPauseTier1, over: makeEnvelope(nginx, afterPauseTier1, own), statements: (o) => [sign(approve(o, byHanako), one)], waiting: { stored: '2026-11-25T04:00:00.000Z', rejected: false } },
  { name: 'another person during the pause', policy: afterPause, over: makeEnvelope(nginx, afterPause, own), statements: (o) => [sign(approve(o))], waiting: { stored: '2026-11-25T05:02:00.000Z', rejected: false } },
  { name: 'an editor in a team', policy: team, over: makeEnvelope(nginx, team, { editors: ['claude', 'taro'] }), statements: (o) => [sign(approve(o))] },
  { name: 'the sponsor of an agent whose work he edited', policy: team, over: makeEnvelope(nginx, team, { editors: ['claude', 'hanako'] }), statements: (o) => [sign(approve(o, byHanako), one)] },
  { name: 'the sponsor of an agent whose work somebody else edited', policy: team, over: makeEnvelope(nginx, team, { editors: ['claude', 'taro'] }), statements: (o) => [sign(approve(o, byHanako), one)] },
  { name: 'the sponsor of two agents that nobody else has corrected', policy: twoAgents, over: makeEnvelope(nginx, twoAgents, { editors: ['claude', 'codex'] }), statements: (o) => [sign(approve(o, byHanako), one)] },
  { name: 'the person at the end of a chain of agents', policy: chained, over: makeEnvelope(nginx, chained, { author: 'codex', sponsor: 'claude', lineage: ['claude', 'codex', 'hanako'] }), statements: (o) => [sign(approve(o, byHanako), one)] },
  { name: 'an author who does not exist', policy: team, over: makeEnvelope(nginx, team, nobody), statements: (o) => [sign(approve(o))] },
  { name: 'alone, an author who does not exist', policy: alone, over: makeEnvelope(nginx, alone, nobody), statements: (o) => [sign(approve(o, byHanako), one)] },
  { name: 'after the pause, an author who does not exist', policy: afterPause, over: makeEnvelope(nginx, afterPause, nobody), statements: (o) => [sign(approve(o, byHanako), one)], waiting: { stored: '2026-11-25T04:00:00.000Z', rejected: false } },
  { name: 'a requester who does not exist', policy: team, over: makeEnvelope(nginx, team, { requester: 'nobody' }), statements: (o) => [sign(approve(o))] },
  { name: 'an editor who does not exist', policy: team, over: makeEnvelope(nginx, team, { editors: ['claude', 'nobody'] }), statements: (o) => [sign(approve(o))] },
  { name: 'a sponsor who does not exist', policy: team, over: makeEnvelope(nginx, team, { sponsor: 'nobody', lineage: ['claude', 'nobody'] }), statements: (o) => [sign(approve(o))] },
  { name: 'another sponsor than the policy says', policy: team, over: makeEnvelope(nginx, team, { sponsor: 'taro', lineage: ['claude', 'taro'] }), statements: (o) => [sign(approve(o))] },
  { name: 'a lineage without the sponsor', policy: team, over: makeEnvelope(nginx, team, { lineage: ['claude'] }), statements: (o) => [sign(approve(o))] },
  { name: 'editors without the author', policy: team, over: makeEnvelope(nginx, team, { editors: ['hanako'] }), statements: (o) => [sign(approve(o))] },
  { name: 'agents that work for each other', policy: circle, over: makeEnvelope(nginx, circle, { author: 'codex', sponsor: 'claude', lineage: ['claude', 'codex'] }), statements: (o) => [sign(approve(o))] },
  { name: 'alone, an editor', policy: alone, over: makeEnvelope(nginx, alone, { editors: ['claude', 'hanako'] }), statements: (o) => [sign(approve(o, byHanako), one)] },
  { name: 'another person approves what a person has signed', policy: team, over: makeEnvelope(nginx, team, own), statements: (o) => [sign(approve(o))] },
  { name: 'another person approves what its author has not signed', policy: team, statements: (o) => [sign(approve(o))], authored: unsigned },
  { name: 'the sponsor approves what the agent has not signed', policy: team, statements: (o) => [sign(approve(o, byHanako), one)], authored: unsigned },
  { name: 'alone, the author has not signed', policy: alone, statements: (o) => [sign(approve(o, byHanako), one)], authored: unsigned },
  { name: 'another person after the pause, the author has not signed', policy: afterPause, statements: (o) => [sign(approve(o))], authored: unsigned, waiting: { stored: '2026-11-25T04:00:00.000Z', rejected: false } },
  { name: 'another person during the pause, the author has not signed', policy: afterPause, statements: (o) => [sign(approve(o))], authored: unsigned, waiting: { stored: '2026-11-25T05:02:00.000Z', rejected: false } },
  { name: 'the sponsor signs in the name of the agent', policy: team, statements: (o) => [sign(approve(o))], authored: (o) => [authored(o, {}, one)] },
  { name: 'another person signs as the author', policy: team, statements: (o) => [sign(approve(o))], authored: (o) => [authored(o, { approver: 'hanako' }, one)] },
  { name: 'the author has signed another plan', policy: team, statements: (o) => [sign(approve(o))], authored: (o) => [authored(o, { plan: 'cd'.repeat(32) })] },
  { name: 'the author has signed another change', policy: team, statements: (o) => [sign(approve(o))], authored: (o) => [authored(o, { change: 'CHG-2026-0002' })] },
  { name: 'the author has signed for more than a week', policy: team, statements: (o) => [sign(approve(o))], authored: (o) => [authored(o, { expires: '2026-12-02T05:00:00.001Z' })] },
  { name: 'an agent approves by its key', policy: team, statements: (o) => [sign(approve(o, { approver: 'claude' }), three)] },
  { name: 'an author who approves by the same key under another name', policy: makePolicy([hanako, taro, { ...taro, id: 'aya' }]), over: makeEnvelope(nginx, team, { author: 'aya', requester: 'aya', sponsor: undefined, lineage: ['aya'] }), statements: (o) => [sign(approve(o))] },
  { name: 'another namespace', policy: team, statements: (o) => [sign(approve(o), two, 'file')] },
  { name: 'altered after signing', policy: team, statements: (o) => [{ ...sign(approve(o)), text: approve(o, { nonce: '00'.repeat(16) }) }] },
  { name: 'the key of another', policy: team, statements: (o) => [sign(approve(o), one)] },
  { name: 'a revoked key', policy: revoked, statements: (o) => [sign(approve(o))] },
  { name: 'nobody of this name', policy: team, statements: (o) => [sign(approve(o, { approver: 'saburo' }))] },
  { name: 'a role that is not held', policy: team, statements: (o) => [sign(approve(o, { role: 'owner' }))] },
  { name: 'from the future', policy: team, statements: (o) => [sign(approve(o, { at: '2026-11-25T05:03:12.000Z' }))] },
  { name: 'expired', policy: team, statements: (o) => [sign(approve(o, { expires: '2026-11-25T05:02:10.000Z' }))] },
  { name: 'a rejection', policy: team, statements: () => [sign(statementText(STATEMENTS['reject'] as Statement))] },
  { name: 'another change', policy: team, statements: (o) => [sign(approve(o, { change: 'CHG-2026-0002' }))] },
  { name: 'another envelope', policy: team, statements: (o) => [sign(approve(o, { envelope: 'cd'.repeat(32) }))] },
  { name: 'lives too long', policy: team, statements: (o) => [sign(approve(o, { expires: '2026-12-25T05:00:00.000Z' }))] },
  { name: 'a file key at enforce', policy: strict, statements: (o) => [sign(approve(o, byHanako), one)] },
  { name: 'a device key at enforce', policy: strict, statements: (o) => [sign(approve(o))] },
  { name: 'data, typed', policy: team, over: makeEnvelope(PLANS['restore'] as Plan, team), statements: (o) => [sign(approve(o, { typed: 'mirai' }))] },
  { name: 'data, not typed', policy: team, over: makeEnvelope(PLANS['restore'] as Plan, team), statements: (o) => [sign(approve(o))] },
  { name: 'data, another service typed', policy: team, over: makeEnvelope(PLANS['restore'] as Plan, team), statements: (o) => [sign(approve(o, { typed: 'other' }))] },
  { name: 'tier 3, two people of no group', policy: team, over: makeEnvelope(LOSING, team), statements: (o) => [sign(approve(o, TYPED)), sign(approve(o, { ...byHanako, ...TYPED }), one)] },
  { name: 'tier 3, two people of two groups', policy: twoGroups, over: makeEnvelope(LOSING, twoGroups), statements: (o) => [sign(approve(o, TYPED)), sign(approve(o, { ...byHanako, ...TYPED }), one)] },
  { name: 'tier 3, two people of one group', policy: oneGroup, over: makeEnvelope(LOSING, oneGroup), statements: (o) => [sign(approve(o, TYPED)), sign(approve(o, { ...byHanako, ...TYPED }), one)] },
  { name: 'tier 3, one of two has not typed it', policy: team, over: makeEnvelope(LOSING, team), statements: (o) => [sign(approve(o, TYPED)), sign(approve(o, byHanako), one)] },
  { name: 'tier 3, one person', policy: team, over: makeEnvelope(LOSING, team), statements: (o) => [sign(approve(o, TYPED))] },
  { name: 'tier 3, an approval that lives longer than an hour', policy: team, over: makeEnvelope(LOSING, team), statements: (o) => [sign(approve(o, { ...TYPED, expires: '2026-11-25T06:02:00.001Z' }))] },
  { name: 'tier 3, one person alone, the first signature', policy: alone, over: makeEnvelope(LOSING, alone), statements: (o) => [sign(approve(o, { ...byHanako, ...TYPED }), one)], waiting: { stored: '2026-11-25T04:58:00.000Z', rejected: false } },
  { name: 'tier 3, one person alone, one signature after the pause', policy: alone, over: makeEnvelope(LOSING, alone), statements: (o) => [sign(approve(o, { ...byHanako, ...TYPED }), one)], waiting: { stored: '2026-11-25T04:52:00.000Z', rejected: false } },
  { name: 'tier 3, one person alone, the second at the end of the pause', policy: alone, over: makeEnvelope(LOSING, alone), statements: twice, waiting: { stored: '2026-11-25T04:52:00.000Z', rejected: false } },
  { name: 'tier 3, one person alone, the second a millisecond early', policy: alone, over: makeEnvelope(LOSING, alone), statements: twice, waiting: { stored: '2026-11-25T04:52:00.001Z', rejected: false } },
  { name: 'tier 3, one person alone, the same statement twice', policy: alone, over: makeEnvelope(LOSING, alone), statements: (o) => [0, 1].map(() => sign(approve(o, { ...byHanako, ...TYPED }), one)), waiting: { stored: '2026-11-25T04:52:00.000Z', rejected: false } },
  { name: 'tier 3, one person alone, the second without the name', policy: alone, over: makeEnvelope(LOSING, alone), statements: (o) => [...twice(o).slice(0, 1), sign(approve(o, byHanako), one)], waiting: { stored: '2026-11-25T04:52:00.000Z', rejected: false } },
  { name: 'tier 3, one person alone, rejected', policy: alone, over: makeEnvelope(LOSING, alone), statements: twice, waiting: { stored: '2026-11-25T04:00:00.000Z', rejected: true } },
  { name: 'tier 3, one of two people alone, where the rules let them', policy: alone3, over: makeEnvelope(LOSING, alone3, own), statements: twice, waiting: { stored: '2026-11-25T04:52:00.000Z', rejected: false } },
  { name: 'tier 3, one of two people alone, and the pause is ten minutes at least', policy: alone3, over: makeEnvelope(LOSING, alone3, own), statements: twice, waiting: { stored: '2026-11-25T04:53:00.000Z', rejected: false } },
  { name: 'tier 3, one of two people alone, where the rules name other tiers', policy: afterPause, over: makeEnvelope(LOSING, afterPause, own), statements: twice, waiting: { stored: '2026-11-25T04:00:00.000Z', rejected: false } },
  { name: 'not canonical', policy: team, statements: (o) => [sign(`${approve(o)}\n`)] },
]
write('enough.json', wishes.map(({ name, policy, over = makeEnvelope(nginx, policy), statements, authored: byAuthor = (o) => [authored(o)], waiting }) => {
  const signedOnes = [...statements(over), ...byAuthor(over)]
  const answer = enough(signedOnes, over, envelopeDigest(over), policy, NOW as Instant, verifySshSignature, waiting === undefined ? undefined : { stored: waiting.stored as Instant, rejected: waiting.rejected })
  const { ok } = answer
  return plain({ name, policy, envelope: canonical(plain(over)), now: NOW, statements: signedOnes, ...(waiting === undefined ? {} : { waiting }), answer: ok ? { approvers: answer.approvers, solo: answer.solo, demo: answer.demo } : { code: answer.code } }) as Json
}))
write('playbook.json', (['service/1', 'backup/1', 'isolate/1', 'config/1'] as const).map((name) => ({ name, label: 'sekisho-playbook-v1', text: canonical(playbookOutput(name)), digest: playbookDigest(name) })))
rmSync(scratch, { recursive: true })
