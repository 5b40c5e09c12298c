// What a restore of files would do to what is there: by record where there are rules, by path where there are none. Only what was laid out must be
// readable; what is there now may be anything (live.ts), and what cannot be read of it is said and sealed by its stamp.
import { closeSync } from 'node:fs'
import { indexPaths, type Loss, lossOf, nothingBack, type Present, unreadLoss } from '../backup/loss.ts'
import type { EntryPath } from '../backup/manifest.ts'
import { entryPath, shownPath } from '../backup/manifest-path.ts'
import type { Keyed } from '../backup/records.ts'
import { type DataDirectory, type Invariants, isSecretName } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import { keyedHash } from '../base/hash.ts'
import { CONTENT_BYTES, type ContentChild, isNotRead, lossOfFile } from '../snapshot/content.ts'
import { codeOf, openLive, stampOf } from '../snapshot/live.ts'
import { openTree, statOf } from '../tree/openat.ts'
import { openRegular, readOnce } from '../tree/read.ts'
import { type Seen, walk } from '../tree/walk.ts'
import { yielding } from '../tree/yield.ts'
import type { ExchangePlace } from './stage-record.ts'

export interface LossBy {
  /** Of this stage alone. */
  readonly key: string
  readonly child: ContentChild
  readonly comes: 'laid-out' | 'evidence'
}

/** The service may be stopped while this is compared once more. */
const NOW_MS = 180_000

interface OneFile {
  readonly now: string
  readonly then: string
  readonly name: string
  readonly rules?: Invariants
}

/** `rules` of a secret file: none. Of it nothing but whether it is the same is asked, and its bytes go to no other process. */
export function fileLoss(
  { path, beside }: Pick<ExchangePlace, 'path' | 'beside'>,
  of: { readonly name: string; readonly rules?: Invariants; readonly isSecret: boolean },
  by: LossBy,
): Promise<Loss> {
  const { name, rules, isSecret } = of
  const one = { now: path, then: beside, name, ...(rules === undefined ? {} : { rules }) }
  return isSecret ? wholeLoss(one, by) : lossBetween(one, by)
}

async function wholeLoss({ now, then, name }: OneFile, by: LossBy): Promise<Loss> {
  const turns = yielding(by.child.signal)
  const print = async (path: string): Promise<readonly HashedFile[]> => {
    const live = openLive(path)
    if (live.kind === 'absent') return []
    const at = { path: name.slice(name.indexOf('/') + 1) }
    if (live.kind === 'other') return [{ at, fingerprint: live.stamp }]
    try {
      const read = await readOnce(live.fd, statOf(live.fd), { turns })
      return [{ at, fingerprint: read?.digest ?? 'changing' }]
    } finally {
      closeSync(live.fd)
    }
  }
  const present = { index: indexPaths(await print(now)), isDamaged: false }
  return lossOf({ name, by: 'path' }, present, indexPaths(await print(then)), keyedBy(by))
}

/** Records of the files that have rules, and all other files by their path. */
export async function treeLoss(
  directory: DataDirectory,
  place: Pick<ExchangePlace, 'path' | 'beside'>,
  by: LossBy,
): Promise<readonly Loss[]> {
  const losses: Loss[] = []
  const isSecret = (path: string) => isSecretName(directory.secret, path)
  for (const [path, rules] of Object.entries(directory.invariants)) {
    if (isSecret(path)) continue
    const of = {
      now: `${place.path}/${path}`,
      then: `${place.beside}/${path}`,
      name: `${directory.name}/${path}`,
      rules,
    }
    losses.push(await lossBetween(of, by))
  }
  // A secret is compared as a whole, by its path alone: a copy may bring an older one back, and one that was carried over may have moved since.
  const skipped = (path: string) => !isSecret(path) && Object.hasOwn(directory.invariants, path)
  const now = await filesNow(place.path, skipped, by.child.signal)
  const then =
    by.comes === 'evidence'
      ? (await filesNow(place.beside, skipped, by.child.signal)).index
      : indexPaths(await filesThen(place.beside, skipped, by.child.signal))
  losses.push(lossOf({ name: directory.name, by: 'path' }, now, then, keyedBy(by)))
  return losses
}

function keyedBy({ key }: LossBy): Keyed {
  return (text) => keyedHash(Buffer.from(key, 'hex'), text)
}

function lossBetween(of: OneFile, by: LossBy): Promise<Loss> {
  return by.comes === 'evidence' ? evidenceLoss(of, by) : recordLoss(of, by)
}

/**
 * Of what was put aside because it was damaged, whatever can be read comes back; what cannot be read of it brings nothing back, and all that is there now
 * is gone. Each side may be the one that brings the reader down: then the other is read alone, and this one is known by its stamp.
 */
