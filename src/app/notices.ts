// What people are told: raised in the transaction of what happened, ended in the transaction of its end. Sending is the watch process's.
import { SekishoError } from '../base/error.ts'
import { after, type Instant } from '../base/time.ts'
import type { Actor } from '../identity/actor.ts'
import type { NoticeText } from '../notify/notice.ts'
import { type NoticeKind, SEVERITIES, type Severity } from '../notify/rules.ts'
import { NOTICE_WORDS } from '../words/notice.ts'
import { allow, nameOf, WHOLE } from './authorize.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import {
  acknowledge,
  countSince,
  endItem,
  endNotice,
  findOpen,
  insertNotice,
  loadNotice,
  mute,
  type NewItem,
  nextNoticeId,
  type OpenNotice,
  putItem,
  putText,
  raiseSeverity,
  type StoredNotice,
  type Titles,
} from './notice-store.ts'

export interface NoticeDraft {
  readonly kind: NoticeKind
  /** What it is about. A topic has one open notice. */
  readonly topic: string
  /** What it comes from; what comes from one cause is told once. Default: its topic. */
  readonly cause?: string
  readonly severity: Severity
  readonly service?: string
  /** The change, check or incident on which it stands. */
  readonly subject?: string
  readonly text: { readonly ja: NoticeText; readonly en: NoticeText }
  /** Goes to these and asks no route. */
  readonly channels?: readonly string[]
  /** Nobody is told of this one thing until then. */
  readonly mutedUntil?: Instant
}

/** What comes from one cause comes together: so long is it waited for. */
const GATHER_MS = 5000
/** More than so many within ten minutes are told as one. */
const MANY = 10
const MANY_MS = 600_000
export const MANY_CAUSE = 'many'
/** What was not looked at in its time has one cause, whatever it is: that nobody could look. The time stands behind it. */
export const LATE_CAUSE = 'late:'
const GATHERED: readonly NoticeKind[] = ['check', 'ping', 'change']

/**
 * Returns the id of the notice that stands for it. Raised again while it is open, it changes nothing but a severity that rose; what was
 * taken up and became worse is told anew.
 */
export async function raiseNotice(step: Act, draft: NoticeDraft): Promise<string> {
  const { topic, kind, severity } = draft
  const isGathered = GATHERED.includes(kind)
  const cause = draft.cause ?? topic
  // What comes late after the others were told is told by itself.
  const until = cause.startsWith(LATE_CAUSE) ? { notSentAt: step.at } : {}
  const open = await findOpen(step.tx, { topic, ...(isGathered ? { cause, ...until } : {}) })
  if (open?.item?.isAcknowledged === true) {
    if (!isHigher(severity, open.item.severity)) return open.id
    await end(step, topic, 'withdrawn')
    // Not into the notice that others were told of: nobody would be told again.
    return insert(step, { ...draft, cause: topic }, titlesOf(draft))
  }
  if (open !== undefined) return join(step, draft, open)
  if (isGathered && (await countSince(step.tx, GATHERED, after(step.at, -MANY_MS))) >= MANY) {
    const many = await findOpen(step.tx, { topic, cause: MANY_CAUSE })
    if (many !== undefined) return join(step, draft, many)
    return insert(step, { ...draft, cause: MANY_CAUSE }, titlesOf(draft))
  }
  return insert(step, { ...draft, cause, severity }, titlesOf(draft))
}

const titlesOf = ({ text }: NoticeDraft) => ({ ja: text.ja.title, en: text.en.title })
const isHigher = (one: Severity, than: Severity) => SEVERITIES.indexOf(one) > SEVERITIES.indexOf(than)
const itemOf = ({ topic, severity, mutedUntil }: NoticeDraft, title: Titles, at: Instant): NewItem => ({
  topic,
  title,
  severity,
  at,
  ...(mutedUntil === undefined ? {} : { mutedUntil }),
})

async function insert(
  step: Act,
  draft: NoticeDraft & { readonly cause: string },
  titles: Titles,
): Promise<string> {
  const id = await nextNoticeId(step.tx, Number(step.at.slice(0, 4)))
  const { kind, cause, severity, service, subject, text, channels, topic } = draft
  await insertNotice(step.tx, {
    id,
    kind,
    cause,
    severity,
    at: step.at,
    sendAt: GATHERED.includes(kind) ? after(step.at, GATHER_MS) : step.at,
    text,
    ...(service === undefined ? {} : { service }),
    ...(subject === undefined ? {} : { subject }),
    ...(channels === undefined ? {} : { channels }),
  })
  await putItem(step.tx, id, itemOf(draft, titles, step.at))
  await step.record(
    'notice.raised',
    subject ?? id,
    plain({ notice: id, kind, topic, severity, title: text.en.title, channels }),
  )
  await step.tell({ kind: 'notice.raised', values: { notice: id, severity } })
  return id
}

/** What is muted raises the severity of nothing that others are told of. */
async function join(step: Act, draft: NoticeDraft, { id, severity, item }: OpenNotice): Promise<string> {
  if (item === undefined || isHigher(draft.severity, item.severity))
    await putItem(step.tx, id, itemOf(draft, titlesOf(draft), step.at))
  // It says how its first thing stands now, not how it began.
  if (item !== undefined && isHigher(draft.severity, item.severity))
    await putText(step.tx, id, draft.topic, draft.text)
  if (draft.mutedUntil === undefined && isHigher(draft.severity, severity))
    await raiseSeverity(step.tx, id, draft.severity)
  return id
}

