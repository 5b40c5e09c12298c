// Finds the damaged files of the live data, by the rules that copies are judged by: each with the place of its first fault (guide, level 2: find
// the corrupted files). An unreadable file is damaged too, and does not end the search.
import { closeSync, fstatSync } from 'node:fs'
import { type Baseline, heldBefore } from '../backup/levels.ts'
import { entryPath, shownPath } from '../backup/manifest-path.ts'
import type { DataDirectory } from '../backup/set.ts'
import type { DamagedNow } from '../plans/restore.ts'
import {
  CONTENT_BYTES,
  type ContentChild,
  isNotRead,
  JUDGED_AT_ONCE,
  judgeFiles,
  type ToJudge,
} from '../snapshot/content.ts'
import type { JudgedFile } from '../snapshot/content-task.ts'
import { codeOf, openLiveBelow } from '../snapshot/live.ts'
import { openTree } from '../tree/openat.ts'
import { type Seen, walk } from '../tree/walk.ts'
import { yielding } from '../tree/yield.ts'

/** Far more than one file needs. A file that takes longer is not read. */
const ONE_MS = 120_000
/** Files that make the child fail are judged one by one. After this many, a batch with another one is not read. */
const HOSTILE_MAX = 5

/** `before`: what the last good backup held, so that an emptied file is noticed. */
export async function damagedIn(
  directory: DataDirectory,
  before: Baseline,
  child: ContentChild,
): Promise<readonly DamagedNow[]> {
  if (directory.format !== 'json') return []
  return (await judgeLive(directory, before, child)).damaged
}

/** What was found in one directory of the live data. */
export interface LiveJudged {
  /** How many files were read and judged. */
  readonly judged: number
  readonly damaged: readonly DamagedNow[]
  /** The size is out of trend: a person confirms it. */
  readonly questions: readonly DamagedNow[]
  /** The newest change time in the directory, which nobody can set: in ms. */
  readonly changedMs: number
}

export async function judgeLive(
  directory: DataDirectory,
  before: Baseline,
  child: ContentChild,
): Promise<LiveJudged> {
  const damaged: DamagedNow[] = []
  const questions: DamagedNow[] = []
  let judged = 0
  let changedMs = 0
  const isJudged = directory.format === 'json'
  const isDamaged = (path: string, why: string) =>
    damaged.push({ part: path === '' ? directory.name : `${directory.name}/${path}`, why })
  const missing = new Set(isJudged ? Object.keys(directory.invariants) : [])
  const judge = judgeOneByOne(child)
  let batch: ToJudge[] = []
  const flush = async () => {
    const files = batch
    batch = []
    try {
      for (const [i, found] of (await judge(files)).entries()) {
        const path = files[i]?.path ?? ''
        if (found === undefined) {
          isDamaged(path, 'not_read')
          continue
        }
        judged += 1
        const why = `${found.fault?.code ?? ''} ${found.fault?.where ?? ''}`.trim()
        if (found.verdict === 'rubbish') isDamaged(path, why)
        else if (found.verdict === 'question') questions.push({ part: `${directory.name}/${path}`, why })
      }
    } finally {
      for (const { fd } of files) closeSync(fd)
    }
  }
  /** Undefined: nothing of it is judged. */
  const toJudge = (root: number, { path: bytes, type, stat }: Seen): ToJudge | undefined => {
    changedMs = Math.max(changedMs, Number(stat.ctimeMs))
    if (!isJudged) return undefined
    const path = shownPath(entryPath(bytes))
    missing.delete(path)
    const rules = Object.hasOwn(directory.invariants, path) ? directory.invariants[path] : undefined
    if (!(path.endsWith('.json') || rules !== undefined)) return undefined
    if (type !== 'file') {
      if (rules !== undefined) isDamaged(path, `not_file found ${type}`)
      return undefined
    }
    const live = openLiveBelow(root, bytes)
    if (live.kind === 'absent') return undefined
    if (live.kind === 'other') {
      isDamaged(path, `not_read cause ${live.why}`)
      return undefined
    }
    return {
      fd: live.fd,
      path,
      ...(rules === undefined ? {} : { rules }),
      ...heldBefore(before, `${directory.name}/${path}`),
    }
  }
  let root: number
  try {
    root = openTree(directory.dir)
  } catch (cause) {
    const why = codeOf(cause)
    isDamaged('', why === 'ENOENT' ? 'absent' : `not_read cause ${why}`)
    return { judged, damaged, questions, changedMs }
  }
  try {
    const turns = yielding(child.signal)
    const failed = (path: Buffer, cause: unknown) =>
      isDamaged(shownPath(entryPath(path)), `not_read cause ${codeOf(cause)}`)
    for (const seen of walk(root, { failed })) {
      const one = toJudge(root, seen)
      if (one !== undefined) batch.push(one)
      if (batch.length >= JUDGED_AT_ONCE) await flush()
      await turns.next()
    }
    await flush()
  } catch (cause) {
    if (child.signal.aborted) throw cause
    isDamaged('', `not_read cause ${codeOf(cause)}`)
  } finally {
    for (const { fd } of batch) closeSync(fd)
    closeSync(root)
  }
  for (const path of missing) isDamaged(path, 'absent')
  return { judged, damaged, questions, changedMs }
}

/** A file that makes the child fail is judged alone and reported as not read; the others of its batch are judged. */
function judgeOneByOne(
  child: ContentChild,
): (files: readonly ToJudge[]) => Promise<readonly (JudgedFile | undefined)[]> {
  let hostile = 0
  const judge = async (files: readonly ToJudge[]): Promise<readonly (JudgedFile | undefined)[]> => {
    try {
      return await judgeFiles(files, { ...child, timeoutMs: ONE_MS })
    } catch (cause) {
      if (child.signal.aborted || !isNotRead(cause)) throw cause
      if (files.length === 1) hostile += 1
      if (files.length === 1 || hostile >= HOSTILE_MAX) return files.map(() => undefined)
      const half = Math.ceil(files.length / 2)
      return [...(await judge(files.slice(0, half))), ...(await judge(files.slice(half)))]
    }
  }
  return async (files) => {
    const small = files.filter(({ fd }) => fstatSync(fd).size <= CONTENT_BYTES)
    const found = new Map<ToJudge, JudgedFile | undefined>()
    for (const [i, one] of (await judge(small)).entries()) {
      const file = small[i]
      if (file !== undefined) found.set(file, one)
    }
    return files.map((file) => found.get(file))
  }
}
