// What a line of anybody's log says of itself: when it was written, and whether it tells of an error. Unknown stays unknown.

/** What was read of a line before it is looked at any further: stamps and levels stand in front. */
const HEAD = 2000
const LEVELS =
  /\b(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|SEVERE|CRIT(?:ICAL)?|ALERT|EMERG(?:ENCY)?|FATAL|PANIC)\b/
const QUIET_LEVELS =
  /\[(?:[a-z_]+:)?(debug|info|notice|warn|error|crit|alert|emerg)\]|\b(?:level|severity)=["']?([a-z]+)/
const ERRORS: ReadonlySet<string> = new Set([
  'error',
  'severe',
  'crit',
  'critical',
  'alert',
  'emerg',
  'emergency',
  'fatal',
  'panic',
])
const JSON_STAMPS = ['time', 'timestamp', '@timestamp', 'ts', 'datetime', 'date'] as const
const JSON_LEVELS = ['level', 'severity', 'levelname', 'log.level', 'lvl'] as const
/** pino and bunyan: 50 is error, 60 is fatal. */
const NUMBERED_ERROR = 50
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * The moment that a line bears, in ms: ISO 8601 with or without a zone, nginx, Apache, the common log format, syslog, or a field of a
 * line of JSON. A stamp without a zone is the host's local time; one without a year lies nearest to `reference`.
 */
export function stampOf(line: string, reference: number): number | undefined {
  const head = line.slice(0, HEAD)
  if (head.startsWith('{')) return jsonStamp(fieldsOf(line))
  const iso =
    /^\W{0,2}(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?/.exec(
      head,
    )
  if (iso !== null) {
    const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '999', zone] =
      iso
    const ms = Number(fraction.padEnd(3, '0').slice(0, 3))
    if (zone !== undefined)
      return sound(
        Date.parse(
          `${year}-${month}-${day}T${hour}:${minute}:${second}.${String(ms).padStart(3, '0')}${zoneOf(zone)}`,
        ),
      )
    return sound(
      localTime(
        Number(year),
        Number(month) - 1,
        Number(day),
        Number(hour),
        Number(minute),
        Number(second),
        ms,
      ),
    )
  }
  const common = /\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})\]/.exec(head)
  if (common !== null) {
    const [, day = '', month = '', year = '', hour = '', minute = '', second = '', zone = ''] = common
    const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0')
    return sound(Date.parse(`${year}-${number}-${day}T${hour}:${minute}:${second}.999${zoneOf(zone)}`))
  }
  const named =
    /^\[?(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.\d+)?(?: (\d{4}))?/.exec(
      head,
    )
  if (named === null) return undefined
  const [, monthName = '', day = '', hour = '', minute = '', second = '', year] = named
  const month = MONTHS.indexOf(monthName)
  if (month === -1) return undefined
  const inYear = (one: number) =>
    localTime(one, month, Number(day), Number(hour), Number(minute), Number(second), 999)
  if (year !== undefined) return sound(inYear(Number(year)))
  const near = new Date(reference).getFullYear()
  return [near - 1, near, near + 1]
    .map(inYear)
    .reduce((a, b) => (Math.abs(b - reference) < Math.abs(a - reference) ? b : a))
}

/**
 * Of the first level that stands in the line, so that *INFO no ERROR seen* is none. Undefined: a line of JSON that says no level, or that was cut,
 * cannot be judged.
 */
export function isErrorLine(line: string): boolean | undefined {
  if (line.startsWith('{')) {
    const fields = fieldsOf(line)
    const { log } = fields // ECS nests its level; the container engine puts the line of the program here.
    const nested = typeof log === 'object' && log !== null ? { ...log } : {}
    for (const level of [...JSON_LEVELS.map((name) => fields[name]), (nested as { level?: unknown }).level]) {
      if (typeof level === 'number') return level >= NUMBERED_ERROR
      if (typeof level === 'string') return ERRORS.has(level.toLowerCase())
    }
    const level = typeof log === 'string' ? levelOf(log) : undefined
    if (level !== undefined) return ERRORS.has(level)
    return undefined
  }
  return ERRORS.has(levelOf(line) ?? '')
}

/** A line that begins with its level and bears no time, as `ERROR:root:…`: an entry of its own, and not a part of the one before. */
export function beginsWithLevel(line: string): boolean {
  return BEGINNING.test(line)
}
const BEGINNING = /^\W{0,2}(?:ERROR|SEVERE|CRIT(?:ICAL)?|ALERT|EMERG(?:ENCY)?|FATAL|PANIC)\b/

/** The first level in a line of text, in small letters. */
function levelOf(line: string): string | undefined {
  const head = line.slice(0, HEAD)
  const loud = LEVELS.exec(head)
  const quiet = QUIET_LEVELS.exec(head)
  if (quiet !== null && (loud === null || quiet.index < loud.index)) return quiet[1] ?? quiet[2]
  return loud?.[1]?.toLowerCase()
}

function jsonStamp(fields: Readonly<Record<string, unknown>>): number | undefined {
  for (const name of JSON_STAMPS) {
    const at = fields[name]
    if (typeof at === 'string') return stampOf(at, 0)
    if (typeof at === 'number') return sound(at < SECONDS_BELOW ? at * 1000 : at)
  }
  return undefined
}
/** As milliseconds this would be the year 1973: numbers below count seconds. */
const SECONDS_BELOW = 100_000_000_000

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function zoneOf(zone: string): string {
  return zone === 'Z' || zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`
}

function localTime(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
): number {
  return new Date(year, month, day, hour, minute, second, ms).getTime()
}

function sound(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined
}