/** It is over. Who was told of it is told so, once all that its notice stands for has ended. */
export async function resolveNotice(step: Act, topic: string): Promise<void> {
  await end(step, topic, 'resolved')
}

async function end(step: Act, topic: string, state: 'resolved' | 'withdrawn'): Promise<void> {
  const open = await findOpen(step.tx, { topic })
  if (open === undefined) return
  if (!(await endItem(step.tx, open.id, topic, step.at))) return
  await endNotice(step.tx, open.id, state, step.at)
  await step.record(`notice.${state}`, open.id, { notice: open.id })
}

/** The notice of this topic is told no further; false where none is open. */
export async function acknowledgeTopic(
  step: Act,
  topic: string,
  by: string,
  reason?: string,
): Promise<boolean> {
  const open = await findOpen(step.tx, { topic })
  if (open === undefined) return false
  // What follows from it is taken up with it; what only came at the same time is not.
  const isCause = open.cause === topic
  await acknowledge(step.tx, open.id, {
    at: step.at,
    by,
    ...(reason === undefined ? {} : { reason }),
    ...(isCause ? {} : { topic }),
  })
  await step.record(
    'notice.acknowledged',
    open.id,
    plain({ notice: open.id, by, reason, ...(isCause ? {} : { topic }) }),
  )
  return true
}

/** Told again after this time, where it is open still; `until` absent: at once. */
export async function muteTopic(
  step: Act,
  topic: string,
  until: Instant | undefined,
  by: string,
  reason?: string,
): Promise<boolean> {
  const open = await findOpen(step.tx, { topic })
  if (open === undefined) return false
  await mute(step.tx, open.id, until, topic)
  if (until === undefined && open.item !== undefined && isHigher(open.item.severity, open.severity))
    await raiseSeverity(step.tx, open.id, open.item.severity)
  await step.record('notice.muted', open.id, plain({ notice: open.id, topic, until, by, reason }))
  return true
}

// --- what people ask ------------------------------------------------------------------------------------------------------

/** Throws notice.unknown. */
export async function noticeOf(db: Act['tx'], id: string): Promise<StoredNotice> {
  const found = await loadNotice(db, id)
  if (found === undefined) throw new SekishoError('notice.unknown', { notice: id })
  return found
}

/** `takeUp`: takes up what the notice stands for, in the same transaction. Throws may.*, notice.unknown, notice.ended. */
export async function acknowledgeNotice(
  gate: Gate,
  actor: Actor,
  id: string,
  reason: string | undefined,
  takeUp: (step: Act, notice: string, by: string, reason: string) => Promise<void>,
): Promise<StoredNotice> {
  allow(gate, actor, 'notice.acknowledge', WHOLE)
  return act(gate, nameOf(actor), async (step) => {
    await requireOpen(step, id)
    await acknowledge(step.tx, id, {
      at: step.at,
      by: nameOf(actor),
      ...(reason === undefined ? {} : { reason }),
    })
    await step.record('notice.acknowledged', id, plain({ notice: id, by: nameOf(actor), reason }))
    await takeUp(step, id, nameOf(actor), reason ?? '')
    return noticeOf(step.tx, id)
  })
}

/** Throws may.*, notice.unknown, notice.ended. */
export async function muteNotice(
  gate: Gate,
  actor: Actor,
  id: string,
  wish: { readonly minutes: number; readonly reason: string },
): Promise<StoredNotice> {
  allow(gate, actor, 'notice.acknowledge', WHOLE)
  return act(gate, nameOf(actor), async (step) => {
    await requireOpen(step, id)
    const until = after(step.at, wish.minutes * 60_000)
    await mute(step.tx, id, until)
    await step.record('notice.muted', id, { notice: id, until, by: nameOf(actor), reason: wish.reason })
    return noticeOf(step.tx, id)
  })
}

async function requireOpen(step: Act, id: string): Promise<void> {
  const { endedAt } = await noticeOf(step.tx, id)
  if (endedAt !== undefined) throw new SekishoError('notice.ended', { notice: id, at: endedAt })
}

/** A notice that says that it is a test, to the channels that were named or to all. Throws may.*, notice.no_channel, notice.channel_unknown. */
export async function testNotice(
  gate: Gate,
  actor: Actor,
  wanted: readonly string[] | undefined,
): Promise<StoredNotice> {
  const { notify } = allow(gate, actor, 'notice.test', WHOLE)
  const declared = (notify?.channels ?? []).map(({ name }) => name)
  if (declared.length === 0) throw new SekishoError('notice.no_channel', {})
  const channels = wanted ?? declared
  const stranger = channels.find((name) => !declared.includes(name))
  if (stranger !== undefined)
    throw new SekishoError('notice.channel_unknown', { channel: stranger, known: declared })
  return act(gate, nameOf(actor), async (step) => {
    const id = await raiseNotice(step, {
      kind: 'test',
      topic: `test:${step.at}:${nameOf(actor)}`,
      severity: 'info',
      text: NOTICE_WORDS.test(nameOf(actor)),
      channels,
    })
    return noticeOf(step.tx, id)
  })
}
