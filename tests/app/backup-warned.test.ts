// A backup that is whole and yet not what its owner takes it for: a secret under a wrong name, a file that no restore brings back, a copy that was
// damaged. The real command line says each in either language, with what to do.
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { layOut, sealRestore, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'
import { commandLine } from './wrong-world.ts'

let scene: Scene
let typing: Awaited<ReturnType<typeof commandLine>>
let data: string
let to: string
let base = ''
const at = (name: string) => join(data, name)
const rules = (edit: (yaml: string) => string = (yaml) => yaml) =>
  scene.rewritePolicy(() => edit(withBackup(data, to)(base)))

beforeAll(async () => {
  scene = await openScene({ policy: 'policy: { standing: { per_hour: 1000 } }', engine: false })
  typing = await commandLine(scene)
  data = join(scene.directory, 'world', 'data')
  to = join(scene.directory, 'copies')
  mkdirSync(data)
  mkdirSync(to)
  writeFileSync(at('articles.json'), JSON.stringify([{ id: 'a1', title: 'one', tags: [] }]))
  writeFileSync(at('users.json'), '[]', { mode: 0o600 })
  await scene.rewritePolicy((yaml) => {
    base = yaml
    return withBackup(data, to)(yaml)
  })
  await signBackups(scene)
})
afterAll(async () => {
  await typing?.close()
  await scene?.end()
})

const backup = async (language: 'ja' | 'en', work: string, ...more: string[]) => {
  const { exit, out, err } = await typing.type(language, 'backup', work, ...more, '--service', 'app')
  return { exit, text: `${out}${err}` }
}

test('a name below secret that no file has is said at the backup and in the lists, until a file has it', async () => {
  await rules((yaml) => yaml.replace('secret: [users.json]', 'secret: [user.json]'))
  const ran = await backup('en', 'run')
  expect(ran.exit, ran.text).toBe(0)
  expect(ran.text).toContain(`! No file has the name that stands below secret: ${at('user.json')}`)
  expect(ran.text).toContain('correct secret in sekisho.yaml')
  const listed = await backup('ja', 'list')
  expect(listed.text).toContain(`! secret に書いた名前のファイルがありません: ${at('user.json')}`)
  const [id = ''] = readdirSync(join(to, 'daily')).sort().reverse()
  expect((await backup('ja', 'show', id)).text).toContain('secret に書いた名前のファイルがありません')

  await rules()
  const right = await backup('en', 'run')
  expect(right.exit, right.text).toBe(0)
  expect(right.text).not.toContain('below secret')
  renameSync(at('users.json'), join(scene.directory, 'users.json'))
  expect((await backup('en', 'run')).text).toContain(`below secret: ${at('users.json')}`)
  expect((await typing.type('en', 'doctor')).out).toContain(at('users.json'))
  const laid = await layOut(scene, { kind: 'full', from: 'last-known-good' })
  expect(laid.state, JSON.stringify(laid)).toBe('ready')
  const sealed = await sealRestore(scene, laid.stage)
  expect(sealed.body.diff).toContain('= users.json stays missing')
  renameSync(join(scene.directory, 'users.json'), at('users.json'))
  const back = await backup('en', 'run')
  expect(back.exit, back.text).toBe(0)
  expect(back.text).not.toContain('below secret')
})

test('a file with setuid is said at the backup, with its whole path, and by the drill that cannot bring it back', async () => {
  writeFileSync(at('tool'), 'bytes')
  chmodSync(at('tool'), 0o4755)
  const ran = await backup('en', 'run')
  expect(ran.exit, ran.text).toBe(0)
  expect(ran.text).toContain(`! It cannot be restored as it is: ${at('tool')}`)
  expect(ran.text).toContain(`chmod ug-s ${at('tool')}`)
  const drilled = await backup('ja', 'drill')
  expect(drilled.exit).toBe(2)
  expect(drilled.text).toContain(`戻せません: ${at('tool')}`)
  expect(drilled.text).toContain(`chmod ug-s ${at('tool')}`)
  chmodSync(at('tool'), 0o755)
  expect((await backup('en', 'run')).text).not.toContain('cannot be restored as it is')
  const again = await backup('en', 'drill')
  expect(again.exit, again.text).toBe(0)
})

test('what a verification finds to be damaged is said by file and copy, ends with 1, and doctor names it', async () => {
  const sound = await backup('en', 'verify')
  expect(sound.exit, sound.text).toBe(0)
  const [id = '', before = ''] = readdirSync(join(to, 'daily')).sort().reverse()
  const file = join(to, 'daily', id, 'data', 'articles.json')
  const bytes = readFileSync(file)
  // The snapshots before share it.
  chmodSync(file, 0o600)
  writeFileSync(file, 'x'.repeat(bytes.length))
  const found = await backup('en', 'verify')
  expect(found.exit, found.text).toBe(1)
  expect(found.text).toContain(`✗ A copy is damaged: ${id} (local)  data/articles.json`)
  expect(found.text).toContain(`✗ A copy is damaged: ${before} (local)  data/articles.json`)
  expect(found.text).toContain('no other copy is sound')
  expect(found.text).toContain('sekisho backup run --service app')
  expect((await backup('ja', 'show', id)).text).toContain(
    `✗ 写しが壊れています: ${id} (local)  data/articles.json`,
  )
  const doctor = await typing.type('ja', 'doctor')
  expect(doctor.out).toContain('壊れている写しが')
  expect(doctor.out).toContain(id)

  const ran = await backup('en', 'run')
  expect(ran.exit, ran.text).toBe(0)
  const [next = ''] = readdirSync(join(to, 'daily')).sort().reverse()
  expect(ran.text).toContain(`copies that are sound: ${next} (local)`)
  expect((await backup('en', 'verify')).exit).toBe(1)
  expect(
    JSON.parse((await typing.type('en', 'backup', 'verify', '--service', 'app', '--json')).out),
  ).toMatchObject({
    ok: false,
  })
})

test('copies right in the place and not in its daily are said, with the directory that is meant', async () => {
  const low = join(scene.directory, 'cron', 'daily')
  mkdirSync(join(low, '20261120_030000'), { recursive: true })
  await rules((yaml) => yaml.replace(`to: ${to} `, `to: ${low} `))
  const ran = await backup('en', 'run')
  expect(ran.exit, ran.text).toBe(0)
  expect(ran.text).toContain(`! Copies lie where they are not found: 20261120_030000 in ${low}`)
  expect(ran.text).toContain(
    `write the directory above at to in sekisho.yaml: ${join(scene.directory, 'cron')}\n`,
  )
  expect((await backup('ja', 'list')).text).toContain('見つけられない場所に写しがあります')
  await rules()
  expect((await backup('en', 'list')).text).not.toContain('not found')
})
