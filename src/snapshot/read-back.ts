// Reads a copy again and journals the level that it has: *digest* where every byte is as sealed, *content* where its content is good. A bad copy is
// a finding about that copy and no failure of the work (backup.md §6).
import { availableParallelism } from 'node:os'
import type { BackupId, KnownCopy } from '../backup/level.ts'
import { baselineBefore } from '../backup/levels.ts'
import { rulesDigest } from '../backup/rules-digest.ts'
import type { CopyRule } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import type { Digest } from '../base/hash.ts'
import { childOf, isNotRead } from './content.ts'
import { gidOf } from './directory/layout.ts'
import { verifySnapshot } from './directory/verify.ts'
import { type CopyVerdict, DATABASE_INSIDE, judgeCopy } from './judge-copy.ts'
import { type CheckedRepositories, earnDigestThere, withJudgedPart } from './restic/work.ts'
import { secretBytes } from './secret-bytes.ts'
import { keptOf } from './snapshot.ts'
import type { WorkContext } from './work.ts'

/** Reads every byte, then the content. */
export async function readBack(
  id: BackupId,
  rule: CopyRule,
  context: WorkContext,
  secretsInto?: number,
): Promise<void> {
  const copy = context.known().copies.find((one) => one.backup === id && one.copy === rule.name)
  if (copy === undefined)
    throw new SekishoError('backup.unknown', { backup: id, service: context.service.name })
  // *content* includes the level below it: where bytes differ from the sealed ones, no content is claimed.
  if (await readBackDigest(copy, context)) await readBackContent(copy, context, { secretsInto })
}

/** Does not throw for a bad copy, which is journalled as a finding. Returns whether the bytes are the sealed ones. */
export async function readBackDigest(
  copy: KnownCopy,
  context: WorkContext,
  read?: Parameters<typeof verifySnapshot>[0]['read'],
  checked?: CheckedRepositories,
): Promise<boolean> {
  if (copy.kind === 'restic') return earnDigestThere(copy, context, checked)
  const { parts, service, progress, signal } = context
  const { backup, copy: name, to, manifest } = copy
  const started = parts.clock.uptime()
  const base = { kind: 'backup', service: service.name, backup, copy: name } as const
  progress({
    backup,
    copy: name,
    step: 'verifying',
    entries: 0,
    bytes: 0,
    totalEntries: copy.entries,
    totalBytes: copy.bytes,
  })
  const found = await verifySnapshot({
    to,
    id: backup,
    manifest,
    ...keptOf(copy),
    owner: process.geteuid?.() ?? 0,
    ...gidOf(),
    signal,
    threads: availableParallelism(),
    progress: (entries, bytes) => progress({ entries, bytes }),
    ...(read === undefined ? {} : { read }),
  }).catch((cause: unknown) => {
    if (cause instanceof SekishoError && cause.code === 'backup.snapshot_missing') return undefined
    throw cause
  })
  if (found === undefined) {
    await context.tell({ ...base, event: 'suspect', why: 'gone' })
    return false
  }
  if (!found.ok) {
    const [first] = found.problems
    const why = first?.kind === 'unreadable' ? 'unreadable' : isOfNames(first?.kind) ? 'names' : 'digest'
    await context.tell({
      ...base,
      event: 'suspect',
      why,
      ...(first === undefined ? {} : { path: first.path }),
    })
    // One damaged inode damages that file in every snapshot that links to it (backup.md §3 rule 3).
    for (const other of found.shared)
      await context.tell({
        ...base,
        backup: other,
        event: 'suspect',
        why: 'shared',
        ...(first === undefined ? {} : { path: first.path }),
      })
    return false
  }
  await context.tell({
    ...base,
    event: 'level',
    level: 'digest',
    read: { bytes: found.bytes, entries: found.entries },
    ms: Math.round(parts.clock.uptime() - started),
  })
  return true
}

function isOfNames(kind: string | undefined): boolean {
  return kind === 'missing' || kind === 'extra' || kind === 'type'
}

