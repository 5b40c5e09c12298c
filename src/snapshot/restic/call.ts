// One call of restic, believed only as far as it deserves (backup.md §4): exit 3 has left files out, no answer is a result of its own, and a lock
// of a process that is gone is taken away only while no call of ours lives.
import { SekishoError } from '../../base/error.ts'
import { parseJson } from '../../base/json.ts'
import type { ProcessResult } from '../../sys/process.ts'
import type { Access } from './access.ts'
import { causeOf, isNotTrusted, isRefusal, listen } from './cause.ts'

export interface CallOptions {
  readonly timeoutMs?: number
  readonly cwd?: string
  readonly input?: string
  readonly maxOutput?: number
}

const EXIT = { ok: 0, unreadable: 3, noRepository: 10, locked: 11, password: 12 } as const
const OUTPUT_MAX = 16_777_216
const NOT_THERE =
  /dial tcp|connection (?:refused|reset)|no route to host|i\/o timeout|no such host|unable to start the sftp session|ssh command exited|Connection (?:refused|timed out|closed)|Host key verification failed|Permission denied \(publickey/i

/** Calls of ours that are under way, by repository. */
const living = new Map<string, number>()

/** Answers whatever restic ends with but for what no caller can use. Throws backup.restic_missing, backup.repository_*, backup.aborted. */
export async function attempt(
  access: Access,
  args: readonly string[],
  options: CallOptions = {},
): Promise<ProcessResult> {
  const first = await once(access, args, options)
  if (first.code !== EXIT.locked || (living.get(access.to) ?? 0) > 0) return settled(access, first)
  // Without --remove-all it takes away what belongs to no living process, and nothing else.
  settled(access, await once(access, ['unlock'], {}))
  return settled(access, await once(access, args, options))
}

/** As `attempt`, and anything but exit 0 is thrown. */
export async function need(access: Access, args: readonly string[], options?: CallOptions): Promise<string> {
  const result = await attempt(access, args, options)
  if (result.code !== EXIT.ok) throw failure(access, result)
  return result.stdout
}

/** The JSON that `need` answers, whole. */
export async function needJson(
  access: Access,
  args: readonly string[],
  options?: CallOptions,
): Promise<unknown> {
  const text = await need(access, [...args, '--json'], options)
  try {
    return parseJson(text.trim())
  } catch (cause) {
    throw new SekishoError(
      'backup.repository_failed',
      { to: access.to, why: text.slice(0, 200) || 'no answer' },
      { cause },
    )
  }
}

async function once(access: Access, args: readonly string[], options: CallOptions): Promise<ProcessResult> {
  const { to, run, env, signal, limits } = access
  if (signal?.aborted === true) throw new SekishoError('backup.aborted')
  living.set(to, (living.get(to) ?? 0) + 1)
  const hopeless = new AbortController()
  const isHopeless = listen()
  try {
    const result = await run(['restic', ...access.options, ...args], {
      env,
      onError: (chunk) => {
        if (isHopeless(chunk)) hopeless.abort()
      },
      timeoutMs: options.timeoutMs ?? limits.smallMs,
      maxOutput: options.maxOutput ?? OUTPUT_MAX,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.input === undefined ? {} : { input: options.input }),
      signal: signal === undefined ? hopeless.signal : AbortSignal.any([signal, hopeless.signal]),
    })
    if (hopeless.signal.aborted && access.signal?.aborted !== true) throw failure(access, result)
    return result
  } finally {
    const left = (living.get(to) ?? 1) - 1
    if (left === 0) living.delete(to)
    else living.set(to, left)
  }
}

function settled(access: Access, result: ProcessResult): ProcessResult {
  const { to, service, key, signal } = access
  if (result.notStarted !== undefined)
    throw new SekishoError('backup.restic_missing', { why: result.notStarted })
  if (result.timedOut) {
    const why = `${Math.round(result.milliseconds / 1000)} s  ${messageOf(result)}`.trim()
    throw notReached(access, causeOf(result.stderr) ?? 'silent', why)
  }
  if (signal?.aborted === true) throw new SekishoError('backup.aborted')
  if (result.code === EXIT.noRepository) throw new SekishoError('backup.repository_missing', { to })
  if (result.code === EXIT.locked)
    throw new SekishoError('backup.repository_locked', { to, why: messageOf(result) })
  if (result.code === EXIT.password)
    throw new SekishoError('backup.repository_password', { to, service, key })
  return result
}

export function failure(access: Access, result: ProcessResult): SekishoError {
  const { to } = access
  const why = messageOf(result)
  const cause = causeOf(result.stderr)
  if (result.code === EXIT.unreadable) return new SekishoError('backup.repository_incomplete', { to, why })
  if (NOT_THERE.test(result.stderr) || isNotTrusted(cause) || isRefusal(cause))
    return notReached(access, cause, why)
  return new SekishoError('backup.repository_failed', { to, why, ...(cause === undefined ? {} : { cause }) })
}

/** Nothing was said about the copies in it: they are not read, and not damaged. */
export function isNotReached({ code }: SekishoError): boolean {
  return (
    code === 'backup.repository_unreachable' ||
    code === 'backup.repository_not_trusted' ||
    code === 'backup.repository_refused'
  )
}

export function notReached(
  { to, service, key }: Access,
  cause: string | undefined,
  why: string,
): SekishoError {
  const code = isNotTrusted(cause)
    ? 'backup.repository_not_trusted'
    : isRefusal(cause)
      ? 'backup.repository_refused'
      : 'backup.repository_unreachable'
  return new SekishoError(code, { to, service, key, why, ...(cause === undefined ? {} : { cause }) })
}

/** The first error of a file where there is one, else the last words. */
function messageOf({ stderr, code, signal }: ProcessResult): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  const told = lines.flatMap((line) => messageIn(line) ?? [])
  return (told[0] ?? lines.at(-1) ?? String(code ?? signal ?? '')).trim().slice(0, 300)
}

function messageIn(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const read = parseJson(line) as { message?: unknown; error?: { message?: unknown }; item?: unknown }
    const text = read.message ?? read.error?.message
    if (typeof text !== 'string') return undefined
    return typeof read.item === 'string' ? `${read.item}: ${text}` : text
  } catch {
    return undefined
  }
}
