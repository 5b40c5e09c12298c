// May this service be changed at this moment? The sealed window, the policy's windows and its freezes.
import { type Answer, refused } from '../../base/error.ts'
import { type Instant, milliseconds } from '../../base/time.ts'
import { type CompiledPolicy, ROLES } from '../../plans/policy.ts'
import { frozenBy, inWindows, windowsOf } from '../../seal/calendar.ts'
import type { Envelope } from '../../seal/envelope.ts'

export function judgeCalendar(
  envelope: Envelope,
  policy: CompiledPolicy,
  now: Instant,
  approving: readonly string[],
): Answer<object> {
  const { service, change } = envelope
  const { window } = envelope
  const at = milliseconds(now)
  if (window !== undefined && (at < milliseconds(window.from) || at > milliseconds(window.until)))
    return refused('judge.outside_window', {
      window: `${window.from} – ${window.until}`,
      change,
    })
  const windows = windowsOf(policy.rules, service)
  if (!inWindows(windows, now))
    return refused('judge.outside_window', {
      window: windows.map((one) => `${one.days.join(',')} ${one.fromMinute}–${one.untilMinute} ${one.zone}`),
      change,
    })
  // Agents never pass a freeze, whoever approved.
  const byAgent = policy.agents.some((one) => one.id === envelope.author || one.id === envelope.requester)
  const passing = byAgent ? [] : ROLES.filter((one) => approving.includes(one))
  const freeze = frozenBy(policy.rules, service, now, passing)
  if (freeze !== undefined)
    return refused('judge.frozen', { reason: freeze.reason, until: freeze.until, change })
  return { ok: true }
}
