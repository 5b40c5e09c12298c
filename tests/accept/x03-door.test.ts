// X03 at the HTTP door: every route with every kind of caller, as a table written by hand. A route without a row fails. `o` passes the
// question who may (whatever comes after it), `x` is refused by it. A token alone never decides: that takes a signature.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { OPERATIONS } from '../../src/contract/operations.ts'
import { openScene, type Scene, type Who } from '../app/scene.ts'
import { at, canonicalText, nonce, sha } from './forged-world.ts'

/** Nobody · a token that is none · the agent · dev (requester, author of the first change) · ops2 (approver, operator) · ops1 (owner). */
const CALLERS = ['nobody', 'false', 'claude', 'dev', 'ops2', 'ops1'] as const
type Caller = (typeof CALLERS)[number]

interface Row {
  /** One letter for each caller, on a change that dev wrote; after a slash on one that the agent wrote, where that differs. */
  readonly may: string
  readonly body?: (id: string) => unknown
  readonly query?: string
  /** A stream: only who is refused can be asked here. */
  readonly stream?: true
}

const reads: Row = { may: 'xxoooo' }
const works: Row = { may: 'xxxooo/xxoxoo' }
const signed = (statement: object) => ({ signed: { text: canonicalText(statement), signature: 'none' } })
const common = () => ({
  v: 1,
  approver: 'ops1',
  role: 'owner',
  nonce: nonce(),
  at: at(-1000),
  expires: at(600_000),
})
const decision = (id: string, type: string) => {
  const common_ = { ...common(), change: id, type }
  const of: Record<string, object> = {
    approve: { ...common_, envelope: sha('e'), shown: sha('s') },
    reject: { ...common_, envelope: sha('e'), reason: 'no' },
    waive: { ...common_, plan: sha('p'), check: 'trial', reason: 'x' },
  }
  const open: Record<string, object> = {
    keep: { ...common(), type, execution: `${id}/1` },
    continue: { ...common(), type, execution: `${id}/1`, action: '1', attempt: 1, choice: 'skip' },
  }
  return signed(of[type] ?? open[type] ?? {})
}
const STANDING = sha('standing')
const newChange = (file: string) => ({
  pattern: 'config',
  service: 'app',
  instruction: { text: '上限を上げて' },
  impact: 'larger uploads',
  risk: 'the disk',
  files: [{ kind: 'write', path: file, base64: Buffer.from('limit = 99\n').toString('base64') }],
})

