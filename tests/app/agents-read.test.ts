// What a server, a driver or a tool has said of production's data reaches no agent, whatever operation it asks: each of the table is asked, with a canary in
// every place where such words are kept. A person reads them in the same answers.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AGENTS_SEE } from '../../src/app/agents-see.ts'
import { act, plain } from '../../src/app/gate.ts'
import { writeIncident } from '../../src/app/incident-store.ts'
import { type Digest, sha256 } from '../../src/base/hash.ts'
import type { ChangeId, ExecutionId, IncidentId } from '../../src/base/id.ts'
import { canonical } from '../../src/base/json.ts'
import { diffText, toolDiff } from '../../src/change/diff.ts'
import { loadChange } from '../../src/change/store.ts'
import { GRANTS, OPERATIONS, type OperationName } from '../../src/contract/operations.ts'
import { openDoor } from '../../src/http/application.ts'
import type { Causes } from '../../src/incident/causes.ts'
import type { Exec } from '../../src/plans/actions/exec.ts'
import type { MigrateByTool } from '../../src/plans/actions/migrate-by-tool.ts'
import { openScene, type Scene, type Who } from './scene.ts'

const CANARY = 'canary-7@example.com'
const SPEECH = `ERROR: duplicate key value; Key (email)=(${CANARY}) already exists (SQLSTATE 23505)`
const CODE = 'schema.tool_failed'
const LINE = `client: 203.0.113.5, request: "GET /reset?token=${CANARY}", upstream timed out`
const CAUSES: Causes = {
  causes: [{ kind: 'answer', code: 'answer.log', values: { log: 'errorLog web', count: 41, line: LINE } }],
  seen: [{ kind: 'memory', code: 'memory.log', values: { log: 'journal', count: 42, line: LINE } }],
  notLooked: [
    {
      kind: 'database',
      code: 'database_failed',
      values: { name: 'mirai', port: 5432, why: `backup.db_query_failed ${SPEECH}` },
    },
  ],
  clear: [],
}
const TOOL_CANARY = 'tool-canary-8'
const TOOL_TEXT = `def upgrade():\n    op.execute("-- ${TOOL_CANARY}")\n`
const TOOL: MigrateByTool = {
  kind: 'migrateByTool',
  database: 'mirai',
  port: 5432,
  role: 'mirai',
  directory: '/srv/app/db',
  files: sha256('files'),
  changed: [
    {
      path: 'versions/8.py',
      after: {
        mode: '100644',
        digest: sha256(TOOL_TEXT),
        size: Buffer.byteLength(TOOL_TEXT),
        text: sha256(TOOL_TEXT),
      },
    },
  ],
  argv: ['alembic', 'upgrade', 'head'],
  back: ['alembic', 'downgrade', '-1'],
  status: ['alembic', 'current'],
  lockMs: 1000,
  withinMs: 60_000,
  catalogue: sha256('catalogue'),
}
const COMMAND: Exec = {
  kind: 'exec',
  name: 'reindex',
  directory: '/srv/app/db',
  argv: ['./reindex'],
  own: { files: sha256('files'), changed: TOOL.changed ?? [], writes: [], back: ['./back'] },
}
const because = { code: CODE, detail: { command: 'alembic', database: 'mirai', why: SPEECH } }

let scene: Scene
let id: ChangeId
let byTool: ChangeId
let byCommand: ChangeId
let incident: string
const blobs: Record<string, Digest> = {}

