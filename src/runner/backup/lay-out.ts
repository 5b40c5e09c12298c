// A restore laid out beside (backup.md §8): the last known good is chosen by what its content says now, brought back next to its target on the same
// file system, verified, and compared with what is there, record by record. Nothing of the service is touched.
import { closeSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Choice, candidates, isJudged, type JudgedCopy, lastKnownGood } from '../../backup/choose.ts'
import type { KnownCopy } from '../../backup/level.ts'
import { backupsOf } from '../../backup/levels.ts'
import { SekishoError } from '../../base/error.ts'
import { instant } from '../../base/time.ts'
import type { Service } from '../../seal/policy.ts'
import type { DamagedNow, PassedOver, StagedFrom } from '../../seal/restore.ts'
import { privateDirectory } from '../../sys/files.ts'
import { below, lookFor, openDirectory } from '../tree/beneath.ts'
import { identityOf } from '../tree/exchange-places.ts'
import { stagingPlace } from '../tree/staging.ts'
import { removePlace } from './clear-stage.ts'
import { judgeCopy } from './judge-copy.ts'
import { damagedIn } from './judge-live.ts'
import type { Laid } from './laid.ts'
import { layDatabase } from './lay-database.ts'
import { layFile } from './lay-file.ts'
import { layTree } from './lay-tree.ts'
import { listsOf } from './loss.ts'
import { keepManifest } from './restic/fetch.ts'
import { fetchedPlace, fetchTo } from './restic/work.ts'
import { CONFIG_ITEM, databaseItem, directoryOf } from './set-of.ts'
import type { StoredStage } from './stage-store.ts'
import type { LayContext } from './stages.ts'
import { childOf, recordsBefore } from './work-backup.ts'

/** Throws restore.*, backup.*. What was built until then is removed by the caller of `Stages`, by its stage's name. */
export async function layOut(context: LayContext): Promise<StoredStage> {
  const fetched = fetchedPlace(context.parts, context.stage)
  try {
    const made = await layChosen(context)
    const from = made.staged.parts.map((part) => part.from)
    const isFar = ({ copy }: StagedFrom) =>
      context.service.backup?.copies.some((rule) => rule.name === copy && rule.kind === 'restic') === true
    const [far] = from.filter(isFar)
    if (far === undefined) {
      await removeFetched(fetched)
      return made
    }
    await keepManifest(fetched, far.backup)
    return { ...made, places: [...(made.places ?? []), fetched] }
  } catch (cause) {
    await removeFetched(fetched)
    throw cause
  }
}

async function layChosen(context: LayContext): Promise<StoredStage> {
  const { parts, service, stage, wish, progress } = context
  const items = itemsFor(service, context)
  const choice = await choose(items, context)
  if (!choice.chosen)
    throw new SekishoError('restore.no_good_backup', {
      service: service.name,
      why: choice.none.length > 0 ? choice.none.join(', ') : items.join(', '),
    })
  const laid: Laid[] = []
  const places: string[] = []
  for (const item of items) {
    const copy = choice.from[item]
    if (copy === undefined) continue
    progress({ step: 'restoring' })
    laid.push(await layItem(item, copy, context, places))
  }
  progress({ step: 'comparing' })
  const damaged = await damagedNow(choice, context)
  const lists = await listsOf(laid, context)
  const { newestGood, oldestBad } = datedOf(choice)
  return {
    staged: {
      v: 1,
      stage,
      service: service.name,
      wish,
      at: instant(parts.clock.now()),
      expires: context.expires,
      parts: laid.map(({ part }) => part),
      loss: lists.loss,
      lists: lists.digest,
      passedOver: passedOver(choice),
      damaged: damaged.slice(0, DAMAGED_SHOWN),
      ...(newestGood === undefined ? {} : { newestGood }),
      ...(oldestBad === undefined ? {} : { oldestBad }),
    },
    exchanges: laid.flatMap(({ exchange }) => exchange ?? []),
    swaps: laid.flatMap(({ swap }) => swap ?? []),
    places,
  }
}

const DAMAGED_SHOWN = 1000

/** Of a whole restore: what is wrong with what is there, file by file, measured against what is brought back. */
async function damagedNow(
  { from }: Extract<Choice, { readonly chosen: true }>,
  { parts, service, wish, signal }: LayContext,
): Promise<readonly DamagedNow[]> {
  if (wish.kind !== 'full') return []
  const found: DamagedNow[] = []
  for (const directory of service.data ?? [])
    found.push(...(await damagedIn(directory, from[directory.name]?.records ?? {}, childOf(parts, signal))))
  return found
}

/** Which items a wish is about. Throws restore.item_unknown. */
function itemsFor(service: Service, { wish }: LayContext): readonly string[] {
  const { data = [], databases = [] } = service
  const unknown = () =>
    new SekishoError('restore.item_unknown', { service: service.name, what: wish.what ?? '' })
  switch (wish.kind) {
    case 'full':
      return [...data.map(({ name }) => name), ...databases.map(databaseItem)]
    case 'file':
    case 'salvage': {
      const found = directoryOf(service, wish.what ?? '')
      if (found === undefined) throw unknown()
      return [found.name]
    }
    case 'database': {
      const found = databases.find(({ name }) => name === wish.what)
      if (found === undefined) throw unknown()
      return [databaseItem(found)]
    }
  }
}

