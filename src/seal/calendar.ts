// When the policy lets a service change: windows of the week in their own zone, and freezes. Used by the gate's check and by the judge.
import type { ServiceName } from '../base/id.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import type { Freeze, Role, Rules, Window } from '../plans/policy.ts'

/** The freeze that holds for a service at an instant, unless one of these roles may pass it. */
export function frozenBy(
  rules: Rules,
  service: ServiceName,
  now: Instant,
  passing: readonly Role[],
): Freeze | undefined {
  const at = milliseconds(now)
  return rules.freezes.find(
    (one) =>
      holdsFor(one.services, service) &&
      at >= milliseconds(one.from) &&
      at < milliseconds(one.until) &&
      !one.passes.some((role) => passing.includes(role)),
  )
}

/** Windows that hold for a service; without any it may change at all times. */
export function windowsOf(rules: Rules, service: ServiceName): readonly Window[] {
  return rules.windows.filter((one) => holdsFor(one.services, service))
}

/** Is an instant in one of these windows? No windows means yes. */
export function inWindows(windows: readonly Window[], now: Instant): boolean {
  return windows.length === 0 || windows.some((one) => inWindow(one, milliseconds(now)))
}

function inWindow(window: Window, at: number): boolean {
  const { day, minute } = wallTime(at, window.zone)
  const { days, fromMinute, untilMinute } = window
  if (fromMinute < untilMinute) return days.includes(day) && minute >= fromMinute && minute < untilMinute
  // Over midnight: the evening belongs to its own day, the small hours to the day before.
  return (
    (days.includes(day) && minute >= fromMinute) || (days.includes((day + 6) % 7) && minute < untilMinute)
  )
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

function wallTime(at: number, zone: string): { readonly day: number; readonly minute: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return { day: DAYS.indexOf(part('weekday')), minute: Number(part('hour')) * 60 + Number(part('minute')) }
}

function holdsFor(services: readonly ServiceName[], service: ServiceName): boolean {
  return services.length === 0 || services.includes(service)
}
