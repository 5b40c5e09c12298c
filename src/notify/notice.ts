// A notice as it lies between gate and sender, and what the sender has done with it. Each file has one writer: the notice is the gate's,
// the attempts are the sender's.
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
} from '../base/decode.ts'
import { isServiceName } from '../base/id.ts'
import { type Instant, isInstant } from '../base/time.ts'
import { NOTICE_KINDS, type NoticeKind, SEVERITIES, type Severity } from './rules.ts'

/** What is wrong or will happen, since when, what it means for users, what to type: the title, then lines. */
export interface NoticeText {
  readonly title: string
  readonly lines: readonly string[]
}

/**
 * `open` is told until somebody acknowledges. `resolved`: it is over, and whoever was told learns that. `withdrawn`: nobody needs to
 * learn anything more.
 */
export type NoticeState = 'open' | 'acknowledged' | 'resolved' | 'withdrawn'

export interface Notice {
  readonly v: 1
  readonly id: string
  readonly kind: NoticeKind
  readonly topic: string
  readonly severity: Severity
  readonly service?: string
  /** What it stands on: a change, a check, an incident. */
  readonly subject?: string
  readonly at: Instant
  /** Not before: what comes together is told together. */
  readonly sendAt: Instant
  readonly text: { readonly ja: NoticeText; readonly en: NoticeText }
  /** How many findings it stands for. */
  readonly items: number
  readonly state: NoticeState
  readonly mutedUntil?: Instant
  /** Goes to these channels and asks no route: a test, or what users are told. */
  readonly channels?: readonly string[]
}

export interface Attempt {
  /** Which sending this belongs to: a route and its level, or a channel. */
  readonly track: string
  readonly channel: string
  readonly at: Instant
  readonly accepted: boolean
  /** A failure that a repetition does not mend: the next channel is asked at once. */
  readonly final?: boolean
  /** What the other side answered, or why there was no answer: one line without a secret. */
  readonly answer: string
}

export interface Sent {
  readonly v: 1
  readonly id: string
  readonly attempts: readonly Attempt[]
}

export const NOTICE_ID = /^NTC-[0-9a-z-]{1,40}$/
export const isNoticeId = (value: string) => NOTICE_ID.test(value)
const MAX_TEXT = 4000
export const MAX_LINES = 60
/** Of one notice; older ones are dropped first. */
export const MAX_ATTEMPTS = 500

const at: Decoder<Instant> = matching(isInstant, 'an instant')
const id = text({ max: 44, pattern: NOTICE_ID, what: 'the id of a notice' })
const noticeText: Decoder<NoticeText> = object({
  title: text({ max: 300 }),
  lines: list(text({ max: MAX_TEXT }), MAX_LINES),
})
const severity: Decoder<Severity> = literal(...SEVERITIES)
const kind: Decoder<NoticeKind> = literal(...NOTICE_KINDS)
const state: Decoder<NoticeState> = literal('open', 'acknowledged', 'resolved', 'withdrawn')

export const notice: Decoder<Notice> = object({
  v: literal(1),
  id,
  kind,
  topic: text({ max: 300 }),
  severity,
  service: optional(matching(isServiceName, 'a service name')),
  subject: optional(text({ max: 300 })),
  at,
  sendAt: at,
  text: object({ ja: noticeText, en: noticeText }),
  items: integer(1),
  state,
  mutedUntil: optional(at),
  channels: optional(list(text({ max: 31 }), 50)),
})

export const sent: Decoder<Sent> = object({
  v: literal(1),
  id,
  attempts: list(
    object({
      track: text({ max: 100 }),
      channel: text({ max: 31 }),
      at,
      accepted: boolean,
      final: optional(boolean),
      answer: text({ max: 500 }),
    }),
    MAX_ATTEMPTS,
  ),
})
