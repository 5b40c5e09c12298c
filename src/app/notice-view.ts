// Notices as people read them.

import type { ActorId } from '../base/id.ts'
import type { NoticeView } from '../contract/notice.ts'
import type { Actor } from '../identity/actor.ts'
import type { Attempt } from '../notify/notice.ts'
import { channelOf, type NotifyRules } from '../notify/rules.ts'
import { allow, WHOLE } from './authorize.ts'
import { type Gate, now } from './gate.ts'
import { attemptsOf } from './notice-attempts.ts'
import { fileOf } from './notice-files.ts'
import { listNotices, type StoredNotice } from './notice-store.ts'
import { noticeOf } from './notices.ts'

const DEFAULT_LIMIT = 50

export async function noticesShown(
  gate: Gate,
  actor: Actor,
  limit: number | undefined,
): Promise<{ readonly notices: NoticeView[] }> {
  const { notify } = allow(gate, actor, 'status.read', WHOLE)
  const rows = await listNotices(gate.db, limit ?? DEFAULT_LIMIT)
  const attempts = await attemptsOf(
    gate.db,
    rows.map(({ id }) => id),
  )
  return { notices: rows.map((row) => viewOf(gate, row, attempts.get(row.id) ?? [], notify)) }
}

/** Throws may.*, notice.unknown. */
export async function noticeShown(gate: Gate, actor: Actor, id: string): Promise<NoticeView> {
  allow(gate, actor, 'status.read', WHOLE)
  return wholeNotice(gate, await noticeOf(gate.db, id))
}

export async function wholeNotice(gate: Gate, row: StoredNotice): Promise<NoticeView> {
  const attempts = await attemptsOf(gate.db, [row.id])
  return viewOf(gate, row, attempts.get(row.id) ?? [], gate.policy().notify)
}

function viewOf(
  gate: Gate,
  row: StoredNotice,
  attempts: readonly Attempt[],
  rules: NotifyRules | undefined,
): NoticeView {
  const { text, items } = fileOf(row)
  const isMuted = row.state === 'open' && row.mutedUntil !== undefined && row.mutedUntil > now(gate)
  return {
    id: row.id,
    kind: row.kind,
    severity: row.severity,
    ...(row.service === undefined ? {} : { service: row.service }),
    ...(row.subject === undefined ? {} : { subject: row.subject }),
    at: row.at,
    state: isMuted ? 'muted' : row.state,
    ...(isMuted && row.mutedUntil !== undefined ? { mutedUntil: row.mutedUntil } : {}),
    ...(row.acknowledgedBy === undefined ? {} : { acknowledgedBy: row.acknowledgedBy as ActorId }),
    ...(row.reason === undefined ? {} : { reason: row.reason }),
    ...(row.endedAt === undefined ? {} : { endedAt: row.endedAt }),
    items,
    title: { ja: text.ja.title, en: text.en.title },
    lines: { ja: [...text.ja.lines], en: [...text.en.lines] },
    ...(row.channels === undefined ? {} : { channels: [...row.channels] }),
    attempts: attempts.map(({ channel, at, accepted, answer }) => {
      const person = rules && channelOf(rules, channel)?.person
      return { channel, ...(person === undefined ? {} : { person }), at, accepted, answer }
    }),
  }
}