async function evidenceLoss({ now, then, name, rules }: OneFile, by: LossBy): Promise<Loss> {
  const of = { name, key: by.key, evidence: true as const, ...(rules === undefined ? {} : { rules }) }
  const [live, laid] = [openLive(now), openLive(then)]
  const ask = async (isLive: boolean, isLaid: boolean): Promise<Loss | undefined> => {
    if ((isLive && live.kind === 'other') || (isLaid && laid.kind === 'other')) return undefined
    const left = isLive && live.kind === 'file' ? live.fd : undefined
    const right = isLaid && laid.kind === 'file' ? laid.fd : undefined
    try {
      return await lossOfFile(left, right, of, { ...by.child, timeoutMs: NOW_MS })
    } catch (cause) {
      if (by.child.signal.aborted || !isNotRead(cause)) throw cause
      return undefined
    }
  }
  try {
    const both = await ask(true, true)
    if (both !== undefined) return both
    const alone = await ask(true, false)
    if (alone !== undefined) return nothingBack(alone, laid.stamp, keyedBy(by))
    const back = (await ask(false, true)) ?? (await lossOfFile(undefined, undefined, of, by.child))
    return unreadLoss(back, `${live.stamp} ${laid.stamp}`, keyedBy(by))
  } finally {
    for (const one of [live, laid]) if (one.kind === 'file') closeSync(one.fd)
  }
}

async function recordLoss({ now, then, name, rules }: OneFile, by: LossBy): Promise<Loss> {
  const of = { name, key: by.key, ...(rules === undefined ? {} : { rules }) }
  const [live, laid] = [openLive(now), openLive(then)]
  try {
    if (laid.kind === 'other') throw new SekishoError('file.not_regular', { path: then, type: laid.why })
    const right = laid.kind === 'file' ? laid.fd : undefined
    if (live.kind === 'absent') return await lossOfFile(undefined, right, of, by.child)
    if (live.kind === 'file' && sizeIn(live.stamp) <= CONTENT_BYTES)
      try {
        return await lossOfFile(live.fd, right, of, { ...by.child, timeoutMs: NOW_MS })
      } catch (cause) {
        if (by.child.signal.aborted || !isNotRead(cause)) throw cause
        // Which of the two it was, the other one tells: what was laid out is read alone, and must be readable.
      }
    return unreadLoss(await lossOfFile(undefined, right, of, by.child), live.stamp, keyedBy(by))
  } finally {
    for (const one of [live, laid]) if (one.kind === 'file') closeSync(one.fd)
  }
}

function sizeIn(stamp: string): number {
  return Number(stamp.split(' ')[2] ?? 0)
}

interface HashedFile {
  readonly at: EntryPath
  readonly fingerprint: string
}

/** What is there now. What cannot be opened has its stamp for a fingerprint; where a directory cannot be, what it holds is unreadable. */
async function filesNow(
  root: string,
  skipped: (path: string) => boolean,
  signal: AbortSignal,
): Promise<Present> {
  const files: HashedFile[] = []
  let isDamaged = false
  const nothing = { index: indexPaths(files), isDamaged }
  let fd: number
  try {
    fd = openTree(root)
  } catch (cause) {
    return { ...nothing, isDamaged: codeOf(cause) !== 'ENOENT' }
  }
  try {
    const failed = () => {
      isDamaged = true
    }
    for await (const one of hashed(walk(fd, { failed }), skipped, signal, stampOrCode)) files.push(one)
  } catch (cause) {
    if (signal.aborted) throw cause
    isDamaged = true
  } finally {
    closeSync(fd)
  }
  return { index: indexPaths(files), isDamaged }
}

function stampOrCode(seen: Seen, cause: unknown): string {
  return `unread ${codeOf(cause)} ${stampOf(seen.stat)}`
}

async function filesThen(
  root: string,
  skipped: (path: string) => boolean,
  signal: AbortSignal,
): Promise<readonly HashedFile[]> {
  const files: HashedFile[] = []
  const fd = openTree(root)
  try {
    for await (const one of hashed(walk(fd), skipped, signal)) files.push(one)
  } finally {
    closeSync(fd)
  }
  return files
}

async function* hashed(
  seen: Iterable<Seen>,
  skipped: (path: string) => boolean,
  signal: AbortSignal,
  otherwise?: (seen: Seen, cause: unknown) => string,
): AsyncGenerator<HashedFile> {
  const turns = yielding(signal)
  for (const one of seen) {
    if (one.type !== 'file') continue
    const at = entryPath(one.path)
    if (skipped(shownPath(at))) continue
    let fingerprint: string
    try {
      const { fd, stat } = openRegular(one.parent, one.name)
      try {
        fingerprint = (await readOnce(fd, stat, { turns }))?.digest ?? 'changing'
      } finally {
        closeSync(fd)
      }
    } catch (cause) {
      if (signal.aborted || otherwise === undefined) throw cause
      fingerprint = otherwise(one, cause)
    }
    yield { at, fingerprint }
    await turns.next()
  }
}
