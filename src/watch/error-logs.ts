// The errors of 24 hours of a declared log: finds the log and what rotation has left of it, opens each without following links, and lets
// a child without rights count. What was counted is kept, so that the next count reads only what is new.
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { decode } from '../base/decode.ts'
import type { ErrorCount } from '../checks/items.ts'
import { type CountOrder, countAnswer, countSince, type LogState, logState } from '../checks/log-state.ts'
import { type Span, spansOf } from '../checks/lost-upstream.ts'
import { runChild } from './child.ts'
import type { LookContext } from './looker.ts'

const DAY_MS = 86_400_000
/** A first count of a large log goes on at the next look. */
const WITHIN_MS = 40_000
const ANSWER_LIMIT = 16_777_216
const FILES_AT_MOST = 60

export async function countErrors(
  path: string,
  context: Pick<LookContext, 'clock' | 'places' | 'signal' | 'self'>,
): Promise<
  ErrorCount & { readonly leftBytes?: number; readonly lost?: readonly Span[]; readonly own?: number }
> {
  const { clock, places, signal, self } = context
  const now = clock.now()
  const since = now - DAY_MS
  const stateFile = join(
    places.state,
    `errors-${createHash('sha256').update(path).digest('hex').slice(0, 32)}.json`,
  )
  const handles: FileHandle[] = []
  try {
    const found = await openAll(path, since, handles)
    if (found.files.length === 0)
      return found.why === undefined ? { state: 'absent' } : { state: 'unread', why: found.why }
    const kept = await readState(stateFile)
    const order: CountOrder = {
      v: 1,
      since,
      now,
      withinMs: WITHIN_MS,
      addresses: Object.values(networkInterfaces())
        .flatMap((several) => several ?? [])
        .map(({ address }) => address),
      files: found.files.map(({ name }, i) => ({ fd: i + 3, name })),
      ...(kept === undefined ? {} : { state: kept }),
    }
    const child = await runChild(self, 'errors', JSON.stringify(order), {
      descriptors: found.files.map(({ handle }) => handle.fd),
      maxOutput: ANSWER_LIMIT,
      timeoutMs: WITHIN_MS + 15_000,
      signal,
    })
    const answer = child === undefined ? undefined : decode(countAnswer, child)
    if (answer?.ok !== true) return { state: 'unread', why: 'the reader ended without an answer' }
    const { state, open: unfinished, leftBytes } = answer.value
    await writeState(stateFile, state)
    if (state.lines && !state.stamped) return { state: 'unstamped' }
    const { errors, newest } = countSince(
      [...state.generations.flatMap(({ counts }) => counts), ...unfinished],
      since,
    )
    const whole = answer.value.whole && found.whole
    const lost = spansOf(
      state.generations.flatMap((one) => one.lost ?? []),
      since,
    )
    const own = countSince(
      state.generations.flatMap((one) => one.own ?? []),
      since,
    ).errors
    return {
      state: 'counted',
      errors,
      whole,
      ...(newest === undefined ? {} : { newest }),
      ...(lost.length === 0 ? {} : { lost }),
      ...(own === 0 ? {} : { own }),
      ...(leftBytes === 0 ? {} : { leftBytes }),
    }
  } finally {
    await Promise.all(handles.map((handle) => handle.close()))
  }
}

interface Found {
  readonly files: readonly { readonly handle: FileHandle; readonly name: string; readonly mtimeMs: number }[]
  /** False where a file that was written to in the window was not opened. */
  readonly whole: boolean
  readonly why?: string
}

/** The log and its rotated files, oldest first; those that end before the window are left closed. */
async function openAll(path: string, since: number, handles: FileHandle[]): Promise<Found> {
  const directory = dirname(path)
  const rotated = await rotatedOf(path)
  const names = [...(rotated ?? []), basename(path)]
  const files: { handle: FileHandle; name: string; mtimeMs: number }[] = []
  // A directory that cannot be listed may hold more of it.
  let [whole, present, why]: [boolean, boolean, string | undefined] = [
    rotated !== undefined,
    false,
    undefined,
  ]
  for (const name of names) {
    const seen = await lstat(join(directory, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') why = error.code
      return undefined
    })
    if (seen === undefined) continue
    present = true
    if (seen.mtimeMs < since && name !== basename(path)) continue
    try {
      // A link, a pipe or a second name of something else is no log of this service.
      const handle = await open(
        join(directory, name),
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      )
      handles.push(handle)
      const stat = await handle.stat()
      if (!stat.isFile() || stat.nlink > 1) throw Object.assign(new Error(name), { code: 'ELOOP' })
      files.push({ handle, name, mtimeMs: stat.mtimeMs })
    } catch (error) {
      why = (error as NodeJS.ErrnoException).code ?? 'EIO'
      whole = false
    }
  }
  files.sort((a, b) => a.mtimeMs - b.mtimeMs || (a.name < b.name ? -1 : 1))
  const some = files.slice(-FILES_AT_MOST)
  if (some.length < files.length) whole = false
  return { files: some, whole, ...(present && why !== undefined ? { why } : {}) }
}

/** What rotation left of it: `error.log.1`, `error.log-20261125`, `error.log.2.gz`, `error-20261125.log.gz`. Undefined: nobody knows. */
export async function rotatedOf(path: string): Promise<readonly string[] | undefined> {
  const name = basename(path)
  const dot = name.lastIndexOf('.')
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  const names = await readdir(dirname(path)).catch(() => undefined)
  if (names === undefined) return undefined
  const folded = '(?:\\.(?:gz|zst|xz|bz2|lz4))?$'
  const after = new RegExp(`^[.-]\\d+(?:[.T_-]?\\d+)*${folded}`)
  const between = new RegExp(`^[.-]\\d{8}(?:[.T_-]?\\d+)*${escape(extension)}${folded}`)
  return names.filter(
    (one) =>
      (one.startsWith(name) && after.test(one.slice(name.length))) ||
      (extension !== '' && one.startsWith(stem) && between.test(one.slice(stem.length))),
  )
}
const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

async function readState(path: string): Promise<LogState | undefined> {
  try {
    const read = decode(logState, JSON.parse(await readFile(path, 'utf8')) as unknown)
    return read.ok ? read.value : undefined
  } catch {
    return undefined // Never counted, or damaged: it is counted from the beginning.
  }
}

async function writeState(path: string, state: LogState): Promise<void> {
  await writeFile(`${path}.tmp`, JSON.stringify(state), { mode: 0o600 })
  await rename(`${path}.tmp`, path)
}
