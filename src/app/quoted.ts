// A text as sekisho.yaml takes it.
import { visibleLine } from '../words/layout.ts'

/** A YAML text that is that text: plain where that is safe, else in single quotes. */
export function quoted(value: string): string {
  return /^[A-Za-z/][A-Za-z0-9/_.@+-]*$/.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value)
    ? value
    : `'${visibleLine(value).replaceAll("'", "''")}'`
}
