import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../../tests/notice/sink.ts'
import { canonical, type Json } from '../base/json.ts'
import { instant } from '../base/time.ts'
import type { Notice } from '../notify/notice.ts'
import type { NotifyRules } from '../notify/rules.ts'
import { openSender } from './sender.ts'

let directory: string
let sink: Sink
let now: number
const lines: string[] = []
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-sender-'))
  mkdirSync(join(directory, 'outbox'))
  writeFileSync(join(directory, 'secret'), 'secret', { mode: 0o600 })
  sink = await startSink()
  now = Date.parse('2026-12-01T00:00:00.000Z')
  lines.length = 0
})
afterEach(async () => {
  await sink.close()
  rmSync(directory, { recursive: true, force: true })
})

const rules = (): NotifyRules => ({
  channels: [
    {
      name: 'hook',
      kind: 'webhook',
      language: 'both',
      private: true,
      url: sink.url,
      secret: join(directory, 'secret'),
    },
  ],
  routes: [
    {
      id: 'aaaaaaaa',
      to: ['hook'],
      severities: ['warning', 'red'],
      kinds: ['check', 'system'],
      services: [],
      escalate: [],
    },
  ],
  users: [],
  pingsOut: [],
  pingsIn: [],
  alerts: [],
})
const say = (_: object, sentence: string) => void lines.push(sentence)
const open = (of = rules) =>
  openSender({
    notices: join(directory, 'outbox'),
    spool: directory,
    rules: of,
    name: () => 'web1',
    clock: { now: () => now, uptime: () => now, boot: () => 'boot', sleep: async () => {} },
    log: { debug: say, info: say, warn: say, error: say },
    timeoutMs: 2000,
  })
const notice = (number: number, of: Partial<Notice> = {}): Notice => ({
  v: 1,
  id: `NTC-2026-${number}`,
  kind: 'check',
  topic: `check:${number}`,
  severity: 'red',
  at: instant(now),
  sendAt: instant(now),
  text: { ja: { title: 'ディスク', lines: ['09:00 から'] }, en: { title: 'disk', lines: ['since 09:00'] } },
  items: 1,
  state: 'open',
  ...of,
})
const write = (one: Notice) =>
  writeFileSync(join(directory, 'outbox', `${one.id}.json`), canonical(one as unknown as Json))
async function round(sender: ReturnType<typeof open>) {
  await sender.look()
  await sender.idle()
}
const ids = () => sink.posted.map(({ body }) => (JSON.parse(body) as { readonly id: string }).id)

test('a notice is sent once, what came of it is kept, and is dropped when the gate drops the notice', async () => {
  const sender = open()
  write(notice(1))
  await round(sender)
  await round(sender)
  await round(open())
  expect(ids()).toEqual(['NTC-2026-1/aaaaaaaa/red/0'])
  const kept = JSON.parse(readFileSync(join(directory, 'sent', 'NTC-2026-1.json'), 'utf8')) as object
  expect(kept).toMatchObject({ attempts: [{ accepted: true, answer: 'http 204', channel: 'hook' }] })
  unlinkSync(join(directory, 'outbox', 'NTC-2026-1.json'))
  await round(sender)
  expect(readdirSync(join(directory, 'sent'))).toHaveLength(1)
  now += 31_000
  await round(sender)
  expect(readdirSync(join(directory, 'sent'))).toEqual([])
})

test('killed between sending and writing down, it comes again under the same id', async () => {
  const sender = open()
  write(notice(1))
  await round(sender)
  // As a kill would leave it: the other side has it, the disk does not say so.
  unlinkSync(join(directory, 'sent', 'NTC-2026-1.json'))
  await round(open())
  expect(ids()).toEqual(['NTC-2026-1/aaaaaaaa/red/0', 'NTC-2026-1/aaaaaaaa/red/0'])
})

test('a disk that takes nothing repeats nothing while the process lives, and is written when it can be', async () => {
  const sender = open()
  write(notice(1))
  // Nothing can be written under this name.
  mkdirSync(join(directory, 'sent', 'NTC-2026-1.json'), { recursive: true })
  await round(sender)
  await round(sender)
  expect(ids()).toHaveLength(1)
  expect(lines).toEqual(['what was sent could not be written down'])
  rmdirSync(join(directory, 'sent', 'NTC-2026-1.json'))
  await round(sender)
  expect(ids()).toHaveLength(1)
  expect(readFileSync(join(directory, 'sent', 'NTC-2026-1.json'), 'utf8')).toContain('"accepted":true')
})

test('files that are no notice are left alone, and stop nothing', async () => {
  const at = (name: string, text: string) => writeFileSync(join(directory, 'outbox', name), text)
  at('NTC-2026-9.json', '{"v":1')
  at('NTC-2026-8.json', canonical({ ...notice(7) } as unknown as Json))
  at('other.json', '{}')
  write(notice(1))
  await round(open())
  expect(ids()).toEqual(['NTC-2026-1/aaaaaaaa/red/0'])
  expect(lines).toEqual([])
})

test('what fails is repeated in time, and many go out beside a channel that is slow', async () => {
  const sender = open()
  let isDown = true
  sink.answer = (_, response) => response.writeHead(isDown ? 503 : 204).end()
  write(notice(1))
  await round(sender)
  await round(sender)
  expect(ids()).toHaveLength(1)
  now += 20_000
  isDown = false
  await round(sender)
  expect(ids()).toHaveLength(2)
  for (let i = 2; i < 42; i++) write(notice(i))
  for (let i = 0; i < 6; i++) await round(sender)
  expect(new Set(ids()).size).toBe(41)
})

test('what the process raises by itself is sent, until the gate has taken it over', async () => {
  const sender = open()
  await sender.raise(notice(1, { kind: 'system', topic: 'silent:gate' }))
  await round(sender)
  expect(ids()).toHaveLength(1)
  write(notice(1, { kind: 'system', topic: 'silent:gate' }))
  await round(sender)
  expect(readdirSync(join(directory, 'raised'))).toEqual([])
  expect(ids()).toHaveLength(1)
})

test('what several channels answer at once is all kept: none is lost, and none is sent again', async () => {
  const names = ['one', 'two', 'three', 'four']
  const [hook] = rules().channels
  if (hook === undefined) throw new Error('no channel')
  const several = { ...rules(), channels: names.map((name) => ({ ...hook, name })) }
  const sender = open(() => several)
  const count = 60
  for (let i = 1; i <= count; i++) write(notice(i, { channels: names }))
  // Not all have a place in the first round.
  for (let i = 0; i < count; i++) await round(sender)
  for (let i = 1; i <= count; i++) {
    const { attempts } = JSON.parse(readFileSync(join(directory, 'sent', `NTC-2026-${i}.json`), 'utf8')) as {
      attempts: { channel: string }[]
    }
    expect(attempts.map(({ channel }) => channel).toSorted(), `notice ${i}`).toEqual(names.toSorted())
  }
  expect(ids()).toHaveLength(count * names.length)
})
