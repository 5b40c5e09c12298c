// An installation of the release before the registries and the sides (2026-11-29) is opened by this one: its ledger, journal and signatures are
// verified, and what was approved there is started and kept here. How it was made and what is in it: tests/fixtures/earlier-release.md.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrations } from '../../src/app/migrations.ts'
import { type OpenGate, openGate } from '../../src/app/open-gate.ts'
import { connectRunner } from '../../src/app/runner-client.ts'
import { isObject, parseJson } from '../../src/base/json.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { GATE } from '../../src/db/layout.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openStore } from '../../src/db/open.ts'
import { withClient } from '../../src/db/prepare.ts'
import { openDoor } from '../../src/http/application.ts'
import { parseLedgerKey } from '../../src/ledger/checkpoint.ts'
import { Verifier } from '../../src/ledger/verify.ts'
import { systemClock, systemRandom } from '../../src/sys/clock.ts'
import { run } from '../../src/sys/process.ts'
import { RUNNER } from '../bundle.ts'
import { freshDatabase, type TestDatabase } from '../db/database.ts'
import { hear } from '../heard.ts'
import { note } from '../left-over.ts'
import { until } from '../until.ts'
import { ROOT } from './ground.ts'

/** Plans, rules and journal name their files by these paths, so the installation lies where it was made. */
const PLACE = join('/tmp', 'sekisho-of-an-earlier-release')
/** The probe of the declared file, as the rules name it. */
const PROBE_PORT = 28_461
const PACKED = join(import.meta.dirname, '../fixtures/earlier-release.tar.gz')
const ORACLES = join(import.meta.dirname, '../oracle')

interface About {
  readonly kept: string
  readonly approved: string
  /** Its window opens here. */
  readonly from: string
}
interface Rows {
  readonly tables: Readonly<Record<string, readonly Record<string, unknown>[]>>
  readonly sequences: readonly { readonly name: string; readonly last: string | null }[]
}

let unpacked: string
let about: About
let rows: Rows
let key: string
let database: TestDatabase
let runner: ChildProcess | undefined
let opened: OpenGate
let service: Server
let migrated: readonly string[]
const closing = new AbortController()
let call: <T>(
  method: string,
  path: string,
  body?: object,
) => Promise<{ status: number; text: string; body: T }>

/** The tables as that release left them, in a database that has only its migrations. */
async function fill({ tables, sequences }: Rows): Promise<TestDatabase> {
  const applied = (tables['migration'] ?? []).map(({ id }) => id)
  const made = await freshDatabase(migrations(GATE).filter(({ id }) => applied.includes(id)))
  await withClient(made.ownerUrl, async (client) => {
    // A migration whose text was edited is refused at the start, as in that installation.
    await client.query("set session_replication_role = 'replica'; delete from migration")
    for (const [table, list] of Object.entries(tables)) {
      const columns = Object.keys(list[0] ?? {}).map((name) => `"${name}"`)
      if (columns.length === 0) continue
      await client.query(`delete from "${table}"`)
      await client.query(
        `insert into "${table}" (${columns.join(', ')}) overriding system value
         select ${columns.join(', ')} from json_populate_recordset(null::"${table}", $1::json)`,
        [JSON.stringify(list)],
      )
    }
    for (const { name, last } of sequences)
      if (last !== null) await client.query('select setval($1::regclass, $2::bigint)', [name, last])
  })
  return made
}

/** State and size, by this program and by the oracle. */
function verdicts(path: string): readonly unknown[] {
  const read = parseLedgerKey(key)
  if (read === undefined) throw new Error(`no key: ${key}`)
  const verifier = new Verifier({ key: read, heads: [] })
  for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) verifier.line(Buffer.from(line))
  const { state, exit } = verifier.end(false)
  const task = JSON.stringify({ name: 'earlier', key, path, heads: [] })
  const told = execFileSync('python3', ['-I', join(ORACLES, 'verify.py'), '--batch'], { input: `${task}\n` })
  const second = parseJson(told.toString('utf8').trim())
  return [{ state, exit }, isObject(second) ? { state: second['state'], exit: second['exit'] } : second]
}

