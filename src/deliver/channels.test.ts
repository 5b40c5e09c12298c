import { createHmac } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Sink, startSink } from '../../tests/notice/sink.ts'
import {
  type Certificate,
  headerOf,
  type MailServer,
  type MailServerOptions,
  makeCertificate,
  startMailServer,
  textOf,
} from '../../tests/notice/smtp.ts'
import type { Channel, MailChannel } from '../notify/rules.ts'
import { sendBy } from './channels.ts'
import type { Message } from './message.ts'

const message: Message = {
  id: 'NTC-2026-0001/abcd1234/red/0',
  title: '[web1] 異常: ディスク / が 91 % です',
  text: '2026-12-01 から\n利用者への影響: なし\n',
  severity: 'red',
  json: '{"v":1,"title":"ディスク"}',
}
const ports = { now: () => 1_796_000_000_000, timeoutMs: 2000 }

let directory: string
let certificate: Certificate
let sink: Sink
const servers: MailServer[] = []
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sekisho-channels-'))
  certificate = makeCertificate()
  sink = await startSink()
  writeFileSync(join(directory, 'secret'), 'correct horse\n', { mode: 0o600 })
  writeFileSync(join(directory, 'wrong'), 'wrong\n', { mode: 0o600 })
})
afterEach(async () => {
  for (const one of servers.splice(0)) await one.close()
  sink.posted.length = 0
  sink.answer = (_, response) => response.writeHead(204).end()
})
afterAll(async () => {
  await sink.close()
  certificate.remove()
  rmSync(directory, { recursive: true, force: true })
})

const secret = () => join(directory, 'secret')
const common = { name: 'one', language: 'ja', private: true } as const
const webhook = (of: Partial<Channel> = {}): Channel =>
  ({ ...common, kind: 'webhook', url: sink.url, secret: secret(), ...of }) as Channel

async function mail(options: MailServerOptions, of: Partial<MailChannel> = {}) {
  const server = await startMailServer(options)
  servers.push(server)
  const channel: MailChannel = {
    ...common,
    kind: 'mail',
    host: 'localhost',
    port: server.port,
    tls: 'starttls',
    from: 'Sekisho <sekisho@example.org>',
    to: ['ops@example.org', 'night@example.org'],
    ca: certificate.path,
    ...of,
  }
  // Resolved here: the server listens on one family only.
  return {
    server,
    outcome: await sendBy(channel, message, { ...ports, resolve: () => Promise.resolve(['127.0.0.1']) }),
  }
}

test('a mail goes out over STARTTLS with a login, in Japanese, under an id of its own', async () => {
  const login = { user: 'sekisho', password: 'correct horse' }
  const { server, outcome } = await mail({ certificate, login }, { user: 'sekisho', password: secret() })
  expect(outcome).toEqual({ accepted: true, answer: 'smtp 250' })
  const [one] = server.mails
  expect(one).toMatchObject({
    from: 'sekisho@example.org',
    to: ['ops@example.org', 'night@example.org'],
    wasEncrypted: true,
    login: 'sekisho',
  })
  expect(headerOf(one?.raw ?? '', 'subject')).toBe(message.title)
  expect(headerOf(one?.raw ?? '', 'message-id')).toBe('<NTC-2026-0001.abcd1234.red.0@example.org>')
  expect(headerOf(one?.raw ?? '', 'auto-submitted')).toBe('auto-generated')
  expect(
    textOf(one as never)
      .replaceAll('\r\n', '\n')
      .trim(),
  ).toBe(message.text.trim())
})

test('without TLS nothing is sent, unless that is declared', async () => {
  const refused = await mail({})
  expect(refused.outcome).toEqual({ accepted: false, final: true, answer: 'tls_missing' })
  expect(refused.server.mails).toEqual([])
  const declared = await mail({}, { tls: 'none' })
  expect(declared.outcome.accepted).toBe(true)
  expect(declared.server.mails[0]?.wasEncrypted).toBe(false)
})

test('a wrong password, a certificate of somebody else and a silent server are failures with their cause', async () => {
  const login = { user: 'sekisho', password: 'correct horse' }
  const wrong = await mail({ certificate, login }, { user: 'sekisho', password: join(directory, 'wrong') })
  expect(wrong.outcome).toEqual({ accepted: false, final: true, answer: 'login_refused' })
  const other = makeCertificate()
  try {
    const foreign = await mail({ certificate }, { ca: other.path })
    expect(foreign.outcome).toMatchObject({ accepted: false })
    expect(foreign.server.mails).toEqual([])
  } finally {
    other.remove()
  }
  const silent = await sendBy(
    {
      ...common,
      kind: 'mail',
      host: '127.0.0.1',
      port: (await mail({ silent: true, certificate }, {}).then(({ server }) => server)).port,
      tls: 'starttls',
      from: 'a@example.org',
      to: ['b@example.org'],
    },
    message,
    { ...ports, timeoutMs: 300 },
  )
  expect(silent.accepted).toBe(false)
  expect(silent.final).toBeUndefined()
})