const TABLE: Readonly<Record<string, Row | readonly Row[]>> = {
  loginStart: { may: 'oooooo', body: () => ({ person: 'ops1' }) },
  loginFinish: { may: 'oooooo', body: () => ({ challenge: 'x', signature: 'x' }) },
  agentToken: { may: 'xxxxxo', body: () => ({ agent: 'claude' }) },
  who: reads,
  changeCreate: { may: 'xxoooo', body: () => newChange(scene.file) },
  changeList: reads,
  recordSearch: { ...reads, query: '?text=x' },
  changeShow: reads,
  changeCheck: works,
  changeTry: works,
  changeSeal: works,
  changeRevise: { ...works, body: () => ({ summary: 'again' }) },
  changeRun: works,
  changeAbort: { may: 'xxxxoo' },
  changeRollback: { may: 'xxoooo', body: () => ({ instruction: { text: 'back' } }) },
  changeStatement: [
    { may: 'xxxxoo', body: () => ({ type: 'approve', shown: sha('card') }) },
    { may: 'xxxxoo', body: () => ({ type: 'reject', reason: 'no' }) },
    // Waiving takes a person outside the author's lineage: the agent's sponsor is inside it.
    { may: 'xxxxoo/xxxxox', body: () => ({ type: 'waive', check: 'trial', reason: 'x' }) },
    { may: 'xxxxoo', body: () => ({ type: 'keep' }) },
    { may: 'xxxxoo', body: () => ({ type: 'continue', choice: 'retry' }) },
  ],
  changeDecision: [
    { may: 'xxxxoo', body: (id) => decision(id, 'approve') },
    { may: 'xxxxoo', body: (id) => decision(id, 'reject') },
    { may: 'xxxxoo/xxxxox', body: (id) => decision(id, 'waive') },
    { may: 'xxxxoo', body: (id) => decision(id, 'keep') },
    { may: 'xxxxoo', body: (id) => decision(id, 'continue') },
    { may: 'xxxxoo', body: () => ({ signed: { text: '{}', signature: '' } }) },
  ],
  changeWait: { may: 'xxoooo', query: '?seconds=0' },
  changePlan: reads,
  changeDiff: reads,
  changeCard: reads,
  changeEvidence: reads,
  changeEnvelope: reads,
  changeLines: reads,
  changeRecord: reads,
  changeEvents: { may: 'xxoooo', stream: true },
  standingList: reads,
  standingStatement: { may: 'xxxxxo', body: () => ({ service: 'app', verb: 'restart' }) },
  standingSign: {
    may: 'xxxxxo',
    body: () =>
      signed({
        ...common(),
        type: 'standing',
        playbook: 'service/1',
        playbookDigest: sha('p'),
        service: 'app',
        verb: 'restart',
        unit: 'app.service',
        perHour: 3,
      }),
  },
  // Of a statement that ops1 signed: its signer, or an owner.
  standingRevokeStatement: { may: 'xxxxxo', body: () => ({ digest: STANDING }) },
  standingRevoke: { may: 'xxxxoo', body: () => signed({ ...common(), type: 'revoke', statement: STANDING }) },
  ledgerHead: reads,
  ledgerExport: { may: 'xxxooo' },
  ledgerVerify: reads,
  ledgerCheckpoint: reads,
  // Whether the ledger goes on from a restored head is a matter of the whole installation: owners alone.
  forkStatement: { may: 'xxxxxo' },
  forkAccept: {
    may: 'xxxxxo',
    body: () => signed({ ...common(), type: 'acceptFork', size: 4, root: sha('root') }),
  },
  // After repeated refusals an agent waits for a person who cares for services; it lets neither itself nor another go on.
  guardResume: { may: 'xxxxoo', body: () => ({ who: '61999' }) },
  backups: reads,
  pruning: reads,
  backupOrder: { may: 'xxoooo', body: () => ({ work: 'backup' }) },
  stageStart: { may: 'xxoooo', body: () => ({ kind: 'full', from: 'last-known-good' }) },
  bundlePut: {
    may: 'xxoooo',
    body: () => ({ digest: sha('bundle'), size: 6, offset: 0, base64: 'YnVuZGxl' }),
  },
  stageShow: reads,
  // Whose it is is asked when something is laid out: tests/app/restore-cancel.test.ts.
  stageCancel: { may: 'xxoooo' },
  serviceList: reads,
  serviceShow: reads,
  checkRun: reads,
  incidentOpen: { may: 'xxoooo', body: () => ({ service: 'app', because: 'down' }) },
  incidentList: reads,
  incidentShow: reads,
  incidentNext: { may: 'xxxxoo' },
  incidentNote: { may: 'xxoooo', body: () => ({ text: 'seen' }) },
  incidentAcknowledge: { may: 'xxxxoo' },
  incidentRole: { may: 'xxxxoo', body: () => ({ role: 'operations', person: 'dev' }) },
  incidentHandover: { may: 'xxxxoo', body: () => ({ to: 'ops2', note: 'over' }) },
  incidentSkip: { may: 'xxxxoo', body: () => ({ reason: 'at once' }) },
  incidentRecover: { may: 'xxxxoo', body: (id) => ({ change: id }) },
  incidentDismiss: { may: 'xxxxoo', body: () => ({ reason: 'none' }) },
  incidentClose: { may: 'xxxxoo', body: () => ({ cause: 'known' }) },
  incidentVerify: reads,
  incidentEvidence: { may: 'xxxxoo', query: '?item=E01' },
  incidentReport: reads,
  checkList: reads,
  checkShow: reads,
  checkHistory: reads,
  checkMute: { may: 'xxxxoo', body: () => ({ minutes: 5, reason: 'known' }) },
  checkUnmute: { may: 'xxxxoo' },
  checkAcknowledge: { may: 'xxxxoo', body: () => ({ reason: 'seen' }) },
  maintenanceList: reads,
  maintenanceStart: { may: 'xxxxoo', body: () => ({ minutes: 5, reason: 'x' }) },
  maintenanceEnd: { may: 'xxxxoo' },
  noticeList: reads,
  noticeShow: reads,
  noticeTest: { may: 'xxxxoo', body: () => ({}) },
  noticeAcknowledge: { may: 'xxxxoo', body: () => ({}) },
  noticeMute: { may: 'xxxxoo', body: () => ({ minutes: 60, reason: 'x' }) },
  // Whoever sends these shows the secret of the source, and no token.
  pingTake: { may: 'oooooo' },
  alertTake: { may: 'oooooo', body: () => ({ title: 'x' }) },
  policy: reads,
  status: reads,
  doctor: reads,
  events: { may: 'xxoooo', stream: true },
  // What ends something stands last: it is asked after everything else.
  changeWithdraw: { may: 'xxxooo/xxoxoo' },
  logout: { may: 'xxoooo' },
}

/** Refused by who asks, and not by what is asked for. */
const DENIED =
  /^(token\.(missing|not_valid|other_person)|actor\.unknown|agent\.|may\.|approval\.own_|approval\.role_missing)/