beforeAll(async () => {
  scene = await openScene()
  id = (await scene.sealed('dev', 'limit = 21\n')).id as ChangeId
  incident = (await scene.call<{ id: string }>('ops1', 'POST', '/incidents', { service: 'app' })).body.id
  const execution = `${id}/1` as ExecutionId
  await act(scene.gate, 'system', async (step) => {
    const stored = await loadChange(step.tx, id)
    const [first] = stored.change.checks
    if (first === undefined) throw new Error('no check')
    const checks = [
      {
        ...first,
        check: 'trial' as const,
        verdict: 'red' as const,
        facts: {
          status: { before: 'a', after: 'b', said: [CANARY] },
          differs: [{ what: 'owners', name: 'mirai', live: SPEECH }],
          rows: 5,
        },
        problems: [{ code: 'schema.up_failed', path: 'up.sql', text: SPEECH }],
      },
      ...stored.change.checks.filter(({ check }) => check !== 'trial'),
    ]
    blobs['checks'] = await step.blob('checks', JSON.stringify(checks))
    const line = { seq: 1, body: { kind: 'outcome', detail: { why: CODE, because: SPEECH } } }
    const detail = { why: 'error_log', line: LINE, more: 43, port: 443 }
    const proven = { seq: 2, body: { kind: 'outcome', detail } }
    const printed = { argv: ['./reindex'], milliseconds: 4, exit: 1, output: `row of ${CANARY}`, why: 'exec' }
    const ran = { seq: 3, body: { kind: 'outcome', detail: printed } }
    blobs['journal'] = await step.blob(
      'journal',
      [line, proven, ran].map((one) => `${JSON.stringify(one)}\n`).join(''),
    )
    blobs['card'] = await step.blob('card', `What stops it: ${SPEECH}\n`)
    await step.save(stored, {
      ...stored.change,
      checks,
      executions: [
        {
          id: execution,
          startedAt: step.at,
          endedAt: step.at,
          outcome: 'failed',
          because,
          journal: blobs['journal'],
        },
      ],
    })
    await step.record('execution.closed', id, { execution, outcome: 'failed', because }, Object.values(blobs))
    await step.record('incident.note', incident, { text: 'seen', because })
    await step.tell({ change: id, kind: 'execution.closed', values: { because } })
  })
  byTool = await filesChange('limit = 22\n', 'schema', TOOL)
  byCommand = await filesChange('limit = 23\n', 'command', COMMAND)
  await writeIncident(scene.gate, 'system', incident as IncidentId, (one) => ({
    incident: { ...one, causes: CAUSES },
    kind: 'causes',
    payload: { causes: CAUSES },
  }))
})
afterAll(() => scene?.end())

/** A change whose difference shows a text that the runner read of a file. */
async function filesChange(
  limit: string,
  pattern: 'schema' | 'command',
  action: MigrateByTool | Exec,
): Promise<ChangeId> {
  const of = (await scene.sealed('dev', limit)).id as ChangeId
  await act(scene.gate, 'system', async (step) => {
    const stored = await loadChange(step.tx, of)
    const { plan } = stored.change
    const [placed] = plan?.actions ?? []
    if (plan === undefined || placed === undefined) throw new Error('no plan')
    const changed = { ...plan, pattern, actions: [{ ...placed, action }] }
    const diff = diffText(toolDiff(action, () => Buffer.from(TOOL_TEXT)))
    blobs['toolText'] = await step.blob('content', TOOL_TEXT)
    blobs['toolDiff'] = await step.blob('diff', diff)
    const planBlob = await step.blob('plan', canonical(plain(changed)))
    await step.save(stored, { ...stored.change, pattern, plan: changed, diff, diffDigest: sha256(diff) })
    const payload = { revision: 1, plan: planBlob, planBlob, diff: blobs['toolDiff'], impact: {} }
    await step.record('change.planned', of, payload, [planBlob, blobs['toolDiff']])
  })
  return of
}

/** Each operation that an agent may call, but for those that end what is asked or a token. */
const asked = (Object.keys(OPERATIONS) as OperationName[]).filter(
  (name) =>
    AGENTS_SEE[name] !== 'refused' && name !== 'logout' && name !== 'changeWithdraw' && name !== 'alertTake',
)

