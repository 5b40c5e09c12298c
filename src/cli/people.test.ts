// People and keys by command, on a file of one's own and without a gate: what is written, what is not, and who can be listed.
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { placesOf } from '../app/places.ts'
import { EXIT } from '../base/error-codes.ts'
import { main } from './main.ts'
import { written } from './test-streams.ts'

let folder: string
let data: string
const keys: Record<string, string> = {}
const prints: Record<string, string> = {}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sk-people-'))
  for (const name of ['ops1', 'taro']) {
    const file = join(folder, name)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file])
    keys[name] = `${file}.pub`
    prints[name] =
      execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' }).split(' ')[1] ?? ''
  }
})
afterAll(() => rm(folder, { recursive: true }))

beforeEach(async () => {
  data = await mkdtemp(join(folder, 'data-'))
  const public1 = (await readFile(keys['ops1'] ?? '', 'utf8')).trim()
  const { etc, source } = placesOf(data)
  await mkdir(etc, { recursive: true })
  const text = `people:\n  ops1:\n    roles: [owner]\n    keys: ['${public1}']\nservices:\n  web: { manager: { systemd: web.service } }\n`
  await writeFile(source, text)
  expect((await typed('config', 'apply')).exit).toBe(EXIT.done)
})

async function typed(...argv: readonly string[]) {
  const to = written()
  const exit = await main([...argv, '--data', data, '--lang', 'en'], {
    environment: { HOME: folder },
    streams: to.streams,
    stdin: async () => Buffer.alloc(0),
    uid: process.getuid?.() ?? 0,
    interrupted: new AbortController().signal,
  })
  return { exit, out: to.out(), err: to.err() }
}
const source = () => readFile(placesOf(data).source, 'utf8')
const inForce = () => readFile(placesOf(data).compiledRunner, 'utf8')

test.each([
  ['a service that is not there', ['person', 'add', 'taro', '--role', 'approver', '--service', 'wbe']],
  ['the last who can approve', ['person', 'remove', 'ops1']],
  ['the last key of the last', ['key', 'revoke', 'FINGERPRINT']],
])('an edit that would leave rules that do not hold is not written: %s', async (_, argv) => {
  const before = await source()
  const { exit, err } = await typed(
    ...argv.map((one) => (one === 'FINGERPRINT' ? (prints['ops1'] ?? '') : one)),
  )
  expect(exit).toBe(EXIT.usage)
  expect(err).toContain('sekisho.yaml (not written)')
  expect(err).toContain('Nothing was changed.')
  expect(await source()).toBe(before)
})

test('after a mistyped edit a key that must go goes, and the same name can be added', async () => {
  await typed('person', 'add', 'taro', '--role', 'approver', '--key', keys['taro'] ?? '')
  await typed('person', 'add', 'hana', '--role', 'approver', '--service', 'wbe')
  expect((await typed('key', 'revoke', prints['taro'] ?? '')).exit).toBe(EXIT.done)
  expect(await inForce()).toContain('"revoked":true')
  expect((await typed('person', 'add', 'hana', '--role', 'viewer', '--service', 'web')).exit).toBe(EXIT.done)
})

test('rules that did not hold before are written on, as long as it takes', async () => {
  await writeFile(placesOf(data).source, 'services:\n  web: { manager: { systemd: web.service } }\n')
  const { exit, err } = await typed('person', 'add', 'ops1')
  expect(exit).toBe(EXIT.usage)
  expect(err).toContain('The file was written.')
  expect(await source()).toContain('ops1:')
  expect((await typed('key', 'add', 'ops1', keys['ops1'] ?? '')).exit).toBe(EXIT.done)
})

test('who can read the rules sees who is in them, without a login and with the gate down', async () => {
  const { exit, out } = await typed('person', 'list')
  expect(exit).toBe(EXIT.done)
  expect(out).toContain(prints['ops1'])
})

test.each([
  [['person', 'add', 'ops1', '--role', 'approver'], 'editor '],
  [['key', 'add', 'nobody', 'KEY'], 'sekisho person add NAME --role ROLE --key FILE.pub'],
  [['key', 'add', 'ops1', '/dev/null'], 'not one line of a public key'],
  [['key', 'revoke', 'taro'], 'sekisho person list'],
])('%j says what can be typed then', async (argv, said) => {
  const { exit, err } = await typed(...argv.map((one) => (one === 'KEY' ? (keys['taro'] ?? '') : one)))
  expect(exit).toBe(EXIT.blocked)
  expect(err).toContain(said)
})

test('who was alone is told that a second approver changes their own changes, and how to approve alone after a pause', async () => {
  const viewer = await typed('person', 'add', 'hana', '--role', 'viewer')
  expect(viewer.out).not.toContain('From now on')
  const { out } = await typed('person', 'add', 'taro', '--role', 'approver', '--key', keys['taro'] ?? '')
  expect(out).toContain('From now on your own changes of web need the other person.')
  expect(out).toContain('alone: { after: 15m, tiers: [1, 2] }')

  // As it is told: these lines come into force.
  await writeFile(placesOf(data).source, `${await source()}policy:\n  alone: { after: 15m, tiers: [1, 2] }\n`)
  expect((await typed('config', 'apply')).exit).toBe(EXIT.done)
  expect(JSON.parse(await inForce())).toMatchObject({
    rules: { alone: { afterSeconds: 900, tiers: [1, 2] } },
  })
})
