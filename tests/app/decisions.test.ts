import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Digest, sha256 } from '../../src/base/hash.ts'
import { canonical, type Json } from '../../src/base/json.ts'
import { main } from '../../src/cli/main.ts'
import { written } from '../../src/cli/test-streams.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import type { Status } from '../../src/contract/gate.ts'
import { until } from '../until.ts'
import { type Decision, openScene, type Scene } from './scene.ts'

let scene: Scene
let change: ChangeView
beforeAll(async () => {
  scene = await openScene()
  change = await scene.sealed('dev', 'limit = 20\n')
})
afterAll(async () => {
  await scene?.end()
})

const post = (body: unknown, who: 'ops1' | 'ops2' | 'dev' | 'claude' = 'ops1', id = change.id) =>
  scene.call<{ code: string }>(who, 'POST', `/changes/${id}/decision`, body)

/** A statement with other words, signed anew. */
async function resigned(decision: Decision, edit: (fields: Record<string, Json>) => object, by = 'ops1') {
  const text = canonical(edit(JSON.parse(decision.signed.text) as Record<string, Json>) as Json)
  return { signed: { text, signature: await scene.sign(by, text) }, shownText: decision.shownText }
}

test('part of S15: a decision counts only as it was asked, once, by the person whose key signed it', async () => {
  const good = await scene.signedApproval('ops1', change.id)
  const cases: [string, () => Promise<{ body: { code: string } }>, string][] = [
    ['an agent carries it', () => post(good, 'claude'), 'agent.never_approves'],
    ['the author carries it', () => post(good, 'dev'), 'may.role_missing'],
    [
      'another decision of the same text',
      async () =>
        post(
          await resigned(good, ({ shown: _shown, ...rest }) => ({ ...rest, type: 'reject', reason: 'no' })),
        ),
      'statement.altered',
    ],
    [
      'a challenge that nobody asked for',
      async () => post(await resigned(good, (fields) => ({ ...fields, nonce: 'ab'.repeat(16) }))),
      'statement.not_asked',
    ],
    [
      'another envelope',
      async () => post(await resigned(good, (fields) => ({ ...fields, envelope: 'cd'.repeat(32) }))),
      'statement.altered',
    ],
    [
      'a longer life',
      async () =>
        post(await resigned(good, (fields) => ({ ...fields, expires: '2099-01-01T00:00:00.000Z' }))),
      'statement.altered',
    ],
    [
      'in the name of somebody else',
      async () => post(await resigned(good, (fields) => ({ ...fields, approver: 'ops2' }))),
      'statement.foreign_key',
    ],
    [
      'a stranger signs',
      async () => post(await resigned(good, (fields) => fields, 'stranger')),
      'statement.foreign_key',
    ],
    [
      'another namespace',
      async () => {
        const signature = await scene.sign('ops1', good.signed.text, 'sekisho-login')
        return post({ ...good, signed: { ...good.signed, signature } })
      },
      'statement.signature_wrong',
    ],
    [
      'a cut signature',
      () => post({ ...good, signed: { ...good.signed, signature: good.signed.signature.slice(0, -60) } }),
      'statement.signature_wrong',
    ],
    [
      'text that is no statement',
      () => post({ ...good, signed: { ...good.signed, text: '{}' } }),
      'statement.malformed',
    ],
    ['another card', () => post({ ...good, shownText: `${good.shownText} ` }), 'statement.shown_wrong'],
    ['no card', () => post({ signed: good.signed }), 'statement.shown_wrong'],
  ]
  for (const [name, attempt, code] of cases) expect((await attempt()).body.code, name).toBe(code)

  const expired = await scene.signedApproval('ops1', change.id)
  const { nonce } = JSON.parse(expired.signed.text) as { nonce: string }
  await scene.sql("update signing_request set expires_at = now() - interval '1 minute' where nonce = $1", [
    nonce,
  ])
  expect((await post(expired)).body.code).toBe('statement.request_expired')

  const recorded = await scene.sql(
    "select body::json -> 'payload' ->> 'code' as code from ledger where body::json ->> 'kind' = 'change.refused_decision' order by seq",
  )
  expect(recorded.map(({ code }) => code)).toEqual([
    ...cases.map(([, , code]) => code),
    'statement.request_expired',
  ])
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 10\n')

  // The positive control: the same statement, untouched, is accepted; and only once.
  const taken = await scene.call<ChangeView>('ops1', 'POST', `/changes/${change.id}/decision`, good)
  expect(taken.body.state).toBe('executing')
  const again = await post(good)
  expect(again.body.code).toBe('statement.nonce_used')
  await scene.until(change.id, 'closed')
})