test('a server that refuses for now is asked again, one that refuses for good is not', async () => {
  expect((await mail({ certificate, answer: () => '451 4.3.0 later' })).outcome).toEqual({
    accepted: false,
    answer: 'smtp 451',
  })
  expect((await mail({ certificate, answer: () => '554 5.7.1 spam' })).outcome).toEqual({
    accepted: false,
    final: true,
    answer: 'smtp 554',
  })
})

test('a webhook carries its bytes, an id and a time under a signature that another program checks', async () => {
  expect(await sendBy(webhook(), message, ports)).toEqual({ accepted: true, answer: 'http 204' })
  const { headers, body } = sink.posted[0] as (typeof sink.posted)[number]
  expect(body).toBe(message.json)
  expect(headers['x-sekisho-id']).toBe(message.id)
  expect(headers['x-sekisho-timestamp']).toBe('1796000000')
  const expected = createHmac('sha256', 'correct horse')
    .update(`${message.id}.1796000000.${body}`)
    .digest('hex')
  expect(headers['x-sekisho-signature']).toBe(`v1=${expected}`)
})

test('redirects are not followed, refusals are final, what may pass is repeated', async () => {
  for (const [status, outcome] of [
    [302, { accepted: false, final: true, answer: 'redirect 302' }],
    [400, { accepted: false, final: true, answer: 'http 400' }],
    [429, { accepted: false, answer: 'http 429' }],
    [503, { accepted: false, answer: 'http 503' }],
  ] as const) {
    sink.answer = (_, response) => response.writeHead(status, { location: `${sink.url}/elsewhere` }).end()
    expect(await sendBy(webhook(), message, ports)).toEqual(outcome)
  }
  expect(sink.posted.map(({ path }) => path)).toEqual(['/hook', '/hook', '/hook', '/hook'])
})

test('a silent webhook ends at its limit, an endless answer after 64 KiB', async () => {
  sink.answer = () => {}
  expect(await sendBy(webhook(), message, { ...ports, timeoutMs: 300 })).toEqual({
    accepted: false,
    answer: 'timeout ETIMEDOUT',
  })
  sink.answer = (_, response) => {
    response.writeHead(200)
    const more = () => {
      if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more))
    }
    more()
  }
  expect(await sendBy(webhook(), message, ports)).toEqual({ accepted: true, answer: 'http 200' })
})

test('a private address is refused unless it is declared, by whatever name it goes; link-local never passes', async () => {
  expect(await sendBy(webhook({ private: false }), message, ports)).toEqual({
    accepted: false,
    final: true,
    answer: 'address_refused 127.0.0.1',
  })
  const by = (address: string, isPrivate: boolean) =>
    sendBy(webhook({ url: sink.url.replace('127.0.0.1', 'hook.example.org'), private: isPrivate }), message, {
      ...ports,
      resolve: () => Promise.resolve([address]),
    })
  expect((await by('127.0.0.1', true)).accepted).toBe(true)
  for (const address of ['10.1.2.3', '::1', '::ffff:192.168.0.1', 'fd00::1', '172.16.0.1'])
    expect((await by(address, false)).answer).toBe(`address_refused ${address}`)
  for (const address of ['169.254.169.254', 'fe80::1', '0.0.0.0', '64:ff9b::a00:1'])
    expect((await by(address, true)).answer).toBe(`address_refused ${address}`)
})

test('a secret that everybody may read, or that is not there, sends nothing', async () => {
  const open = join(directory, 'open')
  writeFileSync(open, 'x')
  chmodSync(open, 0o644)
  expect((await sendBy(webhook({ secret: open } as never), message, ports)).answer).toBe('secret_for_all')
  expect((await sendBy(webhook({ secret: join(directory, 'none') } as never), message, ports)).answer).toBe(
    'secret_unreadable',
  )
  expect(sink.posted).toEqual([])
})

test('ntfy gets topic, title and text as JSON, with its token', async () => {
  const url = sink.url.replace('/hook', '/alerts')
  const outcome = await sendBy({ ...common, kind: 'ntfy', url, token: secret() }, message, ports)
  expect(outcome.accepted).toBe(true)
  expect(sink.posted[0]?.path).toBe('/')
  expect(sink.posted[0]?.headers.authorization).toBe('Bearer correct horse')
  expect(JSON.parse(sink.posted[0]?.body ?? '')).toEqual({
    topic: 'alerts',
    title: message.title,
    message: message.text,
    priority: 5,
  })
})
