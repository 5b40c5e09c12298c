// What is sent next, of a notice, the rules and what was attempted: one pure function. Called again after a kill it gives the same answer,
// so that a sender needs no memory but its attempts.
import { type Instant, milliseconds } from '../base/time.ts'
import { isInHours } from './hours.ts'
import type { Attempt, Notice } from './notice.ts'
import { channelOf, type NotifyRules, type Route } from './rules.ts'

/** Waits before each attempt by one channel; then the next channel is asked. */
export const RETRY_MS = [0, 5000, 60_000, 180_000] as const
/** Where no channel took it, all are asked again after this, so many times. */
const ROUND_MS = 1_800_000
const ROUNDS = 12
/** The last escalation repeats until somebody acknowledges, so many times. */
const REPEATS = 24
/** An attempt that lies this far ahead was made by a clock that has been set back since. */
const CLOCK_MS = 60_000

export interface Due {
  readonly track: string
  readonly channel: string
  /** `over`: that it has ended is told to whoever was told of it. */
  readonly tells: 'notice' | 'escalation' | 'over'
}

/** Everything that is due now: at most one attempt a track. */
export function dueNow(
  notice: Notice,
  rules: NotifyRules,
  attempts: readonly Attempt[],
  now: Instant,
): readonly Due[] {
  switch (notice.state) {
    case 'acknowledged':
    case 'withdrawn':
      return []
    case 'resolved':
      return overNow(rules, attempts, now)
    case 'open':
      if (notice.mutedUntil !== undefined && now < notice.mutedUntil) return []
      if (since(notice.sendAt, now) < 0) return []
      return [
        ...(notice.channels ?? []).flatMap((channel) =>
          asDue(trackState(`to/${channel}`, [channel], attempts, now), 'notice'),
        ),
        ...(notice.channels === undefined
          ? rules.routes
              .filter((route) => routeTakes(route, notice))
              .flatMap((route) => routeNow(route, notice, attempts, now))
          : []),
      ]
  }
}

function routeTakes(route: Route, { kind, severity, service }: Notice): boolean {
  return (
    route.kinds.includes(kind) &&
    route.severities.includes(severity) &&
    (route.services.length === 0 || (service !== undefined && route.services.includes(service)))
  )
}

/** Was it taken: by each channel that it names, or where routes decide by one? */
export function isDelivered(notice: Notice, attempts: readonly Attempt[]): boolean {
  const { channels } = notice
  const took = (track: string) => attempts.some((one) => one.track === track && one.accepted)
  return channels === undefined
    ? attempts.some(({ accepted }) => accepted)
    : channels.length > 0 && channels.every((channel) => took(`to/${channel}`))
}

/** Nothing more of it will be sent: the gate may take it away. */
export function isOver(notice: Notice, rules: NotifyRules, attempts: readonly Attempt[]): boolean {
  switch (notice.state) {
    case 'withdrawn':
      return true
    case 'acknowledged':
      return false
    case 'resolved':
      return toldOfIt(rules, attempts).every((channel) => {
        const { kind } = trackState(`over/${channel}`, [channel], attempts, notice.at)
        return kind === 'done' || kind === 'given_up'
      })
    case 'open':
      // A test ends with its last attempt.
      return (
        notice.kind === 'test' &&
        (notice.channels ?? []).every((channel) => {
          const { kind, isExhausted } = trackState(`to/${channel}`, [channel], attempts, notice.at)
          return kind === 'done' || isExhausted
        })
      )
  }
}

// --- one route ----------------------------------------------------------------------------------------------------------

function routeNow(
  route: Route,
  { severity }: Notice,
  attempts: readonly Attempt[],
  now: Instant,
): readonly Due[] {
  const named = (level: string) => `${route.id}/${severity}/${level}`
  const beginOf = (track: string) => attempts.find((one) => one.track === track)?.at
  let before = trackState(named('0'), route.to, attempts, now)
  let begun = beginOf(named('0'))
  // Outside of its hours a route begins nothing; what has begun is seen to its end.
  if (begun === undefined && route.hours !== undefined && !isInHours(route.hours, now)) return []
  const due = asDue(before, 'notice')
  for (const [i, { afterSeconds, to }] of route.escalate.entries()) {
    // Where nobody could be reached at one level, the next one is not waited for.
    if (begun === undefined) return due
    if (!before.isExhausted && since(begun, now) < afterSeconds * 1000) return due
    const isLast = i === route.escalate.length - 1
    const track = isLast
      ? repeated(named(`${i + 1}.`), attempts, afterSeconds * 1000, now)
      : named(`${i + 1}`)
    if (track === undefined) return due
    before = trackState(track, to, attempts, now)
    due.push(...asDue(before, 'escalation'))
    begun = beginOf(track)
  }
  return due
}