test('part of X03: the author does not approve, and a statement is not even given out', async () => {
  const own = await scene.sealed('ops2', 'limit = 21\n', { impact: 'more', risk: 'disk' })
  expect(own.wall).toContain('wall.author_signed')
  const asked = await scene.call<{ code: string }>('ops2', 'POST', `/changes/${own.id}/statement`, {
    type: 'approve',
    shown: sha256('x'),
  })
  expect(asked.body.code).toBe('approval.own_change')
  expect((await scene.call<ChangeView>('ops2', 'POST', `/changes/${own.id}/withdraw`)).body.state).toBe(
    'withdrawn',
  )
})

test('part of X03: an edit cannot be handed to an agent and approved by its maker', async () => {
  const asked = { impact: 'more', risk: 'disk' }
  const made = await scene.sealed('claude', 'limit = 23\n', asked)
  const files = (content: string) => [
    { kind: 'write', path: scene.file, base64: Buffer.from(content).toString('base64') },
  ]
  const edited = await scene.call<ChangeView>('ops1', 'POST', `/changes/${made.id}/revise`, {
    files: files('limit = 99\n'),
  })
  expect(edited.body.author.id).toBe('ops1')
  // Author again, by a revision of its own: the agent's.
  const again = await scene.call<ChangeView>('claude', 'POST', `/changes/${made.id}/revise`, {
    files: files('limit = 99\n'),
    ...asked,
  })
  if (again.status === 200) {
    await scene.attempt('claude', made.id)
    await scene.seal('claude', made.id)
    const approval = await scene.call<{ code: string }>('ops1', 'POST', `/changes/${made.id}/statement`, {
      type: 'approve',
      shown: sha256('x'),
    })
    expect(approval.body.code).toBe('approval.own_change')
  } else expect((again.body as unknown as { code: string }).code).toBe('may.not_yours')
})

test('a rejection is signed, ends the change, and its reason stands', async () => {
  const made = await scene.sealed('dev', 'limit = 22\n')
  const asked = await scene.call<{ text: string }>('ops2', 'POST', `/changes/${made.id}/statement`, {
    type: 'reject',
    reason: '来週にします',
  })
  const signature = await scene.sign('ops2', asked.body.text)
  const done = await scene.call<ChangeView>('ops2', 'POST', `/changes/${made.id}/decision`, {
    signed: { text: asked.body.text, signature },
  })
  expect(done.body).toMatchObject({ state: 'rejected' })
  expect(done.body.decisions.at(-1)).toMatchObject({ type: 'reject', reason: '来週にします' })
  expect(done.body.next).toEqual([])
})

test('after the end a rollback is a change of its own that puts the old bytes back', async () => {
  const back = await scene.call<ChangeView>('ops1', 'POST', `/changes/${change.id}/rollback`, {})
  expect(back.body).toMatchObject({ state: 'planned', pattern: 'config' })
  await scene.attempt('ops1', back.body.id)
  const sealed = await scene.seal('ops1', back.body.id)
  expect(sealed.body.state).toBe('awaiting_approval')
  expect((await scene.approve('ops2', back.body.id)).body.state).toBe('executing')
  await scene.until(back.body.id, 'closed')
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 10\n')
})

