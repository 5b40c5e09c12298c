// Ten thousand red results at once: each has a state and a sentence, nothing is lost, people are told a few times, and whoever else writes
// is not kept waiting.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drainRounds } from '../../src/app/check-rounds.ts'
import { exchangeNotices, noticeMemory } from '../../src/app/notice-files.ts'
import { instant } from '../../src/base/time.ts'
import type { CheckId, CheckResult } from '../../src/checks/result.ts'
import { watchPlacesOf } from '../../src/checks/watch-places.ts'
import type { CheckList } from '../../src/contract/check.ts'
import type { NoticeView } from '../../src/contract/notice.ts'
import { silentLog } from '../../src/db/log.ts'
import { openSender } from '../../src/deliver/sender.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { Spool } from '../../src/watch/spool.ts'
import { CHECK_WORDS } from '../../src/words/check.ts'
import { reader } from '../../src/words/errors.ts'
import { IS_WHOLE } from '../crash/share.ts'
import { type Sink, startSink } from '../notice/sink.ts'
import { openScene, type Scene } from './scene.ts'

/** An ordinary run takes fewer. */
const COUNT = IS_WHOLE ? 10_000 : 600
let scene: Scene
let sink: Sink
let directory: string
beforeAll(async () => {
  sink = await startSink()
  directory = mkdtempSync(join(tmpdir(), 'sekisho-flood-'))
  const key = join(directory, 'key')
  writeFileSync(key, 'key', { mode: 0o600 })
  scene = await openScene({
    watch: 'spool',
    engine: false,
    policy: `notify: { channels: { hook: { kind: webhook, url: '${sink.url}', private: true, secret: { file: ${key} } } }, routes: [{ to: [hook], severity: [red, warning] }] }`,
  })
})
afterAll(async () => {
  await scene.end()
  await sink.close()
  rmSync(directory, { recursive: true, force: true })
})

const result = (i: number, state: CheckResult['state'], at: number): CheckResult => ({
  check: `host/disk:/srv/${i}` as CheckId,
  at: instant(at),
  state,
  code: state === 'good' ? 'check.disk' : 'check.disk_full',
  values: { path: `/srv/${i}`, percent: state === 'good' ? 50 : 95, limit: 80, free: 1, services: 'app' },
  value: state === 'good' ? 50 : 95,
})

test('very many red results at once: grouped, none lost, a state and a sentence each, and nobody waits for them', {
  timeout: IS_WHOLE ? 1_800_000 : 600_000,
}, async () => {
  const places = watchPlacesOf(join(scene.directory, 'data', 'watch'))
  const spool = await Spool.open(places, systemClock)
  const at = Date.now()
  const all = Array.from({ length: COUNT }, (_, i) => result(i, 'red', at))
  await spool.write(['host/disk' as CheckId], all)
  // Somebody else writes meanwhile, again and again.
  let over = false
  let [writes, failed] = [0, 0]
  const others = (async () => {
    while (!over) {
      const { status } = await scene.call('ops1', 'POST', '/checks/app%2F*/mute', { minutes: 5, reason: 'x' })
      if (status === 200) writes++
      else failed++
    }
  })()
  await drainRounds(scene.gate)
  over = true
  await others
  expect(failed).toBe(0)
  expect(writes).toBeGreaterThan(1)
  expect(readdirSync(places.spool)).toEqual([])

  const { body } = await scene.call<CheckList>('ops1', 'GET', '/checks')
  const own = body.checks.filter(({ item }) => item === 'disk')
  expect(own).toHaveLength(COUNT)
  const silent = own.filter(({ state, finding, code, values }) => {
    const said = CHECK_WORDS[code]?.en(reader(values as never)).what ?? ''
    // Nobody looks again here: where taking them lasts more than their time, they are red and late.
    const isSaid = state === 'red' || state === 'late'
    return !isSaid || finding === undefined || !said.includes('95') || said.includes('undefined')
  })
  expect(silent).toEqual([])
  expect(new Set(own.map(({ finding }) => finding)).size).toBe(COUNT)
  const [entries] = await scene.sql(`select count(*)::int as n from ledger where kind = 'check.opened'`)
  expect(entries).toEqual({ n: COUNT })

  // Told: a few notices that stand for all of them.
  const { notices } = (await scene.call<{ notices: NoticeView[] }>('ops1', 'GET', '/notices')).body
  expect(notices.length).toBeLessThanOrEqual(12)
  expect(notices.reduce((sum, { items }) => sum + items, 0)).toBe(COUNT)
  const places_ = {
    outbox: places.outbox,
    sent: join(places.directory, 'sent'),
    raised: join(places.directory, 'raised'),
  }
  const memory = noticeMemory()
  const ahead = { ...systemClock, now: () => Date.now() + 10_000 }
  const sender = openSender({
    notices: places_.outbox,
    spool: places.directory,
    rules: () => scene.gate.policy().notify,
    name: () => 'test',
    clock: ahead,
    log: silentLog as never,
  })
  for (let round = 0; round < 4; round++) {
    await exchangeNotices(scene.gate, places_, memory)
    await sender.look()
    await sender.idle()
  }
  const told = sink.posted.map(({ body: text }) => JSON.parse(text) as { notice: string; items?: number })
  expect(new Set(told.map(({ notice }) => notice))).toEqual(new Set(notices.map(({ id }) => id)))

  // All good again: nothing is left open.
  await spool.write(
    ['host/disk' as CheckId],
    all.map((_, i) => result(i, 'good', at + 60_000)),
  )
  await drainRounds(scene.gate)
  const after = (await scene.call<CheckList>('ops1', 'GET', '/checks')).body
  expect(after.checks.filter(({ item, finding }) => item === 'disk' && finding !== undefined)).toEqual([])
  const [open] = await scene.sql(`select count(*)::int as n from notice where ended_at is null`)
  expect(open).toEqual({ n: 0 })
})