/** The last level begins again each time its wait has passed, with an end. */
function repeated(
  prefix: string,
  attempts: readonly Attempt[],
  waitMs: number,
  now: Instant,
): string | undefined {
  const begun = new Map<string, Instant>()
  for (const { track, at } of attempts)
    if (track.startsWith(prefix) && !begun.has(track)) begun.set(track, at)
  const [track, at] = [...begun].at(-1) ?? []
  if (track === undefined || at === undefined) return `${prefix}0`
  if (since(at, now) < waitMs) return track
  const number = Number(track.slice(prefix.length)) + 1
  return number < REPEATS ? `${prefix}${number}` : undefined
}

// --- one track ----------------------------------------------------------------------------------------------------------

export interface TrackState {
  readonly kind: 'done' | 'waits' | 'given_up' | 'due'
  readonly track: string
  readonly channel: string
  /** Each of its channels has failed a whole time. */
  readonly isExhausted: boolean
}

const asDue = ({ kind, track, channel }: TrackState, tells: Due['tells']): Due[] =>
  kind === 'due' ? [{ track, channel, tells }] : []

/** One channel after the other, each with its attempts; a whole round without success begins again after a while, with an end. */
export function trackState(
  track: string,
  channels: readonly string[],
  attempts: readonly Attempt[],
  now: Instant,
): TrackState {
  const own = attempts.filter((one) => one.track === track)
  const counted = channels.map((channel) => ({ channel, tries: triesOf(channel, own) }))
  const round = Math.min(...counted.map(({ tries }) => Math.floor(tries / RETRY_MS.length)))
  const next = counted.find(({ tries }) => Math.floor(tries / RETRY_MS.length) === round)
  const answer = (kind: TrackState['kind']): TrackState => ({
    kind,
    track,
    channel: next?.channel ?? '',
    isExhausted: next === undefined || round > 0,
  })
  if (own.some(({ accepted }) => accepted)) return { ...answer('done'), isExhausted: false }
  if (next === undefined || round >= ROUNDS) return answer('given_up')
  const retry = next.tries % RETRY_MS.length
  const isNewRound = round > 0 && retry === 0 && next.channel === channels[0]
  const last = isNewRound ? own.at(-1) : own.findLast(({ channel }) => channel === next.channel)
  const waitMs = isNewRound ? ROUND_MS : (RETRY_MS[retry] ?? 0)
  return answer(last !== undefined && since(last.at, now) < waitMs ? 'waits' : 'due')
}

/** A failure that no repetition mends counts as all attempts of its round. */
function triesOf(channel: string, own: readonly Attempt[]): number {
  let tries = 0
  for (const one of own)
    if (one.channel === channel && !one.accepted)
      tries = one.final === true ? (Math.floor(tries / RETRY_MS.length) + 1) * RETRY_MS.length : tries + 1
  return tries
}

/** Whoever was told that it began is told that it is over, by the same channel. */
function overNow(rules: NotifyRules, attempts: readonly Attempt[], now: Instant): readonly Due[] {
  return toldOfIt(rules, attempts).flatMap((channel) =>
    asDue(trackState(`over/${channel}`, [channel], attempts, now), 'over'),
  )
}

function toldOfIt(rules: NotifyRules, attempts: readonly Attempt[]): readonly string[] {
  const told = attempts.filter(({ accepted, track }) => accepted && !track.startsWith('over/'))
  return [...new Set(told.map(({ channel }) => channel))].filter(
    (name) => channelOf(rules, name) !== undefined,
  )
}

/** Milliseconds from `at` to `now`; what lies in the future by more than a clock's error counts as long ago. */
function since(at: Instant, now: Instant): number {
  const passed = milliseconds(now) - milliseconds(at)
  return passed < -CLOCK_MS ? Number.POSITIVE_INFINITY : passed
}
