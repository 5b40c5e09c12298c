// Requests that leave this machine, to addresses that the rules name: the name is resolved once and the connection goes to what it gave,
// private ranges only where they are declared, no redirect is followed, time and size are limited. Answers, never throws.
import { lookup } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, isIP } from 'node:net'

/** Gives the addresses of a name. */
export type Resolve = (host: string) => Promise<readonly string[]>

const resolveBySystem: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address)

const PRIVATE = new BlockList()
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv4')
PRIVATE.addAddress('::1', 'ipv6')
PRIVATE.addSubnet('fc00::', 7, 'ipv6')

/** Nobody receives notices there: link-local (metadata of clouds), multicast, ranges for documents and tests, and what hides another address. */
const NEVER = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  NEVER.addSubnet(network, bits, 'ipv4')
NEVER.addAddress('::', 'ipv6')
for (const [network, bits] of [
  ['64:ff9b::', 96],
  ['2002::', 16],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  NEVER.addSubnet(network, bits, 'ipv6')

export function kindOfAddress(address: string): 'public' | 'private' | 'never' {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  const plain = mapped ?? address
  const family = isIP(plain)
  if (family === 0) return 'never'
  const type = family === 4 ? 'ipv4' : 'ipv6'
  if (NEVER.check(plain, type)) return 'never'
  return PRIVATE.check(plain, type) ? 'private' : 'public'
}

export type Resolved =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly why: 'name' | 'address_refused'; readonly what: string }

/** Of one name so many are tried. */
const ADDRESSES_MAX = 4

/** Every address of the name must be one that may be reached: else the choice would be the name server's. */
export async function resolveOnce(
  host: string,
  isPrivateDeclared: boolean,
  resolve: Resolve = resolveBySystem,
): Promise<Resolved> {
  const bare = host.replace(/^\[|\]$/g, '')
  let addresses: readonly string[]
  try {
    addresses = isIP(bare) === 0 ? await resolve(bare) : [bare]
  } catch (error) {
    return { ok: false, why: 'name', what: (error as NodeJS.ErrnoException).code ?? 'UNKNOWN' }
  }
  const refused = addresses.find((one) => {
    const kind = kindOfAddress(one)
    return kind === 'never' || (kind === 'private' && !isPrivateDeclared)
  })
  if (refused !== undefined) return { ok: false, why: 'address_refused', what: refused }
  return addresses.length === 0
    ? { ok: false, why: 'name', what: 'ENOTFOUND' }
    : { ok: true, addresses: addresses.slice(0, ADDRESSES_MAX) }
}

export interface Posting {
  readonly url: string
  readonly method?: 'POST' | 'GET'
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly private: boolean
  /** PEM of the only authority that counts. */
  readonly ca?: string | Uint8Array
  readonly timeoutMs: number
  readonly resolve?: Resolve
  /** Reads an answer of 200 to its end; a throw is a failure. Without it the body is thrown away. */
  readonly take?: (answer: IncomingMessage) => Promise<void>
}
export type Posted =
  | { readonly kind: 'answer'; readonly status: number }
  /** `what`: the system's own code, or the address that was refused. */
  | {
      readonly kind: 'failed'
      readonly why: 'timeout' | 'certificate' | 'name' | 'address_refused' | 'broken' | 'bad_url'
      readonly what: string
    }

/** Of an answer that much is read, and thrown away: it ends the request and is nobody's to keep. */
const ANSWER_LIMIT = 65_536

export async function post(posting: Posting): Promise<Posted> {
  const target = URL.canParse(posting.url) ? new URL(posting.url) : undefined
  if (target === undefined || !/^https?:$/.test(target.protocol) || target.username !== '')
    return { kind: 'failed', why: 'bad_url', what: 'ERR_INVALID_URL' }
  const deadline = AbortSignal.timeout(posting.timeoutMs)
  const late: Posted = { kind: 'failed', why: 'timeout', what: 'ETIMEDOUT' }
  const resolved = await Promise.race([
    resolveOnce(target.hostname, posting.private, posting.resolve),
    aborted(deadline),
  ])
  if (resolved === undefined) return late
  if (!resolved.ok) return { kind: 'failed', why: resolved.why, what: resolved.what }
  return new Promise((resolve) => {
    const found = resolved.addresses.map((address) => ({ address, family: isIP(address) }))
    const settings: RequestOptions & { ca?: Buffer; allowPartialTrustChain?: boolean } = {
      method: posting.method ?? 'POST',
      headers: {
        'user-agent': 'sekisho',
        ...posting.headers,
        ...(posting.body === undefined ? {} : { 'content-length': Buffer.byteLength(posting.body) }),
        connection: 'close',
      },
      agent: false,
      // The name stands in the request and in TLS; the connection goes to what was looked at.
      lookup: (_host, options, answer) => {
        const [first = { address: '', family: 4 }] = found
        if (options.all === true) answer(null, found)
        else answer(null, first.address, first.family)
      },
    }
    if (posting.ca !== undefined)
      Object.assign(settings, { ca: Buffer.from(posting.ca), allowPartialTrustChain: true })
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest
    const call = send(target, settings)
    const finish = (answer: Posted) => {
      deadline.removeEventListener('abort', stop)
      resolve(answer)
      call.destroy()
    }
    const stop = () => finish(late)
    const fail = (error: NodeJS.ErrnoException) => {
      const code = error.code ?? 'UNKNOWN'
      const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/.test(code)
      finish({ kind: 'failed', why: isCertificate ? 'certificate' : 'broken', what: code })
    }
    deadline.addEventListener('abort', stop, { once: true })
    let isTaking = false
    call.on('response', (answer) => {
      const end = () => finish({ kind: 'answer', status: answer.statusCode ?? 0 })
      if (posting.take === undefined || answer.statusCode !== 200) return readToEnd(answer, end)
      isTaking = true
      posting.take(answer).then(end, fail)
    })
    call.on('error', fail)
    call.on('close', () => {
      if (!isTaking) fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
    })
    call.end(posting.body)
  })
}

/** Whoever answers without an end has answered. */
function readToEnd(answer: IncomingMessage, done: () => void): void {
  let size = 0
  answer.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > ANSWER_LIMIT) done()
  })
  answer.on('end', done)
  answer.on('error', done)
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
