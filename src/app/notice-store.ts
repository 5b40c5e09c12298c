// Rows of notices: what is to be told, what it stands for, and every attempt to tell it. Facts are in the ledger too.
import { type QueryExecutorProvider, sql } from 'kysely'
import { type Instant, instant } from '../base/time.ts'
import type { NoticeState, NoticeText } from '../notify/notice.ts'
import type { NoticeKind, Severity } from '../notify/rules.ts'

type Executor = QueryExecutorProvider

/** Part of a later migration. */
export const NOTICE_SCHEMA = `
create table notice_number (
  year int primary key,
  last int not null
);
create table notice (
  id text primary key check (id ~ '^NTC-'),
  kind text not null,
  -- Findings of one cause share a notice.
  cause text not null,
  severity text not null,
  service text,
  subject text,
  at timestamptz not null,
  send_at timestamptz not null,
  text jsonb not null,
  state text not null check (state in ('open', 'acknowledged', 'resolved', 'withdrawn')),
  muted_until timestamptz,
  channels jsonb,
  acknowledged_by text,
  reason text,
  ended_at timestamptz,
  -- All was told, and nothing lies in the outbox any more.
  closed_at timestamptz
);
create index notice_open on notice (cause) where ended_at is null;
create index notice_not_closed on notice (id) where closed_at is null;
create index notice_by_time on notice (at desc);
create table notice_item (
  notice text not null references notice (id),
  topic text not null,
  title jsonb not null,
  at timestamptz not null,
  ended_at timestamptz,
  primary key (notice, topic)
);
create index notice_item_open on notice_item (topic) where ended_at is null;
create table notice_attempt (
  notice text not null references notice (id),
  track text not null,
  channel text not null,
  at timestamptz not null,
  accepted boolean not null,
  final boolean not null,
  answer text not null,
  primary key (notice, track, channel, at)
);
`

/** Part of the migration `0008-notice-items`: who takes up or mutes one of several things does not silence the others. */
export const NOTICE_ITEM_COLUMNS = `
alter table notice_item add column severity text;
alter table notice_item add column acknowledged_at timestamptz;
alter table notice_item add column muted_until timestamptz;
`

export function noticeGrants(role: string): string {
  const name = `"${role.replaceAll('"', '""')}"`
  return `grant select, insert, update on notice_number, notice, notice_item, notice_attempt to ${name};`
}

type Texts = { readonly ja: NoticeText; readonly en: NoticeText }
export type Titles = { readonly ja: string; readonly en: string }

export interface StoredNotice {
  readonly id: string
  readonly kind: NoticeKind
  readonly cause: string
  readonly severity: Severity
  readonly service?: string
  readonly subject?: string
  readonly at: Instant
  readonly sendAt: Instant
  readonly text: Texts
  readonly state: NoticeState
  readonly mutedUntil?: Instant
  readonly channels?: readonly string[]
  readonly acknowledgedBy?: string
  readonly reason?: string
  readonly endedAt?: Instant
  readonly isClosed: boolean
  /** What it stands for: how many, and the first of them. */
  readonly items: number
  readonly topics: readonly string[]
  readonly shown: readonly { readonly title: Titles; readonly isOver: boolean }[]
}

interface Row {
  readonly id: string
  readonly kind: NoticeKind
  readonly cause: string
  readonly severity: Severity
  readonly service: string | null
  readonly subject: string | null
  readonly at: Date
  readonly send_at: Date
  readonly text: Texts
  readonly state: NoticeState
  readonly muted_until: Date | null
  readonly channels: readonly string[] | null
  readonly acknowledged_by: string | null
  readonly reason: string | null
  readonly ended_at: Date | null
  readonly closed_at: Date | null
  readonly items: number
  readonly shown: readonly { readonly topic: string; readonly title: Titles; readonly over: boolean }[] | null
}

/** That many of what a notice stands for are named in it. */
export const SHOWN_ITEMS = 20

const COLUMNS = sql`notice.*,
  (select count(*)::int from notice_item where notice_item.notice = notice.id) as items,
  (select jsonb_agg(jsonb_build_object('topic', topic, 'title', title, 'over', over) order by at, topic) from
    (select topic, title, at, ended_at is not null as over from notice_item where notice_item.notice = notice.id order by at, topic
      limit ${sql.lit(SHOWN_ITEMS)}) as first) as shown`

const when = (at: Date): Instant => instant(at.getTime())

