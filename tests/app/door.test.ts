import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { Status } from '../../src/contract/gate.ts'
import { OPERATIONS } from '../../src/contract/operations.ts'
import { openDoor } from '../../src/http/application.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(async () => {
  await scene?.end()
})

/** `/x` stands for the declared file where the scene does not stand yet. */
const wish = (content: string, file = scene?.file ?? '/x') => ({
  pattern: 'config',
  service: 'app',
  instruction: { text: 'raise it' },
  files: [{ kind: 'write', path: file, base64: Buffer.from(content).toString('base64') }],
})

test('the OpenAPI page names every route', async () => {
  const door = openDoor({ gate: scene.gate, closing: new AbortController().signal })
  const response = await door.request('http://127.0.0.1/api/v1/openapi.json', {
    headers: { host: '127.0.0.1' },
  })
  const page = (await response.json()) as { paths: Record<string, Record<string, unknown>> }
  for (const route of Object.values(OPERATIONS))
    expect(Object.keys(page.paths[`/api/v1${route.path}`] ?? {}), route.path).toContain(route.method)
})

test('who has no token, a wrong one, or comes under another name, gets a problem with a sentence', async () => {
  const none = await scene.call<{ code: string; title: string }>('nobody', 'GET', '/status')
  expect(none).toMatchObject({ status: 401, body: { code: 'token.missing' } })
  const wrong = await scene.call<{ code: string }>('nobody', 'GET', '/status', undefined, {
    authorization: `Bearer skp_${'a'.repeat(43)}00000000`,
  })
  expect(wrong).toMatchObject({ status: 401, body: { code: 'token.not_valid' } })
  const rebound = await scene.call<{ code: string }>('ops1', 'GET', '/status', undefined, {
    host: 'evil.example',
  })
  expect(rebound).toMatchObject({ status: 403, body: { code: 'http.host_refused' } })
  const ja = await scene.call<{ title: string }>('nobody', 'GET', '/status', undefined, {
    'accept-language': 'ja',
  })
  expect(ja.body.title).toBe('誰の操作か分かりません')
  const en = await scene.call<{ title: string }>('nobody', 'GET', '/status', undefined, {
    'accept-language': 'fr, en;q=0.5, ja;q=0.2',
  })
  expect(en.body.title).toBe('It is not known who asks')
})

test.each([
  ['an unknown field', { ...wish('limit = 1\n'), color: 'red' }, 400, 'input.unknown_field'],
  ['an undeclared path', wish('x', '/etc/passwd'), 403, 'plan.path_not_declared'],
  ['an unknown service', { ...wish('limit = 1\n'), service: 'nope' }, 404, 'service.unknown'],
  ['no instruction', { ...wish('limit = 1\n'), instruction: { text: '' } }, 400, 'input.invalid'],
  ['a NUL in the words', { ...wish('limit = 1\n'), instruction: { text: 'a\0b' } }, 400, 'input.invalid'],
  ['a lone surrogate', { ...wish('limit = 1\n'), instruction: { text: 'a\ud800b' } }, 400, 'input.invalid'],
  [
    'words of nobody',
    { ...wish('limit = 1\n'), instruction: { text: 'a', by: 'ghost' } },
    400,
    'instruction.unknown_person',
  ],
  [
    'base64 that is none',
    { ...wish(''), files: [{ kind: 'write', path: '/x', base64: '!!' }] },
    400,
    'input.invalid',
  ],
  ['nothing to do', { ...wish(''), files: [] }, 400, 'input.invalid'],
  ['what is so already', wish('limit = 10\n'), 409, 'plan.already_so'],
])('%s is refused before anything is written', async (_name, body, status, code) => {
  const path = body.files?.[0]?.path
  const files =
    path === undefined || path === '/x'
      ? body.files?.map((one) => ({ ...one, path: scene.file }))
      : body.files
  const before = await scene.sql('select count(*)::int as n from ledger')
  const answer = await scene.call<{ code: string }>('dev', 'POST', '/changes', { ...body, files })
  expect([answer.status, answer.body.code]).toEqual([status, code])
  expect(await scene.sql('select count(*)::int as n from ledger')).toEqual(before)
})

