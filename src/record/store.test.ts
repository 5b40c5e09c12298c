// The ledger on a real PostgreSQL, written as the gate's role; what nobody may do is tried as owner and as gate.
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Digest, sha256 } from '../base/hash.ts'
import { ed25519Private, ed25519Public } from '../base/sign.ts'
import { type Embedded, startEmbedded } from '../db/embedded.ts'
import { silentLog } from '../db/log.ts'
import { migrate } from '../db/migrate.ts'
import { openStore, type Store } from '../db/open.ts'
import { read, write } from '../db/tx.ts'
import { extendCheckpoint, signCheckpoint } from '../ledger/checkpoint.ts'
import { parseEntry } from '../ledger/entry.ts'
import { exportLines, extractLines } from '../ledger/export.ts'
import {
  append,
  EMPTY_TREE,
  fromHex,
  type Hash,
  hex,
  leafHash,
  root,
  verifyConsistency,
  verifyInclusion,
} from '../ledger/merkle.ts'
import { Verifier } from '../ledger/verify.ts'
import { systemClock, systemRandom } from '../sys/clock.ts'
import { exportSource, extractSource } from './export-store.ts'
import {
  appendEntry,
  consistencyProof,
  currentRoot,
  eraseBlob,
  getBlob,
  inclusionProof,
  LEDGER_SCHEMA,
  latestCheckpoint,
  ledgerGrants,
  putBlob,
  readEntries,
  readSubject,
  rootAt,
  saveCheckpoint,
  streamBodies,
} from './store.ts'

let directory: string
const asRoot = process.getuid?.() === 0
let server: Embedded
let store: Store<object>
let owner: pg.Client

beforeAll(async () => {
  directory = mkdtempSync('/tmp/sekisho-ledger-')
  const account = { uid: 65_534, gid: 65_534 }
  chmodSync(directory, 0o755)
  if (asRoot) chownSync(directory, account.uid, account.gid)
  server = await startEmbedded({
    dataDirectory: directory,
    ...(asRoot ? { server: account } : {}),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  })
  await migrate(server.ownerUrl, [{ id: '0001-ledger', sql: LEDGER_SCHEMA + ledgerGrants('sk_gate') }])
  store = openStore({ url: server.gateUrl, log: silentLog })
  owner = new pg.Client({ connectionString: server.ownerUrl })
  await owner.connect()
}, 120_000)

afterAll(async () => {
  await owner?.end()
  await store?.close()
  await server?.stop()
  rmSync(directory, { recursive: true, force: true })
  // A server that stops writes all that it holds first.
}, 60_000)

const clock = { now: () => Date.parse('2026-11-25T14:02:11.000Z') }
const draft = (n: number) => ({
  kind: 'change.created',
  subject: n % 3 === 0 ? 'CHG-2026-0001' : `CHG-2026-0002/${n}`,
  actor: 'ops1',
  payload: { n, text: '上限を 20MB に' },
})
const hashes = (texts: readonly string[]): Hash[] => texts.map((text) => fromHex(text) ?? Buffer.alloc(0))

test('entries are numbered, linked and hashed; roots and proofs equal those of the tree built from the bodies', async () => {
  const roots: string[] = [(await read(store.db, currentRoot)).root]
  let tree = EMPTY_TREE
  for (let n = 1; n <= 70; n++) {
    const appended = await write(store.db, (tx) => appendEntry(tx, draft(n), clock))
    expect(appended.seq).toBe(n)
    tree = append(tree, leafHash(appended.body))
    const now = await read(store.db, currentRoot)
    expect(now).toEqual({ size: n, root: hex(root(tree)) })
    roots.push(now.root)
  }
  const entries = await readEntries(store.db, 1, 1000)
  expect(entries.map((entry) => entry.seq)).toEqual(Array.from({ length: 70 }, (_, i) => i + 1))
  entries.forEach((stored, i) => {
    const entry = parseEntry(stored.body)
    expect(entry.ok && entry.entry.prev).toBe(i === 0 ? '0'.repeat(64) : entries[i - 1]?.leaf)
    expect(stored.leaf).toBe(sha256(Buffer.concat([Buffer.of(0), Buffer.from(stored.body)])))
  })
  for (const size of [1, 2, 3, 7, 8, 9, 31, 32, 33, 64, 69, 70]) {
    expect((await rootAt(store.db, size)).root).toBe(roots[size])
    for (const old of [0, 1, 2, 3, 6, 8, 33, 64, size].filter((value) => value <= size)) {
      const proof = await consistencyProof(store.db, old, size)
      const [from, to] = hashes([roots[old] ?? '', roots[size] ?? ''])
      expect(verifyConsistency(old, from as Hash, size, to as Hash, hashes(proof))).toBe(true)
      const last = old === 0 ? undefined : { size: old, root: roots[old] as Digest }
      expect(extendCheckpoint(last, { size, root: roots[size] ?? '', consistency: proof }).ok).toBe(true)
    }
    for (const seq of [1, size, Math.ceil(size / 2)]) {
      const proof = await inclusionProof(store.db, seq, size)
      const leaf = hashes([entries[seq - 1]?.leaf ?? ''])[0] as Hash
      expect(
        verifyInclusion(seq - 1, size, leaf, hashes(proof), hashes([roots[size] ?? ''])[0] as Hash),
      ).toBe(true)
    }
  }
  const subject = await readSubject(store.db, 'CHG-2026-0001')
  expect(subject).toHaveLength(23)
  expect((await readSubject(store.db, 'CHG-2026-0002')).length).toBe(47)
  const streamed: number[] = []
  for await (const body of streamBodies(store.db, 50, 7)) streamed.push(body.seq)
  expect(streamed).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
})

