// Copies read one after the other for a restore, newest first, until all that is wished for can be brought back from one (backup.md §8). What cannot
// be brought back from a copy is as bad as what cannot be read of it: the next one is taken, and the journal knows which one is rotten.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Choice,
  candidates,
  type ItemVerdict,
  isJudged,
  type JudgedCopy,
  lastKnownGood,
} from '../backup/choose.ts'
import type { BackupEvent } from '../backup/events.ts'
import type { KnownCopy } from '../backup/level.ts'
import { backupsOf, baselineBefore } from '../backup/levels.ts'
import { SekishoError } from '../base/error.ts'
import type { PassedOver } from '../plans/restore.ts'
import type { FoundBeside } from '../seal/protocol.ts'
import { childOf } from '../snapshot/content.ts'
import { foundBeside } from '../snapshot/found-beside.ts'
import { type JudgeCopy, judgeCopy } from '../snapshot/judge-copy.ts'
import { fetchedCopy, fetchedPlace, fetchTo } from '../snapshot/restic/work.ts'
import { askForRoom } from '../snapshot/room.ts'
import { CONFIG_ITEM, databaseItem, directoryOf } from '../snapshot/set-of.ts'
import { privateDirectory } from '../sys/files.ts'
import { errorAt } from '../tree/openat.ts'
import { removePlace } from './clear-stage.ts'
import type { StageContext } from './stages.ts'

export type Chosen = Extract<Choice, { readonly chosen: true }>

export interface Reading {
  /** Reads on until one passes; an older one never changes the answer. Throws restore.no_good_backup. */
  choose(): Promise<Chosen>
  /** An item of a copy could not be brought back: it is passed over from now on. False: the copy is not to blame. */
  isSpoiled(item: string, copy: KnownCopy, cause: unknown): Promise<boolean>
  /** Another copy of the same backup holds the bytes of its secrets, and was not read yet. */
  hasSecretsElsewhere(copy: KnownCopy): boolean
  passedOver(choice: Choice): readonly PassedOver[]
}

/** Not of a copy but of this host: the next one would meet the same. */
const OF_HERE: ReadonlySet<string> = new Set([
  'backup.aborted',
  'backup.no_space',
  'backup.reader_failed',
  'file.no_space',
  'backup.db_no_client',
  'backup.db_client_old',
  'backup.db_no_loader',
  'backup.db_no_slot',
  'backup.db_scratch_failed',
])

const NAMED = 5

