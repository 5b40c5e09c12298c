// Lines of this process for whoever operates the host: a fixed sentence with values.
import type { JsonObject } from '../base/json.ts'
import type { Log } from '../sys/log.ts'

export function log(sentence: string, values: JsonObject = {}): void {
  process.stderr.write(`${JSON.stringify({ room: 'watch', message: sentence, ...values })}\n`)
}

const say = (level: string) => (fields: object, sentence: string) =>
  log(sentence, { level, ...(JSON.parse(JSON.stringify(fields)) as JsonObject) })

/** The same for the rooms that take a log with levels. */
export const levelled: Log = {
  debug: () => {},
  info: say('info'),
  warn: say('warn'),
  error: say('error'),
}
