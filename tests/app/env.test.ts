import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectRunner } from '../../src/app/runner-client.ts'
import type { ServiceName } from '../../src/base/id.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { openScene, type Scene } from './scene.ts'

const SECRET = 'canary-9f2c71e0-do-not-show'
const OLD = 'old-canary-5b1d'

let scene: Scene
let file: string
beforeAll(async () => {
  scene = await openScene()
  file = join(scene.directory, 'world', '.env')
  await writeFile(file, `PORT=80\nTOKEN=${OLD}\n`, { mode: 0o600 })
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      'people:',
      `  vault: { configs: [{ path: ${file}, kind: dotenv, activation: none }] }\npeople:`,
    ),
  )
  const admin = connectRunner(join(scene.directory, 'data', 'run', 'admin.sock'))
  const put = await admin.ask('secret', {
    service: 'vault' as ServiceName,
    key: 'TOKEN',
    base64: Buffer.from(SECRET).toString('base64'),
  })
  expect(put.reference).toBe('vault/TOKEN')
})
afterAll(async () => {
  await scene?.end()
})

test('part of S31: a secret goes into a .env by its reference, and its value is nowhere in store, log or answer', {
  timeout: 120_000,
}, async () => {
  const made = await scene.call<ChangeView>('ops1', 'POST', '/changes', {
    pattern: 'config',
    service: 'vault',
    instruction: { text: 'new token' },
    env: {
      set: [{ key: 'PORT', value: '81' }],
      secret: [{ key: 'TOKEN', reference: 'vault/TOKEN' }],
      unset: [],
    },
  })
  expect(made.status, made.text).toBe(200)
  expect(made.body.diff).toContain('~TOKEN')
  const tried = await scene.attempt('ops1', made.body.id)
  expect(tried.body.state, JSON.stringify(tried.body.checks)).toBe('ready')
  await scene.seal('ops1', made.body.id)
  await scene.approve('ops2', made.body.id)
  await scene.until(made.body.id, 'awaiting_keep')
  await scene.call('ops2', 'POST', `/changes/${made.body.id}/abort`)
  const done = await scene.until(made.body.id, 'closed')

  const tables = await scene.sql(
    "select table_name from information_schema.tables where table_schema = 'public'",
  )
  for (const { table_name: name } of tables) {
    const [row] = await scene.sql(
      `select string_agg(row_to_json(t)::text, '') as text, (select string_agg(encode(bytes, 'escape'), '') from blob) as blobs from "${String(name)}" t`,
    )
    for (const canary of [SECRET, OLD]) {
      expect(String(row?.['text']), String(name)).not.toContain(canary)
      expect(String(row?.['blobs'])).not.toContain(canary)
    }
  }
  for (const canary of [SECRET, OLD]) {
    expect(JSON.stringify(done)).not.toContain(canary)
    expect(scene.logged.join('\n')).not.toContain(canary)
  }
  // The positive control: what is no secret is found by the same search.
  const [found] = await scene.sql("select count(*)::int as n from change where document::text like '%PORT%'")
  expect(found?.['n']).toBe(1)
})

test('an unknown reference is refused before anything is written', async () => {
  const answer = await scene.call<{ code: string }>('ops1', 'POST', '/changes', {
    pattern: 'config',
    service: 'vault',
    instruction: { text: 'x' },
    env: { set: [], secret: [{ key: 'TOKEN', reference: 'vault/NOPE' }], unset: [] },
  })
  expect(answer.body.code).toBe('judge.secret_missing')
})

test('what added variables is taken back by removing them; what changed one says which line puts it back', {
  timeout: 120_000,
}, async () => {
  const keep = async (env: object) => {
    const made = await scene.call<ChangeView>('ops1', 'POST', '/changes', {
      pattern: 'config',
      service: 'vault',
      instruction: { text: 'another setting' },
      env: { set: [], secret: [], unset: [], ...env },
    })
    expect(made.status, made.text).toBe(200)
    await scene.attempt('ops1', made.body.id)
    await scene.seal('ops1', made.body.id)
    await scene.approve('ops2', made.body.id)
    await scene.until(made.body.id, 'awaiting_keep')
    const asked = await scene.call<{ text: string }>('ops2', 'POST', `/changes/${made.body.id}/statement`, {
      type: 'keep',
    })
    const { text } = asked.body
    await scene.call('ops2', 'POST', `/changes/${made.body.id}/decision`, {
      signed: { text, signature: await scene.sign('ops2', text) },
    })
    await scene.until(made.body.id, 'closed')
    return made.body.id
  }
  const back = (id: string) => scene.call<ChangeView>('ops1', 'POST', `/changes/${id}/rollback`, {})
  const added = await keep({ set: [{ key: 'FAULTS', value: '1' }] })
  const away = await back(added)
  expect(away.status, away.text).toBe(200)
  expect(away.body.diff).toBe(`--- ${file}\n+++ ${file}\n-FAULTS\n`)

  const changed = await keep({ set: [{ key: 'PORT', value: '82' }] })
  const refused = await back(changed)
  expect(refused.body).toMatchObject({
    code: 'rollback.env_by_hand',
    next: [
      `sekisho do config --service vault --instruction "rollback ${changed}" --env ${file} --set PORT=VALUE`,
    ],
  })
})