export function openReading(items: readonly string[], context: StageContext): Reading {
  const { parts, service, wish, progress, signal } = context
  const known = backupsOf(service.name, parts.journal.index.backups)
  const usable = candidates(known.copies).filter(
    (one) =>
      (wish.from === 'last-known-good' || one.backup === wish.from) &&
      (wish.copy === undefined || one.copy === wish.copy),
  )
  const only = onlyOf(items, context)
  const judged: JudgedCopy[] = []
  /** By copy: what was wrong with it, in a code and a place. */
  const faults = new Map<string, string>()
  /** The bytes of secrets are not in them; another copy of the same backup may hold them. */
  const withoutSecrets = new Map<string, JudgedCopy>()
  let secretMissing: SekishoError | undefined
  let noRoom: SekishoError | undefined
  /** What alone was asked for stands in no copy that is good. */
  let unknown: SekishoError | undefined
  /** A place that holds copies and could not be read: what they are worth, nobody knows. */
  let away: SekishoError | undefined
  const now = () => lastKnownGood(judged, items, { mix: wish.mix ?? false })

  const choose = async (): Promise<Chosen> => {
    for (const one of usable) {
      const choice = now()
      if (choice.chosen) return choice
      if (signal.aborted) throw new SekishoError('backup.aborted')
      const like = judged.filter(({ copy }) => !withoutSecrets.has(nameOf(copy)))
      if (judged.some(({ copy }) => isOne(copy, one)) || isJudged(one, like)) continue
      progress({ step: 'content', totalBytes: one.bytes })
      const copy = one.kind === 'directory' ? one : { ...one, to: fetchedCopy(parts, context.stage, one) }
      judged.push({ copy, items: await verdictsOf(one, copy) })
      backWithoutSecrets(one)
    }
    const choice = now()
    if (choice.chosen) return choice
    const { none } = choice
    if (secretMissing !== undefined) throw secretMissing
    if (noRoom !== undefined) throw noRoom
    if (away !== undefined) throw away
    assertKnown()
    if (unknown !== undefined) throw unknown
    assertRead(() => true)
    const [worst] = faults.values()
    throw new SekishoError('restore.no_good_backup', {
      service: service.name,
      why: worst ?? (none.length > 0 ? none : items).join(', '),
    })
  }

  /** Copies of somebody else's, or of a journal that is lost, are there and may be good: nobody has read them. Throws restore.not_read_yet. */
  const assertRead = (isMeant: (one: FoundBeside) => boolean): void => {
    // What a verification has passed over is not read by the next one either.
    if (known.lastDone.verify !== undefined) return
    const found = foundBeside(service, known).filter(
      (one) =>
        (one.what === 'ours' || one.what === 'foreign') &&
        (wish.copy === undefined || one.copy === wish.copy) &&
        isMeant(one),
    )
    if (found.length === 0) return
    const names = found.slice(0, NAMED).map(({ name }) => name)
    throw new SekishoError('restore.not_read_yet', {
      service: service.name,
      names: [...names, ...(found.length > NAMED ? ['…'] : [])].join('  '),
    })
  }

  /** Whoever mistypes a name is told so, and not that nothing is good. Throws backup.unknown. */
  const assertKnown = (): void => {
    if (usable.length > 0 || (wish.from === 'last-known-good' && wish.copy === undefined)) return
    const { from, copy } = wish
    assertRead(({ name }) => from === 'last-known-good' || name === `daily/${from}`)
    const backup = [
      ...(from === 'last-known-good' ? [] : [from]),
      ...(copy === undefined ? [] : [copy]),
    ].join(' ')
    throw new SekishoError('backup.unknown', { service: service.name, backup })
  }

  /** The copy that was to bring the secrets did not: what the other one holds is more than an older backup. */
  const backWithoutSecrets = (tried: KnownCopy): void => {
    const last = judged.at(-1)
    if (last === undefined || items.every((item) => last.items[item] === 'good')) return
    for (const [name, whole] of withoutSecrets) {
      if (whole.copy.manifest !== tried.manifest || hasSecretsElsewhere(whole.copy)) continue
      withoutSecrets.delete(name)
      faults.delete(name)
      const at = judged.findIndex(({ copy }) => isOne(copy, whole.copy))
      if (at !== -1 && wish.kind === 'full') judged[at] = whole
    }
  }

  const hasSecretsElsewhere = (copy: KnownCopy): boolean =>
    usable.some(
      (one) =>
        one.kind === 'restic' &&
        one.manifest === copy.manifest &&
        !judged.some((known) => isOne(known.copy, one)),
    )

  /** `copy`: as it is read here; one of a repository is brought here first. */
  const verdictsOf = async (one: KnownCopy, copy: KnownCopy): Promise<JudgedCopy['items']> => {
    try {
      if (copy.kind === 'restic') {
        const mayBeUsed = judged.filter(
          ({ items: found }) => wish.mix === true && items.some((item) => found[item] === 'good'),
        )
        await keepFetched(
          mayBeUsed.map((judgedCopy) => judgedCopy.copy),
          context,
        )
        await privateDirectory(copy.to)
        using _room = await askForRoom(copy.to, one, parts)
        progress({ step: 'fetching' })
        await fetchTo(one, copy.to, context)
        progress({ step: 'content' })
      }
      const found = await judgeCopy(copy, service, {
        parts,
        child: childOf(parts, signal),
        before: baselineBefore(known, copy),
        ...(only === undefined ? {} : { only }),
      })
      const [fault] = Object.values(found.faults)
      if (fault !== undefined) faults.set(nameOf(copy), fault)
      // A file of settings is not what is brought back here.
      const { [CONFIG_ITEM]: _config, ...verdicts } = found.items
      return verdicts
    } catch (thrown) {
      const cause = readOf(copy, thrown)
      // What was cut off says nothing of the copy.
      if (signal.aborted || !(cause instanceof SekishoError) || OF_HERE.has(cause.code)) throw cause
      if (NO_ROOM.has(cause.code)) noRoom ??= cause
      else if (OF_PLACE.has(cause.code)) away ??= cause
      await note(copy, cause)
      const { data = [], databases = [] } = service
      const names = [...data.map(({ name }) => name), ...databases.map(databaseItem)]
      return Object.fromEntries(names.map((name) => [name, 'unreadable' as const]))
    }
  }

  const note = async (copy: KnownCopy, cause: SekishoError): Promise<void> => {
    faults.set(nameOf(copy), placeOf(cause))
    // What was fetched of a repository and is not there any more says nothing of the repository.
    const isOurs = copy.kind === 'restic' && cause.code === 'backup.snapshot_missing'
    const suspect = isOurs ? undefined : suspectOf(cause)
    if (suspect === undefined) return
    const { backup, copy: name } = copy
    const event: BackupEvent = {
      kind: 'backup',
      event: 'suspect',
      service: service.name,
      backup,
      copy: name,
      ...suspect,
    }
    await parts.journal.append(`backup/${service.name}`, event)
  }

  return {
    choose,
    hasSecretsElsewhere,
    isSpoiled: async (item, copy, cause) => {
      if (!(cause instanceof SekishoError)) return false
      const verdict = verdictOf(cause, copy)
      const at = judged.findIndex((one) => isOne(one.copy, copy))
      const before = judged[at]
      if (verdict === undefined || before === undefined) return false
      judged[at] = { copy: before.copy, items: { ...before.items, [item]: verdict } }
      parts.log('a copy is passed over', {
        service: service.name,
        backup: copy.backup,
        copy: copy.copy,
        code: cause.code,
      })
      if (cause.code === 'restore.secret_missing') {
        withoutSecrets.set(nameOf(copy), before)
        secretMissing ??= cause
      }
      if (
        wish.kind !== 'full' &&
        (cause.code === 'restore.item_unknown' || cause.code === 'restore.not_file')
      )
        unknown ??= cause
      await note(copy, cause)
      if (verdict === 'rubbish') backWithoutSecrets(before.copy)
      return true
    },
    passedOver: ({ passedOver: all }) =>
      all.map(({ backup, copy, items: verdicts }) => {
        const [first] = Object.values(verdicts)
        const where = faults.get(`${backup}/${copy}`)
        const names = Object.keys(verdicts).join(', ')
        return {
          backup,
          copy,
          why: first ?? 'unreadable',
          where: where === undefined ? names : `${names}: ${where}`.slice(0, 4500),
        }
      }),
  }
}

