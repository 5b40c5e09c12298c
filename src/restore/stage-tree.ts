// Stages a whole data directory beside its target. Secrets that the copy lacks are carried over from the live tree, and named.

import { createHash } from 'node:crypto'
import { closeSync } from 'node:fs'
import type { KnownCopy } from '../backup/level.ts'
import type { ManifestEntry } from '../backup/manifest.ts'
import { pathBytes, shownPath } from '../backup/manifest-path.ts'
import type { DataDirectory } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import { canonical, type Json } from '../base/json.ts'
import type { StagedPart } from '../plans/restore.ts'
import { type ContentChild, childOf, isNotRead, judgeFiles, type ToJudge } from '../snapshot/content.ts'
import { restoreItem } from '../snapshot/directory/restore-item.ts'
import { openLiveBelow } from '../snapshot/live.ts'
import { secretsOf } from '../snapshot/restic/fetch.ts'
import type { ScratchPlace } from '../snapshot/scratch.ts'
import { keptOf, type OpenedCopy, readSnapshot } from '../snapshot/snapshot.ts'
import { compareTree } from '../tree/compare.ts'
import { openDirectory, openTree } from '../tree/openat.ts'
import { readOwners } from '../tree/owners.ts'
import { syncFileSystem } from '../tree/sync.ts'
import { yielding } from '../tree/yield.ts'
import type { StageContext } from './stage-context.ts'

export interface StagedFiles {
  readonly of: 'directory' | 'file'
  /** Absolute path of what is exchanged with the target. */
  readonly path: string
  readonly digest: string
  readonly entries: number
  readonly bytes: number
  readonly carried: readonly string[]
  /** Secrets without bytes, neither in the copy nor in the live tree. */
  readonly missing: readonly string[]
}

export async function stageTree(
  directory: DataDirectory,
  copy: KnownCopy,
  place: ScratchPlace,
  { parts, service, progress, signal }: StageContext,
  secrets: SecretsElsewhere,
): Promise<StagedFiles> {
  // Several directories may share one place.
  const name = Buffer.from(service.data?.[0]?.name === directory.name ? 'tree' : `tree-${directory.name}`)
  const live = openIfThere(directory.dir)
  const common = {
    run: parts.process,
    owners: readOwners(),
    turns: yielding(signal),
    key: parts.keys.keyed,
  }
  const carried: string[] = []
  try {
    const secret = await secretsIn(copy, directory.name, signal)
    const isAsked = secret === undefined && secrets.isElsewhere
    const [lost] = isAsked ? await secretsGone(directory, copy, live, childOf(parts, signal)) : []
    if (lost !== undefined)
      throw new SekishoError('restore.secret_missing', { path: lost, item: directory.name })
    const restored = await restoreItem({
      ...common,
      to: copy.to,
      id: copy.backup,
      manifest: copy.manifest,
      ...keptOf(copy),
      item: directory.name,
      into: { fd: place.fd, name },
      secret: (entry) => {
        const given = secret?.(entry)
        if (given !== undefined) return given
        const now = live === undefined ? undefined : openLiveBelow(live, Buffer.from(pathBytes(entry.at)))
        if (now?.kind !== 'file') return undefined
        carried.push(shownPath(entry.at))
        return now.fd
      },
      progress: (entries, bytes) =>
        progress({ step: 'restoring', entries, bytes, totalEntries: copy.entries, totalBytes: copy.bytes }),
    })
    const other = restored.secrets.find(({ path, same }) => !same && !carried.includes(path))
    if (other !== undefined)
      throw new SekishoError('backup.snapshot_damaged', { id: copy.backup, path: other.path, why: 'digest' })
    const rubbish = await rubbishSecret(directory, copy, place, name, carried, childOf(parts, signal))
    // S38: content that breaks its rules is not offered, secret or not.
    if (rubbish !== undefined)
      throw new SekishoError('restore.no_good_backup', { service: service.name, why: rubbish })
    await syncFileSystem(parts.process, place.fd, place.path)
    return {
      of: 'directory',
      path: `${place.path}/${name.toString()}`,
      digest: await linesDigest(copy, directory.name, signal),
      entries: restored.entries,
      bytes: restored.bytes,
      carried,
      missing: [...restored.without, ...(await secretsNowhere(directory, copy, live, signal))],
    }
  } finally {
    if (live !== undefined) closeSync(live)
  }
}

function isThere(live: number, name: string): boolean {
  const found = openLiveBelow(live, Buffer.from(name))
  if (found.kind === 'file') closeSync(found.fd)
  return found.kind !== 'absent'
}

/** Secrets that neither the copy nor the live tree has: the service may miss them. */
async function secretsNowhere(
  { name, secret }: DataDirectory,
  copy: KnownCopy,
  live: number | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const wanted = new Set(secret.filter((one) => live === undefined || !isThere(live, one)))
  if (wanted.size === 0) return []
  const snapshot = await readSnapshot(copy, signal)
  try {
    for (const { at } of snapshot.entries(name)) {
      const path = shownPath(at)
      wanted.delete(path.slice(path.lastIndexOf('/') + 1))
    }
    return [...wanted]
  } finally {
    snapshot.close()
  }
}

