import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../src/base/hash.ts'
import { showDiff } from '../../src/cli/commands/change-diff.ts'
import { Terminal } from '../../src/cli/terminal.ts'
import { written } from '../../src/cli/test-streams.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { openScene, type Scene, type Who } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene({ files: 3 })
})
afterAll(async () => {
  await scene?.end()
})

test('a file change goes from the words of a person to the record', async () => {
  const sealed = await scene.sealed('dev', 'limit = 20\n')
  expect(sealed.state).toBe('awaiting_approval')
  expect(sealed.instruction).toMatchObject({ by: 'dev', mode: 'captured' })
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 10\n')
  // Nothing reads a plain file before it stands there: no tick says that something did.
  expect(sealed.checks.find(({ check }) => check === 'validation')).toMatchObject({
    verdict: 'no_validator',
    facts: { noValidator: [scene.file] },
  })
  const unread = { en: 'no validator for this kind', ja: 'この種類を検査する道具はない' }
  for (const [language, said] of Object.entries(unread)) {
    const card = await scene.call<{ text: string }>(
      'dev',
      'GET',
      `/changes/${sealed.id}/card?language=${language}`,
    )
    expect(card.body.text.replaceAll(/\s+/g, ' ')).toContain(said)
    expect(card.body.text).not.toMatch(/✓ (validated|構文)/)
  }
  const approved = await scene.approve('ops1', sealed.id)
  expect(approved.text).toContain('"state"')
  expect(approved.body.state).toBe('executing')
  const closed = await scene.until(sealed.id, 'closed', 'void', 'stuck')
  expect(closed.execution?.outcome).toBe('kept')
  expect(closed.state).toBe('closed')
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 20\n')
  const record = await scene.call<{ markdown: string }>(
    'dev',
    'GET',
    `/changes/${sealed.id}/record?language=ja`,
  )
  expect(record.body.markdown).toContain('アップロードの上限を20MBにして')
  expect(record.body.markdown).toContain('## 承認')
  expect(record.body.markdown).toMatch(/^ {2}- .*: この種類を検査する道具はない$/m)
  const verdict = await scene.call<{ sound: boolean }>('ops1', 'POST', '/ledger/checkpoint')
  expect(verdict.status).toBe(200)
  expect((await scene.call('ops1', 'POST', '/ledger/verify')).body).toMatchObject({
    sound: true,
    checkpoint: 'signed',
  })
})

test('an agent quotes a person, explains, and its own approval is refused and recorded', async () => {
  const bare = await scene.call<ChangeView>('claude', 'POST', '/changes', {
    pattern: 'config',
    service: 'app',
    instruction: { text: 'raise it', by: 'ops1' },
    files: [{ kind: 'write', path: scene.file, base64: Buffer.from('limit = 30\n').toString('base64') }],
  })
  expect(bare.body.instruction.mode).toBe('quoted')
  const tried = await scene.attempt('claude', bare.body.id)
  expect(tried.body.state).toBe('ready')
  const refused = await scene.call<{ code: string }>('claude', 'POST', `/changes/${bare.body.id}/seal`)
  expect(refused.body.code).toBe('seal.explanation_missing')
  const revised = await scene.call<ChangeView>('claude', 'POST', `/changes/${bare.body.id}/revise`, {
    impact: 'larger uploads',
    risk: 'disk',
  })
  expect(revised.body).toMatchObject({ revision: 2, state: 'planned', author: { id: 'claude' } })
  await scene.attempt('claude', bare.body.id)
  const sealed = await scene.seal('claude', bare.body.id)
  expect(sealed.body.state).toBe('awaiting_approval')
  const asked = await scene.call<{ code: string }>('claude', 'POST', `/changes/${bare.body.id}/statement`, {
    type: 'approve',
    shown: 'a'.repeat(64),
  })
  expect(asked).toMatchObject({ status: 403, body: { code: 'agent.never_approves' } })
  // Even a person's own signature, carried by the agent's token, is no decision.
  const decision = await scene.signedApproval('ops1', bare.body.id)
  const carried = await scene.call<{ code: string }>(
    'claude',
    'POST',
    `/changes/${bare.body.id}/decision`,
    decision,
  )
  expect(carried.body.code).toBe('agent.never_approves')
  const lines = (await scene.call('ops1', 'GET', `/ledger/export?change=${bare.body.id}`)).text
  expect(lines).toContain('change.refused_decision')
  const done = await scene.call<ChangeView>('ops1', 'POST', `/changes/${bare.body.id}/decision`, decision)
  expect(done.body.state).toBe('executing')
  await scene.until(bare.body.id, 'closed')
})

