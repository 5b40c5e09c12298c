// Between the last comparison and the exchange somebody may write. What was there is compared once more when it is ours alone and before anybody is let in:
// what has grown is exchanged back and void, and a runner that is killed there settles to the one or the other.
import { spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Service } from '../../src/plans/policy.ts'
import type { RestoreAction, Staged, StagedPart } from '../../src/plans/restore.ts'
import { dumpDatabase } from '../../src/postgres/dump.ts'
import { databaseOid } from '../../src/postgres/facts.ts'
import { readDump } from '../../src/postgres/read-dump.ts'
import { loadStage } from '../../src/postgres/stage-load.ts'
import { probeSwap } from '../../src/postgres/swap.ts'
import type { SwapPair } from '../../src/postgres/types.ts'
import { listsAgain } from '../../src/restore/loss.ts'
import type { RestoreHands, StageRecord } from '../../src/restore/stage-record.ts'
import { probe } from '../../src/runner/act/action.ts'
import type { ActContext } from '../../src/runner/act/context.ts'
import { applyRestore, probeRestore, putRestoreBack } from '../../src/runner/act/restore.ts'
import type { RunnerParts } from '../../src/runner/parts.ts'
import { run } from '../../src/sys/process.ts'
import { describeWith } from '../host/describe.ts'
import { clusterPort, LIMITS, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'

const STAGE = '0123456789abcdef0123456789abcdef'
const FROM = {
  backup: '20261125_191200Z',
  copy: 'local',
  manifest: 'a'.repeat(64),
  taken: '2026-11-25T19:12:00.000Z',
} as unknown as StagedPart['from']
const TIMEOUT = 60_000

/** What the runner works with, as far as an act and its lists ask for it. */
async function world(
  service: Service,
  record: Omit<StageRecord, 'staged'>,
  part: StagedPart,
  at: (name: string) => void = () => {},
): Promise<{ readonly c: ActContext; readonly staged: Staged; readonly record: StageRecord }> {
  const signal = new AbortController().signal
  const parts = {
    keys: { keyed: new Uint8Array(32).fill(3) },
    process: run,
    command: [process.execPath],
    root: true,
  } as unknown as RunnerParts
  const context = { parts, service, stage: STAGE, signal }
  const wish = { kind: 'full', from: 'last-known-good' } as const
  const bare = { ...record, staged: { wish } as Staged }
  const { digest } = await listsAgain(bare, context)
  const staged = {
    stage: STAGE,
    service: service.name,
    wish,
    lists: digest,
    parts: [part],
  } as unknown as Staged
  const whole = { ...record, staged }
  const restore: RestoreHands = {
    record: async () => whole,
    lists: async (now) => (await listsAgain(now, context)).digest,
    altered: async () => undefined,
  }
  return { c: { run, signal, killPoint: at, restore } as unknown as ActContext, staged, record: whole }
}
const SINCE = { boot: '', uptime: 0 }

describe('a tree', () => {
  let directory: string
  let data: string
  let beside: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'look-'))
    data = join(directory, 'data')
    mkdirSync(data)
    beside = join(directory, 'staging')
    mkdirSync(beside)
    writeFileSync(join(data, 'orders.log'), 'one\n')
    writeFileSync(join(beside, 'orders.log'), 'restored\n')
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))
  const live = () => readFileSync(join(data, 'orders.log'), 'utf8')
  const inode = (path: string) => `${statSync(path).dev}:${statSync(path).ino}`

  function open(at?: (name: string) => void) {
    const service = {
      name: 'app',
      data: [{ name: 'data', dir: data, secret: [], invariants: {} }],
    } as unknown as Service
    const exchanges = [{ path: data, beside, staged: inode(beside), live: inode(data) }]
    const part = { kind: 'exchange', of: 'directory', item: 'data', path: data, from: FROM } as StagedPart
    return world(service, { exchanges, swaps: [] }, part, at)
  }
  const action = {
    get exchange(): RestoreAction {
      return {
        kind: 'exchange',
        stage: STAGE,
        of: 'directory',
        item: 'data',
        path: data,
        from: FROM,
        digest: 'd'.repeat(64),
      }
    },
  }

  test('nobody writes: it is exchanged', async () => {
    const { c } = await open()
    expect(await applyRestore(action.exchange, c, TIMEOUT)).toMatchObject({ result: 'applied' })
    expect(live()).toBe('restored\n')
  })

  test.each(['exchange.before', 'exchange.after'])(
    'what is written at %s is not lost: it is exchanged back, and void',
    async (point) => {
      const held = openSync(join(data, 'orders.log'), 'a')
      let left = 1
      const { c } = await open((name) => {
        if (name === point && left-- > 0) writeSync(held, 'paid\n')
      })
      expect(await applyRestore(action.exchange, c, TIMEOUT)).toMatchObject({
        result: 'failed',
        detail: { why: 'restore.loss_grew' },
      })
      closeSync(held)
      expect(live()).toBe('one\npaid\n')
      expect((await probeRestore(action.exchange, c, TIMEOUT)).found).toBe('not_applied')
      expect(await putRestoreBack(action.exchange, c, TIMEOUT)).toMatchObject({ result: 'applied' })
      expect(live()).toBe('one\npaid\n')
    },
  )

  test.each([
    ['nothing was written', false],
    ['something was written', true],
  ])('killed after the exchange, %s: it settles', async (_, wrote) => {
    const held = openSync(join(data, 'orders.log'), 'a')
    const { c } = await open((name) => {
      if (name === 'exchange.after') throw new Error('killed')
    })
    await expect(applyRestore(action.exchange, c, TIMEOUT)).rejects.toThrow('killed')
    expect(live()).toBe('restored\n')
    if (wrote) writeSync(held, 'paid\n')
    closeSync(held)
    const after = { ...c, killPoint: () => {} }
    expect((await probe(action.exchange, after, SINCE)).found).toBe(wrote ? 'not_applied' : 'applied')
    expect(live()).toBe(wrote ? 'one\npaid\n' : 'restored\n')
    if (!wrote) return
    // Done anew it says why.
    expect(await applyRestore(action.exchange, after, TIMEOUT)).toMatchObject({
      detail: { why: 'restore.loss_grew' },
    })
    expect(live()).toBe('one\npaid\n')
  })
})