/** The live path may have anything, or nothing. */
function openIfThere(path: string): number | undefined {
  try {
    return openTree(path)
  } catch (cause) {
    if (cause instanceof SekishoError) return undefined
    throw cause
  }
}

/** True where another copy of the same backup, not read yet, holds the bytes of its secrets. */
export interface SecretsElsewhere {
  readonly isElsewhere: boolean
}

/** Secrets that the copy lacks, where the live tree has none either, or one that breaks its rules. */
async function secretsGone(
  { name, format, invariants }: DataDirectory,
  copy: KnownCopy,
  live: number | undefined,
  child: ContentChild,
): Promise<readonly string[]> {
  const snapshot = await readSnapshot(copy, child.signal)
  try {
    const gone: string[] = []
    for (const entry of snapshot.entries(name)) {
      if (entry.type !== 'secret') continue
      const path = shownPath(entry.at)
      const rules = Object.hasOwn(invariants, path) ? invariants[path] : undefined
      const now = live === undefined ? undefined : openLiveBelow(live, Buffer.from(pathBytes(entry.at)))
      if (now?.kind !== 'file') gone.push(path)
      else
        try {
          const isJudged = format === 'json' && (rules !== undefined || path.endsWith('.json'))
          if (
            isJudged &&
            !(await isSound({ fd: now.fd, path, ...(rules === undefined ? {} : { rules }) }, child))
          )
            gone.push(path)
        } finally {
          closeSync(now.fd)
        }
    }
    return gone
  } finally {
    snapshot.close()
  }
}

/**
 * The first secret from the copy that breaks its rules: its name and the code, never its content. A live secret that stays was judged with the
 * live data.
 */
async function rubbishSecret(
  { name, format, invariants }: DataDirectory,
  copy: KnownCopy,
  place: ScratchPlace,
  tree: Buffer,
  carried: readonly string[],
  child: ContentChild,
): Promise<string | undefined> {
  if (format !== 'json') return undefined
  const snapshot = await readSnapshot(copy, child.signal)
  const laid = openDirectory(place.fd, tree)
  try {
    for (const entry of snapshot.entries(name)) {
      const path = shownPath(entry.at)
      if (entry.type !== 'secret' || carried.includes(path)) continue
      const rules = Object.hasOwn(invariants, path) ? invariants[path] : undefined
      if (rules === undefined && !path.endsWith('.json')) continue
      const there = openLiveBelow(laid, Buffer.from(pathBytes(entry.at)))
      if (there.kind !== 'file') continue
      try {
        const [found] = await judgeFiles(
          [{ fd: there.fd, path, ...(rules === undefined ? {} : { rules }) }],
          child,
        )
        if (found?.verdict === 'rubbish')
          return `${path}: ${found.fault?.code ?? ''} ${found.fault?.where ?? ''}`.trim()
      } finally {
        closeSync(there.fd)
      }
    }
    return undefined
  } finally {
    closeSync(laid)
    snapshot.close()
  }
}

async function isSound(file: ToJudge, child: ContentChild): Promise<boolean> {
  try {
    return (await judgeFiles([file], child))[0]?.verdict !== 'rubbish'
  } catch (cause) {
    if (child.signal.aborted || !isNotRead(cause)) throw cause
    return false
  }
}

/** A copy from a repository has its secrets, so nothing is carried over. */
export async function secretsIn(copy: KnownCopy, item: string, signal: AbortSignal) {
  const snapshot = await readSnapshot(copy, signal)
  snapshot.close()
  const found = snapshot.header.items.find(({ name }) => name === item)
  return found === undefined ? undefined : secretsOf(copy, found)
}

/** Compares the staged tree with the manifest, except for what was carried over. Returns the first difference. */
export async function differenceIn(
  fd: number,
  copy: OpenedCopy,
  item: string,
  {
    parts,
    signal,
    carried,
    missing = [],
  }: Pick<StageContext, 'parts' | 'signal'> &
    Pick<Extract<StagedPart, { kind: 'exchange' }>, 'carried' | 'missing'>,
): Promise<string | undefined> {
  const snapshot = await readSnapshot(copy, signal)
  try {
    const isCarried = new Set(carried)
    const isApart = new Set([...carried, ...missing])
    // A live secret has its own bytes, size and time: only its presence is compared.
    function* entries(): Generator<ManifestEntry> {
      for (const one of snapshot.entries(item)) if (!isApart.has(shownPath(one.at))) yield one
    }
    const found = await compareTree(fd, entries(), {
      run: parts.process,
      owners: readOwners(),
      turns: yielding(signal),
      key: parts.keys.keyed,
    })
    const first = found.differences.find(({ path, field }) => !(field === 'extra' && isCarried.has(path)))
    return first === undefined ? undefined : `${first.path} ${first.field}`
  } finally {
    snapshot.close()
  }
}

export async function linesDigest(copy: OpenedCopy, item: string, signal: AbortSignal): Promise<string> {
  const snapshot = await readSnapshot(copy, signal)
  try {
    const hash = createHash('sha256').update('sekisho-laid-out-v1\0')
    for (const entry of snapshot.entries(item)) hash.update(`${canonical(entry as unknown as Json)}\n`)
    return hash.digest('hex')
  } finally {
    snapshot.close()
  }
}
