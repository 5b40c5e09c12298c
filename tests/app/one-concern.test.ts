// Small changes, one concern: a plan over files that have nothing to do with each other.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
let other: string
beforeAll(async () => {
  scene = await openScene({ files: 2 })
  other = join(scene.directory, 'other', 'mail.conf')
  await mkdir(join(scene.directory, 'other'))
  await writeFile(other, 'limit = 10\n', { mode: 0o640 })
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      `    configs:\n      - { path: ${other}, kind: file, activation: none, keep: person }\n`,
    ),
  )
})
afterAll(async () => {
  await scene?.end()
})

const propose = (paths: readonly string[], more: object = {}) =>
  scene.call<ChangeView & { code?: string; detail?: string }>('dev', 'POST', '/changes', {
    pattern: 'config',
    service: 'app',
    instruction: { text: 'raise the limits' },
    files: paths.map((path) => ({
      kind: 'write',
      path,
      base64: Buffer.from('limit = 20\n').toString('base64'),
    })),
    ...more,
  })
const concerns = ({ disagreements }: ChangeView) =>
  disagreements.filter(({ code }) => code === 'disagreement.concerns').map(({ detail }) => detail['value'])
const card = async (id: string, language: 'ja' | 'en') =>
  (await scene.call<{ text: string }>('dev', 'GET', `/changes/${id}/card?language=${language}`)).body.text

test('S54 a plan over unrelated targets is a finding, and where the rules take one concern at a time it is refused without a reason', async () => {
  // Files of one directory that nothing reads again hang together.
  const together = await propose([scene.file, scene.file.replace('app.conf', 'app1.conf')])
  expect([together.status, concerns(together.body)]).toEqual([200, []])
  const apart = await propose([scene.file, other])
  expect([apart.status, concerns(apart.body)]).toEqual([200, [`${other}, ${scene.file}`]])
  expect((await card(apart.body.id, 'en')).replace(/\s+/g, ' ')).toContain(
    'it changes unrelated files at once:',
  )
  expect((await card(apart.body.id, 'ja')).replace(/\s+/g, '')).toContain(
    '関係のないファイルを一度に変えます:',
  )

  await scene.rewritePolicy((yaml) => `${yaml}\npolicy: { one_concern: block }\n`)
  const refused = await propose([scene.file, other])
  expect([refused.status, refused.body.code]).toEqual([409, 'change.several_concerns'])
  expect(refused.text).toContain(other)
  // An earlier one is not revised around it either.
  const revised = await scene.call<{ code?: string }>('dev', 'POST', `/changes/${apart.body.id}/revise`, {})
  expect(revised.body.code).toBe('change.several_concerns')
  const single = await propose([other])
  expect(single.status, single.text).toBe(200)
  const reasoned = await propose([scene.file, other], { reason: 'both limits belong to one release' })
  expect([reasoned.status, concerns(reasoned.body)]).toEqual([200, [`${other}, ${scene.file}`]])
  expect(await card(reasoned.body.id, 'en')).toContain('both limits belong to one release')
})
