// A snapshot of a repository, brought to a private directory of ours as the directory snapshot that it is a copy of: from there on everything reads
// it as any other. A restore that failed has put most files in place (backup.md §4, trap 4): it counts only when it ended well and equals what was sealed.
import { closeSync, lstatSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { KnownCopy } from '../../backup/level.ts'
import { CHECKSUMS, MANIFEST, type ManifestEntry, type ManifestItem } from '../../backup/manifest.ts'
import { pathBytes } from '../../backup/manifest-path.ts'
import { SekishoError } from '../../base/error.ts'
import { openChain, parted } from '../../tree/chain.ts'
import { below, lookFor, namesIn, openDirectory, openToRead, openTree } from '../../tree/openat.ts'
import { removeTree } from '../../tree/remove.ts'
import { yielding } from '../../tree/yield.ts'
import { verifySnapshot } from '../directory/verify.ts'
import { type Access, longMs, SECRETS } from './access.ts'
import { need } from './call.ts'

/** What stands at the root of a snapshot; anything else there leads to the bytes of secrets. */
const OWN = new Set([MANIFEST, CHECKSUMS, 'data', 'db', 'config'])

type Wanted = Pick<KnownCopy, 'backup' | 'where' | 'manifest' | 'bytes'>

/**
 * `into`: a private directory, absolute. Afterwards `into/daily/ID` is the snapshot and `into/secrets` holds the bytes of secrets. With `only`, no
 * more than these paths of it are there, and nothing was compared. Throws backup.repository_*, backup.snapshot_damaged, backup.aborted.
 */
export async function fetchSnapshot(
  access: Access,
  copy: Wanted,
  into: string,
  only?: readonly string[],
): Promise<void> {
  const { backup, where, bytes } = copy
  const target = join(into, 'daily', backup)
  mkdirSync(target, { recursive: true, mode: 0o700 })
  await need(
    access,
    [
      'restore',
      where,
      '--target',
      target,
      '--verify',
      '--sparse',
      '--quiet',
      ...(only ?? []).flatMap((path) => ['--include', `/${path}`]),
    ],
    { timeoutMs: longMs(access, bytes) },
  )
  if (only !== undefined) return
  await setSecretsApart(into, target)
  await compareWithSealed(copy, into, access.signal)
}

/** What was brought back equals the sealed manifest: every byte, names as sets. */
async function compareWithSealed(
  { backup, manifest }: Wanted,
  to: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const found = await verifySnapshot({
    to,
    id: backup,
    manifest,
    owner: process.geteuid?.() ?? 0,
    // Its number is the other host's where it was written there.
    gid: lstatSync(join(to, 'daily', backup, MANIFEST), { throwIfNoEntry: false })?.gid ?? 0,
    ...(signal === undefined ? {} : { signal }),
  })
  // Whom it belongs to is as the other host had it, and nobody but us reads it here.
  const [first] = found.problems.filter(({ kind }) => kind !== 'owner' && kind !== 'mode')
  if (first !== undefined)
    throw new SekishoError('backup.snapshot_damaged', { id: backup, path: first.path, why: first.kind })
}

/** They stood below the path that the runner's state had when they were written, wherever that is now. */
async function setSecretsApart(into: string, target: string): Promise<void> {
  const root = openTree(target)
  const apart = openTree(into)
  try {
    for (const name of namesIn(root)) {
      if (OWN.has(name.toString())) continue
      let at = openDirectory(root, name)
      try {
        for (;;) {
          if (lookFor(at, Buffer.from(SECRETS)) !== undefined) {
            renameSync(below(at, Buffer.from(SECRETS)), below(apart, Buffer.from('secrets')))
            break
          }
          const [only, ...others] = namesIn(at)
          if (only === undefined || others.length > 0) break
          const next = openDirectory(at, only)
          closeSync(at)
          at = next
        }
      } finally {
        closeSync(at)
      }
      await removeTree(root, name, yielding())
    }
  } finally {
    closeSync(root)
    closeSync(apart)
  }
}

/** What gives a restore the bytes of secrets of a fetched copy. Undefined where the copy holds none. */
export function secretsOf(
  copy: Pick<KnownCopy, 'kind' | 'to'>,
  { root }: Pick<ManifestItem, 'root'>,
): ((entry: ManifestEntry) => number | undefined) | undefined {
  if (copy.kind !== 'restic') return undefined
  return ({ at }) => {
    const below = Buffer.from(pathBytes(at))
    const path = Buffer.concat([Buffer.from(`secrets/${root}${below.length === 0 ? '' : '/'}`), below])
    const fd = openTree(copy.to)
    const chain = openChain(fd)
    try {
      const { directory, name } = parted(path)
      return openToRead(chain.at(directory), name)
    } catch (cause) {
      if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return undefined
      throw cause
    } finally {
      chain.close()
      closeSync(fd)
    }
  }
}

/** Of a restore that was laid out only the manifest is asked for again: data and secrets of it are taken away. */
export async function keepManifest(into: string, backup: string): Promise<void> {
  const root = openTree(into)
  try {
    await removeTree(root, Buffer.from('secrets'), yielding())
    const snapshot = openTree(join(into, 'daily', backup))
    try {
      for (const name of namesIn(snapshot))
        if (name.toString() !== MANIFEST) await removeTree(snapshot, name, yielding())
    } finally {
      closeSync(snapshot)
    }
  } finally {
    closeSync(root)
  }
}