test('the ledger of all this is sound, by the verifier that an auditor runs', async () => {
  await scene.call('ops1', 'POST', '/ledger/checkpoint')
  const { body } = await scene.call('ops1', 'POST', '/ledger/verify')
  expect(body).toMatchObject({ sound: true, checkpoint: 'signed' })
  // Positive control: one byte of one entry, and it is named.
  await scene.sql(`
    alter table ledger disable trigger user;
    alter table ledger drop constraint ledger_check;
    update ledger set body = replace(body, '"v":1}', '"v":2}') where seq = 3;
    alter table ledger enable trigger user`)
  expect((await scene.call('ops1', 'POST', '/ledger/verify')).body).toMatchObject({ sound: false, at: 3 })
})

test('part of S15: a keep in words that nobody asked for is refused before it takes effect', async () => {
  const sealed = await scene.sealed('dev', 'limit = 51\n', { keep: 'person' })
  await scene.approve('ops1', sealed.id)
  const { execution } = await scene.until(sealed.id, 'awaiting_keep')
  const at = new Date().toISOString()
  const text = canonical({
    v: 1,
    type: 'keep',
    approver: 'ops1',
    role: 'owner',
    nonce: 'a'.repeat(32),
    at,
    expires: new Date(Date.now() + 600_000).toISOString(),
    execution: execution?.id ?? '',
  })
  const given = await post({ signed: { text, signature: await scene.sign('ops1', text) } }, 'ops1', sealed.id)
  expect(given.body.code).toBe('statement.not_asked')
  await scene.call('ops1', 'POST', `/changes/${sealed.id}/abort`)
  expect((await scene.until(sealed.id, 'closed')).execution?.outcome).toBe('rolled_back')
})

test('what is sealed is waived no more', async () => {
  const sealed = await scene.sealed('dev', 'limit = 52\n')
  const asked = await scene.call<{ code: string }>('ops2', 'POST', `/changes/${sealed.id}/statement`, {
    type: 'waive',
    check: 'trial',
    reason: 'late',
  })
  expect(asked.body.code).toBe('change.wrong_state')
})

test('with policy.alone the author approves alone after the pause that the runner counts, and a rejection ends it', {
  timeout: 120_000,
}, async () => {
  await scene.rewritePolicy((yaml) => `${yaml}policy:\n  alone: { after: 5s, tiers: [2] }\n`)
  try {
    const own = await scene.sealed('ops2', 'limit = 71\n')
    const shown = await scene.call<ChangeView>('ops2', 'GET', `/changes/${own.id}`)
    const from = Date.parse(shown.body.alone?.from ?? '')
    expect(shown.body.needs.eligible).not.toContain('ops2')
    const early = await scene.call<{ code: string }>('ops2', 'POST', `/changes/${own.id}/statement`, {
      type: 'approve',
      shown: sha256('card'),
    })
    expect([early.status, early.body.code]).toEqual([409, 'approval.alone_later'])
    const status = await scene.call<Status>('ops2', 'GET', '/status')
    expect(status.body.aloneLater).toEqual([{ id: own.id, from: shown.body.alone?.from }])

    await until(
      () => 'the pause is not over',
      20_000,
      async () => Date.now() >= from || undefined,
    )
    expect((await scene.approve('ops2', own.id)).status).toBe(200)
    const closed = await scene.until(own.id, 'closed')
    expect(closed.execution?.outcome).toBe('kept')
    expect(closed.decisions.at(-1)).toMatchObject({ by: 'ops2', solo: true })
    const record = await scene.call('ops2', 'GET', `/changes/${own.id}/record?language=ja`)
    expect(record.text).toContain('単独承認')

    const other = await scene.sealed('ops2', 'limit = 72\n')
    const asked = await scene.call<{ text: string }>('ops1', 'POST', `/changes/${other.id}/statement`, {
      type: 'reject',
      reason: 'not tonight',
    })
    const { text } = asked.body
    const signed = { text, signature: await scene.sign('ops1', text) }
    expect((await scene.call('ops1', 'POST', `/changes/${other.id}/decision`, { signed })).status).toBe(200)
    const digest = other.envelope?.digest as Digest
    expect(await scene.gate.runner.read({ kind: 'envelope', digest })).toMatchObject({ rejected: true })
  } finally {
    await scene.rewritePolicy((yaml) => yaml.replace(/policy:\n {2}alone: .*\n/, ''))
  }
})