test('part of S13: the words are kept byte for byte in the ledger', async () => {
  const text = '上限を 20MB にして。 \u202e‮ "quotes" \\ \t tab'
  const made = await scene.call<ChangeView>('dev', 'POST', '/changes', {
    ...wish('limit = 2\n'),
    instruction: { text },
  })
  expect(made.body.instruction.text).toBe(text)
  const blob = await scene.call<{ text: string }>(
    'dev',
    'GET',
    `/changes/${made.body.id}/evidence/${made.body.instruction.digest}`,
  )
  expect(blob.body.text).toBe(text)
})

test('a repeated request gets the first answer, another request under its key is refused', async () => {
  const key = { 'idempotency-key': 'k-1' }
  const [first, second] = [
    await scene.call<ChangeView>('dev', 'POST', '/changes', wish('limit = 3\n'), key),
    await scene.call<ChangeView>('dev', 'POST', '/changes', wish('limit = 3\n'), key),
  ]
  expect(second.body.id).toBe(first.body.id)
  const other = await scene.call<{ code: string }>('dev', 'POST', '/changes', wish('limit = 4\n'), key)
  expect(other.body.code).toBe('idempotency.other_body')
  const elsewhere = await scene.call<ChangeView>('ops1', 'POST', '/changes', wish('limit = 3\n'), key)
  expect(elsewhere.body.id).not.toBe(first.body.id)
})

test('events come as they are committed, and again from where a reader left', async () => {
  const door = openDoor({ gate: scene.gate, closing: new AbortController().signal })
  const login = await scene.call<{ challenge: string }>('nobody', 'POST', '/login/start', { person: 'ops1' })
  const signature = await scene.sign('ops1', login.body.challenge, 'sekisho-login')
  const { body } = await scene.call<{ token: string }>('nobody', 'POST', '/login/finish', {
    challenge: login.body.challenge,
    signature,
  })
  const open = async (last: string | undefined) => {
    const stream = await door.request('http://127.0.0.1/api/v1/events', {
      headers: {
        host: '127.0.0.1',
        authorization: `Bearer ${body.token}`,
        ...(last === undefined ? {} : { 'last-event-id': last }),
      },
    })
    return stream.body?.getReader()
  }
  const until = async (wanted: RegExp, reader: Awaited<ReturnType<typeof open>>) => {
    let text = ''
    while (reader !== undefined && !wanted.test(text)) {
      const { done, value } = await reader.read()
      if (done) break
      text += Buffer.from(value).toString('utf8')
    }
    await reader?.cancel()
    return text
  }
  // What is committed after the answer has begun comes, however soon.
  const live = await open(undefined)
  const made = await scene.call<ChangeView>('dev', 'POST', '/changes', wish('limit = 5\n'))
  await scene.call('dev', 'POST', `/changes/${made.body.id}/withdraw`)
  const seen = await until(/"state":"withdrawn"/, live)
  const [first] = /id: (\d+)/.exec(seen)?.slice(1) ?? []
  expect(seen).toContain('event: change.state')
  const again = await until(/"state":"withdrawn"/, await open(String(Number(first) - 1)))
  expect(again).toContain(`id: ${first}\n`)
})

test('a long wait answers at the change of state', async () => {
  const made = await scene.call<ChangeView>('dev', 'POST', '/changes', wish('limit = 6\n'))
  const waiting = scene.call<ChangeView>(
    'dev',
    'GET',
    `/changes/${made.body.id}/wait?state=withdrawn&seconds=20`,
  )
  await scene.call('dev', 'POST', `/changes/${made.body.id}/withdraw`)
  expect((await waiting).body.state).toBe('withdrawn')
  const now = await scene.call<ChangeView>(
    'dev',
    'GET',
    `/changes/${made.body.id}/wait?state=closed&seconds=0`,
  )
  expect(now.body.state).toBe('withdrawn')
})

