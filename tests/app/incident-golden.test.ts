// An incident on a clock that the test sets: nobody answers for four hours, then it is answered, recovered by an approved change and closed. Who
// was told, the timeline, the report and the draft of the review are those of the golden files (`SEKISHO_GOLDEN=write` writes them anew).
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { advanceIncidents } from '../../src/app/incident-advance.ts'
import type { IncidentView } from '../../src/contract/incident.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { until } from '../until.ts'
import { openScene, type Scene } from './scene.ts'

const MINUTE = 60_000
const BEGUN = Math.floor(Date.now() / MINUTE) * MINUTE - 300 * MINUTE
let moment = BEGUN
const clock = { ...systemClock, now: () => moment }
const at = (minutes: number) => {
  moment = BEGUN + minutes * MINUTE
}

let scene: Scene
let id: string
beforeAll(async () => {
  scene = await openScene({ clock, policy: "zone: 'Etc/UTC'" })
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      `    health: { url: '${/url: '([^']+)'/.exec(yaml)?.[1] ?? ''}', good: 1, of: 1 }\n    configs:\n`,
    ),
  )
})
afterAll(() => scene?.end())

const post = async (who: 'ops1' | 'ops2' | 'dev' | 'claude', path: string, body?: unknown) => {
  const answer = await scene.call<IncidentView>(who, 'POST', `/incidents/${id}${path}`, body)
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}
const told = async () => {
  const rows = await scene.sql("select document -> 'told' as told from incident where id = $1", [id])
  return rows[0]?.['told'] as { why: string; step: number; people: string[]; at: string }[]
}
/** At each moment the gate looks, as its own clock makes it do. */
async function look(minutes: number): Promise<void> {
  at(minutes)
  await advanceIncidents(scene.gate)
}

test('part of S47: an agent opens it, and nobody answers for four hours: each of them is told once, in time', async () => {
  const opened = await scene.call<IncidentView>('claude', 'POST', '/incidents', {
    service: 'app',
    because: 'errors in the log',
  })
  expect(opened.body.acknowledgedBy).toBeUndefined()
  id = opened.body.id
  // The evidence, and causes, before the time goes on.
  await until('causes were looked for', 60_000, async () => {
    await look(0)
    const { body } = await scene.call<IncidentView>('dev', 'GET', `/incidents/${id}`)
    return body.causes === undefined ? undefined : true
  })
  for (const minutes of [1, 14, 15, 16, 59, 60, 61, 239, 240, 241]) await look(minutes)
  expect(
    (await told()).map(({ why, people, at: when }) => [(Date.parse(when) - BEGUN) / MINUTE, why, people]),
  ).toEqual([
    [0, 'opened', ['ops2']],
    [15, 'unacknowledged', ['ops2']],
    [60, 'unacknowledged', ['ops1', 'ops2']],
    [240, 'unacknowledged', ['dev', 'ops1', 'ops2']],
  ])
  const notices = await scene.sql(
    "select count(*)::int as n from ledger where subject = $1 and kind = 'notice.raised'",
    [id],
  )
  expect(notices[0]?.['n']).toBe(4)
})

test('S47 X21 commander, timers, timeline, report and the draft of the review equal the golden files', async () => {
  at(245)
  await post('ops1', '/acknowledge')
  await post('ops1', '/roles', { role: 'communication', person: 'dev' })
  await look(276)
  await post('dev', '/notes', { text: 'half of the users are served', status: true })
  at(280)
  await post('ops1', '/handover', { to: 'ops2', note: 'the limit looks wrong' })
  // From here on the time is that of the runner, which judges signatures by its own clock.
  moment = Math.floor(Date.now() / MINUTE) * MINUTE
  const change = await scene.sealed('dev', 'limit = 12\n')
  await scene.approve('ops1', change.id)
  await scene.until(change.id, 'closed')
  await until('it has recovered', 60_000, async () => {
    await advanceIncidents(scene.gate)
    const { body } = await scene.call<IncidentView>('dev', 'GET', `/incidents/${id}`)
    return body.state === 'monitoring' ? true : undefined
  })
  const closed = await post('ops2', '/close', {
    cause: 'the limit was too low',
    actions: [{ owner: 'dev', what: 'watch the limit' }],
    withoutSoak: 'seen for an hour',
  })
  expect(closed).toMatchObject({ state: 'closed', roles: { commander: 'ops2', communication: 'dev' } })
  for (const language of ['ja', 'en'] as const) {
    const { body } = await scene.call<{ markdown: string }>(
      'dev',
      'GET',
      `/incidents/${id}/report?language=${language}`,
    )
    const text = plain(body.markdown)
    const golden = join(import.meta.dirname, `../fixtures/incident/report.${language}.md`)
    if (process.env['SEKISHO_GOLDEN'] === 'write') writeFileSync(golden, text)
    expect(text).toBe(readFileSync(golden, 'utf8'))
  }
})

/** What differs from run to run: the day, digests, sizes, how long it took, and what this machine has of memory. */
function plain(markdown: string): string {
  const text = markdown
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+/g, (time) => {
      const minutes = Math.floor((Date.parse(`${time.slice(0, 10)}T${time.slice(11, 19)}Z`) - BEGUN) / MINUTE)
      return minutes >= 300 ? 'T+300' : `T+${minutes}`
    })
    .replaceAll(/sha256 [0-9a-f]{64} {2}[\d.]+ [KMG]?i?B/g, 'sha256 …')
    .replaceAll(/(causes looked for|原因を調査): \d+/g, '$1: N')
    .replaceAll(/(CHG|INC)-\d{4}/g, '$1-YYYY')
    .replaceAll(/\d+\.\d (s\b|秒)/g, 'N $1')
    .replaceAll(/\b\d+ (min|分)/g, (all, unit: string) => (Number.parseInt(all) >= 290 ? `300 ${unit}` : all))
  return (
    text
      .split('\n')
      .filter((line) => !/memory\.machine|MiB|GiB|no cause was found|原因は見つかっていない/.test(line))
      // Whether health was looked at once more before it was closed is a matter of the moment.
      .filter((line) => !/回、健全を確認$|^- health was green in \d+ looks/.test(line))
      .join('\n')
  )
}