/** What a wish is about, where that is not everything. */
function onlyOf([item]: readonly string[], { service, wish }: StageContext): JudgeCopy['only'] {
  if (wish.kind === 'full' || item === undefined) return undefined
  const directory = directoryOf(service, wish.what ?? '')
  return directory === undefined || wish.what === undefined
    ? { item }
    : { item, path: wish.what.slice(directory.dir.length + 1) }
}

/** Says nothing of the copy, which another one that lies nearer may stand in for. */
const NO_ROOM: ReadonlySet<string> = new Set(['backup.no_space', 'backup.no_inodes'])

/** Says nothing of the copies that lie there either: a person can bring the place back, and they may be good. */
const OF_PLACE: ReadonlySet<string> = new Set([
  'backup.credential_missing',
  'backup.repository_failed',
  'backup.repository_foreign',
  'backup.repository_form',
  'backup.repository_locked',
  'backup.repository_missing',
  'backup.repository_not_trusted',
  'backup.repository_password',
  'backup.repository_refused',
  'backup.repository_unreachable',
  'backup.restic_missing',
  'backup.target_missing',
  'backup.target_not_directory',
  'backup.target_undeclared',
  'runner.untrusted_path',
])

/** What laying out ended with, where the copy is to blame: another one may do. */
const VERDICTS: ReadonlyMap<string, Exclude<ItemVerdict, 'good'>> = new Map([
  ['backup.snapshot_damaged', 'unreadable'],
  ['backup.snapshot_missing', 'unreadable'],
  ['backup.restore_refused', 'unreadable'],
  ['backup.db_not_a_dump', 'unreadable'],
  ['backup.db_dump_damaged', 'unreadable'],
  ['backup.db_dump_refused', 'unreadable'],
  ['backup.db_load_failed', 'unreadable'],
  ['backup.content_not_read', 'unreadable'],
  ['restore.no_good_backup', 'rubbish'],
  ['restore.item_unknown', 'absent'],
  ['restore.not_file', 'absent'],
  ['restore.secret_missing', 'absent'],
])