const BODIES: Partial<Record<OperationName, object>> = {
  changeRollback: { instruction: { text: 'back' } },
  changeRevise: { summary: 'again' },
  incidentOpen: { service: 'app', because: 'down' },
  incidentNote: { text: 'seen' },
  backupOrder: { work: 'backup' },
  stageStart: { kind: 'full', from: 'last-known-good' },
  loginStart: { person: 'ops1' },
  changeStatement: { type: 'approve', shown: createHash('sha256').update('').digest('hex') },
}
const QUERIES: Partial<Record<OperationName, string>> = {
  recordSearch: '?text=canary-7',
  changeWait: '?seconds=0',
  changeCard: '?language=en',
}

const placeOf = (name: OperationName, digest = 'checks', of = id) =>
  OPERATIONS[name].path
    .replace('{id}', of)
    .replace('{digest}', blobs[digest] ?? '')
    .replace('{name}', 'app')
    .replace('{check}', 'daily')
    .replace('{incident}', incident)
    .replace('{notice}', 'NTC-2026-0001')
    .replace('{source}', 'nightly')
    .replace('{stage}', '0'.repeat(32)) + (QUERIES[name] ?? '')

const ask = (who: Who, name: OperationName, digest?: string) =>
  scene.call(who, OPERATIONS[name].method.toUpperCase(), placeOf(name, digest), BODIES[name])

/** What has come of a stream from its beginning until the canary's own event is there: the state of the server stands in it for everybody. */
async function streamed(who: 'ops1' | 'claude', name: 'events' | 'changeEvents'): Promise<string> {
  const closing = new AbortController()
  const door = openDoor({ gate: scene.gate, closing: closing.signal })
  const stream = await door.request(`http://127.0.0.1/api/v1${placeOf(name)}`, {
    headers: { host: '127.0.0.1', authorization: `Bearer ${await tokenOf(who)}`, 'last-event-id': '0' },
  })
  const reader = stream.body?.getReader()
  let text = ''
  while (reader !== undefined && !text.includes('23505')) {
    const { done, value } = await reader.read()
    if (done) break
    text += Buffer.from(value).toString('utf8')
  }
  await reader?.cancel()
  closing.abort()
  return text
}

async function tokenOf(who: 'ops1' | 'claude'): Promise<string> {
  if (who === 'claude')
    return (await scene.call<{ token: string }>('ops1', 'POST', '/agents/token', { agent: 'claude' })).body
      .token
  const { body } = await scene.call<{ challenge: string }>('nobody', 'POST', '/login/start', { person: who })
  const signature = await scene.sign(who, body.challenge, 'sekisho-login')
  const finished = await scene.call<{ token: string }>('nobody', 'POST', '/login/finish', {
    challenge: body.challenge,
    signature,
  })
  return finished.body.token
}

test.each(asked.filter((name) => !isStream(name)))('an agent reads nothing of it: %s', async (name) => {
  const { text } = await ask('claude', name)
  expect(text).not.toContain(CANARY)
})

test('a person reads it in view, card, record, search, lines, evidence and export: the canary is where it is looked for', async () => {
  for (const name of [
    'changeShow',
    'changeList',
    'recordSearch',
    'changeLines',
    'changeCard',
    'changeRecord',
    'ledgerExport',
  ] as const)
    expect((await ask('ops1', name)).text.includes(CANARY), name).toBe(true)
  for (const kind of ['checks', 'journal', 'card'])
    expect((await ask('ops1', 'changeEvidence', kind)).text.includes(CANARY), kind).toBe(true)
  for (const name of ['events', 'changeEvents'] as const)
    expect((await streamed('ops1', name)).includes(CANARY), name).toBe(true)
})

test('of a log that names a cause of an incident an agent reads its name and the count, and no line; a person reads the line', async () => {
  for (const name of ['incidentShow', 'incidentReport'] as const) {
    const [agent, person] = [await ask('claude', name), await ask('ops1', name)]
    for (const count of ['41', '42']) expect(agent.text.includes(count), `${name} ${count}`).toBe(true)
    expect([agent.status, agent.text.includes(CANARY), person.text.includes(CANARY)], name).toEqual([
      200,
      false,
      true,
    ])
  }
  const { body } = await ask('claude', 'incidentShow')
  expect(body).toMatchObject({ causes: { causes: [{ values: { log: 'errorLog web', count: 41 } }] } })
})