test('a login challenge is used once, and only with an enrolled key in its own namespace', async () => {
  const start = async () =>
    (await scene.call<{ challenge: string }>('nobody', 'POST', '/login/start', { person: 'ops1' })).body
  const finish = (challenge: string, signature: string) =>
    scene.call<{ code?: string; token?: string }>('nobody', 'POST', '/login/finish', { challenge, signature })
  const one = await start()
  expect((await finish(one.challenge, await scene.sign('ops1', one.challenge, 'sekisho'))).body.code).toBe(
    'login.key_refused',
  )
  expect(
    (await finish(one.challenge, await scene.sign('ops1', one.challenge, 'sekisho-login'))).body.code,
  ).toBe('login.challenge_unknown')
  const two = await start()
  expect(
    (await finish(two.challenge, await scene.sign('ops2', two.challenge, 'sekisho-login'))).body.code,
  ).toBe('login.key_refused')
  const three = await start()
  const good = await finish(three.challenge, await scene.sign('ops1', three.challenge, 'sekisho-login'))
  expect(good.body.token).toMatch(/^skp_/)
})

test('I12 no token, no private value, stands in the log', async () => {
  expect(scene.logged.join('\n')).not.toMatch(/skp_[A-Za-z0-9_-]{20}/)
  const rows = await scene.sql("select string_agg(body, '') as all from ledger")
  expect(String(rows[0]?.['all'])).not.toMatch(/skp_[A-Za-z0-9_-]{20}/)
})