/** Undefined: something else stood in its way, and another copy would not help. */
function verdictOf(
  { code, detail }: SekishoError,
  copy: KnownCopy,
): Exclude<ItemVerdict, 'good'> | undefined {
  const known = VERDICTS.get(code)
  if (known !== undefined || !code.startsWith('file.')) return known
  // A sector of the copy's own disk; what else is of files is of where it is brought back to.
  return String(detail['path'] ?? '').startsWith(`${copy.to}/`) ? 'unreadable' : undefined
}

type Suspect = Pick<Extract<BackupEvent, { readonly event: 'suspect' }>, 'why' | 'path'>
const SUSPECT: ReadonlyMap<string, Suspect['why']> = new Map([
  ['digest', 'digest'],
  ['size', 'digest'],
  ['ENOENT', 'names'],
  ['ELOOP', 'names'],
  ['ENOTDIR', 'names'],
  ['ENXIO', 'names'],
  ['device', 'names'],
  ['type', 'names'],
])

/** Only where bytes are not what was sealed: what cannot be reached, or is not judged, says nothing of them. */
function suspectOf({ code, detail }: SekishoError): Suspect | undefined {
  const path = typeof detail['path'] === 'string' ? { path: detail['path'].slice(0, 4096) } : {}
  if (code === 'backup.snapshot_missing') return { why: 'gone' }
  if (code === 'backup.snapshot_damaged')
    return { why: SUSPECT.get(String(detail['why'])) ?? 'digest', ...path }
  const why = code === 'backup.restore_refused' ? SUSPECT.get(String(detail['why'])) : undefined
  return why === undefined ? undefined : { why, ...path }
}

/** `notes.txt: digest`: a place and a code, never a value. */
function placeOf({ code, detail }: SekishoError): string {
  const { path, why = code === 'restore.secret_missing' ? 'secret' : code } = detail
  return `${typeof path === 'string' && path !== '' ? `${path}: ` : ''}${String(why)}`.slice(0, 500)
}

/** A bad sector of the copy's own disk is told as its file; any other error of the kernel stays what it is. */
function readOf({ to }: KnownCopy, cause: unknown): unknown {
  const told = errorAt('', cause)
  return told instanceof SekishoError && String(told.detail['path'] ?? '').startsWith(`${to}/`) ? told : cause
}

function nameOf({ backup, copy }: Pick<KnownCopy, 'backup' | 'copy'>): string {
  return `${backup}/${copy}`
}
function isOne(a: KnownCopy, b: KnownCopy): boolean {
  return nameOf(a) === nameOf(b)
}

/** What was fetched of any other copy is removed. */
export async function keepFetched(
  copies: readonly Pick<KnownCopy, 'backup' | 'copy'>[],
  { parts, stage }: StageContext,
): Promise<void> {
  const place = fetchedPlace(parts, stage)
  if (!existsSync(place)) return
  const kept = new Set(copies.map((copy) => fetchedCopy(parts, stage, copy)))
  for (const name of readdirSync(place))
    if (!kept.has(join(place, name))) await removePlace(join(place, name))
}
