// Stages a restore (backup.md §8): chooses the newest copy whose content is good now, brings it back beside the target on the same file system,
// verifies it, and compares it with the live data record by record. Nothing of the service is touched.
import { backupsOf, baselineOf } from '../backup/levels.ts'
import { SekishoError } from '../base/error.ts'
import { instant } from '../base/time.ts'
import type { Service } from '../plans/policy.ts'
import { type DamagedNow, type FromBackup, isFromBackup, type RestoreWish } from '../plans/restore.ts'
import { childOf } from '../snapshot/content.ts'
import { keepManifest } from '../snapshot/restic/fetch.ts'
import { fetchedCopy, fetchedPlace } from '../snapshot/restic/work.ts'
import { databaseItem, directoryOf } from '../snapshot/set-of.ts'
import { itemUnknown } from './item-unknown.ts'
import { damagedIn } from './judge-live.ts'
import { listsOf } from './loss.ts'
import { type Chosen, keepFetched, openReading, type Reading } from './reading.ts'
import type { StageContext } from './stage-context.ts'
import { stageItem } from './stage-item.ts'
import { stageRollback } from './stage-rollback.ts'
import type { StoredStage } from './stage-store.ts'
import { DAMAGED_SHOWN, type StagedItem, stageFrom } from './staged-item.ts'

/** Throws restore.*, backup.*. `context.made` knows what was made until then; the caller removes it. */
export async function stageRestore(context: StageContext<RestoreWish>): Promise<StoredStage> {
  const { wish } = context
  return wish.kind === 'rollback' ? stageRollback({ ...context, wish }) : stageBackup({ ...context, wish })
}

async function stageBackup(context: StageContext): Promise<StoredStage> {
  const { parts, stage } = context
  const fetched = fetchedPlace(parts, stage)
  await context.made.place(fetched)
  const made = await stageChosen(context)
  const { copies } = backupsOf(context.service.name, parts.journal.index.backups)
  const isFar = ({ backup, copy }: FromBackup) =>
    copies.some((one) => one.backup === backup && one.copy === copy && one.kind === 'restic')
  const far = made.staged.parts
    .map(({ from }) => from)
    .filter(isFromBackup)
    .filter(isFar)
  await keepFetched(far, context)
  const backups = new Map(far.map((from) => [fetchedCopy(parts, stage, from), from.backup]))
  for (const [place, backup] of backups) await keepManifest(place, backup)
  return { ...made, places: [...(made.places ?? []), fetched] }
}

async function stageChosen(context: StageContext): Promise<StoredStage> {
  const { parts, service, progress } = context
  const items = itemsFor(service, context)
  const reading = openReading(items, context)
  const { choice, laid } = await stageFirstThatHolds(items, reading, context)
  progress({ step: 'comparing' })
  const damaged = await damagedNow(choice, context)
  const lists = await listsOf(laid, context)
  const { newestGood, oldestBad } = datedOf(choice)
  return stageFrom(laid, context, {
    at: instant(parts.clock.now()),
    loss: lists.loss,
    lists: lists.digest,
    passedOver: reading.passedOver(choice),
    damaged: damaged.slice(0, DAMAGED_SHOWN),
    ...(newestGood === undefined ? {} : { newestGood }),
    ...(oldestBad === undefined ? {} : { oldestBad }),
  })
}

/** A copy that cannot be brought back is passed over, however good its content is. Each copy is tried once. */
async function stageFirstThatHolds(
  items: readonly string[],
  reading: Reading,
  context: StageContext,
): Promise<{ readonly choice: Chosen; readonly laid: readonly StagedItem[] }> {
  const { progress, signal, made, parts, stage } = context
  for (;;) {
    const choice = await reading.choose()
    const laid: StagedItem[] = []
    let isWhole = true
    for (const item of items) {
      const copy = choice.from[item]
      if (copy === undefined) continue
      progress({ step: 'restoring' })
      try {
        const secrets = { isElsewhere: reading.hasSecretsElsewhere(copy) }
        laid.push(await stageItem(item, copy, context, secrets))
      } catch (cause) {
        if (signal.aborted || !(await reading.isSpoiled(item, copy, cause))) throw cause
        isWhole = false
        break
      }
    }
    if (isWhole) return { choice, laid }
    await made.clear(fetchedPlace(parts, stage))
  }
}

/** For a restore of everything: what is damaged in the live data, file by file, compared with what is brought back. */
async function damagedNow(
  { from }: Chosen,
  { parts, service, wish, signal }: StageContext,
): Promise<readonly DamagedNow[]> {
  if (wish.kind !== 'full') return []
  const found: DamagedNow[] = []
  for (const directory of service.data ?? [])
    found.push(
      ...(await damagedIn(directory, baselineOf(from[directory.name] ?? {}), childOf(parts, signal))),
    )
  return found
}

/** The items that were asked for. Throws restore.item_unknown. */
function itemsFor(service: Service, { wish }: StageContext): readonly string[] {
  const { data = [], databases = [] } = service
  const what = wish.what ?? ''
  const unknown = () => itemUnknown(service, what)
  switch (wish.kind) {
    case 'full':
      return [...data.map(({ name }) => name), ...databases.map(databaseItem)]
    case 'file':
    case 'salvage': {
      const found = directoryOf(service, what)
      if (found === undefined) throw unknown()
      if (what.replace(/\/+$/, '') === found.dir)
        throw new SekishoError('restore.not_file', { service: service.name, what, type: 'directory' })
      return [found.name]
    }
    case 'database': {
      const found = databases.find(({ name }) => name === wish.what)
      if (found === undefined) throw unknown()
      return [databaseItem(found)]
    }
  }
}

function datedOf(choice: Chosen) {
  const all = Object.values(choice.damage)
  const good = all.flatMap(({ newestGood }) => newestGood ?? []).sort()[0]
  const bad = all.flatMap(({ oldestBad }) => oldestBad ?? []).sort()[0]
  return {
    ...(good === undefined ? {} : { newestGood: good }),
    ...(bad === undefined ? {} : { oldestBad: bad }),
  }
}
