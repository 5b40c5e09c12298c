// What stands for a number that we do not know, of a process that we do: a search for processes writes it, and whoever ends, traces or
// searches on reads it again.
import { known, originsOf, type Stream } from './stream.ts'
import { concat, literal, prefix, text, type Value } from './value.ts'

export type By = 'pid' | 'name' | 'pattern' | 'port' | 'user' | 'all'
/** `list`: everything that a table of processes shows, until somebody searches in it. */
export type Searched = By | 'unit' | 'list'

/** No text of a shell begins so: a character for private use. */
const MARK = '\uE000'
const KINDS = 'pid name pattern port user all unit'.split(' ')
const LIST = `${MARK}list${MARK}`

/** What a search writes. */
export function found(by: Searched, value: Value): Stream {
  return known(concat(text(`${MARK}${by}${MARK}`), value, ['\n']))
}

export const isMark = (value: Value): boolean => prefix(value).startsWith(MARK)

/** All that it may be are marks: a filter that takes a part of each line leaves them what they are. */
export const isMarked = ({ texts }: Stream): boolean =>
  texts !== undefined && texts.length > 0 && texts.every(isMark)

/** Which process a word means: what a search before it looked for, or a number. Undefined for a job of this shell. */
export function processOf(
  value: Value,
): { readonly by: Exclude<Searched, 'list'>; readonly value: Value } | undefined {
  const start = prefix(value)
  if (start.startsWith('%')) return undefined
  if (!start.startsWith(MARK)) return { by: 'pid', value }
  const [, kind = 'pid', rest = ''] = start.split(MARK)
  return {
    by: KINDS.includes(kind) ? (kind as Exclude<Searched, 'list'>) : 'pid',
    value: concat(text(rest), value.slice(1)),
  }
}

/** Lines of a table of processes that a pattern picks out: a port, or a part of the command line. */
export function pickedOut(stream: Stream, pattern: Value | undefined): Stream {
  const plain = pattern === undefined ? undefined : literal(pattern)
  if (plain === undefined || stream.texts?.every((one) => prefix(one).startsWith(LIST)) !== true)
    return stream
  const port = /^[\s:*.\\]*:(\d{2,5})\\?[b\s$]*$/.exec(plain)?.[1]
  // `[n]ode` is node, written so that the search does not find itself.
  return port === undefined
    ? found('pattern', text(plain.replaceAll(/\[(\w)\]/g, '$1')))
    : found('port', text(port))
}

/** `$(cat /run/app/main.pid)`: the files whose text a number is. */
export function fileNamesOf(value: Value): readonly (readonly string[])[] {
  return originsOf(value).flatMap((origin) =>
    origin.from === 'file'
      ? [origin.path.segments.map((one) => (one === 'tree' ? '' : (literal(one) ?? '')))]
      : [],
  )
}
