// A day with more changes than an incident lists: those that leave nothing hide no other one, and the list says how many it leaves out.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IncidentView } from '../../src/contract/incident.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene?.end())

/** Rows like that of a change that was kept, an older one each; with a verb it is one that leaves nothing. */
const copies = (of: string, wishes: object, from: number, count: number) =>
  scene.sql(
    `insert into change (id, version, state, service, revision, document, created_at, updated_at)
     select 'CHG-2026-' || n, version, state, service, revision,
       jsonb_set(jsonb_set(document, '{id}', to_jsonb('CHG-2026-' || n)), '{wishes}', document -> 'wishes' || $2::jsonb),
       created_at - make_interval(secs => n - 8000), updated_at - make_interval(secs => n - 8000)
     from change, generate_series($3::int, $4::int) n where id = $1`,
    [of, JSON.stringify(wishes), from, from + count - 1],
  )

test('sixty restarts hide no change, and of fifty-three changes fifty are listed and three are said to be left out', async () => {
  const change = await scene.sealed('dev', 'limit = 99\n')
  await scene.approve('ops1', change.id)
  await scene.until(change.id, 'closed')
  await copies(change.id, { verb: 'restart' }, 8001, 60)
  await copies(change.id, {}, 8101, 52)
  const opened = await scene.call<IncidentView>('ops2', 'POST', '/incidents', {
    service: 'app',
    because: '503 for all users',
  })
  expect(opened.status, opened.text).toBe(200)
  const { suspects, suspectsLeftOut } = opened.body
  expect(suspects.map((one) => one.change)).toEqual([
    change.id,
    ...Array.from({ length: 49 }, (_, i) => `CHG-2026-${8101 + i}`),
  ])
  expect(suspectsLeftOut).toBe(3)
})
