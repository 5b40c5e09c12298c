// What was typed after `do`, as the contract's shape; and what is refused before the gate is asked.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SekishoError } from '../base/error.ts'
import { newChange } from '../contract/change.ts'
import { newChangeFrom } from './change-input.ts'
import { Client } from './client.ts'
import type { Call } from './command.ts'
import { Terminal } from './terminal.ts'
import { written } from './test-streams.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-wish-'))
  await writeFile(join(folder, 'new'), 'bytes\n')
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

function call(
  positionals: readonly string[],
  values: Call['values'],
  environment: Readonly<Record<string, string>> = {},
): Call {
  const client = new Client({
    url: 'http://127.0.0.1:9',
    language: 'en',
    start: 'sekisho up',
    ask: fetch,
    key: () => 'key',
  })
  return {
    words: 'do',
    usage: 'sekisho do …',
    typed: 'sekisho do',
    positionals,
    values,
    terminal: new Terminal({ language: 'en', json: false, ascii: false, streams: written().streams }),
    environment,
    place: { url: 'http://127.0.0.1:9', data: '/nonexistent', isRoot: false },
    client,
    loggedIn: () => client,
    stdin: async () => Buffer.from('from stdin'),
    uid: 1000,
    interrupted: new AbortController().signal,
  }
}
const base = { service: 'web', instruction: 'please' }

describe('a wish', () => {
  test('a restart', async () => {
    const wish = await newChangeFrom(call(['service'], { ...base, verb: 'restart' }))
    expect(newChange.parse(wish)).toEqual({
      pattern: 'service',
      service: 'web',
      verb: 'restart',
      instruction: { text: 'please', channel: 'terminal' },
    })
  })
  test('files are read here, paths are absolute, `-` is stdin, a value may hold “=”', async () => {
    const wish = newChange.parse(
      await newChangeFrom(
        call(['config'], {
          ...base,
          file: [`/etc/a=${join(folder, 'new')}`, '/etc/b/../c=-'],
          delete: ['/etc/d'],
          link: ['/etc/e=../f=g'],
          set: ['KEY=a=b'],
          secret: ['PASSWORD=ref:1'],
          unset: ['OLD'],
        }),
      ),
    )
    expect(wish.files).toEqual([
      { kind: 'write', path: '/etc/a', base64: Buffer.from('bytes\n').toString('base64') },
      { kind: 'write', path: '/etc/c', base64: Buffer.from('from stdin').toString('base64') },
      { kind: 'delete', path: '/etc/d' },
      { kind: 'link', path: '/etc/e', target: '../f=g' },
    ])
    expect(wish.env).toEqual({
      set: [{ key: 'KEY', value: 'a=b' }],
      secret: [{ key: 'PASSWORD', reference: 'ref:1' }],
      unset: ['OLD'],
    })
  })
  test('an agent tells itself where it was told', async () => {
    const wish = await newChangeFrom(call(['service'], { ...base, verb: 'reload' }, { SEKISHO_TOKEN: 'x' }))
    expect(wish.instruction.channel).toBeUndefined()
  })
  test.each([
    ['cli.pattern_not_yet', ['data'], { ...base }],
    ['cli.verb_not_yet', ['service'], { ...base, verb: 'enable' }],
  ])('what no release passes yet is said to be so: %s of %j', async (code, positionals, values) => {
    await expect(newChangeFrom(call(positionals, values))).rejects.toMatchObject({ code })
  })
  test.each([
    ['another pattern', ['conifg'], { ...base }],
    ['an unknown verb', ['service'], { ...base, verb: 'restrat' }],
    ['a relative path', ['config'], { ...base, delete: ['etc/a'] }],
    ['a file without “=”', ['config'], { ...base, file: ['/etc/a'] }],
    ['a window without its end', ['config'], { ...base, from: '2026-11-25T22:00:00Z' }],
    ['a keep by nobody', ['config'], { ...base, keep: 'agent' }],
    ['a notification undecided', ['config'], { ...base, notify: 'maybe' }],
  ])('%s is wrong usage', async (_, positionals, values) => {
    const refused = await newChangeFrom(call(positionals, values)).catch((error: SekishoError) => error.code)
    expect(refused).toBe('cli.usage')
  })
  test.each([
    ['no service', ['config'], { instruction: 'x' }, '--service S'],
    ['no instruction', ['config'], { service: 'web' }, '--instruction "…"'],
    ['a service without a verb', ['service'], { ...base }, '--verb restart|reload|start|stop'],
    ['a configuration without a file', ['config'], { ...base }, '--file PATH=NEWFILE'],
  ])('%s is a missing option, named as it is typed', async (_, positionals, values, named) => {
    await expect(newChangeFrom(call(positionals, values))).rejects.toMatchObject({
      code: 'cli.missing_option',
      detail: { option: expect.stringContaining(named) },
    })
  })
  test('a schema is asked for with its two files', async () => {
    const [up, down] = [join(folder, '2.up.sql'), join(folder, '2.down.sql')]
    await writeFile(up, 'SELECT 1;')
    await writeFile(down, 'SELECT 2;')
    expect(await newChangeFrom(call(['schema'], { ...base, up, down }))).toMatchObject({
      pattern: 'schema',
      migration: { up: { name: '2.up.sql' }, down: { name: '2.down.sql' } },
    })
    await expect(newChangeFrom(call(['schema'], { ...base }))).rejects.toMatchObject({
      code: 'cli.missing_option',
    })
  })
  test('a file that is not there is said to be not there', async () => {
    const wish = newChangeFrom(call(['config'], { ...base, file: [`/etc/a=${join(folder, 'none')}`] }))
    await expect(wish).rejects.toMatchObject({ code: 'file.unreadable' })
  })
  test.each([
    ['a verb on a configuration', ['config'], { verb: 'restart' }, '--verb restart'],
    ['a file on a service', ['service'], { verb: 'restart', delete: ['/etc/a'] }, '--verb restart'],
  ])('%s is refused here, with what to type', async (_, positionals, values, why) => {
    const refusal = newChangeFrom(call(positionals, { ...base, ...values }))
    await expect(refusal).rejects.toMatchObject({
      code: 'cli.usage',
      detail: { why: expect.stringContaining(why) },
    })
  })
})
