// Kills of gate, runner, watch and PostgreSQL while a check goes red and good again: it is found and told each time, at the mailbox and at
// the webhook; what our own restarts interrupt is no alarm, and each schedule runs on. An ordinary run takes three, the campaign sixty.
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { placesOf } from '../../src/app/places.ts'
import { gateUrls } from '../../src/db/layout.ts'
import { withClient } from '../../src/db/prepare.ts'
import { applyPolicy } from '../../src/policy/apply.ts'
import { run } from '../../src/sys/process.ts'
import { type Heard, hear } from '../heard.ts'
import { type Sink, startSink } from '../notice/sink.ts'
import { type MailServer, startMailServer } from '../notice/smtp.ts'
import { until } from '../until.ts'
import { seeded } from './campaign.ts'
import { IS_WHOLE } from './share.ts'

/** As it is delivered. */
const SERVE = fileURLToPath(new URL('../../dist/server.mjs', import.meta.url))
const KILLS = IS_WHOLE ? 60 : 3
const PARTS = ['gate', 'runner', 'watch', 'postgres'] as const
type Part = (typeof PARTS)[number]
const LIMIT = 120_000
/** How the machine is on which this runs is none of its faults. */
const OF_THE_MACHINE = /^host\/(?:updates|disk|inodes|memory|clock)/

let directory: string
let data: string
let sink: Sink
let mail: MailServer
let up: Heard
/** A check that goes to and fro too often is held at what is worse: each kill has one of its own. */
const marker = (i: number) => join(directory, `marker${i}`)

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sk-wk-'))
  chmodSync(directory, 0o755)
  data = join(directory, 'd')
  sink = await startSink()
  mail = await startMailServer({})
  const key = join(directory, 'ops1')
  expect((await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])).code).toBe(0)
  const secret = join(directory, 'secret')
  // Its own account reads it, whatever that is here.
  writeFileSync(secret, 'key', { mode: 0o600 })
  const places = placesOf(data)
  mkdirSync(places.etc, { recursive: true })
  for (let i = 0; i < KILLS; i++) writeFileSync(marker(i), 'x')
  const checks = Array.from(
    { length: KILLS },
    (_, i) => `  marker${i}: { file: ${marker(i)}, newer_than: 26h, every: 5s }`,
  )
  writeFileSync(
    places.source,
    `lang: en
name: test
services:
  app: { host: local }
people:
  ops1: { name: Hanako, roles: [owner], keys: ['${readFileSync(`${key}.pub`, 'utf8').trim()}'] }
checks:
${checks.join('\n')}
notify:
  channels:
    duty: { kind: mail, server: 127.0.0.1, port: ${mail.port}, tls: none, private: true, from: sekisho@example.org, to: [duty@example.org] }
    hook: { kind: webhook, url: '${sink.url}', private: true, secret: { file: ${secret} } }
  routes: [{ to: [duty], severity: [red, warning] }, { to: [hook], severity: [red, warning] }]
`,
  )
  await mkdir(dirname(places.compiledRunner), { recursive: true })
  await mkdir(places.guardDirectory, { recursive: true })
  const applied = await applyPolicy(
    {
      source: places.source,
      runner: places.compiledRunner,
      guard: places.guardPolicy,
      applied: places.applied,
    },
    {
      read: (path: string) => readFile(path, 'utf8').catch(() => undefined),
      write: (path: string, text: string) => writeFile(path, text, { mode: 0o644 }),
    },
    'ops1',
  )
  expect(applied.state).not.toBe('refused')
  await chmod(data, 0o755)
  up = hear(
    spawn(process.execPath, [SERVE, 'up', '--data', data, '--port', '0', '--lang', 'en'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    }),
  )
  await up.until('the gate to be told', () => up.out().includes('http://127.0.0.1:'), LIMIT)
}, 180_000)
afterAll(async () => {
  up.child.kill('SIGTERM')
  await up.ended(LIMIT)
  await sink.close()
  await mail.close()
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  rmSync(placesOf(data).guardDirectory, { recursive: true, force: true })
})

const ask = async <T extends object>(text: string): Promise<readonly T[]> =>
  withClient(
    (await gateUrls(data)).gate,
    async (client) => (await client.query<T & object>(text)).rows as T[],
  )
/** While the store is down nobody answers. */
const asked = <T extends object>(text: string) => ask<T>(text).catch(() => [] as readonly T[])

async function pidOf(part: Part): Promise<number> {
  const file = async (path: string) => readFile(join(data, path), 'utf8').catch(() => '')
  switch (part) {
    case 'gate':
      return Number(/"pid":(\d+)/.exec(await file('gate.json'))?.[1] ?? 0)
    case 'runner':
      return Number(/"runner":(\d+)/.exec(await file('up.json'))?.[1] ?? 0)
    case 'watch':
      return Number(/"pid":(\d+)/.exec(await file('watch/beat.json'))?.[1] ?? 0)
    case 'postgres':
      return Number((await file('pg/cluster/postmaster.pid')).split('\n')[0])
  }
}
const findings = async () =>
  (await asked<{ check_id: string }>('select distinct check_id from finding order by 1')).map(
    ({ check_id }) => check_id,
  )