let scene: Scene
let byDev: string
let byAgent: string
let incident: string
beforeAll(async () => {
  scene = await openScene()
  byDev = (await scene.sealed('dev', 'limit = 21\n')).id
  const made = await scene.call<ChangeView>('claude', 'POST', '/changes', newChange(scene.file))
  expect(made.status, made.text).toBe(200)
  byAgent = made.body.id
  await scene.attempt('claude', byAgent)
  const opened = await scene.call<{ id: string }>('ops1', 'POST', '/incidents', { service: 'app' })
  incident = opened.body.id
  await scene.sql(
    `insert into standing (digest, service, unit, verb, per_hour, person, fingerprint, demo, playbook_digest, state, signed, signed_at)
     values ($1, 'app', 'app.service', 'restart', 3, 'ops1', 'SHA256:x', false, $1, 'live', '{"text":"","signature":""}', now())`,
    [STANDING],
  )
})
afterAll(() => scene?.end())

test('part of X03: a route without a row fails, and a row without a route', () => {
  expect(Object.keys(TABLE).sort()).toEqual(Object.keys(OPERATIONS).sort())
})

const rows = Object.entries(TABLE).flatMap(([route, found]) =>
  (Array.isArray(found) ? (found as readonly Row[]) : [found as Row]).map((row, i) => ({ route, row, i })),
)

describe.each([
  ['dev', 0],
  ['the agent', 1],
] as const)('part of X03: on a change of %s', (author, column) => {
  test.each(rows)('part of X03: $route $i', async ({ route, row }) => {
    const id = column === 0 ? byDev : byAgent
    const letters = row.may.split('/')[column] ?? row.may.split('/')[0] ?? ''
    const { method, path } = OPERATIONS[route as keyof typeof OPERATIONS]
    const place =
      path
        .replace('{id}', id)
        .replace('{digest}', sha('x'))
        .replace('{name}', 'app')
        .replace('{check}', 'daily')
        .replace('{incident}', incident)
        .replace('{notice}', 'NTC-2026-0001')
        .replace('{source}', 'nightly')
        .replace('{stage}', '0'.repeat(32)) + (row.query ?? '')
    const wrong: string[] = []
    for (const [i, caller] of CALLERS.entries()) {
      const expected = letters[i]
      if (row.stream === true && expected === 'o') continue
      // Who logs out for real could not be asked again.
      if (route === 'logout' && expected === 'o') continue
      const answer = await ask(caller, method.toUpperCase(), place, row.body?.(id))
      const code = (answer.body as { code?: string }).code ?? 'none'
      const denied = DENIED.test(code)
      if (denied !== (expected === 'x') || code === 'bug' || code === 'input.invalid')
        wrong.push(`${caller}: ${answer.status} ${code}`)
    }
    expect(wrong, `${author}: ${letters}`).toEqual([])
  })
})

function ask(caller: Caller, method: string, path: string, body?: unknown) {
  const headers =
    caller === 'false' ? { authorization: `Bearer skp_${randomBytes(32).toString('base64url')}` } : undefined
  return scene.call(caller === 'false' ? 'nobody' : (caller as Who), method, path, body, headers)
}

test('part of X03: a login’s token approves nothing: without a signature, with that of the login, or in its namespace', async () => {
  const { id } = await scene.sealed('dev', 'limit = 31\n')
  const { signed: good, shownText } = await scene.signedApproval('ops1', id)
  const { body } = await scene.call<{ challenge: string }>('nobody', 'POST', '/login/start', {
    person: 'ops1',
  })
  const attempts = {
    'no signature': { text: good.text, signature: '' },
    'the token in place of it': { text: good.text, signature: 'Bearer x' },
    'in the namespace of logins': {
      text: good.text,
      signature: await scene.sign('ops1', good.text, 'sekisho-login'),
    },
    'the signature of a login': {
      text: good.text,
      signature: await scene.sign('ops1', body.challenge, 'sekisho-login'),
    },
    'the login itself': {
      text: body.challenge,
      signature: await scene.sign('ops1', body.challenge, 'sekisho-login'),
    },
  }
  for (const [name, signed] of Object.entries(attempts)) {
    const answer = await scene.call<{ code: string }>('ops1', 'POST', `/changes/${id}/decision`, {
      signed,
      shownText,
    })
    expect(answer.body.code, name).toMatch(/^statement\.(signature_wrong|malformed)$/)
  }
  // An agent that carries a person's sound signature is refused all the same, and the signature is not used up by it.
  const carried = await scene.call<{ code: string }>('claude', 'POST', `/changes/${id}/decision`, {
    signed: good,
    shownText,
  })
  expect(carried.body.code).toBe('agent.never_approves')
  const taken = await scene.call<ChangeView>('ops1', 'POST', `/changes/${id}/decision`, {
    signed: good,
    shownText,
  })
  expect(taken.status, taken.text).toBe(200)
  await scene.until(id, 'closed')
})
