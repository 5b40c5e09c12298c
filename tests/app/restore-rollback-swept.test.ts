// Evidence of a restore that was taken back lies in the place that the restore had made: it stays thirty days from the last exchange, while it is laid out
// to be taken back, and while the backup is held that the restore was made of; then all of it goes, each stage with a line in the journal.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupId } from '../../src/backup/level.ts'
import { type ChangeId, dataTarget, type ExecutionId, type ServiceName } from '../../src/base/id.ts'
import { noKillPoint } from '../../src/base/kill-point.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import type { EvidenceWish, RestoreWish } from '../../src/plans/restore.ts'
import { clearStage } from '../../src/restore/clear-stage.ts'
import { stageRestore as layOutBeside } from '../../src/restore/stage-restore.ts'
import { Stages } from '../../src/restore/stages.ts'
import { openParts } from '../../src/runner/open.ts'
import type { RunnerParts } from '../../src/runner/parts.ts'
import { placeOf } from '../../src/runner/place.ts'
import { RUNNER } from '../bundle.ts'
import {
  approveTyped,
  layOut,
  order,
  sealRestore,
  sealRollback,
  signBackups,
  waitFor,
  withBackup,
} from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const ARTICLES = JSON.stringify([{ id: 'a1', title: 'one', tags: [] }])
let scene: Scene
let data: string
let staging: string
const put = (text: string) => writeFileSync(join(data, 'articles.json'), text)
const live = () => readFileSync(join(data, 'articles.json'), 'utf8')

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  staging = join(scene.directory, 'world', '.sekisho-staging')
  const to = join(scene.directory, 'copies')
  for (const one of [data, to]) mkdirSync(one)
  put(ARTICLES)
  writeFileSync(join(data, 'users.json'), '[]')
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
  await order(scene, 'backup')
})
afterAll(async () => {
  await scene?.end()
})

async function done({ body, text }: { readonly body: ChangeView; readonly text: string }): Promise<ChangeId> {
  expect(body.state, text).toBe('awaiting_approval')
  await approveTyped(scene, body.id, 'app')
  expect((await scene.until(body.id, 'closed')).execution?.outcome).toBe('kept')
  return body.id as ChangeId
}

test('INVARIANT S3: what a restore has put aside is not swept away from under who takes it back', async () => {
  put('[]')
  const first = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  const restored = await done(await sealRestore(scene, first.stage))
  const back = await done(await sealRollback(scene, restored))
  const backStage = (
    await scene.sql(`select document->'wishes'->>'stage' as stage from change where id = '${back}'`)
  )[0]
  const second = String(backStage?.['stage'])
  expect(live()).toBe('[]')
  await scene.stopRunner()

  const parts = await openParts(placeOf(join(scene.directory, 'data')), {
    data: join(scene.directory, 'data'),
    policy: join(scene.directory, 'etc', 'runner.json'),
    host: 'local',
    code: '',
    command: [process.execPath, RUNNER],
    version: '0',
    systemctl: false,
    killPoint: noKillPoint,
    log: () => {},
  })
  const { journal } = parts
  const evidence = join(staging, first.stage, 'tree', 'articles.json')
  const isThere = () => existsSync(evidence) && readFileSync(evidence, 'utf8') === ARTICLES
  const at = (ms: number) => {
    const clock = { ...parts.clock, now: () => parts.clock.now() + ms }
    return new Stages({ ...parts, clock } as RunnerParts, layOutBeside, clearStage)
  }
  const begin = async (ms: number, wish: RestoreWish, isAgent = false) => {
    const stages = at(ms)
    const { stage } = await stages.start('app' as ServiceName, wish, { by: 'ops1', isAgent })
    return waitFor('it to be laid out', async () => {
      const facts = await stages.facts(stage)
      return facts.state === 'working' ? undefined : { stage, ...facts }
    })
  }
  const cleared = () =>
    journal.index.backups.flatMap(({ body }) => (body.event === 'cleared' ? [[body.stage, body.why]] : []))

  // Taken back, the first restore looks as if it had never been used: neither its time nor the same wish anew takes it away.
  await at(5 * HOUR).sweep()
  const anew = await begin(0, { kind: 'full', from: 'last-known-good' })
  expect([anew.state, isThere()]).toEqual(['ready', true])
  await at(29 * DAY).sweep()
  expect([isThere(), cleared()]).toEqual([true, [[anew.stage, 'unused']]])

  // Its thirty days end while somebody looks at taking it back: that one's time counts.
  const wish: EvidenceWish = { kind: 'rollback', change: back, stage: second }
  const looked = await begin(30 * DAY - HOUR, wish)
  expect(looked.state, JSON.stringify(looked)).toBe('ready')
  await at(30 * DAY + 2 * HOUR).sweep()
  expect([isThere(), cleared().length]).toEqual([true, 1])
  // Over and unused it goes alone, and then what it named, while the backup is not held.
  const backup = journal.index.backups.flatMap(({ body }) =>
    body.event === 'written' ? [body.backup] : [],
  )[0] as BackupId
  const hold = { kind: 'backup', service: 'app' as ServiceName, backup, by: 'INC-7' } as const
  await journal.append('backup/app', { ...hold, event: 'held' })
  for (let i = 0; i < 4; i++) await at(31 * DAY).sweep()
  expect(isThere()).toBe(true)
  await journal.append('backup/app', { ...hold, event: 'released' })

  // While an execution is inside on the same data, nobody lays it out; what was looked at by the same wish before is given up for it all the same.
  const execution = `${restored}/9` as ExecutionId
  const accepted = journal.index.accepted.get(`${restored}/1` as ExecutionId)
  if (accepted === undefined) throw new Error('the runner has accepted it')
  const fences = [{ target: dataTarget('local', data), token: 99 }]
  journal.index.accepted.set(execution, { ...accepted, fences })
  expect(await begin(0, wish)).toMatchObject({
    state: 'failed',
    code: 'run.target_held',
    detail: { by: execution, change: restored },
  })
  journal.index.accepted.delete(execution)
  // The runner believes no gate: another change than the one that has used the stage takes nothing back.
  expect(await begin(0, { ...wish, change: 'CHG-2026-0999' as ChangeId })).toMatchObject({
    state: 'failed',
    code: 'restore.evidence_gone',
  })
  expect(await begin(0, { ...wish, stage: anew.stage })).toMatchObject({ code: 'restore.evidence_gone' })

  for (let i = 0; i < 4; i++) await at(31 * DAY).sweep()
  expect([existsSync(evidence), readdirSync(staging)]).toEqual([false, []])
  expect(cleared()).toEqual([
    [anew.stage, 'unused'],
    [second, 'age'],
    [first.stage, 'age'],
  ])
  expect(await begin(0, wish)).toMatchObject({ state: 'failed', code: 'restore.evidence_gone' })
  expect(live()).toBe('[]')
}, 300_000)
