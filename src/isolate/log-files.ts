// The files of a log and of its rotations in a window, opened as a log of somebody else is (host/error-log.ts), and what they say, read by a child
// without rights. Nothing of them is changed, the time of the last access neither.
import { constants, type Stats } from 'node:fs'
import { type FileHandle, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Decoder, decode, integer, list, object, optional, text } from '../base/decode.ts'
import { JsonError, parseJson } from '../base/json.ts'
import { openLog } from '../host/error-log.ts'
import { codeOf, withoutRights } from '../snapshot/content.ts'
import type { MachinePort, ProgramPort } from '../snapshot/ports.ts'
import type { LogSummary, LogTask } from './log-summary.ts'

export interface LogFile {
  readonly path: string
  readonly handle: FileHandle
  readonly stat: Stats
}

const READ_BYTES = 1_048_576
const SUMMARY_MS = 50_000
const SUMMARY_BYTES = 16_777_216
/** `access.log`, `access.log.1`, `access.log.2.gz`, `access.log-20261130.xz`, `access.log.2026-11-30`. */
const ROTATED = /^(?:[.-](?:\d{1,4}|\d{8}(?:-?\d{1,10})?|\d{4}-\d\d-\d\d))?(?:\.(?:gz|xz|zst|bz2))?$/
/** What no reader here unpacks. */
export const isPackedOtherwise = (path: string): boolean => /\.(?:xz|zst|bz2)$/.test(path)

export function isRotationOf(name: string, log: string): boolean {
  return name.startsWith(log) && ROTATED.test(name.slice(log.length))
}

/**
 * Newest first. Those that were neither written nor changed otherwise since the window began hold nothing of it: the time of writing can be set by
 * anybody who owns the file, the other one cannot. `leftOut`: what begins like the log and was not taken. The caller closes the files.
 */
export async function openLogs(
  log: string,
  since: number,
): Promise<{ readonly files: readonly LogFile[]; readonly leftOut: readonly string[] }> {
  const names = await readdir(dirname(log)).catch(() => [])
  const files: LogFile[] = []
  const leftOut: string[] = []
  const own = basename(log)
  const isOf = (name: string) => name === own || name.startsWith(`${own}.`) || name.startsWith(`${own}-`)
  for (const name of names.filter(isOf).toSorted()) {
    const path = join(dirname(log), name)
    const handle = isRotationOf(name, own) ? await openLog(path, constants.O_NOATIME) : undefined
    if (handle === undefined) {
      leftOut.push(path)
      continue
    }
    const stat = await handle.stat()
    if (Math.max(stat.mtimeMs, stat.ctimeMs) >= since) files.push({ path, handle, stat })
    else await handle.close()
  }
  return { files: files.toSorted((a, b) => b.stat.mtimeMs - a.stat.mtimeMs), leftOut }
}

/** Its bytes as it was when it was opened: a log that grows meanwhile ends where it did then. */
export async function* bytesOf({ handle, stat }: LogFile): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(Math.min(READ_BYTES, Math.max(1, stat.size)))
  for (let at = 0; at < stat.size; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, stat.size - at), at)
    if (bytesRead === 0) return
    yield Buffer.from(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
}

export type ReaderParts = Pick<MachinePort & ProgramPort, 'process' | 'command' | 'root'>

/** What lines say: of an open file, or of a text that was read already. Undefined where the reader did not come to an end. */
export async function readLines(
  from: { readonly fd: number } | { readonly text: Uint8Array },
  task: Omit<LogTask, 'input'>,
  { process, command, root }: ReaderParts,
  signal: AbortSignal,
): Promise<LogSummary | undefined> {
  const [node = '', ...script] = command
  const isInput = 'text' in from
  using code = root ? codeOf([...command, 'logs']) : undefined
  const header = `${JSON.stringify(isInput ? { ...task, input: true } : task)}\n`
  const heap = ['--max-old-space-size=256']
  const result = await process(
    code === undefined
      ? [node, ...script, 'logs']
      : [
          'unshare',
          '--net',
          '--',
          'prlimit',
          '--fsize=0',
          '--core=0',
          '--',
          ...withoutRights(code.argv(isInput ? 3 : 4, heap)),
        ],
    {
      input: isInput ? Buffer.concat([Buffer.from(header), from.text]) : header,
      descriptors: [...(isInput ? [] : [from.fd]), ...(code?.descriptors ?? [])],
      timeoutMs: SUMMARY_MS,
      maxOutput: SUMMARY_BYTES,
      signal,
    },
  )
  if (result.code !== 0 || result.overflowed) return undefined
  try {
    const read = decode(summary, parseJson(result.stdout))
    return read.ok ? read.value : undefined
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}

/** The child has met the lines of an attacker: its answer is read like anybody's. */
const summary: Decoder<LogSummary> = object({
  lines: integer(),
  inWindow: integer(),
  unstamped: integer(),
  notUnderstood: integer(),
  groups: list(
    object({ key: list(text({ max: 400 }), 4), count: integer(1), first: integer(), last: integer() }),
    5000,
  ),
  more: integer(),
  cut: optional(text({ max: 100 })),
})
