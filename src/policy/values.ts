// The single values of sekisho.yaml: texts, numbers, durations, sizes, paths, days and times, each with its own problem.
import { isScalar } from 'yaml'
import { nearest } from '../base/nearest.ts'
import { parseDuration } from '../base/time.ts'
import { type Field, kindOf, type Place, type Reading } from './reading.ts'

const MAX_TEXT = 200

export function text(max = MAX_TEXT): Field<string> {
  return (place, reading) => {
    const value = isScalar(place.node) ? place.node.value : undefined
    if (typeof value !== 'string')
      return reading.wrong(place, 'value.kind', { expected: 'text', found: kindOf(place.node) })
    if (value.length > max) return reading.wrong(place, 'value.too_long', { max })
    // A name that shows as something else on the card is no name.
    if (
      /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u.test(value) ||
      !value.isWellFormed()
    )
      return reading.wrong(place, 'value.control')
    return value
  }
}

/** A text of a form; `ok` answers with the value to keep. */
export function formed<T>(
  form: (value: string, place: Place, reading: Reading) => T | undefined,
  max = 4096,
): Field<T> {
  const read = text(max)
  return (place, reading) => {
    const value = read(place, reading)
    return value === undefined ? undefined : form(value, place, reading)
  }
}

export function choice<const T extends string>(
  allowed: readonly T[],
  later: readonly string[] = [],
): Field<T> {
  return (place, reading) => {
    const value = isScalar(place.node) ? place.node.value : undefined
    for (const one of allowed) if (one === value) return one
    if (typeof value === 'string' && later.includes(value))
      return reading.wrong(place, 'value.later', { value })
    const near = typeof value === 'string' ? nearest(value, allowed) : undefined
    return reading.wrong(place, 'value.choice', {
      value: isScalar(place.node) ? String(value).slice(0, 100) : kindOf(place.node),
      allowed,
      ...(near === undefined ? {} : { nearest: near }),
    })
  }
}

export const yesNo: Field<boolean> = (place, reading) => {
  const value = isScalar(place.node) ? place.node.value : undefined
  return typeof value === 'boolean'
    ? value
    : reading.wrong(place, 'value.kind', { expected: 'boolean', found: kindOf(place.node) })
}

export function whole(min: number, max: number): Field<number> {
  return (place, reading) => {
    const value = isScalar(place.node) ? place.node.value : undefined
    if (typeof value !== 'number')
      return reading.wrong(place, 'value.kind', { expected: 'number', found: kindOf(place.node) })
    return Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : reading.wrong(place, 'value.range', { min, max })
  }
}

/** `90s`, `5m`, `24h`, `7d` in milliseconds. */
export function duration(minMs: number, maxMs: number): Field<number> {
  return (place, reading) => {
    const value = isScalar(place.node) ? place.node.value : undefined
    const ms = typeof value === 'string' ? parseDuration(value) : undefined
    if (ms === undefined) return reading.wrong(place, 'value.duration')
    return ms >= minMs && ms <= maxMs
      ? ms
      : reading.wrong(place, 'value.range', { min: showDuration(minMs), max: showDuration(maxMs) })
  }
}

export function showDuration(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1000, 's'],
  ] as const
  for (const [size, unit] of units) if (ms >= size && ms % size === 0) return `${ms / size}${unit}`
  return `${ms}ms`
}

const SIZES: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** `64MiB` in bytes. */
export const size: Field<number> = (place, reading) => {
  const value = isScalar(place.node) ? place.node.value : undefined
  const match = typeof value === 'string' ? /^(\d{1,6})(KiB|MiB|GiB)$/.exec(value) : null
  const unit = SIZES[match?.[2] ?? '']
  return match === null || unit === undefined ? reading.wrong(place, 'value.size') : Number(match[1]) * unit
}

/** Absolute and in its one normal form; no pattern. */
export const plainPath: Field<string> = formed((value, place, reading) => {
  if (/[*?[\]{}]/.test(value)) return reading.wrong(place, 'path.pattern', { value })
  return isPlain(value) ? value : reading.wrong(place, 'path.not_plain', { value })
})

export function isPlain(path: string): boolean {
  return (
    /^\/[^\0\n]+[^/\0\n]$|^\/[^/\0\n]$/.test(path) && !/\/\//.test(path) && !/(^|\/)\.{1,2}(\/|$)/.test(path)
  )
}

export const zone: Field<string> = formed((value, place, reading) =>
  isZone(value) ? value : reading.wrong(place, 'value.zone', { value }),
)

export function isZone(value: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9+_/-]{1,60}$/.test(value)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** `mon`, or `mon-fri`, which may pass the end of the week. */
export const days: Field<readonly number[]> = formed((value, place, reading) => {
  const [first, last = first, more] = value.split('-')
  const from = DAYS.indexOf(first as (typeof DAYS)[number])
  const until = DAYS.indexOf(last as (typeof DAYS)[number])
  if (from < 0 || until < 0 || more !== undefined)
    return reading.wrong(place, 'value.day', { value, days: DAYS })
  const count = ((until - from + 7) % 7) + 1
  return Array.from({ length: count }, (_, i) => (from + i) % 7)
})

/** `22:00` in minutes of the day; `24:00` is its end. */
export const minuteOfDay: Field<number> = formed((value, place, reading) => {
  const match = /^(\d{1,2}):(\d\d)$/.exec(value)
  const minute = match === null ? -1 : Number(match[1]) * 60 + Number(match[2])
  return match !== null && Number(match[2]) < 60 && minute <= 1440
    ? minute
    : reading.wrong(place, 'value.time', { value })
})

/** A time with its own zone, or a wall time of the document's zone; a bare date is meant whole. */
export interface WrittenTime {
  readonly kind: 'instant' | 'wall' | 'date'
  readonly text: string
}

export const writtenTime: Field<WrittenTime> = formed((value, place, reading) => {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?$/.exec(value)
  if (match === null || !isRealDate(match)) return reading.wrong(place, 'value.date', { value })
  if (match[4] === undefined) return { kind: 'date', text: value }
  return { kind: match[7] === undefined ? 'wall' : 'instant', text: value.replace(' ', 'T') }
})

function isRealDate(match: RegExpExecArray): boolean {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0))
  const at = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0))
  const [offsetHours = 0, offsetMinutes = 0] = (match[7] ?? '').slice(1).split(':').map(Number)
  return (
    at.getUTCFullYear() === year &&
    at.getUTCMonth() === (month ?? 0) - 1 &&
    at.getUTCDate() === day &&
    (hour ?? 0) < 24 &&
    (minute ?? 0) < 60 &&
    (second ?? 0) < 60 &&
    offsetHours < 15 &&
    offsetMinutes < 60
  )
}

/** An address of the web without a password in it. */
export const url = formed((value, place, reading) => {
  const parsed = URL.canParse(value) ? new URL(value) : undefined
  const web = parsed?.protocol === 'https:' || parsed?.protocol === 'http:'
  if (
    parsed === undefined ||
    !web ||
    !/^https?:\/\/[^/]/.test(value) ||
    /\s/.test(value) ||
    parsed.hash !== ''
  )
    return reading.wrong(place, 'value.url', { value })
  // Not shown back: what stands there is a password.
  if (parsed.username !== '' || parsed.password !== '') return reading.wrong(place, 'value.url_password')
  return value
}, 2048)
