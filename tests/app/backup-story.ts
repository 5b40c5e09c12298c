// What the tests of backups say to an installation: sign once, order, wait; lay a restore out, make its change, approve it with the service's name.
import { existsSync, readFileSync } from 'node:fs'
import { sha256 } from '../../src/base/hash.ts'
import type { BackupsView, StageView, StageWish } from '../../src/contract/backup.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { until } from '../until.ts'
import type { Answer, Scene, Who } from './scene.ts'

export const BACKUPS = '/services/app/backups'

/** A service with one directory of JSON data, its rules, and one copy of kind directory. */
export function withBackup(data: string, to: string, more = ''): (yaml: string) => string {
  return (yaml) =>
    yaml.replace(
      '    configs:\n',
      [
        '    data:',
        `      - dir: ${data}`,
        '        format: json',
        '        secret: [users.json]',
        '        invariants:',
        '          articles.json: { id: id, require: [id, title], types: { title: string, tags: list }, minRecords: 1 }',
        `    backup: { every: 6h, copies: [{ name: local, to: ${to} }], timezone: UTC${more} }`,
        '    configs:',
        '',
      ].join('\n'),
    )
}

export async function signBackups(scene: Scene, perHour = 1000, service = 'app'): Promise<void> {
  const asked = await scene.call<{ text: string }>('ops1', 'POST', '/standing/statement', {
    service,
    verb: 'backup',
    perHour,
  })
  if (asked.status !== 200) throw new Error(asked.text)
  const { text } = asked.body
  const signed = await scene.call('ops1', 'POST', '/standing', {
    signed: { text, signature: await scene.sign('ops1', text) },
  })
  if (signed.status !== 200) throw new Error(signed.text)
}

/** Orders a work and waits until it has ended. */
export async function order(
  scene: Scene,
  work: string,
  who: Who = 'ops1',
  service = 'app',
): Promise<BackupsView> {
  const path = `/services/${service}/backups`
  // The gate's own clock may have ordered something else a moment ago: one is done at a time.
  const ordered = await waitFor('the work before', async () => {
    const answer = await scene.call<{ code?: string }>(who, 'POST', path, { work })
    return answer.body.code === 'backup.busy' ? undefined : answer
  })
  if (ordered.status !== 200) throw new Error(ordered.text)
  return waitFor(`${work} to end`, async () => {
    const now = (await scene.call<BackupsView>(who, 'GET', path)).body
    return now.running === undefined ? now : undefined
  })
}

export async function layOut(
  scene: Scene,
  wish: StageWish,
  who: Who = 'ops1',
): Promise<StageView & { stage: string }> {
  const begun = await scene.call<{ stage: string }>(who, 'POST', '/services/app/stages', wish)
  if (begun.status !== 200) throw new Error(begun.text)
  const { stage } = begun.body
  const view = await waitFor('the restore to be laid out', async () => {
    const now = (await scene.call<StageView>(who, 'GET', `/services/app/stages/${stage}`)).body
    return now.state === 'working' ? undefined : now
  })
  return { ...view, stage } as StageView & { stage: string }
}

/** create → try → seal of what was laid out. */
export async function sealRestore(
  scene: Scene,
  stage: string,
  who: Who = 'ops1',
): Promise<Answer<ChangeView>> {
  const made = await scene.call<ChangeView>(who, 'POST', '/changes', {
    pattern: 'data',
    service: 'app',
    instruction: { text: 'sekisho restore full --last-known-good' },
    notification: 'not_needed',
    stage,
  })
  if (made.status !== 200) return made
  const tried = await scene.call<ChangeView>(who, 'POST', `/changes/${made.body.id}/try`)
  if (tried.status !== 200) return tried
  return scene.seal(who, made.body.id)
}

export async function approveTyped(
  scene: Scene,
  id: string,
  typed: string | undefined,
  person: Who = 'ops2',
) {
  const card = await scene.call<{ text: string }>(person, 'GET', `/changes/${id}/card?language=en`)
  const asked = await scene.call<{ text: string }>(person, 'POST', `/changes/${id}/statement`, {
    type: 'approve',
    shown: sha256(card.body.text),
    ...(typed === undefined ? {} : { typed }),
  })
  if (asked.status !== 200) return asked as unknown as Answer<ChangeView & { code?: string }>
  const { text } = asked.body
  return scene.call<ChangeView & { code?: string }>(person, 'POST', `/changes/${id}/decision`, {
    signed: { text, signature: await scene.sign(person, text) },
    shownText: card.body.text,
  })
}

export function waitFor<T>(what: string, look: () => Promise<T | undefined>, limitMs = 120_000): Promise<T> {
  return until(what, limitMs, look)
}

/** Approved, with the runner killed at a named point of what follows, and started again: how the change stands when it has settled. */
export async function approveKilledAt(scene: Scene, id: string, point: string): Promise<ChangeView> {
  process.env['SEKISHO_TESTS'] = '1'
  process.env['SEKISHO_KILL_POINT'] = point
  try {
    await scene.restartRunner()
  } finally {
    delete process.env['SEKISHO_KILL_POINT']
    delete process.env['SEKISHO_TESTS']
  }
  const pid = scene.runnerPid()
  await approveTyped(scene, id, 'app')
  await waitFor(`the runner to die at ${point}`, async () => (isAlive(pid) ? undefined : true), 60_000)
  await scene.restartRunner()
  return scene.until(id, 'closed', 'void')
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
}

/** stage → rollback → try → seal: a restore that was kept is taken back. */
export async function sealRollback(scene: Scene, id: string, who: Who = 'ops1'): Promise<Answer<ChangeView>> {
  const laid = await layOut(scene, { kind: 'rollback', change: id }, who)
  if (laid.state !== 'ready') throw new Error(JSON.stringify(laid))
  const made = await scene.call<ChangeView>(who, 'POST', `/changes/${id}/rollback`, {
    stage: laid.stage,
    notification: 'not_needed',
    ...(who === 'claude'
      ? { instruction: { text: 'put it back' }, impact: 'the data', risk: 'its damage' }
      : {}),
  })
  if (made.status !== 200) return made
  const tried = await scene.call<ChangeView>(who, 'POST', `/changes/${made.body.id}/try`)
  if (tried.status !== 200) return tried
  return scene.seal(who, made.body.id)
}