test('checkpoints that are asked for at once are all signed, none forks', async () => {
  const answers = await Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      if (i % 2 === 0) await scene.call('nobody', 'GET', '/status')
      return scene.call<{ code?: string }>('ops1', 'POST', '/ledger/checkpoint')
    }),
  )
  expect(answers.map(({ status, body }) => body.code ?? status)).toEqual([200, 200, 200, 200, 200, 200])
})

const MANY = Array.from({ length: 60 }, (_, i) => `limit${i} = ${i}\n`).join('')

/** `sekisho change diff`, through the door of the gate. `wide`: on a terminal of that width. */
async function diff(who: Who, id: string, values: Readonly<Record<string, unknown>> = {}, wide?: number) {
  const heard = written()
  const streams = wide === undefined ? heard.streams : { ...heard.streams, wide }
  const client = {
    call: async (name: string, { opened }: { readonly opened?: string }) =>
      name === 'changeShow'
        ? (await scene.call(who, 'GET', `/changes/${id}`)).body
        : (
            await scene.call(
              who,
              'GET',
              `/changes/${id}/diff${opened === undefined ? '' : `?opened=${opened}`}`,
            )
          ).text,
  }
  const terminal = new Terminal({ language: 'en', json: false, ascii: false, streams })
  await showDiff({ terminal, values, loggedIn: () => client } as never, id)
  return heard.out()
}

test('S21 the difference that is shown is the one under the seal, and what an approver did not open stands on the record', async () => {
  const paths = [scene.file, ...[1, 2].map((n) => scene.file.replace('app.conf', `app${n}.conf`))]
  const sealed = await scene.sealed('dev', MANY, {
    files: paths.map((path, i) => ({
      kind: 'write',
      path,
      base64: Buffer.from(i === 2 ? 'limit = 30\n' : MANY).toString('base64'),
    })),
  })
  // On a pipe: the text itself. Its digest is the one in the envelope that is signed.
  const text = await diff('claude', sealed.id)
  const { envelope } = (
    await scene.call<{ envelope: string }>('ops1', 'GET', `/changes/${sealed.id}/envelope`)
  ).body
  expect(JSON.parse(envelope)).toMatchObject({ diff: sha256(text) })
  for (const path of paths) expect(text).toContain(`+++ ${path}`)

  // On a terminal: its files, the digest again, and one of them alone where that is asked for.
  const [first = '', second = '', third = ''] = paths
  const shown = await diff('ops1', sealed.id, { file: [second] }, 100)
  expect(shown).toContain(`sha256 ${sha256(text)}  the one under the seal`)
  expect(shown).toContain('+limit59 = 59')
  expect(shown).not.toContain(first)

  await scene.approve('ops1', sealed.id)
  await scene.until(sealed.id, 'closed')
  const record = async (language: 'ja' | 'en') =>
    (
      await scene.call<{ markdown: string }>(
        'dev',
        'GET',
        `/changes/${sealed.id}/record?language=${language}`,
      )
    ).body.markdown
  // The agent read all of it, and ops1 one of three: that is what stands there.
  expect(await record('en')).toContain(
    `neither the card nor change diff printed 2 of 3 files of the difference: ${first}, ${third}`,
  )
  expect(await record('ja')).toContain(
    `差分 3 ファイルのうち 2 は、カードにも change diff にも出ていない: ${first}、${third}`,
  )
})

test('part of S21: whoever opened all of it is said to have; twice is kept once', async () => {
  const sealed = await scene.sealed('dev', `${MANY}limit = 1\n`)
  await diff('ops1', sealed.id, { all: true }, 200)
  await diff('ops1', sealed.id)
  const lines = (await scene.call('ops1', 'GET', `/ledger/export?change=${sealed.id}`)).text
  expect(lines.split('"change.opened"')).toHaveLength(2)
  await scene.approve('ops1', sealed.id)
  await scene.until(sealed.id, 'closed')
  const { markdown } = (
    await scene.call<{ markdown: string }>('dev', 'GET', `/changes/${sealed.id}/record?language=en`)
  ).body
  expect(markdown).toContain(
    'the whole difference was printed for them, on the card or by change diff (1 file)',
  )
})
