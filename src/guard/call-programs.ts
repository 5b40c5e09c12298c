// Servers that stand for a program: what such a tool is called is that program's subcommand, and what it is given are its words.
import { kindOf, wordsOf } from './call-words.ts'

const PROGRAMS: Readonly<Record<string, string>> = {
  docker: 'docker',
  podman: 'podman',
  kubernetes: 'kubectl',
  kubectl: 'kubectl',
  k8s: 'kubectl',
  systemd: 'systemctl',
  systemctl: 'systemctl',
  supervisor: 'supervisorctl',
  supervisorctl: 'supervisorctl',
  pm2: 'pm2',
  redis: 'redis-cli',
  git: 'git',
  helm: 'helm',
  terraform: 'terraform',
  sekisho: 'sekisho',
}
/** Words of a tool's name that say what it is about and not what it does. */
const NOUNS = new Set(
  'container containers unit units service services command cmd run execute tool resource resources'.split(
    ' ',
  ),
)
const SAME: Readonly<Record<string, string>> = { remove: 'rm' }
const LONGEST = 200

export interface StandIn {
  readonly program: string
  readonly args: readonly string[]
}

export function standIn(server: string, words: readonly string[], input: unknown): StandIn | undefined {
  const found = [...wordsOf(server), ...words].find((one) => Object.hasOwn(PROGRAMS, one))
  const program = found === undefined ? undefined : PROGRAMS[found]
  if (program === undefined) return undefined
  const isContainers = program === 'docker' || program === 'podman'
  const verbs = words
    .filter((one) => !Object.hasOwn(PROGRAMS, one) && !NOUNS.has(one))
    .map((one) => (isContainers ? (SAME[one] ?? one) : one))
  const given = typeof input === 'object' && input !== null ? Object.entries(input) : []
  const flags: string[] = []
  const operands: string[] = []
  for (const [key, value] of given) {
    const kind = kindOf(key)
    // Where it works, and what it says, are no words of its own.
    if (kind === 'cwd' || kind === 'content' || (program === 'git' && /repo/i.test(key))) continue
    if (value === true) flags.push(`--${wordsOf(key).join('-')}`)
    for (const one of Array.isArray(value) ? value : [value])
      if (typeof one === 'string' && one !== '' && one.length <= LONGEST) operands.push(one)
  }
  const [first, ...rest] = verbs
  return { program, args: [...(first === undefined ? [] : [first, ...rest]), ...flags, ...operands] }
}
