// Log lines for operators: JSON, one a fact, a fixed sentence with values in fields. What could be a secret is masked before it is
// written; a fact that must be proven later is no log line but a ledger entry.
import { pino } from 'pino'

export interface Log {
  debug(fields: object, sentence: string): void
  info(fields: object, sentence: string): void
  warn(fields: object, sentence: string): void
  error(fields: object, sentence: string): void
}

/** Names of fields whose value is never written, wherever they stand. */
const SECRET_NAME =
  /^(authorization|cookie|password|passwd|secret|token|bearer|signature|signed|base64|privatekey|value|set|url|databaseurl)$/i
/** Secrets that can stand inside a text: passwords of URLs, our tokens, bearer headers, private keys. */
const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, '$1:[secret]@'],
  [/\bsk[a-z]?_[A-Za-z0-9_-]{16,}/g, '[secret]'],
  [/\b(bearer)\s+[A-Za-z0-9._~+/-]+=*/gi, '$1 [secret]'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[secret]'],
]
const MAX_DEPTH = 6
const MAX_TEXT = 2000

/** The same value without what could be a secret. Total. */
export function redacted(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactedText(value)
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? String(value) : value
  if (depth > MAX_DEPTH) return '…'
  if (value instanceof Error) {
    const cause = value.cause === undefined ? {} : { cause: redacted(value.cause, depth + 1) }
    return {
      name: value.name,
      message: redactedText(value.message),
      stack: redactedText(value.stack ?? ''),
      ...cause,
    }
  }
  if (Array.isArray(value)) return value.slice(0, 100).map((one) => redacted(one, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      SECRET_NAME.test(name) ? '[secret]' : redacted(one, depth + 1),
    ]),
  )
}

export function redactedText(text: string): string {
  let result = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
  for (const [pattern, instead] of SECRET_TEXT) result = result.replace(pattern, instead)
  return result
}

export interface LogOptions {
  /** `gate`, `up` …: stands in each line. */
  readonly part: string
  readonly level?: 'debug' | 'info' | 'warn' | 'error'
  /** Default: standard error, written at once. */
  readonly descriptor?: number
}

export function openLog(options: LogOptions): Log {
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: { part: options.part },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'sentence',
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: options.descriptor ?? 2, sync: true }),
  )
  const line = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, sentence: string) => {
    if (logger.isLevelEnabled(level)) logger[level](redacted(fields) as object, sentence)
  }
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}
