// What is laid out lies on the volume that the service writes to: room is asked for first, nothing of a failed or cut off attempt stays, and nobody fills
// it by laying out again and again.
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StageView } from '../../src/contract/backup.ts'
import { clearStage } from '../../src/restore/clear-stage.ts'
import type { StoredStage } from '../../src/restore/stage-store.ts'
import type { RunnerParts } from '../../src/runner/parts.ts'
import { systemClock } from '../../src/sys/clock.ts'
import { approveTyped, layOut, order, sealRestore, signBackups, waitFor, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let volume: string
let data: string
let to: string
const MB = 1_048_576
const articles = (count: number) =>
  JSON.stringify(Array.from({ length: count }, (_, i) => ({ id: `a${i}`, title: `title ${i}` })))
const wish = { kind: 'full', from: 'last-known-good' } as const
const staging = () => {
  const at = join(volume, '.sekisho-staging')
  return existsSync(at) ? readdirSync(at) : []
}
const free = () =>
  Number(execFileSync('df', ['--output=avail', '-B1', volume], { encoding: 'utf8' }).split('\n')[1])
const stages = () => join(scene.directory, 'data', 'runner', 'stages')

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  volume = join(scene.directory, 'world', 'volume')
  mkdirSync(volume)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m,mode=755', 'none', volume])
  data = join(volume, 'data')
  to = join(scene.directory, 'copies')
  for (const one of [data, to]) mkdirSync(one)
  writeFileSync(join(data, 'articles.json'), articles(51))
  writeFileSync(join(data, 'users.json'), '[]')
  for (const name of ['a', 'b']) writeFileSync(join(data, `${name}.bin`), Buffer.alloc(10 * MB, name))
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene)
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
})
afterAll(async () => {
  // Out of the tree first: a mount point is not removed.
  if (volume !== undefined) execFileSync('umount', ['-l', volume])
  await scene?.end()
})

test('too little room: nothing is written, the sentence says how much is needed, and the service goes on writing', async () => {
  const filler = join(volume, 'filler')
  // Room for the data, and not for the service as well.
  writeFileSync(filler, Buffer.alloc(free() - 50 * MB))
  const before = free()
  for (let i = 0; i < 2; i++) {
    const laid = await layOut(scene, wish)
    expect(laid).toMatchObject({ state: 'failed', code: 'backup.no_space' })
    const { need, free: found } = (laid as Extract<StageView, { state: 'failed' }>).detail as Record<
      string,
      number
    >
    expect(need).toBeGreaterThan(20 * MB)
    expect(found).toBeLessThan(51 * MB)
    expect(staging()).toEqual([])
    expect(free()).toBeGreaterThanOrEqual(before - MB)
  }
  // One small file needs little, and the floor is kept for it too.
  rmSync(filler)
  expect((await layOut(scene, wish)).state).toBe('ready')
})

test('killed while it lays out, again and again: the next runner takes away what was left', async () => {
  const pace = Buffer.alloc(MB)
  for (let i = 0; i < 400; i++) writeFileSync(join(data, `n${i}.txt`), pace.subarray(0, 20_000))
  await order(scene, 'backup')
  const ready = staging()
  for (const wait of [150, 400, 900]) {
    const begun = await scene.call<{ stage: string }>('ops1', 'POST', '/services/app/stages', wish)
    expect(begun.status, begun.text).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, wait))
    await scene.stopRunner('SIGKILL')
    await scene.restartRunner()
    await waitFor('the rest to be cleared', async () =>
      readdirSync(stages()).some((name) => name.endsWith('.begun.json')) ? undefined : true,
    )
    const known = readdirSync(stages()).flatMap((name) => /^([0-9a-f]{32})\.json$/.exec(name)?.[1] ?? [])
    expect(
      staging().filter((name) => !known.includes(name)),
      `${wait} ${ready}`,
    ).toEqual([])
    const fetched = join(scene.directory, 'data', 'runner', 'fetched')
    expect(existsSync(fetched) ? readdirSync(fetched).filter((name) => !known.includes(name)) : []).toEqual(
      [],
    )
  }
})