/** What was told of this notice, by mailbox and webhook; told twice is told. */
const told = (notice: string) => ({
  mail: new Set(
    mail.mails.flatMap(({ raw }) => {
      const [, id, track] = /^X-Sekisho-Id: (NTC-[^/]+)\/(\S+)/im.exec(raw) ?? []
      return id === notice ? [track?.startsWith('over/') === true ? 'over' : 'notice'] : []
    }),
  ),
  hook: new Set(
    sink.posted.flatMap(({ body }) => {
      const one = JSON.parse(body) as { notice: string; tells: string }
      return one.notice === notice ? [one.tells] : []
    }),
  ),
})
const notices = async () =>
  (
    await asked<{ id: string }>(`select id from notice where cause like 'check:host/marker%' order by at, id`)
  ).map(({ id }) => id)

/** Everything that the gate knows of a check, for whoever looks why nobody was told. */
async function found(check: string): Promise<string> {
  const rows = await Promise.all([
    asked(`select * from check_state where check_id = '${check}'`),
    asked(`select * from finding where check_id = '${check}'`),
    asked('select * from notice order by at desc limit 5'),
  ])
  return `${JSON.stringify(rows)}\n${up.err().slice(-3000)}`
}

test(`${KILLS} kills: every schedule runs, no alarm of our own restarts, no notice is lost`, {
  timeout: 3_600_000,
}, async () => {
  const random = seeded()
  console.log(`kills of the parts that look and tell: SEKISHO_SEED=${random.seed}`)
  const due = () =>
    asked<{ check_id: string }>(
      `select check_id from check_state where check_id = 'host/marker0' and state = 'good'`,
    )
  await until('the first looks', LIMIT, async () => ((await due()).length > 0 ? true : undefined))
  await until('all to be looked at', LIMIT, async () => {
    const seen = await asked<{ check_id: string }>('select check_id from check_state')
    return ['host/memory', 'host/ledger', 'host/watch', 'host/clock'].every((one) =>
      seen.some(({ check_id }) => check_id === one),
    )
      ? true
      : undefined
  })
  const before = await findings()
  for (let i = 0; i < KILLS; i++) {
    const part = PARTS[IS_WHOLE ? i % PARTS.length : Math.floor(random.next() * PARTS.length)] ?? 'gate'
    const name = `kill ${i + 1} of ${part}`
    const known = await notices()
    const victim = await pidOf(part)
    expect(victim, name).toBeGreaterThan(1)
    rmSync(marker(i))
    await new Promise((resolve) => setTimeout(resolve, random.next() * 9000))
    process.kill(victim, 'SIGKILL')
    await until(`${name}: it is back`, LIMIT, async () => {
      const now = await pidOf(part)
      return now > 1 && now !== victim ? true : undefined
    })
    const notice = await until(`${name}: the finding is told of`, LIMIT, async () => {
      const own = (await notices()).filter((one) => !known.includes(one))
      return own.length > 0 ? own[0] : undefined
    }).catch(async (cause: unknown) => {
      throw new Error(`${name}, marker${i}: ${await found(`host/marker${i}`)}`, { cause })
    })
    await until(`${name}: ${notice} at mailbox and webhook`, LIMIT, () => {
      const seen = told(notice)
      return seen.mail.has('notice') && seen.hook.has('notice') ? true : undefined
    })
    writeFileSync(marker(i), 'x')
    await until(`${name}: ${notice} is over, at both`, LIMIT, () => {
      const seen = told(notice)
      return seen.mail.has('over') && seen.hook.has('over') ? true : undefined
    })
    // One red item is one notice, whoever was killed.
    expect(
      (await notices()).filter((one) => !known.includes(one)),
      name,
    ).toEqual([notice])
    // More than ten within ten minutes are told as one: those that are over were a while ago.
    await until(`${name}: ${notice} to be long ago`, LIMIT, async () => {
      const moved = await asked(
        `update notice set at = at - interval '11 minutes' where id = '${notice}' returning id`,
      )
      return moved.length === 1 ? true : undefined
    })
  }
  // Every schedule runs: each check is looked at again, or is named late; and nothing but the marker was an alarm.
  const moment = new Date().toISOString()
  await until('all schedules of a minute to run', LIMIT, async () => {
    const rows = await asked<{ check_id: string; state: string; fresh: boolean }>(
      `select check_id, state, looked_at > '${moment}' as fresh from check_state
       where check_id = any('{host/memory,host/marker0,host/watch}')`,
    )
    return rows.length === 3 && rows.every(({ fresh, state }) => fresh || state === 'late') ? true : undefined
  })
  const alarms = (await findings()).filter(
    (one) => !before.includes(one) && !/^host\/marker\d+$/.test(one) && !OF_THE_MACHINE.test(one),
  )
  expect(alarms).toEqual([])
  expect(await asked(`select check_id from finding where worst = 'late'`)).toEqual([])
  expect(await asked(`select id from notice where kind = 'system'`)).toEqual([])
})
