// Users are told of a change before it starts, where its author decided that they must be (S12): the notice goes out when the change is
// approved, and the change starts when each channel has taken it. Whoever was told learns when the work has ended or will not take place.
import type { ErrorCode } from '../base/error-codes.ts'
import type { Detail } from '../base/error-values.ts'
import type { Change } from '../change/change.ts'
import { loadChange } from '../change/store.ts'
import { isWayBack } from '../change/way-back.ts'
import { isDelivered } from '../notify/next.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { USERS_TEXT } from '../words/notice.ts'
import { act, type Gate } from './gate.ts'
import { attemptsOf } from './notice-attempts.ts'
import { fileOf } from './notice-files.ts'
import { notClosed, noticesOf } from './notice-store.ts'
import { raiseNotice, resolveNotice } from './notices.ts'

/** While a change stands so, what users were told of it still holds. */
const STILL: readonly Change['state'][] = [
  'approved',
  'scheduled',
  'executing',
  'verifying',
  'paused',
  'rolling_back',
  'stuck',
  'lost',
]

const topicOf = ({ id, revision }: Pick<Change, 'id' | 'revision'>) => `users:${id}/${revision}`

export interface NotTold {
  readonly code: ErrorCode
  readonly detail: Detail
}

/** Undefined: nobody must be told, everybody was, or it is a way back, which is told and does not wait. Else why the change waits; the notice is made where there is none. */
export async function usersNotTold(
  gate: Gate,
  change: Change,
  policy: CompiledPolicy,
): Promise<NotTold | undefined> {
  if (change.notification !== 'needed') return undefined
  const channels = policy.notify?.users ?? []
  if (channels.length === 0)
    return isWayBack(change) ? undefined : { code: 'notification.no_channel', detail: { change: change.id } }
  const topic = topicOf(change)
  const told = (await noticesOf(gate.db, 'users', change.id)).findLast(({ topics }) => topics.includes(topic))
  if (told === undefined) {
    await act(gate, 'system', (step) =>
      raiseNotice(step, {
        kind: 'users',
        topic,
        severity: 'info',
        service: change.service,
        subject: change.id,
        channels,
        text: USERS_TEXT({
          change: change.id,
          service: change.service,
          ...(change.summary === undefined ? {} : { what: change.summary }),
          ...(change.explanation === undefined ? {} : { impact: change.explanation.impact }),
          ...(change.wishes.window === undefined ? {} : { from: change.wishes.window.from }),
          zone: policy.zone,
        }),
      }),
    )
    return isWayBack(change)
      ? undefined
      : { code: 'notification.not_delivered', detail: { change: change.id, channels } }
  }
  if (isWayBack(change)) return undefined
  const attempts = (await attemptsOf(gate.db, [told.id])).get(told.id) ?? []
  if (isDelivered(fileOf(told), attempts)) return undefined
  return { code: 'notification.not_delivered', detail: { change: change.id, channels: told.channels ?? [] } }
}

/** What users were told of ends with its change, or with the revision that was approved. */
export async function endUsersNotices(gate: Gate): Promise<void> {
  const open = (await notClosed(gate.db)).filter(
    ({ kind, endedAt }) => kind === 'users' && endedAt === undefined,
  )
  for (const { subject, topics } of open) {
    const [topic] = topics
    if (subject === undefined || topic === undefined) continue
    const { change } = await loadChange(gate.db, subject as Change['id'])
    if (STILL.includes(change.state) && topicOf(change) === topic) continue
    await act(gate, 'system', (step) => resolveNotice(step, topic))
  }
}