test('the same wish again takes the place of the one before; an agent has one at a time, and takes none of a person’s', async () => {
  const first = await layOut(scene, wish)
  const second = await layOut(scene, wish)
  expect(second.state, JSON.stringify(second)).toBe('ready')
  expect(staging()).toContain(second.stage)
  expect(staging()).not.toContain(first.stage)
  const gone = await scene.call<StageView>('ops1', 'GET', `/services/app/stages/${first.stage}`)
  expect(gone.body.state).toBe('gone')

  const byAgent: string[] = []
  for (let i = 0; i < 4; i++) byAgent.push((await layOut(scene, { ...wish, copy: 'local' }, 'claude')).stage)
  expect(staging().filter((name) => byAgent.includes(name))).toEqual([byAgent.at(-1)])
  expect(staging()).toContain(second.stage)
  // With one that its change was tried with it has what it may have; a person goes on.
  const made = await sealRestore(scene, byAgent.at(-1) ?? '', 'claude')
  expect(made.status, made.text).not.toBe(500)
  const refused = await scene.call<{ code: string }>('claude', 'POST', '/services/app/stages', wish)
  expect(refused.body.code).toBe('restore.too_many')
  expect((await layOut(scene, wish)).state).toBe('ready')
})

test('the same line typed again while it is laid out joins what is under way', async () => {
  const begin = () => scene.call<{ stage: string }>('ops1', 'POST', '/services/app/stages', wish)
  const [first, second] = [await begin(), await begin()]
  expect([second.status, second.body.stage]).toEqual([200, first.body.stage])
  await waitFor('it to end', async () => {
    const { body } = await scene.call<StageView>('ops1', 'GET', `/services/app/stages/${first.body.stage}`)
    return body.state === 'working' ? undefined : body
  })
})

test('a person does not wait for what an agent has begun', async () => {
  const begun = await scene.call<{ stage: string }>('claude', 'POST', '/services/app/stages', {
    ...wish,
    copy: 'local',
  })
  const busy = begun.status !== 200
  const laid = await layOut(scene, wish)
  expect(laid.state, `${busy} ${JSON.stringify(laid)}`).toBe('ready')
})

test('an identical rewrite of the file after the approval: it is exchanged all the same, and what was there is kept', async () => {
  const path = join(data, 'articles.json')
  writeFileSync(path, articles(5))
  const laid = await layOut(scene, { kind: 'file', from: 'last-known-good', what: path })
  const sealed = await sealRestore(scene, laid.stage)
  const before = statSync(path).ino
  execFileSync('cp', ['-p', path, `${path}.tmp`])
  renameSync(`${path}.tmp`, path)
  expect(statSync(path).ino).not.toBe(before)
  await approveTyped(scene, sealed.body.id, 'app')
  expect((await scene.until(sealed.body.id, 'closed', 'void')).execution?.outcome).toBe('kept')
  expect(readFileSync(path, 'utf8')).toBe(articles(51))
})

test('a preview that nobody used goes when its time is over, whatever the service has made of its files meanwhile', async () => {
  const path = join(data, 'articles.json')
  const laid = await layOut(scene, { kind: 'file', from: 'last-known-good', what: path })
  writeFileSync(`${path}.tmp`, articles(7))
  renameSync(`${path}.tmp`, path)
  const stored = JSON.parse(readFileSync(join(stages(), `${laid.stage}.json`), 'utf8')) as StoredStage
  expect(await clearStage(stored, { clock: systemClock } as unknown as RunnerParts)).toBe(true)
  expect(staging()).not.toContain(laid.stage)
  expect(readFileSync(path, 'utf8')).toBe(articles(7))
})

test('the rules name another place for copies by now: what lies in the old one is laid out and tried', async () => {
  const elsewhere = join(scene.directory, 'copies-2')
  mkdirSync(elsewhere)
  await scene.rewritePolicy((yaml) => yaml.replace(`to: ${to}`, `to: ${elsewhere}`))
  const laid = await layOut(scene, wish)
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.body.state, JSON.stringify(sealed.body.checks)).toBe('awaiting_approval')
})
