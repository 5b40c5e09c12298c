// Bytes of data files are judged, compared and mended in a child of its own: as nobody, without a network, bounded in memory, in bytes and in time
// (backup.md §0). What is over a bound is *content not read*, and is never called good.
import { closeSync, fstatSync, openSync } from 'node:fs'
import type { Loss } from '../backup/loss.ts'
import type { Root } from '../backup/records.ts'
import type { Invariants } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import { isObject, JsonError, parseJson } from '../base/json.ts'
import { type OwnCode, ownCode } from '../sandbox/own-code.ts'
import type { ProcessResult, run } from '../sys/process.ts'
import type { ContentAnswer, ContentTask, JudgedFile } from './content-task.ts'
import type { SnapshotPorts } from './ports.ts'

/** One 178 MB JSON took 590 MB to parse (backup.md §0: tried); ours reads record by record. */
export const CONTENT_BYTES = 536_870_912
const HEAP_MB = 1024
const FIRST_DESCRIPTOR = 3
const NOBODY = 65_534
const TIMEOUT_MS = 600_000
const OUTPUT = 16_777_216

export interface ContentChild {
  readonly run: typeof run
  /** `node runner.mjs`, and what else starts the runner's own code. */
  readonly command: readonly string[]
  /** We are root, and may give rights away. */
  readonly root: boolean
  readonly signal: AbortSignal
  /** Absent: ten minutes. */
  readonly timeoutMs?: number
}

export function childOf(parts: SnapshotPorts, signal: AbortSignal): ContentChild {
  return { run: parts.process, command: parts.command, root: parts.root, signal }
}

export interface ToJudge {
  /** Open for reading. */
  readonly fd: number
  readonly path: string
  readonly rules?: Invariants
  readonly before?: number
  readonly rootBefore?: Root
}
/** So many files share a child. */
export const JUDGED_AT_ONCE = 64

/** In the order of `files`, at most JUDGED_AT_ONCE. Throws backup.content_not_read. */
export async function judgeFiles(files: readonly ToJudge[], c: ContentChild): Promise<readonly JudgedFile[]> {
  const [first] = files
  if (first === undefined) return []
  const task: ContentTask = {
    kind: 'judge',
    files: files.map(({ rules, before, rootBefore }) => ({
      ...(rules === undefined ? {} : { rules }),
      ...(before === undefined ? {} : { before }),
      ...(rootBefore === undefined ? {} : { rootBefore }),
    })),
  }
  const answer = await ask(
    task,
    files.map(({ fd }) => fd),
    first.path,
    c,
  )
  if (answer.kind !== 'judge' || answer.files.length !== files.length) throw notRead(first.path, 'answer')
  return answer.files
}

/** What a restore would do to the records that are there. Either file may be absent. */
export async function lossOfFile(
  now: number | undefined,
  then: number | undefined,
  of: { readonly name: string; readonly rules?: Invariants; readonly key: string; readonly evidence?: true },
  c: ContentChild,
): Promise<Loss> {
  const task: ContentTask = { kind: 'loss', ...of, now: now !== undefined, then: then !== undefined }
  const answer = await ask(task, [now, then], of.name, c)
  if (answer.kind !== 'loss') throw notRead(of.name, 'answer')
  return answer.loss
}

/** Writes the backup's records with the newer readable ones over them into `into`. */
export async function mendFile(
  now: number,
  then: number | undefined,
  into: number,
  of: { readonly path: string; readonly rules?: Invariants },
  c: ContentChild,
): Promise<Extract<ContentAnswer, { readonly kind: 'salvage' }>> {
  const task: ContentTask = {
    kind: 'salvage',
    ...(of.rules === undefined ? {} : { rules: of.rules }),
    now: true,
    then: then !== undefined,
  }
  const answer = await ask(task, [now, then, into], of.path, c)
  if (answer.kind !== 'salvage') throw notRead(of.path, 'answer')
  return answer
}

async function ask(
  task: ContentTask,
  fds: readonly (number | undefined)[],
  path: string,
  { run, command, root, signal, timeoutMs = TIMEOUT_MS }: ContentChild,
): Promise<ContentAnswer> {
  for (const fd of fds)
    if (fd !== undefined && fstatSync(fd).size > CONTENT_BYTES) throw notRead(path, 'too large')
  const heap = `--max-old-space-size=${HEAP_MB}`
  const [node = '', ...script] = command
  using code = root ? codeOf([...command, 'content']) : undefined
  const argv =
    code === undefined
      ? [node, heap, ...script, 'content']
      : ['unshare', '--net', '--', ...withoutRights(code.argv(FIRST_DESCRIPTOR + fds.length, [heap]))]
  const nothing = openSync('/dev/null', 'r')
  try {
    const result = await run(argv, {
      input: JSON.stringify(task),
      descriptors: [...fds.map((fd) => fd ?? nothing), ...(code?.descriptors ?? [])],
      timeoutMs,
      maxOutput: OUTPUT,
      signal,
    })
    if (isNotStarted(result)) throw notStarted(result)
    if (result.code !== 0) throw notRead(path, result.timedOut ? 'time' : whyOf(result.stderr, result.signal))
    const value = answerOf(result.stdout)
    if (!isObject(value)) throw notRead(path, 'answer')
    return value as unknown as ContentAnswer
  } finally {
    closeSync(nothing)
  }
}

/** Throws backup.reader_failed. */
export function codeOf(command: readonly string[]): OwnCode {
  try {
    return ownCode(command)
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    throw new SekishoError('backup.reader_failed', { why: `${command[0]}: ${code}` }, { cause })
  }
}

function answerOf(text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    if (cause instanceof JsonError) return undefined
    throw cause
  }
}

export function withoutRights(argv: readonly string[]): readonly string[] {
  const id = String(NOBODY)
  return ['setpriv', '--reuid', id, '--regid', id, '--clear-groups', '--no-new-privs', '--', ...argv]
}

/**
 * The reader itself did not begin: the programs before it, node or our code could not be had. That says nothing of any file. Where it ended itself by
 * a bound, it says so in a line of its own, or node does.
 */
function isNotStarted({ code, timedOut, stderr }: ProcessResult): boolean {
  if (timedOut || code === 0) return false
  return code === undefined
    ? stderr === ''
    : !/"message":"the content was not read"|heap out of memory/.test(stderr)
}

export function notStarted({ notStarted: why, code, stderr }: ProcessResult): SekishoError {
  // The words of the programs before the reader hold no byte of a file; those of node may.
  const said = /^(?:unshare|setpriv): [^\n]*/.exec(stderr)?.[0]
  return new SekishoError('backup.reader_failed', { why: said ?? why ?? `exit ${code ?? ''}`.trim() })
}

/** Never what stands in the file: the child's own words may hold a piece of it. */
function whyOf(stderr: string, signal: string | undefined): string {
  return /heap out of memory|Array buffer allocation failed/.test(stderr) ? 'memory' : (signal ?? 'failed')
}

/** It was over a bound, or brought the child down: nothing is known of its content. */
export function isNotRead(cause: unknown): cause is SekishoError {
  return cause instanceof SekishoError && cause.code === 'backup.content_not_read'
}

function notRead(path: string, why: string): SekishoError {
  return new SekishoError('backup.content_not_read', { path, why })
}