test('of evidence an agent reads lists of values without it; a card that somebody was shown is for people', async () => {
  for (const kind of ['checks', 'journal']) {
    const { status, text } = await ask('claude', 'changeEvidence', kind)
    expect([status, text.includes(CANARY), text.includes('23505')], kind).toEqual([200, false, true])
  }
  const card = await ask('claude', 'changeEvidence', 'card')
  expect([card.status, card.body]).toMatchObject([403, { code: 'ledger.blob_for_people' }])
  const exported = await ask('claude', 'ledgerExport')
  expect([exported.status, exported.text.includes(CANARY)]).toEqual([403, false])
})

test.each([
  ['a migration tool', () => byTool],
  ['a declared command', () => byCommand],
] as const)(
  'of the files of %s an agent reads names and sizes, in each of the same answers; a person reads the text',
  async (_, of) => {
    const read = async (who: Who, name: OperationName, digest?: string) => {
      const { status, text } = await scene.call(
        who,
        OPERATIONS[name].method.toUpperCase(),
        name === 'recordSearch'
          ? `${OPERATIONS[name].path}?text=${TOOL_CANARY}`
          : placeOf(name, digest, of()),
      )
      return [status, text.includes(TOOL_CANARY)]
    }
    for (const name of [
      'changeShow',
      'changeList',
      'changeDiff',
      'changeCard',
      'changeEnvelope',
      'recordSearch',
    ] as const) {
      expect(await read('claude', name), name).toEqual([200, false])
      expect(await read('ops1', name), name).toEqual([200, true])
    }
    expect(await read('claude', 'changeRecord')).toEqual([200, false])
    expect(await read('claude', 'changeEvidence', 'toolDiff')).toEqual([200, false])
    expect(await read('ops1', 'changeEvidence', 'toolDiff')).toEqual([200, true])
    expect(await read('claude', 'changeEvidence', 'toolText')).toEqual([403, false])
    expect(await read('ops1', 'changeEvidence', 'toolText')).toEqual([200, true])
    const { text } = await scene.call('claude', 'GET', placeOf('changeDiff', undefined, of()))
    expect(text).toBe('--- /dev/null\n+++ /srv/app/db/versions/8.py\n~text for people\n')
  },
)

test('a database that could not be asked, and lines of a proof, are told to an agent without what was said', async () => {
  const [agent, person] = [await ask('claude', 'incidentShow'), await ask('ops1', 'incidentShow')]
  expect(agent.body).toMatchObject({
    causes: { notLooked: [{ values: { port: 5432, why: 'backup.db_query_failed (SQLSTATE 23505)' } }] },
  })
  expect([agent.text.includes(CANARY), person.text.includes(CANARY)]).toEqual([false, true])
  for (const [who, is] of [
    ['claude', false],
    ['ops1', true],
  ] as const) {
    const { text } = await ask(who, 'changeLines')
    expect([text.includes('error_log'), text.includes('43'), text.includes('reset?token')], who).toEqual([
      true,
      true,
      is,
    ])
  }
})

test('events reach an agent with code and state of the server, and no value', async () => {
  for (const name of ['events', 'changeEvents'] as const) {
    const text = await streamed('claude', name)
    expect([text.includes(CANARY), text.includes('23505')], name).toEqual([false, true])
  }
})

test('what is refused to agents no grant gives them, and what a grant gives them is asked above', () => {
  for (const name of Object.keys(OPERATIONS) as OperationName[]) {
    const { permission } = OPERATIONS[name]
    if (typeof permission === 'string') continue
    const names = Array.isArray(permission) ? permission : Object.keys(permission)
    const isGiven = names.some((one) => GRANTS[one as keyof typeof GRANTS].agent !== 'never')
    expect(isGiven, name).toBe(AGENTS_SEE[name] !== 'refused')
  }
})

function isStream(name: OperationName): name is 'events' | 'changeEvents' {
  return name === 'events' || name === 'changeEvents'
}
