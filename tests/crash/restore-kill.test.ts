// A restore whose runner is killed at each place that an undisturbed one passes: it ends with the data exchanged once, or as they were, and nothing is
// lost of either. Judged by inodes and bytes.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  approveKilledAt,
  approveTyped,
  layOut,
  order,
  sealRestore,
  signBackups,
  withBackup,
} from '../app/backup-story.ts'
import { openScene, type Scene } from '../app/scene.ts'
import { isOfChange, numbered } from './campaign.ts'
import { share } from './share.ts'

const PART = 15
const ARTICLES = JSON.stringify([
  { id: 'a1', title: 'one' },
  { id: 'a2', title: 'two' },
])

let scene: Scene
let data: string
let number = 0
const articles = () => join(data, 'articles.json')

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }' })
  data = join(scene.directory, 'world', 'data')
  const copies = join(scene.directory, 'copies')
  for (const one of [data, copies]) mkdirSync(one)
  writeFileSync(articles(), ARTICLES)
  await scene.rewritePolicy(withBackup(data, copies))
  await signBackups(scene)
  expect((await order(scene, 'backup')).copies[0]).toMatchObject({ level: 'content' })
})
afterAll(async () => {
  await scene?.end()
})

/** The live data are damaged, and the last good copy is laid out and sealed. */
async function sealed() {
  number += 1
  const bad = `${ARTICLES.slice(0, 20)}${number}`
  writeFileSync(articles(), bad)
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const { body, text } = await sealRestore(scene, laid.stage)
  expect(body.state, text).toBe('awaiting_approval')
  return { id: body.id, bad, inode: statSync(data).ino }
}

/** The places from the approval to the end, as the runner writes them down. */
async function placesOfOne(): Promise<readonly string[]> {
  const trace = join(scene.directory, 'places')
  process.env['SEKISHO_TESTS'] = '1'
  process.env['SEKISHO_KILL_TRACE'] = trace
  try {
    await scene.restartRunner()
  } finally {
    delete process.env['SEKISHO_TESTS']
    delete process.env['SEKISHO_KILL_TRACE']
  }
  const { id } = await sealed()
  rmSync(trace, { force: true })
  await approveTyped(scene, id, 'app')
  await scene.until(id, 'closed')
  expect(existsSync(trace)).toBe(true)
  const names = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((name) => name !== '')
  return numbered(names.filter((name) => isOfChange(name) && !/^journal\.(backup|trial)\./.test(name)))
}

test('F1 restore: killed at each place, the data are exchanged once or not at all', {
  timeout: 1_800_000,
}, async () => {
  const all = await placesOfOne()
  expect(all.length).toBeGreaterThan(15)
  const chosen = share(all, 'F1 restore', PART)
  const ends = new Map<string, number>()
  const wrong: string[] = []
  for (const point of chosen) {
    const { id, bad, inode } = await sealed()
    const { state, execution } = await approveKilledAt(scene, id, point)
    const outcome = execution?.outcome ?? state
    ends.set(outcome, (ends.get(outcome) ?? 0) + 1)
    const isKept = outcome === 'kept'
    const now = readFileSync(articles(), 'utf8')
    const isRight =
      (isKept || outcome === 'nothing_done' || outcome === 'rolled_back') &&
      now === (isKept ? ARTICLES : bad) &&
      (statSync(data).ino === inode) === !isKept
    if (!isRight) wrong.push(`${point}: ${state} ${outcome}, ${now}`)
  }
  console.log(`killed at ${chosen.length} of ${all.length} places of a restore:`, Object.fromEntries(ends))
  expect(wrong).toEqual([])
})