/** `readable`: a copy of a repository that was fetched already. `secretsInto`: where the backup under way has put the bytes of secrets. */
export async function readBackContent(
  copy: KnownCopy,
  context: WorkContext,
  {
    readable,
    secretsInto,
  }: { readonly readable?: KnownCopy; readonly secretsInto?: number | undefined } = {},
): Promise<boolean> {
  const { parts, service, progress, signal } = context
  const { backup, copy: name } = copy
  const started = parts.clock.uptime()
  progress({ backup, copy: name, step: 'content', entries: 0, bytes: 0 })
  const judge = (one: KnownCopy) =>
    judgeCopy(one, service, {
      parts,
      child: childOf(parts, signal),
      before: baselineBefore(context.known(), copy),
      secret: secretBytes(one, service, { key: parts.keys.keyed, into: secretsInto }),
      progress: (entries, bytes) => progress({ entries, bytes }),
    })
  const rules = rulesDigest(service)
  const isFar = copy.kind === 'restic' && readable === undefined
  const base = { kind: 'backup', service: service.name, backup, copy: name } as const
  const verdict = await (isFar ? withJudgedPart(copy, context, judge) : judge(readable ?? copy)).catch(
    (cause: unknown) => {
      if (!isNotRead(cause)) throw cause
      return cause
    },
  )
  if (verdict instanceof SekishoError) {
    // Over a limit the content is not known: the level is missing, and that is no fault of the copy (backup.md §0).
    const { path, why } = verdict.detail
    const fault = `${String(path ?? '')}: ${String(why ?? '')}`.slice(0, 4000)
    await context.tell({ ...base, event: 'refused', level: 'content', why: 'content.not_read', fault, rules })
    return false
  }
  const [bad = cappedIn(verdict, copy, context)] = Object.entries(verdict.items).filter(
    ([, one]) => one !== 'good',
  )
  if (bad !== undefined) {
    const [item, what] = bad
    const fault = verdict.faults[item] ?? verdict.capped[item] ?? `${item}: ${DATABASE_INSIDE}`
    await context.tell({
      ...base,
      event: 'refused',
      level: 'content',
      why: codeOf(item, what),
      rules,
      ...(fault === undefined ? {} : { item: item.slice(0, 200), fault: fault.slice(0, 4000) }),
    })
    return false
  }
  const [unjudged] = verdict.unjudged
  if (unjudged !== undefined && !isJudgedBefore(copy, rules, context)) {
    const fault = `${unjudged}: secret_not_read`.slice(0, 4000)
    await context.tell({ ...base, event: 'refused', level: 'content', why: 'content.not_read', fault, rules })
    return false
  }
  await context.tell({
    ...base,
    event: 'level',
    level: 'content',
    read: { bytes: verdict.bytes, entries: verdict.entries, judged: verdict.judged },
    ms: Math.round(parts.clock.uptime() - started),
    records: verdict.records,
    ...(Object.keys(verdict.roots).length === 0 ? {} : { roots: verdict.roots }),
    rules,
  })
  return true
}

/** The same bytes, with secrets, passed these rules when the backup was made. */
function isJudgedBefore({ backup, manifest }: KnownCopy, rules: Digest, { known }: WorkContext): boolean {
  return known().copies.some(
    (one) =>
      one.backup === backup &&
      one.manifest === manifest &&
      one.rules === rules &&
      one.earned.content !== undefined,
  )
}

/**
 * A database that was copied as a file may be of two moments: files beside it may be good and can be restored, but the copy does not get level
 * *content*. From a repository only the judged items were fetched; for the others the finding of the same backup in a directory holds.
 */
function cappedIn(
  { capped }: CopyVerdict,
  { backup, manifest }: KnownCopy,
  { known }: WorkContext,
): readonly [item: string, what: string] | undefined {
  const [own] = Object.keys(capped)
  if (own !== undefined) return [own, 'database']
  const like = known().copies.find(
    (one) => one.backup === backup && one.manifest === manifest && one.bad?.fault.endsWith(DATABASE_INSIDE),
  )
  return like?.bad === undefined ? undefined : [like.bad.item, 'database']
}

/** `articles.rubbish`: item and verdict, in the form of the journal. */
function codeOf(item: string, verdict: string): string {
  return `${
    item
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, '-')
      .replace(/^[^a-z]+/, '') || 'item'
  }.${verdict}`
}