// Files, keys and copies of it belong to root.
describe.runIf(ROOT)('an installation of an earlier release', () => {
  beforeAll(async () => {
    // One at a time on a machine: another run may be using the same paths.
    await until('another run to be done', 50_000, () =>
      mkdir(PLACE).then(
        () => true,
        () => undefined,
      ),
    )
    note(PLACE)
    unpacked = join(tmpdir(), `sekisho-unpacked-${process.pid}`)
    await mkdir(unpacked)
    note(unpacked)
    execFileSync('tar', ['-xzf', PACKED, '-C', unpacked, '--numeric-owner', '--strip-components=1'])
    execFileSync('cp', ['-a', `${join(unpacked, 'installation')}/.`, PLACE])
    const fixture = <T>(name: string) => JSON.parse(readFileSync(join(unpacked, name), 'utf8')) as T
    about = fixture<About>('about.json')
    rows = fixture<Rows>('database.json')
    key = String(rows.tables['setting']?.find(({ name }) => name === 'ledger_key')?.['value'])
    const file = join(PLACE, 'world', 'app.conf')
    service = createServer((_, response) => {
      response.end(
        JSON.stringify({ ok: String(/^limit = \d+$/m.test(readFileSync(file, 'utf8'))) === 'true' }),
      )
    })
    await new Promise<void>((resolve) => service.listen(PROBE_PORT, '127.0.0.1', resolve))

    database = await fill(rows)
    migrated = await migrate(database.ownerUrl, migrations(GATE))

    // A minute into the window: approvals and evidence of that day are valid at that hour only.
    const ahead = Date.parse(about.from) + 60_000 - Date.now()
    const then = join(unpacked, 'runner-then.mjs')
    writeFileSync(
      then,
      `const now = Date.now.bind(Date)\nDate.now = () => now() + ${ahead}\nawait import(${JSON.stringify(RUNNER)})\n`,
    )
    const [data, etc, guard] = ['data', 'etc', 'guard'].map((name) => join(PLACE, name)) as [
      string,
      string,
      string,
    ]
    const compiledRules = join(etc, 'runner.json')
    const runnerSocket = join(data, 'run', 'runner.sock')
    runner = spawn(
      process.execPath,
      [then, '--data', data, '--policy', compiledRules, '--host', 'local', '--guard', guard],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const client = connectRunner(runnerSocket)
    await hear(runner).until('the runner answers', () =>
      client.ask('status', {}).then(
        () => true,
        () => false,
      ),
    )
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    opened = await openGate({
      store: openStore<unknown>({ url: database.gateUrl, log }),
      runnerSocket,
      compiledRules,
      rulesFile: join(etc, 'sekisho.yaml'),
      guardDirectory: guard,
      clock: { ...systemClock, now: () => Date.now() + ahead },
      random: systemRandom,
      log,
      engine: { databaseUrl: await database.engineUrl(), slot: 0, onLost: () => {} },
    })
    const door = openDoor({ gate: opened.gate, closing: closing.signal })
    let token: string | undefined
    call = async <T>(method: string, path: string, body?: object) => {
      const response = await door.request(`http://127.0.0.1:7440/api/v1${path}`, {
        method,
        headers: {
          host: '127.0.0.1:7440',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '')
      return { status: response.status, text, body: (isJson ? JSON.parse(text) : text) as T }
    }
    const { body } = await call<{ challenge: string }>('POST', '/login/start', { person: 'ops1' })
    const signed = await run(
      ['ssh-keygen', '-Y', 'sign', '-n', 'sekisho-login', '-f', join(PLACE, 'ops1.key')],
      { input: body.challenge },
    )
    const login = await call<{ token: string }>('POST', '/login/finish', {
      challenge: body.challenge,
      signature: signed.stdout,
    })
    token = login.body.token
    expect(login.status, login.text).toBe(200)
  })
  afterAll(async () => {
    closing.abort()
    await opened?.close()
    const ended = runner
    if (ended !== undefined && ended.exitCode === null)
      await new Promise<void>((resolve) => {
        ended.once('exit', () => resolve())
        ended.kill('SIGTERM')
      })
    service?.close()
    await database?.drop()
    for (const one of [PLACE, unpacked]) rmSync(one, { recursive: true, force: true })
  })

  test('the ledger that an earlier release exported is sound to the offline verifier and to the oracle', () => {
    expect(verdicts(join(unpacked, 'ledger.ndjson'))).toEqual([
      { state: 'sound', exit: 0 },
      { state: 'sound', exit: 0 },
    ])
  })

  test('plans, envelopes and signed statements of an earlier release have the digests that they were stored under, by the oracle too', () => {
    const objects = join(PLACE, 'data', 'runner', 'objects')
    const asked = (['plan', 'envelope', 'statement'] as const).flatMap((kind) =>
      readdirSync(join(objects, kind)).map((digest) => {
        const text = readFileSync(join(objects, kind, digest), 'utf8')
        const signed =
          kind === 'statement' ? (JSON.parse(text) as { text: string; signature: string }) : { text }
        return { digest, question: { ask: kind, ...signed } }
      }),
    )
    const input = asked.map(({ question }) => `${JSON.stringify(question)}\n`).join('')
    const told = execFileSync('python3', ['-I', join(ORACLES, 'seal.py')], { input, encoding: 'utf8' })
    const digests = told
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { digest?: string }).digest)
    expect(digests).toEqual(asked.map(({ digest }) => digest))
    expect(asked.length).toBeGreaterThanOrEqual(6)
  })

  test('what was approved under an earlier release starts and is kept here, on its own journal and tables', async () => {
    expect(migrated).toEqual(
      migrations(GATE)
        .map(({ id }) => id)
        .filter((id) => rows.tables['migration']?.every((one) => one['id'] !== id)),
    )
    const view = async (id: string) => (await call<ChangeView>('GET', `/changes/${id}`)).body
    expect(await view(about.kept)).toMatchObject({ state: 'closed', execution: { outcome: 'kept' } })
    const done = await until(`${about.approved} to end`, 40_000, async () => {
      const now = await view(about.approved)
      return ['closed', 'void', 'failed', 'rejected', 'expired'].includes(now.state) ? now : undefined
    })

    expect(done).toMatchObject({ state: 'closed', execution: { outcome: 'kept' } })
    expect(readFileSync(join(PLACE, 'world', 'app.conf'), 'utf8')).toBe('limit = 30\n')

    const backups = await call<{ copies: { state: string; level: string }[]; standing: boolean }>(
      'GET',
      '/services/app/backups',
    )
    expect(backups.body).toMatchObject({
      copies: [{ state: 'sound', level: expect.stringMatching(/^(content|restored)$/) }],
    })
    const standing = await call<{ standing: { verb: string; state: string }[] }>('GET', '/standing')
    expect(standing.body.standing.map(({ verb, state }) => `${verb} ${state}`).sort()).toEqual([
      'backup live',
      'restart live',
    ])
    await call('POST', '/ledger/checkpoint')
    expect((await call('POST', '/ledger/verify')).body).toMatchObject({ sound: true, checkpoint: 'signed' })
    const exported = join(unpacked, 'after.ndjson')
    writeFileSync(exported, (await call('GET', '/ledger/export')).text)
    expect(verdicts(exported)).toEqual([
      { state: 'sound', exit: 0 },
      { state: 'sound', exit: 0 },
    ])
  })
})