function read(row: Row): StoredNotice {
  return {
    id: row.id,
    kind: row.kind,
    cause: row.cause,
    severity: row.severity,
    ...(row.service === null ? {} : { service: row.service }),
    ...(row.subject === null ? {} : { subject: row.subject }),
    at: when(row.at),
    sendAt: when(row.send_at),
    text: row.text,
    state: row.state,
    ...(row.muted_until === null ? {} : { mutedUntil: when(row.muted_until) }),
    ...(row.channels === null ? {} : { channels: row.channels }),
    ...(row.acknowledged_by === null ? {} : { acknowledgedBy: row.acknowledged_by }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.ended_at === null ? {} : { endedAt: when(row.ended_at) }),
    isClosed: row.closed_at !== null,
    items: Math.max(1, row.items),
    topics: (row.shown ?? []).map(({ topic }) => topic),
    shown: (row.shown ?? []).map(({ title, over }) => ({ title, isOver: over })),
  }
}

export async function nextNoticeId(tx: Executor, year: number): Promise<string> {
  const { rows } = await sql<{ last: number }>`insert into notice_number (year, last) values (${year}, 1)
    on conflict (year) do update set last = notice_number.last + 1 returning last`.execute(tx)
  return `NTC-${year}-${String(rows[0]?.last ?? 0).padStart(4, '0')}`
}

export type NewNotice = Pick<
  StoredNotice,
  'id' | 'kind' | 'cause' | 'severity' | 'service' | 'subject' | 'at' | 'sendAt' | 'text' | 'channels'
>

export async function insertNotice(tx: Executor, one: NewNotice): Promise<void> {
  await sql`insert into notice (id, kind, cause, severity, service, subject, at, send_at, text, state, channels)
    values (${one.id}, ${one.kind}, ${one.cause}, ${one.severity}, ${one.service ?? null}, ${one.subject ?? null},
      ${one.at}, ${one.sendAt}, ${JSON.stringify(one.text)}::jsonb, 'open',
      ${one.channels === undefined ? null : JSON.stringify(one.channels)}::jsonb)`.execute(tx)
}

export interface NewItem {
  readonly topic: string
  readonly title: Titles
  readonly severity: Severity
  readonly at: Instant
  readonly mutedUntil?: Instant
}

/** What came back under a topic that had ended counts from now. */
export async function putItem(tx: Executor, notice: string, one: NewItem): Promise<void> {
  await sql`insert into notice_item (notice, topic, title, at, severity, muted_until) values (${notice}, ${one.topic},
    ${JSON.stringify(one.title)}::jsonb, ${one.at}, ${one.severity}, ${one.mutedUntil ?? null})
    on conflict (notice, topic) do update set ended_at = null, acknowledged_at = null, title = excluded.title,
      severity = excluded.severity, muted_until = excluded.muted_until`.execute(tx)
  await settle(tx, notice)
}

export interface OpenNotice {
  readonly id: string
  readonly severity: Severity
  readonly cause: string
  readonly isAcknowledged: boolean
  /** Where it stands for this topic already. */
  readonly item?: { readonly severity: Severity; readonly isAcknowledged: boolean }
}

/**
 * The notice that stands for this topic, or else one of this cause that is still told. What was taken up is told no further, so nothing
 * new joins it. Locked.
 */
export async function findOpen(
  tx: Executor,
  of: {
    readonly topic: string
    readonly cause?: string
    /** Of the cause only one that waits still to be sent. */
    readonly notSentAt?: Instant
  },
): Promise<OpenNotice | undefined> {
  const { rows } = await sql<{
    id: string
    severity: Severity
    cause: string
    state: NoticeState
    holds: boolean
    item_severity: Severity | null
    taken_up: boolean
  }>`
    select notice.id, notice.severity, notice.cause, notice.state, item.topic is not null as holds,
      item.severity as item_severity, item.acknowledged_at is not null as taken_up from notice
      left join notice_item item on item.notice = notice.id and item.topic = ${of.topic} and item.ended_at is null
    where notice.ended_at is null
      and (item.topic is not null or (notice.cause = ${of.cause ?? null}::text and notice.state = 'open'
        and (${of.notSentAt ?? null}::timestamptz is null or notice.send_at > ${of.notSentAt ?? null}::timestamptz)))
    order by (item.topic is not null) desc, notice.at desc limit 1 for update of notice`.execute(tx)
  const [row] = rows
  return (
    row && {
      id: row.id,
      severity: row.severity,
      cause: row.cause,
      isAcknowledged: row.state === 'acknowledged',
      ...(row.holds
        ? {
            item: {
              severity: row.item_severity ?? row.severity,
              isAcknowledged: row.taken_up || row.state === 'acknowledged',
            },
          }
        : {}),
    }
  )
}