describeWith('postgres', 'a database', () => {
  let cluster: TestCluster
  let pair: SwapPair
  const PORT = clusterPort()
  const service = { name: 'app' } as unknown as Service
  const rename = {
    kind: 'renameDatabase',
    stage: STAGE,
    item: 'mirai',
    database: 'mirai',
    port: PORT,
    beside: '',
    from: FROM,
    digest: 'd'.repeat(64),
  } as RestoreAction
  const count = (database: string) => cluster.sql(database, 'SELECT count(*) FROM articles')

  beforeAll(async () => {
    cluster = await startPostgres({}, PORT)
    await cluster.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
    await cluster.sql(
      'mirai',
      "CREATE TABLE articles (id int PRIMARY KEY, t text); ALTER TABLE articles OWNER TO mirai; INSERT INTO articles SELECT i, 'x' FROM generate_series(1, 100) i",
    )
    const path = join(cluster.directory, 'mirai.dump')
    const { facts } = await dumpDatabase(cluster.cluster, 'mirai', path, LIMITS)
    const dump = await readDump(path, { programs: cluster.programs, as: cluster.scratch }, LIMITS)
    const wanted = { database: 'mirai', id: '20261125_191200Z', dump, facts, loader: cluster.scratch }
    pair = (await loadStage(cluster.cluster, path, wanted, LIMITS)).pair
    await cluster.sql('mirai', 'DELETE FROM articles WHERE id = 5')
  }, 120_000)
  afterAll(() => cluster.stop())

  function open(at?: (name: string) => void) {
    const part = { kind: 'database', item: 'mirai', database: 'mirai', port: PORT, from: FROM } as StagedPart
    return world(service, { exchanges: [], swaps: [{ port: PORT, pair }] }, part, at)
  }
  const state = async () => (await probeSwap(cluster.cluster, pair, LIMITS)).state
  const oid = () => databaseOid(cluster.cluster, 'mirai', LIMITS)
  /** From a process of its own, so that it has ended when the act goes on. */
  const insert = (database: string, id: number) => {
    const rest = [
      `--reuid=${cluster.cluster.as.uid}`,
      `--regid=${cluster.cluster.as.gid}`,
      '--clear-groups',
      'psql',
      '-X',
      '-h',
      cluster.cluster.socket,
      '-p',
      String(PORT),
      '-d',
      database,
      '-c',
      `INSERT INTO articles VALUES (${id}, 'paid')`,
    ]
    return spawnSync('setpriv', rest, { stdio: 'ignore' }).status
  }

  test('a row that is committed between the comparison and the exchange is not lost: void, and it is there', async () => {
    const before = await oid()
    const { c } = await open((name) => {
      if (name === 'swap.before') expect(insert('mirai', 10_001)).toBe(0)
    })
    expect(await applyRestore(rename, c, TIMEOUT)).toMatchObject({
      result: 'failed',
      detail: { why: 'restore.loss_grew' },
    })
    expect([await state(), await oid(), await count('mirai')]).toEqual(['not_applied', before, '100'])
    await cluster.sql('mirai', 'DELETE FROM articles WHERE id = 10001')
  })

  test('while it is looked at nobody comes in by its name; then the names are exchanged', async () => {
    const tries: (number | null)[] = []
    const { c } = await open((name) => {
      if (name === 'swap.parted' || name === 'swap.looked') tries.push(insert('mirai', 10_002))
    })
    expect(await applyRestore(rename, c, TIMEOUT)).toMatchObject({ result: 'applied' })
    expect(tries.map((code) => code !== 0)).toEqual([true, true])
    expect([await state(), await count('mirai'), await count(pair.beside)]).toEqual(['applied', '100', '99'])
    expect(await putRestoreBack(rename, { ...c, killPoint: () => {} }, TIMEOUT)).toMatchObject({
      result: 'applied',
    })
    expect([await state(), await count('mirai')]).toEqual(['not_applied', '99'])
  })

  test('killed while it looks: the name comes back, and the act can be done anew, or taken back', async () => {
    const { c } = await open()
    for (const settle of [
      async () => expect((await probe(rename, c, SINCE)).found).toBe('not_applied'),
      async () => expect((await putRestoreBack(rename, c, TIMEOUT)).result).toBe('applied'),
    ]) {
      const program = new URL('../runner-fixtures/postgres-act.ts', import.meta.url).pathname
      const child = spawn(
        process.execPath,
        [program, 'look', JSON.stringify({ cluster: cluster.cluster, pair })],
        { stdio: 'ignore' },
      )
      while ((await state()) !== 'parted');
      child.kill('SIGKILL')
      expect(await oid()).toBeUndefined()
      await settle()
      expect([await state(), await oid(), await count('mirai')]).toEqual(['not_applied', pair.liveOid, '99'])
    }
    expect(await applyRestore(rename, c, TIMEOUT)).toMatchObject({ result: 'applied' })
    expect(await count('mirai')).toBe('100')
  })
})