describe('at a terminal', () => {
  let door: Server
  let place: string
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'sekisho-terminal-'))
    door = createServer((request, response) => {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => {
        const text = Buffer.concat(pieces).toString()
        const path = (request.url ?? '').replace('/api/v1', '')
        const body: unknown = text === '' ? undefined : JSON.parse(text)
        const type = 'content-type'
        scene.call('ops1', request.method ?? 'GET', path, body).then(
          (answer) =>
            response.writeHead(answer.status, { [type]: answer.header(type) ?? '' }).end(answer.text),
          () => response.writeHead(500).end(),
        )
      })
    })
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
    // One person alone: the change of whoever sits at the terminal is theirs to approve.
    await scene.rewritePolicy((yaml) => yaml.replace('roles: [approver, operator]', 'roles: [viewer]'))
  })
  afterAll(async () => {
    door?.close()
    await scene.rewritePolicy((yaml) => yaml.replace('roles: [viewer]', 'roles: [approver, operator]'))
    await rm(place, { recursive: true })
  })

  /** Types a line as ops1 and answers the question. */
  async function typed(answer: string, ...words: readonly string[]) {
    const input = new PassThrough()
    input.write(`${answer}\n`)
    const to = written({ interactive: true, input })
    const exit = await main([...words, '--key', join(scene.directory, 'ops1.key'), '--lang', 'en'], {
      environment: {
        SEKISHO_URL: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
        SEKISHO_TOKEN: 'x',
        HOME: place,
      },
      streams: to.streams,
      stdin: async () => Buffer.alloc(0),
      uid: 1000,
      interrupted: new AbortController().signal,
    })
    const said = to.out() + to.err()
    return {
      exit,
      said,
      id: /CHG-\d{4}-\d{4}/.exec(said)?.[0] ?? '',
      cards: said.match(/^Way back /gm)?.length,
    }
  }
  const wish = async (content: string) => {
    const file = join(place, 'new')
    await writeFile(file, content)
    return [
      '--service',
      'app',
      '--file',
      `${scene.file}=${file}`,
      '--instruction',
      'as said',
      '--notify',
      'not_needed',
    ]
  }

  test('do shows the card once, asks, and one yes signs and carries it out; rollback and revise ask too', {
    timeout: 120_000,
  }, async () => {
    const before = await readFile(scene.file, 'utf8')
    const done = await typed('y', 'do', 'config', ...(await wish('limit = 81\n')))
    expect(done, done.said).toMatchObject({ exit: 0, cards: 1 })
    expect(await readFile(scene.file, 'utf8')).toBe('limit = 81\n')

    const back = await typed('y', 'change', 'rollback', done.id)
    expect(back, back.said).toMatchObject({ exit: 0, cards: 1 })
    expect(await readFile(scene.file, 'utf8')).toBe(before)

    const refused = await typed('n', 'do', 'config', ...(await wish('limit = 82\n')))
    expect(refused, refused.said).toMatchObject({ exit: 3, cards: 1 })
    expect(refused.said).toContain(`sekisho change approve ${refused.id}`)
    expect((await scene.call<ChangeView>('ops1', 'GET', `/changes/${refused.id}`)).body.state).toBe(
      'awaiting_approval',
    )
    const revised = await typed('y', 'change', 'revise', refused.id)
    expect(revised, revised.said).toMatchObject({ exit: 0, cards: 1 })
    expect(await readFile(scene.file, 'utf8')).toBe('limit = 82\n')
  })
})