test('a login ends when the key that made it is revoked', async () => {
  const who = async () => (await scene.call<{ code?: string }>('dev', 'GET', '/who')).body.code ?? 'known'
  expect(await who()).toBe('known')
  const line = /(dev: \{ .*keys: \[)('[^']+')/
  await scene.rewritePolicy((yaml) => yaml.replace(line, '$1{ public: $2, revoked: true }'))
  expect(await who()).toBe('token.not_valid')
  await scene.rewritePolicy((yaml) => yaml.replace(/\{ public: ('[^']+'), revoked: true \}/, '$1'))
})

test.each(['/login/start', '/login/finish', '/changes'])('%s takes JSON alone, and says so', async (path) => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'nonsense']) {
    const answer = await scene.call<{ code: string }>('ops1', 'POST', path, {}, { 'content-type': type })
    expect([answer.status, answer.body.code], type).toEqual([415, 'http.not_json'])
  }
  const empty = await scene.call<{ code: string }>('ops1', 'POST', path)
  expect([empty.status, empty.body.code]).toEqual([400, 'input.invalid'])
})

test('who logs in too often waits, and is told how long; nobody else does', async () => {
  let answer = await scene.call<{ code: string }>('nobody', 'POST', '/login/start', { person: 'ops1' })
  for (let i = 0; i < 25 && answer.status === 200; i++)
    answer = await scene.call('nobody', 'POST', '/login/start', { person: 'ops1' })
  expect([answer.status, answer.body.code]).toEqual([429, 'http.too_often'])
  expect(answer.header('retry-after')).toMatch(/^[1-9]\d?$/)
  expect((await scene.call('nobody', 'POST', '/login/start', { person: 'ops2' })).status).toBe(200)
  expect((await scene.call('ops1', 'GET', '/status')).status).toBe(200)
})

test('requests that are no logins lock nobody out, and signed ones come in whatever was tried before', async () => {
  await scene.reopenGate()
  const door = openDoor({ gate: scene.gate, closing: new AbortController().signal })
  const post = async (path: string, init: RequestInit, origin?: string) => {
    const headers = { host: '127.0.0.1:7440', ...(origin === undefined ? {} : { origin }) }
    const response = await door.request(`http://127.0.0.1:7440/api/v1${path}`, {
      method: 'POST',
      headers,
      ...init,
    })
    return response.status
  }
  const body = new TextEncoder().encode('{"person":"ops1"}')
  for (let i = 0; i < 30; i++) {
    expect(await post('/login/start', {})).toBe(400)
    expect(await post('/login/start', { body })).toBe(415)
    expect(await post('/login/start', { body }, 'http://127.0.0.1:8000')).toBe(403)
    expect(await post('/login/finish', {}, 'null')).toBe(403)
  }
  const start = await scene.call<{ challenge: string }>('nobody', 'POST', '/login/start', { person: 'ops1' })
  expect(start.status).toBe(200)
  const forged = { challenge: start.body.challenge.replace(/"nonce":"./, '"nonce":"z'), signature: 'x' }
  let last = 0
  for (let i = 0; i < 25; i++) last = (await scene.call('nobody', 'POST', '/login/finish', forged)).status
  expect(last).toBe(429)
  const signature = await scene.sign('ops1', start.body.challenge, 'sekisho-login')
  const finish = { challenge: start.body.challenge, signature }
  expect((await scene.call('nobody', 'POST', '/login/finish', finish)).status).toBe(200)
  expect(await post('/login/start', {}, 'http://127.0.0.1:7440')).not.toBe(403)
})

test('challenges that nobody can use any more do not stay', async () => {
  await scene.reopenGate()
  await scene.sql("insert into login_challenge values ('old', 'ops1', now() - interval '1 minute')")
  await scene.call('nobody', 'POST', '/login/start', { person: 'ops1' })
  expect(await scene.sql("select 1 from login_challenge where challenge = 'old'")).toEqual([])
})

test.each([
  ['a name of a setting', { set: [{ key: 'A B', value: '1' }] }, 'env.set.0.key', 'A B'],
  ['a value too long', { set: [{ key: 'A', value: 'x'.repeat(40_000) }] }, 'env.set.0.value', '32768'],
  ['a NUL', { set: [{ key: 'A', value: 'hunter2\0' }] }, 'env.set.0.value', 'NUL'],
  ['too many', { unset: Array.from({ length: 101 }, () => 'A') }, 'env.unset', '100'],
  ['the wrong kind', { set: 'A=1' }, 'env.set', ''],
  ['something missing', { set: [{ key: 'A' }] }, 'env.set.0.value', ''],
  ['a path that is none', { path: 'x.env' }, 'env.path', 'x.env'],
])('%s is refused by its field with a sentence of each language', async (_name, env, field, names) => {
  const body = { ...wish(''), files: undefined, env: { set: [], secret: [], unset: [], ...env } }
  const said: string[] = []
  for (const lang of ['ja', 'en']) {
    const answer = await scene.call<{ code: string; title: string; detail: string }>(
      'dev',
      'POST',
      '/changes',
      body,
      { 'accept-language': lang },
    )
    const { code, title, detail } = answer.body
    expect([answer.status, code]).toEqual([400, 'input.invalid'])
    expect(title).toContain(field)
    expect(detail).toContain(names)
    expect(/[\u3040-\u30ff]/.test(detail), detail).toBe(lang === 'ja')
    expect(answer.text).not.toMatch(/Invalid|expected string|\^|hunter2/)
    said.push(detail)
  }
  expect(new Set(said).size).toBe(2)
})

test('doctor names the host as the rules do, and the machine where they give no name', async () => {
  const host = async () =>
    (
      await scene.call<{ facts: { name: string; values: Record<string, unknown> }[] }>(
        'ops1',
        'GET',
        '/doctor',
      )
    ).body.facts.find(({ name }) => name === 'runner')?.values['host']
  expect(await host()).toBe('test')
  await scene.rewritePolicy((yaml) => yaml.replace('name: test\n', ''))
  expect(await host()).toBe(hostname())
  await scene.rewritePolicy((yaml) => `name: test\n${yaml}`)
  expect(await host()).toBe('test')
})

test('P4 doctor names rules that others can write, and what to type', async () => {
  const source = join(scene.directory, 'etc/sekisho.yaml')
  const facts = async () =>
    (await scene.call<{ facts: { code: string; values: object }[] }>('ops1', 'GET', '/doctor')).body.facts
  const named = async () => (await facts()).find(({ code }) => code === 'doctor.rules_untrusted')?.values
  await chmod(source, 0o640)
  expect(await named()).toBeUndefined()
  await chmod(source, 0o666)
  expect(await named()).toEqual({ path: source, mend: `chmod 0640 ${source}` })
})

test('doctor tells of rules that were edited and are not in force', async () => {
  const source = join(scene.directory, 'etc/sekisho.yaml')
  const whole = await readFile(source, 'utf8')
  const told = async () =>
    (await scene.call<{ facts: { code: string; state: string }[] }>('ops1', 'GET', '/doctor')).body.facts
      .filter(({ code }) => /rules_(pending|broken|missing)/.test(code))
      .map(({ code, state }) => `${state} ${code}`)
  expect(await told()).toEqual([])
  await writeFile(source, whole.replace('name: Dev,', 'name: Devorah,'))
  expect(await told()).toEqual(['warn doctor.rules_pending'])
  await writeFile(source, `${whole}servicess: {}\n`)
  expect(await told()).toEqual(['bad doctor.rules_broken'])
  await rm(source)
  expect(await told()).toEqual(['warn doctor.rules_missing'])
  await writeFile(source, whole)
  expect(await told()).toEqual([])
})

test('the list of changes is paged without a gap or a repetition while new changes arrive, and says when there is more', async () => {
  const make = async (who: 'dev' | 'ops1', content: string) =>
    (await scene.call<ChangeView>(who, 'POST', '/changes', wish(content))).body.id
  const made: string[] = []
  for (let i = 0; i < 5; i++) made.unshift(await make('dev', `limit = 5${i}\n`))
  const page = async (query: string) =>
    (await scene.call<{ changes: ChangeView[]; next?: string }>('ops1', 'GET', `/changes?${query}`)).body
  const first = await page('limit=2&by=dev')
  expect(first.changes.map(({ id }) => id)).toEqual(made.slice(0, 2))
  expect(first.next).toBe(made[1])
  await make('dev', 'limit = 60\n')
  const second = await page(`limit=2&by=dev&after=${first.next}`)
  expect(second.changes.map(({ id }) => id)).toEqual(made.slice(2, 4))
  const all = await page('limit=200')
  expect(all.next).toBeUndefined()
  expect((await scene.call('ops1', 'GET', '/changes?after=CHG-2026-9999')).status).toBe(404)
})

test('the list of changes is found by file, by person, by time and by state', async () => {
  const ids = async (query: string) =>
    (
      await scene.call<{ changes: ChangeView[] }>('ops1', 'GET', `/changes?limit=200&${query}`)
    ).body.changes.map(({ id }) => id)
  const before = new Date().toISOString()
  const mine = await scene.call<ChangeView>('ops2', 'POST', '/changes', wish('limit = 70\n'))
  const { id } = mine.body
  expect(await ids(`file=${encodeURIComponent(scene.file)}`)).toContain(id)
  expect(await ids('file=/etc/passwd')).toEqual([])
  expect(await ids('by=ops2')).toEqual([id])
  expect(await ids(`since=${before}`)).toEqual([id])
  expect(await ids(`until=${before}`)).not.toContain(id)
  expect(await ids('by=ops2&state=planned')).toEqual([id])
  expect(await ids('by=ops2&state=kept')).toEqual([])
  await scene.call('ops2', 'POST', `/changes/${id}/withdraw`, {})
  expect(await ids('by=ops2&state=withdrawn')).toEqual([id])
  expect(await ids('by=ops2&open=true')).toEqual([])
})

test('a search in the records finds instruction, reason, file, person and line of the difference, each with its change', async () => {
  const made = await scene.call<ChangeView>('dev', 'POST', '/changes', {
    ...wish('limit = 81\n# gooseberry\n'),
    instruction: { text: 'Larger uploads, said "the" 100% customer' },
    reason: 'ticket 4711',
  })
  type Found = { hits: { change: string; field: string; line: string }[]; next?: number }
  const search = async (text: string, more = '') =>
    (await scene.call<Found>('ops1', 'GET', `/records?text=${encodeURIComponent(text)}${more}`)).body
  for (const [text, field] of [
    ['said "the" 100%', 'instruction'],
    ['TICKET 4711', 'reason'],
    ['gooseberry', 'diff'],
  ] as const) {
    const { hits } = await search(text)
    expect([...new Set(hits.map(({ change }) => change))], text).toEqual([made.body.id])
    expect(hits.map((one) => one.field)).toContain(field)
  }
  expect((await search('app.conf')).hits.map(({ change }) => change)).toContain(made.body.id)
  expect((await search('100_ customer')).hits).toEqual([])
  const seen: string[] = []
  for (let more = '', turn = 0; turn < 50; turn++) {
    const found = await search('dev', `&limit=3${more}`)
    seen.push(...found.hits.map((one) => JSON.stringify(one)))
    if (found.next === undefined) break
    more = `&before=${found.next}`
  }
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen).toEqual((await search('dev', '&limit=200')).hits.map((one) => JSON.stringify(one)))
})

test('status counts all changes, shows the oldest that start and one’s own first, and finds the last by an index, and shows no row as it was', async () => {
  await scene.reopenGate()
  const { id } = await scene.sealed('claude', 'limit = 77\n')
  await scene.sql(
    `insert into change (id, version, state, service, revision, document, created_at, updated_at)
     select n.id, 1, n.state, 'app', 1, c.document || jsonb_build_object('id', n.id, 'state', n.state)
         || case when n.i = 7 then '{"author":"dev"}'::jsonb else '{}'::jsonb end, n.at, n.at
     from change c, (select i, 'CHG-1999-' || lpad(i::text, 4, '0') as id, now() - interval '1 year' + make_interval(secs => i) as at,
       case when i <= 300 then 'void' when i <= 600 then 'approved' else 'closed' end as state from generate_series(1, 3000) as i) n
     where c.id = $1`,
    [id],
  )
  await scene.sql('analyze change')
  try {
    const { body } = await scene.call<Status>('dev', 'GET', '/status')
    expect([body.toRevise, body.queued, body.waiting]).toEqual([300, 300, 1])
    expect(body.queue?.map((one) => one.id)).toEqual(
      ['301', '302', '303', '304', '305'].map((one) => `CHG-1999-0${one}`),
    )
    expect(body.revise[0]?.id).toBe('CHG-1999-0007')
    expect(body.revise[1]?.id).toBe('CHG-1999-0300')
    expect(body.last?.id).toBe('CHG-1999-3000')
    // A row that somebody wrote since, also without the gate and without a new version, is shown as it is now, to all who ask at once.
    await scene.sql(
      `update change set document = document || '{"summary":"written since"}' where id in ('CHG-1999-0301', 'CHG-1999-3000')`,
    )
    await scene.sql(
      `update change set state = 'closed', document = document || '{"state":"closed"}' where id = 'CHG-1999-0302'`,
    )
    for (const { body: after } of await Promise.all(
      (['dev', 'ops2', 'dev'] as const).map((who) => scene.call<Status>(who, 'GET', '/status')),
    )) {
      expect(after.queue?.map((one) => one.id.slice(-3))).toEqual(['301', '303', '304', '305', '306'])
      expect([after.queue?.[0]?.summary, after.queue?.[1]?.summary]).toEqual(['written since', undefined])
      expect([after.queued, after.last?.summary]).toEqual([299, 'written since'])
    }
    const plan = await scene.sql(
      "explain select document, version, updated_at from change where state = 'closed' order by updated_at desc limit 1",
    )
    expect(JSON.stringify(plan)).toContain('change_closed_lately')
  } finally {
    await scene.sql("delete from change where id like 'CHG-1999-%'")
  }
})
