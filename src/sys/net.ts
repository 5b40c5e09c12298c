// One typed HTTP or HTTPS request: a pinned CA, no redirects followed, no proxy, limits on time and size. Answers, never throws.
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect, isIP } from 'node:net'

export interface ProbeOptions {
  /** PEM: the only certificates that count (a CA, or the server's own certificate). Absent: the built-in list. */
  readonly ca?: string | Uint8Array
  /** From the first packet to the last byte. Default 10 s. */
  readonly timeoutMs?: number
  /** Default 64 KiB. */
  readonly maxBytes?: number
  readonly headers?: Readonly<Record<string, string>>
  /** GET where nothing is said. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly body?: string
  readonly signal?: AbortSignal
}

export type ProbeAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: Buffer
      readonly truncated: boolean
      readonly milliseconds: number
    }
  | {
      readonly kind: 'failed'
      /** `certificate`: it answered, but is not who it should be. */
      readonly why: 'refused' | 'timeout' | 'certificate' | 'name' | 'broken' | 'bad_url' | 'aborted'
      /** The system's own code, such as ECONNREFUSED or SELF_SIGNED_CERT_IN_CHAIN. */
      readonly code: string
      readonly milliseconds: number
    }

/** Once. A redirect is an answer with status 3xx: nobody is followed anywhere. */
export function probeHttp(url: string, options: ProbeOptions = {}): Promise<ProbeAnswer> {
  const started = performance.now()
  const since = () => Math.round(performance.now() - started)
  const target = URL.canParse(url) ? new URL(url) : undefined
  if (target === undefined || !['http:', 'https:'].includes(target.protocol) || target.username !== '')
    return Promise.resolve({ kind: 'failed', why: 'bad_url', code: 'ERR_INVALID_URL', milliseconds: 0 })
  return new Promise((resolve) => {
    const settings: RequestOptions & { ca?: string | Buffer; allowPartialTrustChain?: boolean } = {
      method: options.method ?? 'GET',
      headers: { 'user-agent': 'sekisho', accept: '*/*', ...options.headers, connection: 'close' },
      agent: false,
    }
    // A server's own certificate may be pinned as well as a CA.
    if (options.ca !== undefined)
      Object.assign(settings, { ca: Buffer.from(options.ca), allowPartialTrustChain: true })
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest
    const call = send(target, settings, (answer) => {
      collect(answer, options.maxBytes ?? 65_536, (body, truncated) => {
        const { statusCode = 0 } = answer
        finish({
          kind: 'answer',
          status: statusCode,
          headers: flat(answer),
          body,
          truncated,
          milliseconds: since(),
        })
      })
      answer.on('error', (error: NodeJS.ErrnoException) => fail(error))
    })
    let end: 'timeout' | 'aborted' | undefined
    const stop = (why: 'timeout' | 'aborted') => {
      end ??= why
      call.destroy()
    }
    const timer = setTimeout(() => stop('timeout'), options.timeoutMs ?? 10_000)
    const abort = () => stop('aborted')
    options.signal?.addEventListener('abort', abort, { once: true })
    if (options.signal?.aborted === true) abort()
    const finish = (answer: ProbeAnswer) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', abort)
      resolve(answer)
      call.destroy()
    }
    const fail = (error: NodeJS.ErrnoException) => {
      const code = error.code ?? 'UNKNOWN'
      finish({
        kind: 'failed',
        why: end ?? whyFailed(code),
        code: end === undefined ? code : end.toUpperCase(),
        milliseconds: since(),
      })
    }
    call.on('error', fail)
    call.on('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    call.end(options.body)
  })
}

function collect(
  answer: IncomingMessage,
  max: number,
  done: (body: Buffer, truncated: boolean) => void,
): void {
  const chunks: Buffer[] = []
  let size = 0
  answer.on('data', (chunk: Buffer) => {
    if (size + chunk.length <= max) chunks.push(chunk)
    else {
      chunks.push(chunk.subarray(0, max - size))
      done(Buffer.concat(chunks), true)
    }
    size += chunk.length
  })
  answer.on('end', () => {
    if (answer.complete) done(Buffer.concat(chunks), false)
  })
}

