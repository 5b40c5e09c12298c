// A snapshot that restic finished without anybody having heard of it: its runner was killed, or the answer was lost on the way. It is recognised by the
// manifest at its root, which is that of a backup of this journal, and becomes that backup's copy: after a loss of the host it may be the newest there
// is. One that lacks bytes is forgotten. One that no backup of this journal explains is left alone: a journal that was lost explains none.
import { closeSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupId, KnownCopy } from '../../backup/level.ts'
import type { Backups } from '../../backup/levels.ts'
import { MANIFEST } from '../../backup/manifest.ts'
import { pathBytes } from '../../backup/manifest-path.ts'
import type { CopyRule } from '../../backup/set.ts'
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { openTree } from '../../tree/openat.ts'
import { yielding } from '../../tree/yield.ts'
import { inCopy } from '../directory/making.ts'
import { digestOf, openNamed } from '../directory/manifest-file.ts'
import { withScratch } from '../scratch.ts'
import { readSnapshot } from '../snapshot.ts'
import type { WorkContext } from '../work.ts'
import { type Access, resticPlace } from './access.ts'
import type { Counted } from './answers.ts'
import { attempt } from './call.ts'
import { fetchSnapshot } from './fetch.ts'
import { listRepository } from './keep.ts'
import { countInRepository, countSources } from './write.ts'

/** The directory that it is brought to, as a snapshot's; whose it is shows in its manifest. */
const UNKNOWN = '20000101_000000Z' as BackupId

/** Asked only then: a listing costs a derivation of the key. Whatever went wrong since the last copy that was told may have left one. */
export function mayHaveOrphans({ copies, failures }: Backups, rule: Pick<CopyRule, 'name' | 'to'>): boolean {
  const last = copies
    .filter((one) => isOf(one, rule))
    .map(({ earned }) => earned.written ?? '')
    .sort()
    .at(-1)
  return failures.some(
    ({ at, work, copy }) =>
      work === 'backup' && (copy === undefined || copy === rule.name) && (last === undefined || at > last),
  )
}

/** Tells a line *written* for each. Throws backup.repository_*, backup.no_space, backup.aborted. */
export async function adoptOrphans(
  rule: Pick<CopyRule, 'name' | 'to'>,
  access: Access,
  context: WorkContext,
): Promise<void> {
  const { known, parts, service } = context
  const told = new Set(known().copies.map(({ where }) => where))
  for (const id of await listRepository(access)) {
    if (told.has(id)) continue
    const of = backupOf(await manifestOf(id, access, context), rule, known())
    const verdict = of === undefined ? 'not ours' : await compare(id, of, access, context)
    if (of !== undefined && verdict === 'whole') await adopt(id, of, rule, context)
    // Its exit code says nothing; where it is refused the snapshot stays, and is no copy.
    if (verdict === 'incomplete') await attempt(access, ['forget', id])
    parts.log('a snapshot that nobody told of was found', {
      service: service.name,
      copy: rule.name,
      id: id.slice(0, 16),
      verdict,
    })
  }
}

async function manifestOf(
  where: string,
  access: Access,
  { parts, signal }: WorkContext,
): Promise<Digest | undefined> {
  return withScratch(parts, 'orphan', 0, async ({ path }) => {
    const wanted = { backup: UNKNOWN, where, manifest: '' as Digest, bytes: 0 }
    await fetchSnapshot(access, wanted, path, [MANIFEST])
    const root = openTree(join(path, 'daily', UNKNOWN))
    try {
      const file = openNamed(root, MANIFEST)
      if (file === undefined) return undefined
      try {
        return await digestOf(file, yielding(signal))
      } finally {
        closeSync(file)
      }
    } finally {
      closeSync(root)
    }
  })
}

/** The directory copy of the backup that has this manifest, where that has no copy in the repository yet: one backup is never counted twice. */
function backupOf(
  manifest: Digest | undefined,
  rule: Pick<CopyRule, 'name' | 'to'>,
  { copies }: Backups,
): KnownCopy | undefined {
  const first = copies.find(
    (one) => one.kind === 'directory' && !one.imported && one.manifest === manifest && existsSync(one.where),
  )
  const isTold = copies.some((one) => isOf(one, rule) && one.backup === first?.backup)
  return isTold ? undefined : first
}

/** As a copy that was just made is counted (INVARIANT R1), with the secrets that the manifest names. */
async function compare(
  id: string,
  of: KnownCopy,
  access: Access,
  { parts, signal }: WorkContext,
): Promise<'whole' | 'incomplete' | 'other'> {
  const found = await countInRepository(access, id)
  const plain = await countSources({ snapshot: of.where, bytes: 0 }, yielding(signal))
  const secrets = await secretsCounted(of, resticPlace(parts.place.state).secrets, signal)
  const expected = { entries: plain.entries + secrets.entries, bytes: plain.bytes + secrets.bytes }
  if (found.entries === expected.entries && found.bytes === expected.bytes) return 'whole'
  return found.bytes < expected.bytes ? 'incomplete' : 'other'
}

/** Their files, the directories above those, and the directories above all. */
async function secretsCounted(of: KnownCopy, place: string, signal: AbortSignal): Promise<Counted> {
  const snapshot = await readSnapshot(of, signal)
  try {
    const directories = new Set<string>()
    let [files, bytes] = [0, 0]
    for (const { name, root } of snapshot.header.items)
      for (const entry of snapshot.entries(name)) {
        if (entry.type !== 'secret') continue
        files += 1
        bytes += entry.size
        const path = inCopy(root, Buffer.from(pathBytes(entry.at))).toString('latin1')
        for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
          directories.add(path.slice(0, at))
      }
    if (files === 0) return { entries: 0, bytes: 0 }
    const above = place.split('/').filter((part) => part !== '').length
    return { entries: files + directories.size + above, bytes }
  } finally {
    snapshot.close()
  }
}

async function adopt(
  where: string,
  of: KnownCopy,
  { name: copy, to }: Pick<CopyRule, 'name' | 'to'>,
  { known, service, tell }: WorkContext,
): Promise<void> {
  const { backup, manifest, bytes, entries, taken } = of
  const place = known().places.find((one) => one.copy === copy && one.to === to)?.place
  if (place === undefined) throw new SekishoError('backup.unknown', { backup, service: service.name })
  await tell({
    kind: 'backup',
    event: 'written',
    service: service.name,
    backup,
    copy,
    engine: 'restic',
    to,
    where,
    place,
    taken,
    manifest,
    bytes,
    entries,
  })
}

export function isOf(copy: KnownCopy, { name, to }: Pick<CopyRule, 'name' | 'to'>): boolean {
  return copy.copy === name && copy.to === to && copy.kind === 'restic'
}
