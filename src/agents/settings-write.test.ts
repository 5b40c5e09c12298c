// S04 N14 Root changes the settings of others with no more rights than they have, and follows no link of theirs.
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { readSettings } from './settings-file.ts'
import { BACKUP, writeSettings } from './settings-write.ts'

const NOBODY = 65_534
let scratch = ''
beforeEach(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), 'sekisho-settings-')))
  chmodSync(scratch, 0o755)
})
afterEach(() => rmSync(scratch, { recursive: true }))

/** A project of somebody else, with settings of theirs. */
function project(name: string): string {
  const path = join(scratch, name, '.claude', 'settings.json')
  mkdirSync(join(scratch, name, '.claude'), { recursive: true })
  writeFileSync(path, '{"model":"x"}\n', { mode: 0o640 })
  for (const one of [join(scratch, name), join(scratch, name, '.claude'), path])
    chownSync(one, NOBODY, NOBODY)
  return path
}
const codeOf = (act: Promise<unknown>) =>
  act.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  )

describeWith('root', 'settings of others, as root', () => {
  test('owner and mode stay, of the file and of its copy', async () => {
    const path = project('theirs')
    await writeSettings(await readSettings(path), '{"model":"y"}\n')
    for (const one of [path, `${path}${BACKUP}`]) {
      const { uid, gid, mode } = lstatSync(one)
      expect([uid, gid, mode & 0o777]).toEqual([NOBODY, NOBODY, 0o640])
    }
    expect(readFileSync(`${path}${BACKUP}`, 'utf8')).toBe('{"model":"x"}\n')
    expect(process.geteuid?.()).toBe(0)
  })

  test('a link on the way is not gone through', async () => {
    const path = project('real')
    symlinkSync(join(scratch, 'real'), join(scratch, 'planted'))
    lchownSync(join(scratch, 'planted'), NOBODY, NOBODY)
    const planted = join(scratch, 'planted', '.claude', 'settings.json')
    expect(await codeOf(writeSettings(await readSettings(planted), '{}'))).toBe('file.not_regular')
    symlinkSync('/etc', join(scratch, 'linked'))
    lchownSync(join(scratch, 'linked'), NOBODY, NOBODY)
    expect(
      await codeOf(
        writeSettings({ path: join(scratch, 'linked/x/settings.json'), text: undefined, settings: {} }, '{}'),
      ),
    ).toBe('file.not_regular')
    expect(readFileSync(path, 'utf8')).toBe('{"model":"x"}\n')
  })

  test('it is written with their rights: where they may not go, nothing is written', async () => {
    const path = project('hidden')
    chownSync(scratch, 0, 0)
    chmodSync(scratch, 0o700)
    expect(await codeOf(writeSettings(await readSettings(path), '{}'))).toBe('file.no_permission')
    expect(process.geteuid?.()).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe('{"model":"x"}\n')
  })

  test('a copy that was made a link is left as it is', async () => {
    const path = project('copied')
    const target = join(scratch, 'precious')
    writeFileSync(target, 'precious')
    symlinkSync(target, `${path}${BACKUP}`)
    await writeSettings(await readSettings(path), '{}')
    expect(readFileSync(target, 'utf8')).toBe('precious')
  })
})
