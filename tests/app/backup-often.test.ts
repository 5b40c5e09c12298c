// What an owner signed an hour is the most that is done of one work, whoever asks; of that agents have half, so that a person who needs it at night
// finds the rest, and who is refused reads when the next one is possible.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BACKUPS, order, signBackups, waitFor, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'
import { commandLine } from './wrong-world.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 4 } }' })
  const [data, to] = [join(scene.directory, 'world', 'data'), join(scene.directory, 'copies')]
  for (const path of [data, to]) mkdirSync(path)
  writeFileSync(join(data, 'articles.json'), '[{"id":"a1","title":"one"}]')
  writeFileSync(join(data, 'users.json'), '[]')
  await scene.rewritePolicy(withBackup(data, to))
  await signBackups(scene, 4)
})
afterAll(async () => {
  await scene?.end()
})

test('an agent asks again and again: its half is used up, and a person’s order is done', async () => {
  await order(scene, 'backup')
  for (let i = 0; i < 2; i++) await order(scene, 'verify', 'claude')
  const refused = await waitFor('the work before', async () => {
    const answer = await scene.call<{ code: string }>('claude', 'POST', BACKUPS, { work: 'verify' })
    return answer.body.code === 'backup.busy' ? undefined : answer
  })
  expect(refused.body.code).toBe('backup.too_often')
  await order(scene, 'verify', 'ops1')
  const typing = await commandLine(scene)
  try {
    // The gate's own clock may have had one of them.
    let en = await typing.type('en', 'backup', 'verify', '--service', 'app')
    if (en.exit === 0) en = await typing.type('en', 'backup', 'verify', '--service', 'app')
    expect([en.exit, en.err.split('\n')[0]]).toEqual([
      75,
      '✗ Done 4 times within the hour for app: reading again',
    ])
    expect(en.err).toMatch(/the next one is possible in\s+(?:(59|60)\s+min|1\s+h)/)
    expect(en.err).toContain('raise policy.standing.per_hour in sekisho.yaml, then sekisho config apply')
    // The list shows what the refusal says.
    const { standing } = (
      await scene.call<{ standing: { usedThisHour: number; perHour: number }[] }>('ops1', 'GET', '/standing')
    ).body
    expect(standing).toMatchObject([{ usedThisHour: 4, perHour: 4 }])
    const ja = await typing.type('ja', 'backup', 'verify', '--service', 'app')
    expect(ja.err).toMatch(/次にできるのは/)
    expect(ja.err).toContain('sekisho standing sign app backup --per-hour N')
  } finally {
    await typing.close()
  }
})
