// A mail server on the loopback: as much of SMTP as a client needs that sends, with STARTTLS, a login, and the faults of real ones. It is
// written from RFC 5321 and shares no code with what sends.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'

export interface Certificate {
  readonly directory: string
  readonly path: string
  readonly key: Buffer
  readonly certificate: Buffer
  remove(): void
}

/** Made by openssl, for `localhost`. */
export function makeCertificate(name = 'localhost'): Certificate {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-smtp-'))
  const key = join(directory, 'key.pem')
  const path = join(directory, 'certificate.pem')
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ].concat(['-keyout', key, '-out', path, '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]),
    { stdio: 'ignore' },
  )
  return {
    directory,
    path,
    key: readFileSync(key),
    certificate: readFileSync(path),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly wasEncrypted: boolean
  readonly login?: string
  readonly raw: string
}

export interface MailServer {
  readonly port: number
  readonly mails: Mail[]
  /** Connections that were taken. */
  connections(): number
  close(): Promise<void>
}

export interface MailServerOptions {
  /** Absent: the server knows no TLS. */
  readonly certificate?: Certificate
  readonly login?: { readonly user: string; readonly password: string }
  /** Takes the connection and says nothing. */
  readonly silent?: boolean
  /** Answers so after the message itself. */
  readonly answer?: () => string
}

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const mails: Mail[] = []
  const sockets = new Set<Socket>()
  let count = 0
  const server: Server = createServer((socket) => {
    count++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    if (options.silent === true) return
    talk(socket, options, mails)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    connections: () => count,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function talk(plain: Socket, options: MailServerOptions, mails: Mail[]): void {
  let socket: Socket = plain
  let isEncrypted = false
  let from = ''
  let to: string[] = []
  let login: string | undefined
  let pending = ''
  let data: string | undefined
  const say = (line: string) => socket.write(`${line}\r\n`)
  const command = (line: string) => {
    const [word = ''] = line.toUpperCase().split(/[ :]/)
    switch (word) {
      case 'EHLO':
      case 'HELO': {
        const features = [
          'test',
          ...(options.certificate !== undefined && !isEncrypted ? ['STARTTLS'] : []),
          ...(options.login !== undefined ? ['AUTH PLAIN'] : []),
          '8BITMIME',
        ]
        for (const [i, one] of features.entries()) say(`250${i === features.length - 1 ? ' ' : '-'}${one}`)
        return
      }
      case 'STARTTLS': {
        const { certificate } = options
        if (certificate === undefined) return say('502 no')
        say('220 go')
        socket.removeAllListeners('data')
        const secure = new TLSSocket(plain, {
          isServer: true,
          secureContext: createSecureContext({ key: certificate.key, cert: certificate.certificate }),
        })
        secure.on('error', () => {})
        isEncrypted = true
        socket = secure
        socket.on('data', take)
        return
      }
      case 'AUTH': {
        const [, user = '', password = ''] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
          .toString()
          .split('\0')
        if (user !== options.login?.user || password !== options.login.password) return say('535 5.7.8 no')
        login = user
        return say('235 ok')
      }
      case 'MAIL':
        if (options.login !== undefined && login === undefined) return say('530 5.7.0 login first')
        from = /<([^>]*)>/.exec(line)?.[1] ?? ''
        to = []
        return say('250 ok')
      case 'RCPT':
        to.push(/<([^>]*)>/.exec(line)?.[1] ?? '')
        return say('250 ok')
      case 'DATA':
        data = ''
        return say('354 go')
      case 'QUIT':
        say('221 bye')
        return socket.end()
      default:
        return say('250 ok')
    }
  }
  const take = (chunk: Buffer) => {
    pending += chunk.toString('latin1')
    for (;;) {
      const end = pending.indexOf('\r\n')
      if (end < 0) return
      const line = pending.slice(0, end)
      pending = pending.slice(end + 2)
      if (data === undefined) command(line)
      else if (line === '.') {
        const answer = options.answer?.() ?? '250 2.0.0 taken'
        if (answer.startsWith('2'))
          mails.push({
            from,
            to,
            wasEncrypted: isEncrypted,
            raw: data,
            ...(login === undefined ? {} : { login }),
          })
        data = undefined
        say(answer)
      } else data += `${line.replace(/^\./, '')}\r\n`
    }
  }
  socket.on('data', take)
  say('220 test')
}

/** The text of a mail of one part, as whoever reads it sees it. */
export function textOf({ raw }: Mail): string {
  const cut = raw.indexOf('\r\n\r\n')
  const encoding = headerOf(raw, 'content-transfer-encoding')
  const body = raw.slice(cut + 4)
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString()
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

export function headerOf(raw: string, name: string): string {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ')
  const line = head.split('\r\n').find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  const value = line?.slice(line.indexOf(':') + 1).trim() ?? ''
  return value
    .replace(/(=\?[^?]+\?[BQ]\?[^?]*\?=)\s+(?==\?)/gi, '$1')
    .replace(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi, (_, kind: string, text: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64').toString()
        : Buffer.from(
            text
              .replaceAll('_', ' ')
              .replace(/=([0-9A-F]{2})/gi, (__, hex: string) =>
                String.fromCharCode(Number.parseInt(hex, 16)),
              ),
            'latin1',
          ).toString(),
    )
}
