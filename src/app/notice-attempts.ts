// Rows of the attempts to tell a notice, each once.
import { type QueryExecutorProvider, sql } from 'kysely'
import { instant } from '../base/time.ts'
import type { Attempt } from '../notify/notice.ts'

type Executor = QueryExecutorProvider

/** Those that were not known. */
export async function addAttempts(
  tx: Executor,
  id: string,
  attempts: readonly Attempt[],
): Promise<readonly Attempt[]> {
  const added: Attempt[] = []
  for (const one of attempts) {
    const { numAffectedRows } = await sql`insert into notice_attempt
      (notice, track, channel, at, accepted, final, answer) values (${id}, ${one.track}, ${one.channel}, ${one.at},
      ${one.accepted}, ${one.final ?? false}, ${one.answer}) on conflict do nothing`.execute(tx)
    if (numAffectedRows === 1n) added.push(one)
  }
  return added
}

export async function attemptsOf(
  db: Executor,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly Attempt[]>> {
  const found = new Map<string, Attempt[]>()
  if (ids.length === 0) return found
  const { rows } = await sql<{
    notice: string
    track: string
    channel: string
    at: Date
    accepted: boolean
    final: boolean
    answer: string
  }>`select * from notice_attempt where notice in (${sql.join(ids)}) order by at, track`.execute(db)
  for (const { notice, at, final, ...rest } of rows) {
    const { track, channel, accepted, answer } = rest
    const one: Attempt = {
      track,
      channel,
      at: instant(at.getTime()),
      accepted,
      answer,
      ...(final ? { final } : {}),
    }
    found.set(notice, [...(found.get(notice) ?? []), one])
  }
  return found
}

/** How many deliveries of notices about this subject are on the record. */
export async function deliveriesOf(db: Executor, subject: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ledger
    where subject = ${subject} and kind = 'notice.delivered'`.execute(db)
  return rows[0]?.count ?? 0
}
