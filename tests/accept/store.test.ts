// The embedded store on the real machine: what it promises at start, and what it survives.
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { type Choice, findSources } from '../../src/db/binaries.ts'
import { startEmbedded } from '../../src/db/embedded.ts'
import { layout, ownerUrl } from '../../src/db/layout.ts'
import { silentLog } from '../../src/db/log.ts'
import { openStore } from '../../src/db/open.ts'
import { serverProcesses } from '../../src/db/pidfile.ts'
import { write } from '../../src/db/tx.ts'
import { run } from '../../src/sys/process.ts'
import { GROUND, SERVER_ACCOUNT } from '../db/database.ts'
import {
  ask,
  embed,
  foreignServer,
  isReady,
  kill,
  pidIn,
  place,
  sleeper,
  stateOf,
  stopped,
  storeProcess,
  until,
} from '../db/store-world.ts'
import { describeWith } from '../host/describe.ts'

const ROOT = process.getuid?.() === 0

describe('a start', () => {
  test('makes a server with fsync and checksums, not root, on a unix socket alone', async () => {
    const directory = await place()
    const embedded = await embed(directory)
    const [settings] = await ask<Record<string, string>>(
      embedded.ownerUrl,
      `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
              current_setting('data_checksums') AS checksums, current_setting('server_encoding') AS encoding,
              (SELECT datcollate FROM pg_database WHERE datname = current_database()) AS collate`,
    )
    expect(settings).toEqual({ fsync: 'on', pages: 'on', checksums: 'on', encoding: 'UTF8', collate: 'C' })
    // The kernel's own word on who runs it and on its sockets.
    const owner = statSync(`/proc/${embedded.pid()}`).uid
    expect(owner).not.toBe(0)
    const sockets = readdirSync(`/proc/${embedded.pid()}/fd`)
      .map((fd) => /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${embedded.pid()}/fd/${fd}`))?.[1])
      .filter((inode) => inode !== undefined)
    const tcp = readFileSync('/proc/net/tcp', 'utf8') + readFileSync('/proc/net/tcp6', 'utf8')
    expect(sockets.length).toBeGreaterThan(0)
    for (const inode of sockets) expect(tcp).not.toContain(` ${inode} `)
    expect(await embedded.stop()).toBe('ordered')
    expect(existsSync(layout(directory).socket + '/.s.PGSQL.5432')).toBe(false)
  })

  test('keeps passwords in files of their readers alone, and lets nobody in without', async () => {
    const directory = await place()
    const gate = ROOT ? { uid: 61_185, gid: 61_185 } : undefined
    const embedded = await embed(directory, gate === undefined ? {} : { gate })
    const { ownerPassword, gatePassword, cluster } = layout(directory)
    expect(statSync(ownerPassword)).toMatchObject({ uid: process.getuid?.() })
    expect(statSync(gatePassword)).toMatchObject({ uid: gate?.uid ?? process.getuid?.() })
    for (const path of [ownerPassword, gatePassword]) expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(cluster).mode & 0o777).toBe(0o700)
    const wrong = new URL(embedded.gateUrl)
    wrong.password = 'guess'
    await expect(ask(wrong.toString(), 'SELECT 1')).rejects.toMatchObject({ code: 'store.refused_login' })
    const [role] = await ask(
      embedded.gateUrl,
      'SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user',
    )
    expect(role).toEqual({ rolsuper: false, rolcreatedb: false, rolcreaterole: false })
    expect(await ask(embedded.engineUrl, 'CREATE SCHEMA mine')).toEqual([])
    await expect(ask(embedded.gateUrl, 'CREATE SCHEMA mine')).rejects.toMatchObject({
      code: 'store.no_permission',
    })
  })

  test('of a server with fsync, full pages or checksums off, or lazy commits, is refused by name', async () => {
    const directory = await place()
    await stopped(directory)
    const refusals: [string, readonly string[]][] = [
      ['store.fsync_off', ['fsync=off']],
      ['store.full_page_writes_off', ['full_page_writes=off']],
      ['store.synchronous_commit_off', ['synchronous_commit=off']],
    ]
    for (const [code, settings] of refusals) {
      const foreign = await foreignServer(directory, settings)
      await until(() => isReady(directory), 'the foreign server')
      // By the road of the embedded store (adopting) and by the road of DATABASE_URL.
      await expect(embed(directory)).rejects.toMatchObject({ code })
      const store = openStore({ url: await ownerUrl(directory), log: silentLog })
      await expect(store.fit()).rejects.toMatchObject({ code })
      await store.close()
      foreign.child.kill('SIGINT')
      await foreign.ended()
    }
    // The positive control: the same server with nothing switched off is taken.
    await foreignServer(directory, [])
    await until(() => isReady(directory), 'the foreign server')
    expect((await embed(directory)).adopted).toBe(true)
  })

  test('of a server without checksums is refused', async () => {
    const directory = await place()
    await stopped(directory)
    const { directory: home, cluster, choice } = layout(directory)
    const chosen = JSON.parse(await readFile(choice, 'utf8')) as Choice
    const secret = join(home, 'again')
    await writeFile(secret, await readFile(layout(directory).ownerPassword))
    await chmod(secret, 0o644)
    await rm(cluster, { recursive: true })
    await run(['install', '-d', '-m', '700', ...(ROOT ? ['-o', '65534', '-g', '65534'] : []), cluster])
    const off = chosen.major >= 18 ? ['--no-data-checksums'] : []
    const made = await run(
      [
        join(home, chosen.directory, chosen.bin, 'initdb'),
        '-D',
        cluster,
        '-U',
        'sk_owner',
        `--pwfile=${secret}`,
        '-A',
        'scram-sha-256',
        '--locale=C',
        '-E',
        'UTF8',
        ...off,
      ],
      { ...SERVER_ACCOUNT, cwd: home },
    )
    expect(made).toMatchObject({ code: 0 })
    await expect(embed(directory)).rejects.toMatchObject({ code: 'store.checksums_off' })
    expect(await serverProcesses(cluster)).toEqual([])
  })

  test('in a directory whose socket would have too long a name is refused before anything is made', async () => {
    const directory = join(await place(), 'x'.repeat(90))
    await mkdir(directory)
    await expect(embed(directory)).rejects.toMatchObject({ code: 'store.path_too_long' })
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('programs', () => {
  test('of every source of this machine make a store that starts again', async () => {
    const sources = await findSources()
    expect(sources.length).toBeGreaterThan(0)
    for (const source of sources) {
      const directory = await place()
      const first = await embed(directory, { sources: async () => [source] })
      expect(first.version).toBe(source.version)
      await first.stop()
      // Chosen once: what else the machine offers later does not matter.
      const again = await embed(directory)
      expect(again.version).toBe(source.version)
      await again.stop()
    }
  })

  test('that are gone come back from the same major, and from no other', async () => {
    const directory = await place()
    await stopped(directory)
    const { directory: home, choice } = layout(directory)
    const chosen = JSON.parse(await readFile(choice, 'utf8')) as Choice
    await rm(join(home, chosen.directory), { recursive: true })
    const all = await findSources()
    const others = async () => all.filter((source) => source.major !== chosen.major)
    await expect(embed(directory, { sources: others })).rejects.toMatchObject({ code: 'store.programs_gone' })
    const embedded = await embed(directory)
    expect(embedded.version).toBe(chosen.version)
  })
})

describe('a server that already runs', () => {
  test('is adopted, by its own process id', async () => {
    const directory = await place()
    const first = await embed(directory)
    const second = await embed(directory)
    expect(first.adopted).toBe(false)
    expect(second.adopted).toBe(true)
    expect(second.pid()).toBe(first.pid())
    first.release()
    expect(await second.stop()).toBe('ordered')
  })

  test('three processes that start at once on a new directory end with one server', async () => {
    const directory = await place()
    const said = await Promise.all(
      [1, 2, 3].map(async () => {
        const { line } = storeProcess(directory)
        return line(0)
      }),
    )
    expect(said.filter((line) => line.startsWith('started'))).toHaveLength(1)
    expect(said.filter((line) => line.startsWith('adopted'))).toHaveLength(2)
    expect(new Set(said.map((line) => line.split(' ')[1])).size).toBe(1)
  })

  test('and dies is started again, and the pool finds it', async () => {
    const directory = await place()
    const embedded = await embed(directory)
    const store = openStore<unknown>({ url: embedded.ownerUrl, log: silentLog })
    await sql`CREATE TABLE t (n int)`.execute(store.db)
    const before = embedded.pid()
    kill(before)
    await until(() => embedded.pid() !== before, 'another server')
    await until(
      () => write(store.db, (tx) => sql`INSERT INTO t VALUES (1)`.execute(tx)).catch(() => undefined),
      'a write goes through',
    )
    await store.close()
    await embedded.stop()
  })
})

test('a server that dies again and again is left to a person, who is told once', async () => {
  const directory = await place()
  const embedded = await embed(directory)
  const told: string[] = []
  embedded.onExit((why) => told.push(why.code))
  let last = 0
  await until(() => {
    if (embedded.pid() !== last) {
      last = embedded.pid()
      kill(last)
    }
    return told.length > 0
  }, 'the watch gives up')
  expect(told).toEqual(['store.dies'])
  expect(await serverProcesses(layout(directory).cluster)).toEqual([])
})

describe('kill -9 of everything', () => {
  test('loses no acknowledged row, five times in a row', async () => {
    const directory = await place()
    const acknowledged = new Set<number>()
    for (let round = 0; round < 5; round++) {
      const { child, lines, line, ended } = storeProcess(directory, 1_000_000)
      await line(40 + round * 17)
      child.kill('SIGKILL')
      for (const pid of await serverProcesses(layout(directory).cluster)) kill(pid)
      await until(async () => (await serverProcesses(layout(directory).cluster)).length === 0, 'all dead')
      await ended()
      for (const text of lines()) if (text.startsWith('row ')) acknowledged.add(Number(text.slice(4)))
      const embedded = await embed(directory)
      expect(embedded.adopted).toBe(false)
      const rows = await ask<{ n: string }>(embedded.ownerUrl, 'SELECT n FROM acknowledged')
      const found = new Set(rows.map((row) => Number(row.n)))
      expect([...acknowledged].filter((n) => !found.has(n))).toEqual([])
      expect(acknowledged.size).toBeGreaterThan(30)
      await ask(embedded.ownerUrl, 'DELETE FROM acknowledged')
      acknowledged.clear()
      await embedded.stop()
    }
  })

  test('a half-made data directory of a killed first start is made anew', async () => {
    const directory = await place()
    const { child, ended, until: sees } = storeProcess(directory)
    await sees('initdb at work', () => existsSync(`${layout(directory).cluster}.new/base`))
    child.kill('SIGKILL')
    await ended()
    expect(existsSync(layout(directory).cluster)).toBe(false)
    const embedded = await embed(directory)
    expect(await ask(embedded.gateUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

describe('the pid file', () => {
  test('of a zombie: PostgreSQL alone refuses, the store starts', async () => {
    const directory = await place()
    await stopped(directory)
    // A parent that never reaps: sh starts the server and becomes sleep.
    await foreignServer(directory, [], ['/bin/sh', '-c', '"$@" & exec sleep 1000', 'sh'])
    await until(() => isReady(directory), 'the server')
    const pid = await pidIn(directory)
    kill(pid)
    await until(() => stateOf(pid) === 'Z', 'the zombie')
    await until(
      async () => (await serverProcesses(layout(directory).cluster)).length === 0,
      'its children gone',
    )
    // The positive control: this is the state in which the server itself will not start.
    const alone = await foreignServer(directory, [])
    await alone.ended()
    expect(alone.err()).toContain('already exists')
    expect(stateOf(pid)).toBe('Z')
    const embedded = await embed(directory)
    expect(embedded.adopted).toBe(false)
    expect(embedded.pid()).not.toBe(pid)
    await embedded.stop()
  })

  test('whose number another program has now: the store starts and leaves that program alone', async () => {
    const directory = await place()
    await stopped(directory)
    const other = sleeper('/', SERVER_ACCOUNT).child
    await leavePidFile(directory, other.pid ?? 0)
    const embedded = await embed(directory)
    expect(embedded.adopted).toBe(false)
    await embedded.stop()
    expect(other.exitCode).toBe(null)
    expect(stateOf(other.pid ?? 0)).toMatch(/[SR]/)
  })
})

async function leavePidFile(directory: string, pid: number): Promise<void> {
  const { cluster, socket } = layout(directory)
  const text = `${pid}\n${cluster}\n1700000000\n5432\n${socket}\n\n  1 2\nready   \n`
  await writeFile(join(cluster, 'postmaster.pid'), text)
  await writeFile(join(socket, '.s.PGSQL.5432.lock'), text)
}

describeWith('host', 'as root', () => {
  test('a start without an account for the server is refused', async () => {
    const { server: _, ...rest } = GROUND as typeof GROUND & { server?: unknown }
    await expect(startEmbedded({ dataDirectory: await place(), ...rest })).rejects.toMatchObject({
      code: 'store.as_root',
    })
  })

  test('a pid file of a process that stands in the data directory and is not ours: nothing is removed', async () => {
    const directory = await place()
    await stopped(directory)
    const { cluster } = layout(directory)
    const other = sleeper(cluster).child
    await leavePidFile(directory, other.pid ?? 0)
    await expect(embed(directory)).rejects.toMatchObject({ code: 'store.held', detail: { pid: other.pid } })
    expect(await pidIn(directory)).toBe(other.pid)
    expect(stateOf(other.pid ?? 0)).toMatch(/[SR]/)
  })
})
