// F4: the disk says EIO at one call, whichever it is, of a backup, a verification or a restore of twenty files: it has failed by the name of the file,
// nothing in `daily` lies, the target of a restore is wholly old or wholly new, and the next run works. A script that copies as many do is run
// beside, and must be caught.
import { existsSync, linkSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../../../tests/host/describe.ts'
import { run } from '../../sys/process.ts'
import { compileFaults } from './fixtures/faults.ts'
import type { Act, Answer } from './fixtures/faulty.ts'
import { must, openScene, put, type Scene, settle, sparse } from './fixtures/scene.ts'

const FAULTY = join(import.meta.dirname, 'fixtures', 'faulty.ts')
const IS_WHOLE = process.env['SEKISHO_CAMPAIGN'] === 'whole'
const SEED = Number(process.env['SEKISHO_SEED'] ?? Date.now() % 1_000_000)

async function fill({ source }: Scene): Promise<void> {
  mkdirSync(join(source, 'a', 'deep'), { recursive: true })
  for (let i = 0; i < 7; i++) put(join(source, `f${i}`), Buffer.alloc(1000 + i, i + 65))
  for (let i = 0; i < 4; i++) put(join(source, 'a', `g${i}`), Buffer.alloc(1000 + i, i + 75))
  for (let i = 0; i < 4; i++) put(join(source, 'a', 'deep', `h${i}`), `h${i}`)
  put(join(source, 'none'), '')
  put(join(source, 'large'), Buffer.alloc(1_500_000, 'large '))
  sparse(join(source, 'sparse'), 300_000)
  put(join(source, 'named'))
  await must(['setfattr', '-n', 'user.origin', '-v', 'here', join(source, 'named')])
  await must(['setfacl', '-m', 'u:4711:rw', join(source, 'named')])
  linkSync(join(source, 'f0'), join(source, 'a', 'f0-again'))
  symlinkSync('f1', join(source, 'link'))
  await settle()
}

/** In memory where that takes attributes: every backup syncs its whole file system, and the machine's own is shared with whatever else runs. */
async function openQuickScene(): Promise<Scene> {
  if (!existsSync('/dev/shm')) return openScene()
  const scene = await openScene('/dev/shm')
  const { code } = await run(['setfattr', '-n', 'user.tried', '-v', 'x', scene.out])
  if (code === 0) return scene
  await scene[Symbol.asyncDispose]()
  return openScene()
}

describeWith('compiler', 'F4 EIO by path', () => {
  let library: Scene
  let faults: Readonly<Record<string, string>>
  beforeAll(async () => {
    console.log(`SEKISHO_SEED=${SEED}`)
    library = await openScene()
    faults = await compileFaults(library.base)
  })
  afterAll(() => library[Symbol.asyncDispose]())

  async function campaign(act: Act): Promise<Answer> {
    await using scene = await openQuickScene()
    await fill(scene)
    return await answered(scene, act, IS_WHOLE ? ['1', '1'] : [String(1 + (SEED % 5)), '5'])
  }
  async function answered(scene: Scene, act: Act, points: readonly string[]): Promise<Answer> {
    const result = await run([process.execPath, FAULTY, scene.base, act, ...points], {
      env: faults,
      timeoutMs: 1_200_000,
      maxOutput: 10_000_000,
    })
    if (result.code !== 0) throw new Error(`${result.stderr}\n${result.stdout}`)
    const answer = JSON.parse(result.stdout) as Answer
    console.log(`F4 ${act}: ${answer.calls} calls, ${answer.met} failed: ${JSON.stringify(answer.ends)}`)
    return answer
  }
  /** So many that threads copy and link them. */
  async function onThreads(act: Act): Promise<Answer> {
    await using scene = await openQuickScene()
    for (let i = 0; i < 2100; i++) {
      if (i % 300 === 0) mkdirSync(join(scene.source, `d${i / 300}`))
      put(join(scene.source, `d${Math.floor(i / 300)}`, `f${i}`), `file ${i}`)
    }
    await settle()
    return await answered(scene, act, [String(SEED), 'random', IS_WHOLE ? '20' : '3'])
  }
  const names = (harmless: Answer['harmless']) =>
    [...new Set(Object.keys(harmless).map((what) => what.replace(/ .*/, '')))].sort()

  test.each(['first', 'next'] as const)(
    'each call of a backup (%s)',
    async (act) => {
      const { wrong, met, harmless } = await campaign(act)
      expect(wrong).toEqual([])
      expect(met).toBeGreaterThan(act === 'first' ? 60 : 30)
      // What is only an estimate or a hint may fail: without it everything is looked at.
      for (const call of names(harmless))
        expect(['open', 'scandir', 'statx', 'llistxattr', 'lgetxattr']).toContain(call)
    },
    1_200_000,
  )

  test.each(['threads', 'threads-next'] as const)(
    'some calls of a backup on threads (%s)',
    async (act) => {
      const { wrong, met } = await onThreads(act)
      expect(wrong).toEqual([])
      expect(met).toBeGreaterThan(0)
    },
    1_200_000,
  )

  test('each call of a verification: no fault passes for a sound copy', async () => {
    const { wrong, met, harmless } = await campaign('verify')
    expect([wrong, harmless]).toEqual([[], {}])
    expect(met).toBeGreaterThan(15)
  }, 600_000)

  test('each call of a restore and its exchange', async () => {
    const { wrong, met } = await campaign('restore')
    expect(wrong).toEqual([])
    expect(met).toBeGreaterThan(30)
  }, 1_200_000)

  test('positive control: a script that copies as many do leaves copies that lie', async () => {
    const { wrong, met } = await campaign('naive')
    expect(met).toBeGreaterThan(8)
    expect(wrong.filter((one) => one.endsWith('is in daily and is not the source')).length).toBeGreaterThan(2)
  }, 120_000)
})
