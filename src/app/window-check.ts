// Windows and freezes, as the judge will hold them against the approvals: by the roles of those who approve, never by the author's.
// Before anybody has approved the question is who could, so that it passes.
import type { ActorId } from '../base/id.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import { type Change, liveApprovals } from '../change/change.ts'
import { eligible } from '../change/view.ts'
import { agentOf, type CompiledPolicy, personOf, type Role } from '../plans/policy.ts'
import { frozenBy, inWindows, windowsOf } from '../seal/calendar.ts'
import type { Problem } from '../seal/journal.ts'

export function windowCheck(policy: CompiledPolicy, change: Change, at: Instant) {
  const problems: Problem[] = []
  const { service, wishes } = change
  const windows = windowsOf(policy.rules, service)
  const start =
    wishes.window === undefined || milliseconds(wishes.window.from) < milliseconds(at)
      ? at
      : wishes.window.from
  if (wishes.window !== undefined && milliseconds(wishes.window.until) <= milliseconds(at))
    problems.push({ code: 'window.over', text: `${wishes.window.from} – ${wishes.window.until}` })
  else if (!inWindows(windows, start))
    problems.push({ code: 'window.closed', text: windows.map(windowText).join(', ') })
  const frozen = freezeAt(policy, change, start)
  if (frozen.stops !== undefined) problems.push({ code: 'window.frozen', text: frozen.stops })
  return {
    verdict: problems.length === 0 ? ('green' as const) : ('red' as const),
    facts: { windows: windows.length, at: start, ...frozen.facts },
    problems,
  }
}

/** The freeze that is on, and whose approval lets this change through it. */
function freezeAt(policy: CompiledPolicy, change: Change, start: Instant) {
  const stopped = (people: readonly ActorId[]) =>
    frozenBy(policy.rules, change.service, start, rolesOf(policy, people))
  const freeze = stopped([])
  if (freeze === undefined) return { facts: {}, stops: undefined }
  const text = `${freeze.reason} (${freeze.until})`
  const people = approving(policy, change)
  const passedBy = people.filter((one) => stopped([one]) === undefined)
  const passes = change.state === 'approved' ? stopped(people) === undefined : passedBy.length > 0
  return { facts: { freeze: text, passedBy }, stops: passes ? undefined : text }
}

/** Who has approved, or could. Agents never pass a freeze, whoever approves. */
function approving(policy: CompiledPolicy, change: Change): readonly ActorId[] {
  if ([change.author, change.requester].some((one) => agentOf(policy, one) !== undefined)) return []
  return change.state === 'approved' ? liveApprovals(change).map(({ by }) => by) : eligible(change, policy)
}

function rolesOf(policy: CompiledPolicy, people: readonly ActorId[]): readonly Role[] {
  return people.flatMap((one) => personOf(policy, one)?.roles ?? [])
}

const windowText = (one: {
  days: readonly number[]
  fromMinute: number
  untilMinute: number
  zone: string
}) => `${one.days.join(',')} ${one.fromMinute}–${one.untilMinute} ${one.zone}`