/** Makes of its open items how the notice stands: taken up or muted is it where each of them is. */
async function settle(tx: Executor, notice: string): Promise<void> {
  await sql`update notice set
      state = case when state = 'open' and open.items > 0 and open.taken_up = open.items then 'acknowledged' else state end,
      muted_until = case when open.muted = open.items then open.first else null end
    from (select count(*) as items, count(acknowledged_at) as taken_up, count(muted_until) as muted,
        min(muted_until) as first from notice_item where notice = ${notice} and ended_at is null) as open
    where id = ${notice} and ended_at is null and open.items > 0`.execute(tx)
}

/** Where the topic is the first that the notice stands for. */
export async function putText(tx: Executor, id: string, topic: string, text: Texts): Promise<void> {
  await sql`update notice set text = ${JSON.stringify(text)}::jsonb where id = ${id} and ${topic} =
    (select topic from notice_item where notice = ${id} order by at, topic limit 1)`.execute(tx)
}

export async function raiseSeverity(tx: Executor, id: string, severity: Severity): Promise<void> {
  await sql`update notice set severity = ${severity} where id = ${id}`.execute(tx)
}

/** How many of these kinds were made since. */
export async function countSince(
  tx: Executor,
  kinds: readonly NoticeKind[],
  since: Instant,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from notice
    where at > ${since} and kind in (${sql.join(kinds)})`.execute(tx)
  return rows[0]?.count ?? 0
}

/** Ends the topic; true where nothing of its notice is left. */
export async function endItem(tx: Executor, notice: string, topic: string, at: Instant): Promise<boolean> {
  await sql`update notice_item set ended_at = ${at} where notice = ${notice} and topic = ${topic}
    and ended_at is null`.execute(tx)
  await settle(tx, notice)
  const { rows } = await sql<{ open: boolean }>`select exists (select 1 from notice_item
    where notice = ${notice} and ended_at is null) as open`.execute(tx)
  return rows[0]?.open === false
}

export async function endNotice(
  tx: Executor,
  id: string,
  state: 'resolved' | 'withdrawn',
  at: Instant,
): Promise<void> {
  await sql`update notice set state = ${state}, ended_at = ${at} where id = ${id} and ended_at is null`.execute(
    tx,
  )
}

/** `topic`: that one thing; absent: all that it stands for. */
export async function acknowledge(
  tx: Executor,
  id: string,
  of: { readonly at: Instant; readonly by: string; readonly reason?: string; readonly topic?: string },
): Promise<void> {
  await sql`update notice set acknowledged_by = ${of.by}, reason = ${of.reason ?? null}
    where id = ${id} and ended_at is null`.execute(tx)
  await sql`update notice_item set acknowledged_at = ${of.at} where notice = ${id} and ended_at is null
    and (${of.topic ?? null}::text is null or topic = ${of.topic ?? null}::text)`.execute(tx)
  await settle(tx, id)
}

/** What it stands for and has not ended. */
export async function openTopics(db: Executor, notice: string): Promise<readonly string[]> {
  const { rows } = await sql<{
    topic: string
  }>`select topic from notice_item where notice = ${notice} and ended_at is null order by at, topic`.execute(
    db,
  )
  return rows.map(({ topic }) => topic)
}

/** `until` absent: it is told again. `topic`: that one thing; absent: all that it stands for. */
export async function mute(
  tx: Executor,
  id: string,
  until: Instant | undefined,
  topic?: string,
): Promise<void> {
  await sql`update notice_item set muted_until = ${until ?? null} where notice = ${id} and ended_at is null
    and (${topic ?? null}::text is null or topic = ${topic ?? null}::text)`.execute(tx)
  await settle(tx, id)
}

export async function close(tx: Executor, id: string, at: Instant): Promise<void> {
  await sql`update notice set closed_at = ${at} where id = ${id}`.execute(tx)
}

export async function notClosed(db: Executor): Promise<readonly StoredNotice[]> {
  const { rows } =
    await sql<Row>`select ${COLUMNS} from notice where closed_at is null order by at, id`.execute(db)
  return rows.map(read)
}

export async function loadNotice(db: Executor, id: string): Promise<StoredNotice | undefined> {
  const { rows } = await sql<Row>`select ${COLUMNS} from notice where id = ${id}`.execute(db)
  return rows[0] && read(rows[0])
}

export async function listNotices(db: Executor, limit: number): Promise<readonly StoredNotice[]> {
  const { rows } =
    await sql<Row>`select ${COLUMNS} from notice order by at desc, id desc limit ${limit}`.execute(db)
  return rows.map(read)
}

/** Of one subject and kind: what users were told of a change. */
export async function noticesOf(
  db: Executor,
  kind: NoticeKind,
  subject: string,
): Promise<readonly StoredNotice[]> {
  const { rows } = await sql<Row>`select ${COLUMNS} from notice where kind = ${kind} and subject = ${subject}
    order by at, id`.execute(db)
  return rows.map(read)
}
