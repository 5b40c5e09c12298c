// The owner's own checks on real parts: programs in the sandbox, an HTTP server, files, and archives of advisories.
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judgeUpdates } from '../checks/updates.ts'
import { watchPlacesOf } from '../checks/watch-places.ts'
import type { OwnLook } from '../plans/own-check.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { systemClock } from '../sys/clock.ts'
import { run } from '../sys/process.ts'
import type { LookContext } from './looker.ts'
import { lookAtOwn } from './own.ts'

let directory: string
let server: Server
let url: string
const asked: string[] = []
beforeAll(async () => {
  // Not below /tmp, which the sandbox has of its own.
  directory = mkdtempSync(join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), 'sekisho-own-'))
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(request.url === '/gone' ? 410 : 200).end('x'.repeat(10))
  })
  mkdirSync(watchPlacesOf(directory).state, { recursive: true })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  rmSync(directory, { recursive: true, force: true })
})

const context = (): LookContext => ({
  clock: systemClock,
  places: watchPlacesOf(directory),
  policy: {} as CompiledPolicy,
  log: () => {},
  signal: new AbortController().signal,
  self: [process.execPath, join(import.meta.dirname, 'main.ts')],
})
const look = (one: OwnLook, withinMs = 10_000) =>
  lookAtOwn({ name: 'own', everyMs: 60_000, withinMs, look: one }, context())
const sh = (text: string, withinMs?: number) =>
  look({ kind: 'argv', argv: ['/bin/sh', '-c', text] }, withinMs)

describe('a program of the owner’s', () => {
  test('its exit code is its answer, and its first line is shown', async () => {
    expect(await sh('echo all well; echo more')).toEqual({
      state: 'good',
      code: 'check.own_good',
      values: { said: 'all well', exit: 0 },
    })
    expect(await sh('echo near; exit 1')).toMatchObject({ state: 'warning', values: { said: 'near' } })
    expect(await sh('exit 2')).toMatchObject({ state: 'red', code: 'check.own_bad' })
  })

  test('one that crashes, hangs, prints without end or is not there is no data', async () => {
    expect(await sh('echo broken >&2; exit 3')).toMatchObject({
      state: 'no_data',
      code: 'check.own_failed',
      values: { said: 'broken' },
    })
    expect(await sh('sleep 60', 400)).toMatchObject({ state: 'no_data', code: 'check.own_hangs' })
    expect(await sh('yes | head -c 50000000')).toMatchObject({ state: 'no_data', code: 'check.own_floods' })
    expect((await look({ kind: 'argv', argv: ['/no/such/program'] })).state).toBe('no_data')
  })

  test('it writes nowhere, reaches no network and signals nobody; the same outside does', async () => {
    const mark = join(directory, 'mark')
    const attempts = [
      `touch ${mark}`,
      `touch /var/tmp/sekisho-own-mark`,
      `kill -0 ${process.pid}`,
      `exec 3<>/dev/tcp/127.0.0.1/${(server.address() as AddressInfo).port} && printf 'GET /inside HTTP/1.0\\r\\n\\r\\n' >&3 && read line <&3`,
    ]
    for (const one of attempts) {
      const inside = await look({
        kind: 'argv',
        argv: ['/bin/bash', '-c', `(${one}) 2>/dev/null && exit 2; exit 0`],
      })
      expect(inside, one).toMatchObject({ state: 'good' })
    }
    expect([existsSync(mark), existsSync('/var/tmp/sekisho-own-mark'), asked.includes('/inside')]).toEqual([
      false,
      false,
      false,
    ])
    // The positive control.
    for (const one of attempts) expect((await run(['/bin/bash', '-c', one])).code, one).toBe(0)
    expect([existsSync(mark), asked.includes('/inside')]).toEqual([true, true])
    rmSync('/var/tmp/sekisho-own-mark')
  })
})