function flat(answer: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
}

function whyFailed(code: string): Extract<ProbeAnswer, { kind: 'failed' }>['why'] {
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'refused'
  if (code === 'ETIMEDOUT') return 'timeout'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name'
  if (/CERT|SELF_SIGNED|UNABLE_TO_|CRL_|HOSTNAME_MISMATCH|ERR_TLS_CERT/.test(code)) return 'certificate'
  return 'broken'
}

export type Reached =
  /** `isHere`: the answer came from an address of this very machine. */
  { readonly reached: true; readonly isHere: boolean } | { readonly reached: false; readonly why: string }

/** Does anybody take a connection there? Nothing is said, nothing is read. Never throws. */
export function reach(host: string, port: number, timeoutMs: number): Promise<Reached> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (answer: Reached) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => end({ reached: false, why: 'ETIMEDOUT' }), timeoutMs)
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end({ reached: false, why: error.code ?? error.message }),
    )
    socket.on('connect', () => end({ reached: true, isHere: socket.remoteAddress === socket.localAddress }))
  })
}

/** The first characters that a server sends to whoever connects, at most so many; undefined where it sends none in time. Never throws. */
export function greetingOf(of: {
  readonly host: string
  readonly port: number
  readonly bytes: number
  readonly timeoutMs: number
}): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: of.host, port: of.port })
    let text = ''
    const end = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(text === '' ? undefined : text.slice(0, of.bytes))
    }
    const timer = setTimeout(end, of.timeoutMs)
    socket.setEncoding('latin1')
    socket.on('error', end)
    socket.on('end', end)
    socket.on('data', (part: string) => {
      text += part
      if (text.length >= of.bytes) end()
    })
  })
}

export interface SiteAddress {
  readonly tls: boolean
  /** Where the connection goes: no name is looked up. */
  readonly address: string
  readonly port: number
  /** The server that is meant: `Host`, and the TLS name where it is one. */
  readonly name: string
  readonly path: string
}

/**
 * One GET to a web server on this machine, as whoever visits this name would send it. Answers at the first line of the answer: what follows may never
 * end (a stream of events). Whose certificate it shows is not looked at, and the name of the server decides what it answers. Never throws.
 */
export function askStatus(
  { tls, address, port, name, path }: SiteAddress,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<{ readonly status: number } | { readonly why: string }> {
  return new Promise((resolve) => {
    const isUsual = port === (tls ? 443 : 80)
    const settings = {
      host: address,
      port,
      path,
      method: 'GET',
      agent: false,
      headers: {
        host: isUsual ? name : `${name}:${port}`,
        'user-agent': 'sekisho',
        accept: '*/*',
        connection: 'close',
      },
    }
    // An address or a word that is no name may not stand in a TLS name.
    const servername = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i.test(name) && isIP(name) === 0 ? name : ''
    const call = tls
      ? httpsRequest({ ...settings, servername, rejectUnauthorized: false })
      : httpRequest(settings)
    let end: string | undefined
    const finish = (answer: { readonly status: number } | { readonly why: string }) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', abort)
      resolve(answer)
      call.destroy()
    }
    const stop = (why: string) => {
      end ??= why
      call.destroy()
    }
    const timer = setTimeout(() => stop('timeout'), options.timeoutMs)
    const abort = () => stop('aborted')
    options.signal?.addEventListener('abort', abort, { once: true })
    if (options.signal?.aborted === true) abort()
    call.on('response', ({ statusCode = 0 }) => finish({ status: statusCode }))
    call.on('error', (error: NodeJS.ErrnoException) =>
      finish({ why: end ?? whyFailed(error.code ?? 'UNKNOWN') }),
    )
    call.on('close', () => finish({ why: end ?? 'broken' }))
    call.end()
  })
}
