import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sink, startSink } from '../../tests/notice/sink.ts'
import { until } from '../../tests/until.ts'
import { canonical, type Json } from '../base/json.ts'
import { instant } from '../base/time.ts'
import type { Notice } from '../notify/notice.ts'
import type { NotifyRules, PingOut } from '../notify/rules.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { systemClock } from '../sys/clock.ts'
import { pingOut } from './pings.ts'
import { startNotices } from './start.ts'

let sink: Sink
let directory: string
beforeAll(async () => {
  sink = await startSink()
  directory = mkdtempSync(join(tmpdir(), 'sekisho-notices-'))
  mkdirSync(join(directory, 'outbox'))
})
afterAll(async () => {
  await sink.close()
  rmSync(directory, { recursive: true, force: true })
})
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

test('a ping goes out each time that is due, and only while all is well', async () => {
  let uptime = 1000
  let isWell = true
  const rule: PingOut = { url: `${sink.url}/ping`, everySeconds: 60, private: true }
  const clock = { now: () => 0, uptime: () => uptime, boot: () => 'boot', sleep: async () => {} }
  const pings = pingOut({ rules: () => [rule], isWell: () => isWell, clock, log })
  const count = async () => {
    pings.look()
    await pings.idle()
    return sink.posted.filter(({ path }) => path === '/hook/ping').length
  }
  expect(await count()).toBe(1)
  uptime += 59_000
  expect(await count()).toBe(1)
  uptime += 1000
  expect(await count()).toBe(2)
  isWell = false
  uptime += 600_000
  expect(await count()).toBe(2)
  isWell = true
  expect(await count()).toBe(3)
})

test('what lies in the outbox is sent until the signal ends it', async () => {
  const secret = join(directory, 'secret')
  writeFileSync(secret, 'x', { mode: 0o600 })
  const notify: NotifyRules = {
    channels: [{ name: 'hook', kind: 'webhook', language: 'ja', private: true, url: sink.url, secret }],
    routes: [],
    users: [],
    pingsOut: [],
    pingsIn: [],
    alerts: [],
  }
  const at = instant(systemClock.now())
  const notice: Notice = {
    v: 1,
    id: 'NTC-2026-1',
    kind: 'test',
    topic: 'test',
    severity: 'info',
    at,
    sendAt: at,
    text: { ja: { title: '試し', lines: [] }, en: { title: 'test', lines: [] } },
    items: 1,
    state: 'open',
    channels: ['hook'],
  }
  writeFileSync(join(directory, 'outbox', 'NTC-2026-1.json'), canonical(notice as unknown as Json))
  const over = new AbortController()
  const running = startNotices({
    directory,
    policy: () => ({ name: 'web1', notify }) as CompiledPolicy,
    isWell: () => true,
    clock: systemClock,
    log,
    signal: over.signal,
  })
  await until('the notice', 30_000, () => sink.posted.find(({ path }) => path === '/hook'))
  over.abort()
  await running
})