test('an address by its status; one that nobody answers is red', async () => {
  expect(await look({ kind: 'url', url, status: 200 })).toMatchObject({
    state: 'good',
    code: 'check.own_url',
  })
  expect(await look({ kind: 'url', url: `${url}/gone`, status: 200 })).toMatchObject({
    state: 'red',
    values: { status: 410 },
  })
  expect(await look({ kind: 'url', url: 'http://127.0.0.1:1', status: 200 })).toMatchObject({
    state: 'red',
    code: 'check.own_url_failed',
  })
})

test('a file by its age and size', async () => {
  const path = join(directory, 'export.csv')
  const file = (maxAgeMs: number, minBytes = 1) => look({ kind: 'file', path, maxAgeMs, minBytes })
  expect(await file(1000)).toMatchObject({ state: 'red', code: 'check.own_no_file' })
  writeFileSync(path, 'a')
  expect(await file(60_000)).toMatchObject({ state: 'good' })
  expect(await file(60_000, 2)).toMatchObject({ state: 'red', code: 'check.own_file_small' })
  utimesSync(path, new Date(Date.now() - 120_000), new Date(Date.now() - 120_000))
  expect(await file(60_000)).toMatchObject({ state: 'red', code: 'check.own_file_old' })
})

test('N27: an answer has the age of its data; stale, unreachable or of other packages it is no data, and never green', async () => {
  const DAY = 86_400_000
  const lock = join(directory, 'requirements.txt')
  writeFileSync(lock, 'flask==2.0.1\n')
  const record = (days: number, ecosystem = 'PyPI', fixed = '1.0') => ({
    id: 'PYSEC-1',
    modified: new Date(Date.now() - days * DAY).toISOString(),
    affected: [
      {
        package: { ecosystem, name: 'flask' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
      },
    ],
  })
  let body: Buffer = zipOf([record(1)])
  let tag = '"1"'
  const seen: string[] = []
  let answer: 'whole' | 'half' | 'nothing' | number = 'whole'
  const archives = createServer((request, response) => {
    const known = request.headers['if-none-match']
    seen.push(known === tag && answer === 'whole' ? '304' : String(answer))
    if (answer === 'nothing') return
    if (typeof answer === 'number') response.writeHead(answer, { location: '/other' }).end()
    else if (known === tag && answer === 'whole') response.writeHead(304).end()
    else {
      response.writeHead(200, { etag: tag, 'content-length': body.length })
      if (answer === 'whole') response.end(body)
      else response.write(body.subarray(0, 40), () => response.destroy())
    }
  })
  await new Promise<void>((resolve) => archives.listen(0, '127.0.0.1', resolve))
  const at = `http://127.0.0.1:${(archives.address() as AddressInfo).port}/PyPI/all.zip`
  const locks = () => look({ kind: 'locks', lockFiles: [lock], advisories: [at], staleAfterMs: 7 * DAY })
  const publish = (records: Parameters<typeof zipOf>[0]) => {
    body = zipOf(records)
    tag = `"${seen.length + 2}"`
  }
  try {
    const good = await locks()
    expect(good).toMatchObject({ state: 'good', code: 'check.locks_none' })
    expect(Math.round(Number(good.values['ageMs']) / DAY)).toBe(1)
    expect((await locks()).state).toBe('good')
    expect(seen).toEqual(['whole', '304'])
    // What was kept is no answer when nobody can say whether it is still so.
    for (const one of [500, 404, 302, 'half', 'nothing'] as const) {
      answer = one
      if (one === 'nothing') setTimeout(() => archives.closeAllConnections(), 300)
      expect(await locks(), String(one)).toMatchObject({ state: 'no_data', code: 'check.locks_not_fetched' })
    }
    answer = 'whole'
    expect((await locks()).state).toBe('good')
    publish([record(8)])
    expect(await locks()).toMatchObject({ state: 'no_data', code: 'check.locks_stale' })
    publish([record(1, 'npm')])
    expect(await locks()).toMatchObject({ state: 'no_data', code: 'check.locks_uncovered' })
    publish([record(1, 'PyPI', '2.1')])
    expect(await locks()).toMatchObject({ state: 'red', code: 'check.locks_vulnerable' })
    publish([])
    expect((await locks()).state).toBe('no_data')
  } finally {
    archives.closeAllConnections()
    archives.close()
  }
  expect(await locks()).toMatchObject({ state: 'no_data', code: 'check.locks_not_fetched' })
  // The list of the system's security updates: the same.
  const now = Date.now()
  const suite = (dated: number, validUntil: number) => [
    { name: 'deb.debian.org_debian-security_dists_trixie-security_InRelease', dated, validUntil },
  ]
  const updates = (releases: ReturnType<typeof suite>) =>
    judgeUpdates(
      {
        releases: releases.map(({ name, dated, validUntil }) => ({ name, date: dated, validUntil })),
        simulated: '',
        held: [],
        runningOld: [],
        unseen: 0,
      },
      now,
    )[0]
  expect(updates(suite(now - DAY, now + DAY))).toMatchObject({ state: 'good', values: { ageMs: DAY } })
  expect(updates(suite(now - 9 * DAY, now - 1000))).toMatchObject({ state: 'no_data' })
  expect(updates([])).toMatchObject({ state: 'no_data' })
})

test('part of N27: lock files against archives of advisories, each answer with the age of its data', async () => {
  const lock = join(directory, 'package-lock.json')
  const archive = join(directory, 'npm.zip')
  const DAY = 86_400_000
  const at = (days: number) => new Date(Date.now() - days * DAY).toISOString()
  const record = (id: string, fixed: string, days: number) => ({
    id,
    modified: at(days),
    affected: [
      {
        package: { ecosystem: 'npm', name: 'left' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }],
      },
    ],
  })
  const locks = () => look({ kind: 'locks', lockFiles: [lock], advisories: [archive], staleAfterMs: 7 * DAY })
  writeFileSync(lock, JSON.stringify({ packages: { 'node_modules/left': { version: '1.1.0' } } }))
  expect(await locks()).toMatchObject({ state: 'no_data', code: 'check.locks_unread' })
  writeFileSync(archive, zipOf([record('GHSA-1', '1.2.0', 1), record('GHSA-2', '1.0.0', 2)]))
  expect(await locks()).toMatchObject({
    state: 'red',
    code: 'check.locks_vulnerable',
    values: { count: 1, names: 'left 1.1.0 (GHSA-1)' },
  })
  writeFileSync(archive, gzipSync(JSON.stringify([record('GHSA-2', '1.0.0', 1)])))
  const good = await locks()
  expect(good).toMatchObject({ state: 'good', code: 'check.locks_none' })
  expect(Math.round(Number(good.values['ageMs']) / DAY)).toBe(1)
  writeFileSync(archive, `${JSON.stringify(record('GHSA-2', '1.0.0', 8))}\n`)
  expect(await locks()).toMatchObject({ state: 'no_data', code: 'check.locks_stale' })
  for (const bytes of ['', 'no archive', '{"id":', zipOf([record('GHSA-2', '1.0.0', 1)]).subarray(0, 40)]) {
    writeFileSync(archive, bytes)
    expect((await locks()).state).toBe('no_data')
  }
})

/** A zip as osv.dev gives it out, with deflated entries; written here, so that the reader is not its own oracle. */
function zipOf(records: readonly { readonly id: string }[]): Buffer {
  const parts: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const one of records) {
    const name = Buffer.from(`${one.id}.json`)
    const plain = Buffer.from(JSON.stringify(one))
    const data = deflateRawSync(plain)
    const head = Buffer.alloc(30)
    head.writeUInt32LE(0x04034b50, 0)
    head.writeUInt16LE(8, 8)
    head.writeUInt32LE(data.length, 18)
    head.writeUInt32LE(plain.length, 22)
    head.writeUInt16LE(name.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(8, 10)
    entry.writeUInt32LE(data.length, 20)
    entry.writeUInt32LE(plain.length, 24)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(offset, 42)
    parts.push(head, name, data)
    central.push(entry, name)
    offset += head.length + name.length + data.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(records.length, 8)
  end.writeUInt16LE(records.length, 10)
  end.writeUInt32LE(
    central.reduce((sum, one) => sum + one.length, 0),
    12,
  )
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, ...central, end])
}
