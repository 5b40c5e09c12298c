// Suggests the command that was probably meant by an unknown one.
import { nearest } from '../base/nearest.ts'

/** Words of other tools, and everyday words. A suggestion never does something else than its word asks for. */
const KNOWN_AS: Readonly<Record<string, string>> = {
  undo: 'change rollback',
  revert: 'change rollback',
  back: 'change rollback',
  sign: 'change approve',
  cancel: 'change withdraw',
  log: 'change list --all',
  history: 'change list --all',
  changes: 'change list',
  search: 'record search',
  grep: 'record search',
  ps: 'status',
  why: 'change show',
}
const VERBS = ['restart', 'reload', 'start', 'stop']

/** What to type after `sekisho`, with the words that were typed; `status` where nothing is near. */
export function suggest(
  words: readonly string[],
  known: readonly string[],
  quote: (word: string) => string,
): string {
  const [first = '', second = ''] = words
  if (VERBS.includes(first) && words.length > 1)
    return `do service --service ${quote(second.replace(/\.service$/, ''))} --verb ${first} --instruction "…"`
  const begun = second === '' ? [] : known.filter((one) => one.startsWith(`${first} ${second}`))
  const both = begun.length === 1 ? begun[0] : nearest(`${first} ${second}`, known)
  const [line, used] = directly(words, known) ?? [both ?? nearest(first, known), both === undefined ? 1 : 2]
  return line === undefined ? 'status' : [line, ...words.slice(used).map(quote)].join(' ')
}

/** The suggested command, and how many of the typed words it replaces. */
function directly(words: readonly string[], known: readonly string[]): readonly [string, number] | undefined {
  const [first = '', second = ''] = words
  if (first === 'change' && Object.hasOwn(KNOWN_AS, second)) return [KNOWN_AS[second] as string, 2]
  if (Object.hasOwn(KNOWN_AS, first)) return [KNOWN_AS[first] as string, 1]
  // The word names a command without its group. Where several groups have it, the one of `change` is taken.
  const groups = known.filter((one) => one.split(' ')[1] === first)
  const group =
    groups.find((one) => one.startsWith('change ')) ?? (groups.length === 1 ? groups[0] : undefined)
  return group === undefined ? undefined : [group, 1]
}