/** Read until one passes; an older one never changes the answer. */
async function choose(items: readonly string[], context: LayContext): Promise<Choice> {
  const { parts, service, wish, progress, signal } = context
  const known = backupsOf(service.name, parts.journal.index.backups)
  const usable = candidates(known.copies).filter(
    (one) =>
      (wish.from === 'last-known-good' || one.backup === wish.from) &&
      (wish.copy === undefined || one.copy === wish.copy),
  )
  const judged: JudgedCopy[] = []
  for (const one of usable) {
    if (isJudged(one, judged)) continue
    progress({ step: 'content', totalBytes: one.bytes })
    const copy = one.kind === 'directory' ? one : { ...one, to: fetchedPlace(parts, context.stage) }
    judged.push({ copy, items: await verdictsOf(one, copy, context, known) })
    const choice = lastKnownGood(judged, items, { mix: wish.mix ?? false })
    if (choice.chosen) return choice
    if (signal.aborted) throw new SekishoError('backup.aborted')
  }
  return lastKnownGood(judged, items, { mix: wish.mix ?? false })
}

/** `copy`: as it is read here; one of a repository is brought here first. */
async function verdictsOf(
  one: KnownCopy,
  copy: KnownCopy,
  context: LayContext,
  known: ReturnType<typeof backupsOf>,
): Promise<JudgedCopy['items']> {
  const { parts, service, signal } = context
  try {
    if (copy.kind === 'restic') {
      const into = await freshPlace(context)
      await fetchTo(one, into, context)
    }
    const found = await judgeCopy(copy, service, {
      parts,
      child: childOf(parts, signal),
      before: recordsBefore(known, copy),
    })
    // A file of settings is not what is brought back here.
    const { [CONFIG_ITEM]: _config, ...items } = found.items
    return items
  } catch (cause) {
    if (!(cause instanceof SekishoError) || cause.code === 'backup.aborted') throw cause
    const { data = [], databases = [] } = service
    const names = [...data.map(({ name }) => name), ...databases.map(databaseItem)]
    return Object.fromEntries(names.map((name) => [name, 'unreadable' as const]))
  }
}

async function freshPlace({ parts, stage }: LayContext): Promise<string> {
  const into = fetchedPlace(parts, stage)
  await removeFetched(into)
  await privateDirectory(into)
  return into
}

async function removeFetched(into: string): Promise<void> {
  if (existsSync(into)) await removePlace(into)
}

async function layItem(item: string, copy: KnownCopy, context: LayContext, places: string[]): Promise<Laid> {
  const { service, wish } = context
  const from: StagedFrom = {
    backup: copy.backup,
    copy: copy.copy,
    manifest: copy.manifest,
    taken: copy.taken,
  }
  const database = service.databases?.find((one) => databaseItem(one) === item)
  if (database !== undefined) return layDatabase(database, copy, from, context)
  const directory = service.data?.find(({ name }) => name === item)
  if (directory === undefined)
    throw new SekishoError('restore.item_unknown', { service: service.name, what: item })
  const path = wish.kind === 'full' ? directory.dir : (wish.what ?? '')
  const staging = await stagingPlace(directory.dir, process.geteuid?.() ?? 0)
  try {
    const name = Buffer.from(context.stage)
    if (lookFor(staging.fd, name) === undefined) mkdirSync(below(staging.fd, name), 0o700)
    const fd = openDirectory(staging.fd, name)
    try {
      const place = join(staging.path, context.stage)
      if (!places.includes(place)) places.push(place)
      const made =
        wish.kind === 'full'
          ? await layTree(directory, copy, { fd, path: place }, context)
          : await layFile(directory, path, copy, { fd, path: place }, context)
      const live = identityOf(path)
      const staged = identityOf(made.path)
      if (live === undefined || staged === undefined)
        throw new SekishoError('file.unreadable', { path, why: 'ENOENT' })
      const { of, digest, entries, bytes, carried } = made
      return {
        part: { kind: 'exchange', of, item, path, from, digest, entries, bytes, carried },
        exchange: { path, beside: made.path, staged, live },
      }
    } finally {
      closeSync(fd)
    }
  } finally {
    closeSync(staging.fd)
  }
}

function datedOf(choice: Extract<Choice, { readonly chosen: true }>) {
  const all = Object.values(choice.damage)
  const good = all.flatMap(({ newestGood }) => newestGood ?? []).sort()[0]
  const bad = all.flatMap(({ oldestBad }) => oldestBad ?? []).sort()[0]
  return {
    ...(good === undefined ? {} : { newestGood: good }),
    ...(bad === undefined ? {} : { oldestBad: bad }),
  }
}

function passedOver({ passedOver: all }: Choice): readonly PassedOver[] {
  return all.map(({ backup, copy, items }) => {
    const [first] = Object.entries(items)
    return { backup, copy, why: first?.[1] ?? 'unreadable', where: Object.keys(items).join(', ') }
  })
}