test('an entry that is rolled back leaves no gap', async () => {
  const before = await currentRoot(store.db)
  const failing = write(store.db, async (tx) => {
    await appendEntry(tx, draft(1), clock)
    throw new Error('the state change failed')
  })
  await expect(failing).rejects.toThrow('the state change failed')
  expect(await currentRoot(store.db)).toEqual(before)
})

test('forty writers at once: one chain, no gap', async () => {
  const before = (await currentRoot(store.db)).size
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      store.db.transaction().execute((tx) => appendEntry(tx, draft(n), clock)),
    ),
  )
  const entries = await readEntries(store.db, before, before + 40)
  expect(entries).toHaveLength(41)
  for (let i = 1; i < entries.length; i++) expect(entries[i]?.entry.prev).toBe(entries[i - 1]?.leaf)
})

test('a writer that hangs is waited for at most two seconds', async () => {
  await owner.query('begin; select ledger_lock()')
  const started = performance.now()
  const waiting = store.db.transaction().execute((tx) => appendEntry(tx, draft(1), clock))
  await expect(waiting).rejects.toMatchObject({ code: 'store.busy' })
  expect(performance.now() - started).toBeLessThan(9000)
  await owner.query('rollback')
})

test.each(['gate', 'owner'])(
  'as %s: UPDATE, DELETE, TRUNCATE, gaps and wrong hashes are refused',
  async (who) => {
    const client = new pg.Client({ connectionString: who === 'gate' ? server.gateUrl : server.ownerUrl })
    await client.connect()
    const size = (await currentRoot(store.db)).size
    const before = (await readEntries(store.db, 1, size)).map((entry) => entry.body)
    const leaf = `sha256('\\x00'::bytea || convert_to('{}', 'UTF8'))`
    for (const statement of [
      'update ledger set body = body',
      `update ledger set body = '{}' where seq = 3`,
      'delete from ledger where seq = 3',
      'delete from ledger where false',
      'truncate ledger',
      `insert into ledger values (${size + 2}, ${leaf}, '', '{}', 'k', 's')`,
      `insert into ledger values (3, ${leaf}, '', '{}', 'k', 's')`,
      `insert into ledger values (${size + 1}, sha256('x'), '', '{}', 'k', 's')`,
      'delete from blob',
      'truncate blob',
      'delete from checkpoint',
      'truncate checkpoint',
    ])
      await expect(client.query(statement), statement).rejects.toThrow()
    if (who === 'gate') {
      await expect(client.query('alter table ledger disable trigger all')).rejects.toThrow(/owner/)
      await expect(client.query('drop table ledger')).rejects.toThrow(/owner/)
    }
    expect((await readEntries(store.db, 1, size + 5)).map((entry) => entry.body)).toEqual(before)
    await client.end()
  },
)

