// What the keys of a tool's input are about. Read word by word: `shellCommand`, `shell_command` and `command-line` are the same to us.

export type Kind = 'command' | 'path' | 'query' | 'code' | 'cwd' | 'content'

/** The first that a word of the key belongs to; `content` is what is written or said and not done. */
const KINDS: readonly (readonly [kind: Kind, words: ReadonlySet<string>])[] = (
  [
    ['command', 'command cmd commands commandline cmdline script shell bash'],
    ['cwd', 'cwd workdir workspace'],
    ['query', 'sql query statement queries statements'],
    ['code', 'code python javascript'],
    [
      'path',
      'path paths file files filepath filename uri source src destination dest dst from to target directory dir folder notebook',
    ],
    [
      'content',
      'content contents text body message messages title description prompt string comment note summary pattern data value',
    ],
  ] as const
).map(([kind, words]) => [kind, new Set(words.split(' '))])

export function kindOf(key: string): Kind | undefined {
  const words = wordsOf(key)
  if (words.join(' ') === 'working directory') return 'cwd'
  return KINDS.find(([, set]) => words.some((one) => set.has(one)))?.[0]
}

/** `readTextFile`, `read_text_file` and `read-text-file` are three words. */
export const wordsOf = (name: string): readonly string[] =>
  name
    .slice(0, 200)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((one) => one !== '')

const SQL_START =
  /^(?:select|insert|update|delete|drop|truncate|alter|create|grant|revoke|with|copy|explain|do|call|merge|replace|vacuum|begin|set)\b/i

/** A statement may stand behind comments, brackets and empty statements. */
export function isSql(value: string): boolean {
  let at = 0
  while (at < value.length) {
    if (/[\s;(]/.test(value.charAt(at))) at++
    else if (value.startsWith('--', at)) at = after(value, '\n', at)
    else if (value.startsWith('/*', at)) at = after(value, '*/', at)
    else break
  }
  return SQL_START.test(value.slice(at, at + 32))
}

function after(value: string, mark: string, from: number): number {
  const found = value.indexOf(mark, from)
  return found === -1 ? value.length : found + mark.length
}
