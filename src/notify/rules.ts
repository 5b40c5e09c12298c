// Who is told, by which way, and what is listened for: the compiled `notify:` of sekisho.yaml. It holds no secret: a secret is a file that
// the sending process reads by itself, or the digest of what somebody must present.
import {
  boolean,
  type Decoder,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  text,
  union,
} from '../base/decode.ts'
import { isActorId, isServiceName } from '../base/id.ts'

export const SEVERITIES = ['info', 'warning', 'red'] as const
export type Severity = (typeof SEVERITIES)[number]

/** What a notice is about. `users`: what the users of a service are told. `system`: Sekisho itself. */
export const NOTICE_KINDS = [
  'alert',
  'check',
  'change',
  'incident',
  'ping',
  'system',
  'test',
  'users',
] as const
export type NoticeKind = (typeof NOTICE_KINDS)[number]

export const CHANNEL_LANGUAGES = ['ja', 'en', 'both'] as const
export type ChannelLanguage = (typeof CHANNEL_LANGUAGES)[number]

interface Common {
  readonly name: string
  readonly language: ChannelLanguage
  /** Whose it is, for the record. */
  readonly person?: string
  /** Addresses of private networks and of this machine count as declared. */
  readonly private: boolean
  /** PEM file of the only authority that counts. */
  readonly ca?: string
}
export interface MailChannel extends Common {
  readonly kind: 'mail'
  readonly host: string
  readonly port: number
  /** `none` is a declaration of its own: without it a server that offers no TLS is refused. */
  readonly tls: 'starttls' | 'tls' | 'none'
  readonly from: string
  readonly to: readonly string[]
  readonly user?: string
  /** A file. */
  readonly password?: string
}
export interface WebhookChannel extends Common {
  readonly kind: 'webhook'
  readonly url: string
  /** A file: the key of the signature. */
  readonly secret: string
}
export interface NtfyChannel extends Common {
  readonly kind: 'ntfy'
  readonly url: string
  /** A file. */
  readonly token?: string
}
export type Channel = MailChannel | WebhookChannel | NtfyChannel

export interface Hours {
  /** 0 = Sunday. */
  readonly days: readonly number[]
  readonly fromMinute: number
  readonly untilMinute: number
  readonly zone: string
}
export interface Escalation {
  readonly afterSeconds: number
  readonly to: readonly string[]
}
export interface Route {
  /** Digits of a digest over what the route says. */
  readonly id: string
  /** In this order: the next channel when one fails. */
  readonly to: readonly string[]
  readonly severities: readonly Severity[]
  readonly kinds: readonly NoticeKind[]
  /** Empty: all. */
  readonly services: readonly string[]
  readonly hours?: Hours
  /** One after the other until somebody acknowledges; the last one repeats. */
  readonly escalate: readonly Escalation[]
}

/** A ping that goes out while all is well. */
export interface PingOut {
  readonly url: string
  readonly everySeconds: number
  readonly private: boolean
  readonly ca?: string
}
/** A ping that must come in. */
export interface PingIn {
  readonly name: string
  readonly everySeconds: number
  /** Late after the interval, down after this much more. */
  readonly graceSeconds: number
  readonly service?: string
  /** SHA-256 of the secret that it carries. */
  readonly secret: string
}
export interface AlertSource {
  readonly name: string
  readonly form: 'alertmanager' | 'generic'
  readonly service?: string
  readonly secret: string
}

export interface NotifyRules {
  readonly channels: readonly Channel[]
  readonly routes: readonly Route[]
  /** By these channels users are told of a change beforehand: by each of them. */
  readonly users: readonly string[]
  readonly pingsOut: readonly PingOut[]
  readonly pingsIn: readonly PingIn[]
  readonly alerts: readonly AlertSource[]
}

export const CHANNEL_NAME = /^[a-z0-9][a-z0-9_-]{0,30}$/
export const SECRET_DIGEST = /^sha256:[0-9a-f]{64}$/
export const MAX_CHANNELS = 50

const channelName = text({ max: 31, pattern: CHANNEL_NAME, what: 'the name of a channel' })
const channelNames = list(channelName, MAX_CHANNELS)
const path = text({ max: 4096, pattern: /^\/[^\0\n]*$/, what: 'an absolute path' })
const url = text({ max: 2048, pattern: /^https?:\/\//, what: 'an http(s) URL' })
const line = text({ max: 320, pattern: /^[^\r\n\0]+$/, what: 'one line' })
const digest = text({ max: 71, pattern: SECRET_DIGEST, what: 'sha256:…' })
const service = matching(isServiceName, 'a service name')
const severity: Decoder<Severity> = literal(...SEVERITIES)
const kind: Decoder<NoticeKind> = literal(...NOTICE_KINDS)

const common = {
  name: channelName,
  language: literal(...CHANNEL_LANGUAGES),
  person: optional(matching(isActorId, 'an actor name')),
  private: boolean,
  ca: optional(path),
} as const
const channel: Decoder<Channel> = union<'kind', Channel>('kind', {
  mail: object({
    ...common,
    kind: literal('mail'),
    host: line,
    port: integer(1, 65_535),
    tls: literal('starttls', 'tls', 'none'),
    from: line,
    to: list(line, 50),
    user: optional(line),
    password: optional(path),
  }),
  webhook: object({ ...common, kind: literal('webhook'), url, secret: path }),
  ntfy: object({ ...common, kind: literal('ntfy'), url, token: optional(path) }),
})
const YEAR_S = 31_622_400
const route: Decoder<Route> = object({
  id: text({ max: 16, pattern: /^[0-9a-f]{8}$/, what: 'eight digits' }),
  to: channelNames,
  severities: list(severity, 3),
  kinds: list(kind, 10),
  services: list(service),
  hours: optional(
    object({
      days: list(integer(0, 6), 7),
      fromMinute: integer(0, 1440),
      untilMinute: integer(0, 1440),
      zone: text({ max: 100 }),
    }),
  ),
  escalate: list(object({ afterSeconds: integer(1, YEAR_S), to: channelNames }), 10),
})

export const notifyRules: Decoder<NotifyRules> = object({
  channels: list(channel, MAX_CHANNELS),
  routes: list(route, 100),
  users: channelNames,
  pingsOut: list(object({ url, everySeconds: integer(1, YEAR_S), private: boolean, ca: optional(path) }), 20),
  pingsIn: list(
    object({
      name: channelName,
      everySeconds: integer(1, YEAR_S),
      graceSeconds: integer(0, YEAR_S),
      service: optional(service),
      secret: digest,
    }),
    200,
  ),
  alerts: list(
    object({
      name: channelName,
      form: literal('alertmanager', 'generic'),
      service: optional(service),
      secret: digest,
    }),
    50,
  ),
})

export function channelOf(rules: NotifyRules, name: string): Channel | undefined {
  return rules.channels.find((one) => one.name === name)
}