test('blobs: stored once, read back whole, erased only with an entry, brought back by the same bytes', async () => {
  const bytes = Buffer.from('client_max_body_size 20m;\n')
  const digest = await putBlob(store.db, 'file', bytes)
  expect(await putBlob(store.db, 'file', bytes)).toBe(digest)
  expect(await getBlob(store.db, digest)).toEqual({ state: 'present', kind: 'file', bytes })
  expect(await getBlob(store.db, sha256('other'))).toBeUndefined()
  const change = sql`update blob set bytes = 'x' where digest = ${digest}`.execute(store.db)
  await expect(change).rejects.toThrow()
  const by = { subject: digest, actor: 'ops1', reason: 'personal text' }
  const erased = await write(store.db, (tx) => eraseBlob(tx, digest, by, clock))
  expect(parseEntry(erased.body)).toMatchObject({ entry: { kind: 'blob.erased', payload: { digest } } })
  expect(await getBlob(store.db, digest)).toMatchObject({ state: 'erased', kind: 'file' })
  const again = write(store.db, (tx) => eraseBlob(tx, digest, by, clock))
  await expect(again).rejects.toMatchObject({ code: 'ledger.blob_missing' })
  await putBlob(store.db, 'file', bytes)
  expect(await getBlob(store.db, digest)).toMatchObject({ state: 'present' })
})

test('the latest checkpoint alone is kept, and it never shrinks or changes its root', async () => {
  expect(await latestCheckpoint(store.db)).toBeUndefined()
  const at = systemClockInstant()
  const first = { size: 10, root: sha256('a'), note: 'note a', at }
  await saveCheckpoint(store.db, first)
  expect(await latestCheckpoint(store.db)).toEqual(first)
  const second = { size: 12, root: sha256('b'), note: 'note b', at }
  await saveCheckpoint(store.db, second)
  await expect(saveCheckpoint(store.db, first)).rejects.toThrow(/cannot follow/)
  await expect(saveCheckpoint(store.db, { ...second, root: sha256('c') })).rejects.toThrow(/cannot follow/)
  expect(await latestCheckpoint(store.db)).toEqual(second)
})

test('what is exported from the tables verifies, whole and as an extract; then one row is changed behind the triggers', async () => {
  const privatePem = ed25519Private(Buffer.alloc(32, 5))
  const name = 'sekisho/test'
  const content = await putBlob(store.db, 'plan', Buffer.from('{"plan":1}'))
  await write(store.db, (tx) => appendEntry(tx, { ...draft(3), blobs: [content] }, clock))
  const head = await currentRoot(store.db)
  const note = signCheckpoint({ origin: name, ...head }, privatePem)
  const verdictOf = async (lines: AsyncIterable<string>) => {
    const verifier = new Verifier({ key: { name, publicKey: ed25519Public(privatePem) } })
    for await (const line of lines) verifier.line(Buffer.from(line))
    return verifier.end(false)
  }
  const source = { note, size: head.size }
  expect(await verdictOf(exportLines(exportSource(store.db, source)))).toMatchObject({
    state: 'sound',
    entries: head.size,
    blobs: 1,
  })
  const seqs = (await readSubject(store.db, 'CHG-2026-0001')).map((entry) => entry.seq)
  expect(await verdictOf(extractLines(await extractSource(store.db, source, seqs)))).toMatchObject({
    state: 'sound',
    entries: seqs.length,
    extract: true,
  })
  const by = { subject: 'ledger', actor: 'ops1', reason: 'personal text' }
  await write(store.db, (tx) => eraseBlob(tx, content, by, clock))
  await expect(verdictOf(exportLines(exportSource(store.db, source)))).rejects.toMatchObject({
    code: 'ledger.checkpoint_old',
  })
  const later = await currentRoot(store.db)
  const newer = { size: later.size, note: signCheckpoint({ origin: name, ...later }, privatePem) }
  expect(await verdictOf(exportLines(exportSource(store.db, newer)))).toMatchObject({ state: 'sound' })
  const erased = await verdictOf(extractLines(await extractSource(store.db, newer, [head.size])))
  expect(erased).toMatchObject({ state: 'sound', entries: 2, erased: [{ digest: content, seq: head.size }] })
  await owner.query('alter table ledger disable trigger all; alter table ledger drop constraint ledger_check')
  await owner.query(`update ledger set body = replace(body, 'ops1', 'ops2') where seq = 41`)
  expect(await verdictOf(exportLines(exportSource(store.db, newer)))).toMatchObject({
    state: 'altered',
    seq: 41,
  })
})

test('a row altered under the triggers is found by its number', async () => {
  await owner.query(`update ledger set body = 'not an entry' where seq = 5`)
  await expect(readEntries(store.db, 1, 10)).rejects.toMatchObject({
    code: 'ledger.damaged',
    detail: { seq: 5 },
  })
})

function systemClockInstant() {
  return new Date(clock.now()).toISOString() as never
}
