// One sending by one channel: mail, a signed webhook, ntfy. What the other side answered comes back as a code; nothing is thrown.
import { readFile } from 'node:fs/promises'
import { createTransport } from 'nodemailer'
import type { Channel, MailChannel, NtfyChannel, Severity, WebhookChannel } from '../notify/rules.ts'
import { signedHeaders } from '../notify/signature.ts'
import { type Posted, post, type Resolve, resolveOnce } from '../sys/outbound.ts'
import type { Message } from './message.ts'
import { readSecret } from './secret-file.ts'

export interface Outcome {
  readonly accepted: boolean
  /** A repetition does not mend it. */
  readonly final?: true
  /** A code and a value, such as `http 503`; no secret, no text of the other side. */
  readonly answer: string
}

export interface ChannelPorts {
  readonly now: () => number
  readonly resolve?: Resolve
  /** Of one sending. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 15_000

export function sendBy(channel: Channel, message: Message, ports: ChannelPorts): Promise<Outcome> {
  switch (channel.kind) {
    case 'mail':
      return sendMail(channel, message, ports)
    case 'webhook':
      return sendWebhook(channel, message, ports)
    case 'ntfy':
      return sendNtfy(channel, message, ports)
  }
}

const failed = (answer: string): Outcome => ({ accepted: false, answer })
const never = (answer: string): Outcome => ({ accepted: false, final: true, answer })

// --- webhook, ntfy --------------------------------------------------------------------------------------------------------

async function sendWebhook(channel: WebhookChannel, message: Message, ports: ChannelPorts): Promise<Outcome> {
  const secret = await readSecret(channel.secret)
  if (!secret.ok) return never(secret.why)
  const signed = signedHeaders({
    id: message.id,
    seconds: Math.floor(ports.now() / 1000),
    body: message.json,
    secret: secret.value,
  })
  return postTo(channel, channel.url, message.json, { ...signed }, ports)
}

const PRIORITY: Readonly<Record<Severity, number>> = { info: 3, warning: 4, red: 5 }

async function sendNtfy(channel: NtfyChannel, message: Message, ports: ChannelPorts): Promise<Outcome> {
  const secret = channel.token === undefined ? undefined : await readSecret(channel.token)
  if (secret?.ok === false) return never(secret.why)
  // As JSON to the server itself: a title in Japanese has no place in a header.
  const url = new URL(channel.url)
  const topic = url.pathname.split('/').findLast((one) => one !== '') ?? ''
  url.pathname = url.pathname.replace(/\/?[^/]*\/?$/, '/')
  const body = JSON.stringify({
    topic: decodeURIComponent(topic),
    title: message.title,
    message: message.text,
    priority: PRIORITY[message.severity],
  })
  const headers = secret === undefined ? {} : { authorization: `Bearer ${secret.value}` }
  return postTo(channel, url.href, body, headers, ports)
}

async function postTo(
  { private: isPrivate, ca: caPath }: Channel,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  { resolve, timeoutMs }: ChannelPorts,
): Promise<Outcome> {
  const ca = await readAuthority(caPath)
  if (ca === 'unreadable') return never('ca_unreadable')
  const posted = await post({
    url,
    body,
    headers: { 'content-type': 'application/json', ...headers },
    private: isPrivate,
    ...(ca === undefined ? {} : { ca }),
    timeoutMs: timeoutMs ?? TIMEOUT_MS,
    ...(resolve === undefined ? {} : { resolve }),
  })
  return outcomeOf(posted)
}

export function outcomeOf(posted: Posted): Outcome {
  if (posted.kind === 'failed') {
    const answer = `${posted.why} ${posted.what}`
    return posted.why === 'address_refused' || posted.why === 'bad_url' ? never(answer) : failed(answer)
  }
  const { status } = posted
  if (status >= 200 && status < 300) return { accepted: true, answer: `http ${status}` }
  if (status >= 300 && status < 400) return never(`redirect ${status}`)
  const mayPass = status >= 500 || [408, 425, 429].includes(status)
  return mayPass ? failed(`http ${status}`) : never(`http ${status}`)
}

// --- mail -----------------------------------------------------------------------------------------------------------------

async function sendMail(channel: MailChannel, message: Message, ports: ChannelPorts): Promise<Outcome> {
  const { host, port, tls, from, to, user, password } = channel
  const timeoutMs = ports.timeoutMs ?? TIMEOUT_MS
  const secret = password === undefined ? undefined : await readSecret(password)
  if (secret?.ok === false) return never(secret.why)
  const ca = await readAuthority(channel.ca)
  if (ca === 'unreadable') return never('ca_unreadable')
  const resolved = await resolveOnce(host, channel.private, ports.resolve)
  if (!resolved.ok)
    return resolved.why === 'name'
      ? failed(`name ${resolved.what}`)
      : never(`address_refused ${resolved.what}`)
  let outcome: Outcome = failed('name ENOTFOUND')
  for (const address of resolved.addresses) {
    const transport = createTransport({
      host: address,
      port,
      secure: tls === 'tls',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      tls: { servername: host, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
      ...(user === undefined || secret === undefined ? {} : { auth: { user, pass: secret.value } }),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    try {
      const late = AbortSignal.timeout(timeoutMs * 2)
      const isLate = new Promise<'late'>((resolve) => {
        late.addEventListener('abort', () => resolve('late'), { once: true })
      })
      const sent = transport.sendMail({
        from,
        to: [...to],
        subject: message.title,
        text: message.text,
        messageId: `<${message.id.replace(/[^\w./-]/g, '_').replaceAll('/', '.')}@${domainOf(from)}>`,
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Sekisho-Id': message.id },
      })
      const done = await Promise.race([sent, isLate])
      return done === 'late' ? failed('timeout ETIMEDOUT') : { accepted: true, answer: 'smtp 250' }
    } catch (error) {
      outcome = outcomeOfMail(error as MailError)
      // Nobody listens at this address: the name has others.
      if ((error as MailError).code !== 'ECONNECTION' && (error as MailError).code !== 'ESOCKET')
        return outcome
    } finally {
      transport.close()
    }
  }
  return outcome
}

interface MailError extends Error {
  readonly code?: string
  readonly responseCode?: number
}

function outcomeOfMail({ code = 'UNKNOWN', responseCode }: MailError): Outcome {
  if (code === 'ETLS') return never('tls_missing')
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) return failed(`certificate ${code}`)
  if (code === 'EAUTH')
    return responseCode !== undefined && responseCode < 500
      ? failed(`smtp ${responseCode}`)
      : never('login_refused')
  if (responseCode === undefined)
    return code === 'ETIMEDOUT' ? failed('timeout ETIMEDOUT') : failed(`broken ${code}`)
  return responseCode >= 500 ? never(`smtp ${responseCode}`) : failed(`smtp ${responseCode}`)
}

const domainOf = (from: string) => /@([^>\s]+)/.exec(from)?.[1] ?? 'sekisho'

async function readAuthority(path: string | undefined): Promise<Buffer | 'unreadable' | undefined> {
  if (path === undefined) return undefined
  return readFile(path).catch(() => 'unreadable' as const)
}
