// Reads copies for a restore, newest first, until one has everything that was asked for (backup.md §8). A copy that cannot be brought back is
// passed over like one that cannot be read, and the journal names the damaged copy.
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
import type { StageContext } from './stage-context.ts'

export type Chosen = Extract<Choice, { readonly chosen: true }>

export interface Reading {
  /** Reads on until a copy passes. An older copy never changes the answer. Throws restore.no_good_backup. */
  choose(): Promise<Chosen>
  /** Passes over a copy of which an item could not be brought back. False: the copy is not at fault. */
  isSpoiled(item: string, copy: KnownCopy, cause: unknown): Promise<boolean>
  /** True where another copy of the same backup, not read yet, holds the bytes of its secrets. */
  hasSecretsElsewhere(copy: KnownCopy): boolean
  passedOver(choice: Choice): readonly PassedOver[]
}

/** Errors of this host and not of the copy: the next copy would fail in the same way. */
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
  /** The fault of each copy: a code and a place. */
  const faults = new Map<string, string>()
  /** Copies without the bytes of their secrets; another copy of the same backup may hold them. */
  const withoutSecrets = new Map<string, JudgedCopy>()
  let secretMissing: SekishoError | undefined
  let noRoom: SekishoError | undefined
  /** No good copy has the single item that was asked for. */
  let unknown: SekishoError | undefined
  /** A place with copies that could not be read: nothing is known about them. */
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

  /** Copies that another program made, or whose journal is lost, may be good and were never read. Throws restore.not_read_yet. */
  const assertRead = (isMeant: (one: FoundBeside) => boolean): void => {
    // A copy that a verification has passed over would be passed over again.
    if (known.lastDone.verify !== undefined) return
    const found = foundBeside(service, known, parts.place.state).filter(
      (one) =>
        (one.what === 'ours' ||
          one.what === 'foreign' ||
          (one.what === 'archive' && one.why === undefined)) &&
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

  /** A mistyped name is reported as unknown, and not as *nothing is good*. Throws backup.unknown. */
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

  /** The copy chosen for its secrets failed: the other copy of the same backup is better than an older backup. */
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

  /** `copy`: as it can be read here. One of a repository is fetched first. */
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
      // Configuration files are not restored here.
      const { [CONFIG_ITEM]: _config, ...verdicts } = found.items
      return verdicts
    } catch (thrown) {
      const cause = readOf(copy, thrown)
      // An abort is no fault of the copy.
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
    // A fetched copy that is gone is no fault of the repository.
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

/** The single items that were asked for. Undefined for everything. */
function onlyOf([item]: readonly string[], { service, wish }: StageContext): JudgeCopy['only'] {
  if (wish.kind === 'full' || item === undefined) return undefined
  const directory = directoryOf(service, wish.what ?? '')
  return directory === undefined || wish.what === undefined
    ? { item }
    : { item, path: wish.what.slice(directory.dir.length + 1) }
}

/** Errors that are no fault of the copy: another copy that lies nearer may be used. */
const NO_ROOM: ReadonlySet<string> = new Set(['backup.no_space', 'backup.no_inodes'])

/** Errors of a place, which are no fault of its copies: a person can repair the place. */
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

/** Errors of staging where the copy is at fault: another copy may work. */
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

/** Undefined: something else failed, and another copy would not help. */
function verdictOf(
  { code, detail }: SekishoError,
  copy: KnownCopy,
): Exclude<ItemVerdict, 'good'> | undefined {
  const known = VERDICTS.get(code)
  if (known !== undefined || !code.startsWith('file.')) return known
  // A bad sector of the copy's own disk. Other errors of files belong to the target.
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

/** Only where bytes differ from the sealed ones. A copy that is unreachable or was not judged is not marked. */
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

/** A bad sector of the copy's disk is reported with its file. Any other error of the kernel is unchanged. */
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

/** Removes what was fetched of other copies. */
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
