import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { requireOwnRules, untrustedRules } from './rules-trust.ts'

const me = process.getuid?.() ?? 0
let folder: string
let source: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sk-rules-'))
  await mkdir(join(folder, 'etc'), { mode: 0o750 })
  source = join(folder, 'etc', 'sekisho.yaml')
  await writeFile(source, 'lang: ja\n', { mode: 0o640 })
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

test('what only its owner can write is applied, and where nothing is there is nothing to refuse', async () => {
  await requireOwnRules(source, me)
  expect(await untrustedRules(join(folder, 'none', 'sekisho.yaml'), me)).toBeUndefined()
})
test.each([
  ['a file that all can write', () => chmod(source, 0o666), () => `chmod 0640 ${source}`],
  ['a file that its group can write', () => chmod(source, 0o660), () => `chmod 0640 ${source}`],
  [
    'a directory that all can write',
    () => chmod(join(folder, 'etc'), 0o777),
    () => `chmod go-w ${join(folder, 'etc')}`,
  ],
])('P4 %s is refused with what to type', async (_name, spoil, mend) => {
  await spoil()
  await expect(requireOwnRules(source, me)).rejects.toMatchObject({
    code: 'config.untrusted',
    detail: { mend: mend() },
  })
})
test.runIf(me === 0)('P4 a file of somebody else is refused, by root too', async () => {
  await chown(source, 65_534, 65_534)
  await expect(requireOwnRules(source, 0)).rejects.toMatchObject({
    code: 'config.untrusted',
    detail: { path: source, mend: `chown root: ${source}` },
  })
})
