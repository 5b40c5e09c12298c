// Rules that others can write: nothing that reads them in order to change what is in force goes on.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EXIT } from '../base/error-codes.ts'
import { main } from './main.ts'
import { written } from './test-streams.ts'

const YAML = 'lang: en\nname: test\nservices:\n  app: { host: local }\npeople:\n  a: { roles: [owner] }\n'

let data: string
let source: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'sk-rules-'))
  await mkdir(join(data, 'etc'), { mode: 0o750 })
  source = join(data, 'etc/sekisho.yaml')
  await writeFile(source, YAML, { mode: 0o640 })
})
afterEach(async () => {
  await rm(data, { recursive: true })
})

test.each([
  [['config', 'apply', '--offline']],
  [['person', 'add', 'b', '--role', 'viewer', '--offline']],
  [['key', 'add', 'a', 'ssh-ed25519 AAAA', '--offline']],
])('P4 %j is refused over rules that others can write, and names what to type', async (argv) => {
  await chmod(source, 0o666)
  const to = written()
  const exit = await main([...argv, '--data', data, '--lang', 'en'], {
    environment: { HOME: data },
    streams: to.streams,
    stdin: async () => Buffer.alloc(0),
    uid: process.getuid?.() ?? 0,
    interrupted: new AbortController().signal,
  })
  expect(exit).toBe(EXIT.blocked)
  expect(to.err()).toContain(`chmod 0640 ${source}`)
  expect(await readFile(source, 'utf8')).toBe(YAML)
  expect(await readdir(join(data, 'etc'))).toEqual(['sekisho.yaml'])
})

test('sudo sekisho init proposes whoever typed sudo as the owner, by the name that key add then takes', async () => {
  const out = join(data, 'etc/new.yaml')
  const to = written()
  const exit = await main(['init', '--out', out, '--lang', 'en'], {
    environment: { HOME: data, SUDO_USER: 'taro', USER: 'root' },
    streams: to.streams,
    stdin: async () => Buffer.alloc(0),
    uid: 0,
    interrupted: new AbortController().signal,
  })
  expect(exit).toBe(EXIT.done)
  expect(await readFile(out, 'utf8')).toMatch(/^people:\n {2}taro:\n(?: {4}#.*\n)* {4}roles: \[owner\]$/m)
  expect(to.out()).toContain('sudo sekisho key add taro ~/.ssh/id_ed25519.pub')
})
