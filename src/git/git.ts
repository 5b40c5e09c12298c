// The one caller of the program git. Every call runs as an unprivileged account (or as the owner of the repository that it reads), with an environment and a
// configuration of ours: no hooks, no filters, no submodules, no replaced objects, no alternates, no prompt, no protocol but what a call names.
import { SekishoError } from '../base/error.ts'
import type { ProcessResult, RunOptions } from '../sys/process.ts'

/** An account by its numbers. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

export interface GitParts {
  /** sys/process `run`, handed in. */
  readonly process: (argv: readonly string[], options?: RunOptions) => Promise<ProcessResult>
  /** Who git is in a quarantine; absent where this process is not root, and git is what this process is. */
  readonly as?: Owner
}

export interface GitCall {
  readonly gitDir: string
  readonly as?: Owner | undefined
  /** Where objects lie, if not below `gitDir`. */
  readonly objects?: string
  readonly index?: string
  readonly workTree?: string
  readonly cwd?: string
  readonly input?: string | Uint8Array
  readonly inputFrom?: number
  readonly maxOutput?: number
  readonly timeoutMs?: number
  readonly env?: Readonly<Record<string, string>>
  readonly config?: readonly string[]
  readonly descriptors?: RunOptions['descriptors']
  /** A file in the place of /etc/passwd: ssh ends for an account that has no line there. */
  readonly accounts?: string
}

const CONFIG = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'core.attributesFile=/dev/null',
  'core.autocrlf=false',
  'core.bigFileThreshold=8m',
  'core.alternateRefsCommand=true',
  'gc.auto=0',
  'maintenance.auto=false',
  'pack.threads=1',
  'protocol.allow=never',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'safe.directory=*',
]
const ENVIRONMENT = {
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: 'false',
  SSH_ASKPASS: 'false',
  GIT_PAGER: 'cat',
  GIT_EDITOR: 'false',
}
/** Of one process of git: memory, processors' seconds, the size of one file, no core. */
const LIMITS = ['prlimit', '--as=4294967296', '--cpu=300', '--fsize=2147483648', '--core=0', '--']
const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_OUTPUT = 1_048_576

/** Never throws for what git answered; throws process.missing where there is no git. */
export async function git(
  { process }: GitParts,
  args: readonly string[],
  call: GitCall,
): Promise<ProcessResult> {
  const config = [...CONFIG, ...(call.config ?? [])].flatMap((pair) => ['-c', pair])
  const { as, accounts } = call
  const own = [...LIMITS, 'git', ...config, ...args]
  const hasName = as !== undefined && accounts !== undefined
  const result = await process(hasName ? withAccounts(accounts, as, own) : own, {
    cwd: call.cwd ?? '/',
    env: {
      ...ENVIRONMENT,
      GIT_DIR: call.gitDir,
      ...(call.objects === undefined ? {} : { GIT_OBJECT_DIRECTORY: call.objects }),
      ...(call.index === undefined ? {} : { GIT_INDEX_FILE: call.index }),
      ...(call.workTree === undefined ? {} : { GIT_WORK_TREE: call.workTree }),
      ...call.env,
    },
    timeoutMs: call.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxOutput: call.maxOutput ?? DEFAULT_OUTPUT,
    killOnOverflow: true,
    ...(as === undefined || hasName ? {} : as),
    ...(call.input === undefined ? {} : { input: call.input }),
    ...(call.inputFrom === undefined ? {} : { inputFrom: call.inputFrom }),
    ...(call.descriptors === undefined ? {} : { descriptors: call.descriptors }),
  })
  if (result.notStarted !== undefined || /^prlimit: failed to execute git/m.test(result.stderr))
    throw new SekishoError('process.missing', { program: 'git', why: result.notStarted ?? 'ENOENT' })
  return result
}

/** In mounts of its own, where that file lies over /etc/passwd; then without any right. */
function withAccounts(file: string, { uid, gid }: Owner, argv: readonly string[]): readonly string[] {
  const script = 'mount --bind "$1" /etc/passwd || exit 126; shift; exec "$@"'
  const drop = [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--no-new-privs',
    '--bounding-set=-all',
    '--inh-caps=-all',
    '--',
  ]
  return [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    '--',
    'sh',
    '-c',
    script,
    'sh',
    file,
    ...drop,
    ...argv,
  ]
}

/** What git said last, short, for a sentence: without its prefix and without anything that could move a cursor. */
export function gitSaid(result: ProcessResult): string {
  if (result.timedOut) return 'time limit'
  if (result.signal !== undefined) return `ended by ${result.signal}`
  const lines = gitLines(result)
  return (lines.findLast((line) => !/^(?:hint|index-pack died)/.test(line)) ?? `exit ${result.code}`).slice(
    0,
    300,
  )
}

/** Each line that git wrote to its errors, without its prefix. */
export function gitLines({ stderr }: Pick<ProcessResult, 'stderr'>): readonly string[] {
  return stderr
    .replaceAll('\r', '')
    .replace(/[^\P{C}\n]/gu, '?')
    .split('\n')
    .map((line) => line.replace(/^(?:fatal|error|remote|warning): /, '').trim())
    .filter((line) => line !== '')
}
