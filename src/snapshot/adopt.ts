// Takes over what somebody else's job has left in the guide's layout, before copies are read: each once, where it lies, and never altered. From then
// on it is levelled like one of ours, through the manifest that is kept here of it.
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { CLOCK_TOLERANCE_MS } from '../backup/backed-up.ts'
import type { BackupId, CopyPlace } from '../backup/level.ts'
import { CHECKSUMS } from '../backup/manifest.ts'
import type { CopyRule } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import { milliseconds } from '../base/time.ts'
import { privateDirectory } from '../sys/files.ts'
import { readOwners } from '../tree/owners.ts'
import { headerIn, keepOwn } from './adopt-own.ts'
import { adoptArchives } from './archive/adopt-archives.ts'
import { importSnapshot, type Part } from './directory/import.ts'
import { foreignSnapshots, ownSnapshots } from './directory/list.ts'
import { placeOfDirectory } from './place-of.ts'
import { CONFIG_ITEM, rootOf, rulesOf } from './set-of.ts'
import { sourcesOf } from './sources.ts'
import { takenAt } from './taken-at.ts'
import type { DoWork, WorkContext } from './work.ts'

/** Without checksums of its own that name every file nothing says that its maker is done, but that nobody has added to it for so long. */
const SETTLED_MS = 3_600_000

/** One that cannot be taken over keeps the others from nothing, and is the work's failure when all is done. */
export function afterAdopting(work: DoWork): DoWork {
  return async (context) => {
    const others = await adoptAll(context)
    const failed = (await adoptPacked(context)) ?? others
    await work(context)
    if (failed !== undefined) throw failed
  }
}

/** A backup does not wait for it, and is not called failed because of what somebody else has left. Archives are not unpacked by it. */
export function thenAdopting(work: DoWork): DoWork {
  return async (context) => {
    await work(context)
    const failed = await adoptAll(context)
    if (failed !== undefined)
      context.parts.log('what lies beside was not taken over', {
        code: failed.code,
        ...textsOf(failed.detail),
      })
  }
}

function textsOf(detail: SekishoError['detail']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(detail).map(([key, value]) => [key, String(value).slice(0, 300)]))
}

/** Answers the first failure. */
async function adoptAll(context: WorkContext): Promise<SekishoError | undefined> {
  let failed: SekishoError | undefined
  const { service, known } = context
  for (const rule of rulesOf(service).copies) {
    if (rule.kind !== 'directory') continue
    const there = new Set(
      known()
        .copies.filter(({ copy }) => copy === rule.name)
        .map(({ backup }) => backup),
    )
    const tryOne = async (id: BackupId, adoptOne: typeof adopt) => {
      if (there.has(id)) return
      await adoptOne(rule, id, context).catch((cause: unknown) => {
        if (!(cause instanceof SekishoError) || cause.code === 'backup.aborted') throw cause
        failed ??= cause
      })
    }
    for (const id of ownSnapshots(rule.to)) await tryOne(id, adoptOwn)
    for (const id of foreignSnapshots(rule.to)) if (isSettled(rule, id, context)) await tryOne(id, adopt)
  }
  return failed
}

async function adoptPacked(context: WorkContext): Promise<SekishoError | undefined> {
  let failed: SekishoError | undefined
  for (const rule of rulesOf(context.service).copies)
    if (rule.kind === 'directory') {
      const here = await adoptArchives(rule, context, adopt)
      failed ??= here
    }
  return failed
}

/** Its journal line was lost. What its manifest says of itself is compared, and earns it nothing. */
async function adoptOwn(rule: CopyRule, id: BackupId, context: WorkContext): Promise<void> {
  const { parts, service, tell, progress } = context
  const { name: copy, to } = rule
  const header = headerIn(to, id)
  if (header?.service !== service.name) return
  if (milliseconds(header.started) > parts.clock.now() + CLOCK_TOLERANCE_MS) return
  progress({ backup: id, copy, step: 'importing', entries: 0, bytes: 0 })
  const kept = await keptPlace(rule, id, context)
  const own = await keepOwn(to, id, kept)
  if (own === undefined) return
  const { manifest, entries, bytes } = own
  await tell({
    kind: 'backup',
    event: 'imported',
    service: service.name,
    backup: id,
    copy,
    engine: 'directory',
    to,
    where: join(to, 'daily', id),
    place: await placeNow(rule, context),
    taken: header.started,
    manifest,
    bytes,
    entries,
    kept,
  })
}

async function keptPlace({ name }: CopyRule, id: BackupId, { parts, service }: WorkContext): Promise<string> {
  const directory = join(parts.place.state, 'imported')
  await privateDirectory(directory)
  return join(directory, `${service.name}.${name}.${id}.ndjson`)
}

async function placeNow({ to }: CopyRule, { parts, service, signal }: WorkContext): Promise<CopyPlace> {
  return (await placeOfDirectory(to, await sourcesOf(service, parts, signal), parts.process)).place
}

function isSettled({ to }: CopyRule, id: BackupId, { parts }: WorkContext): boolean {
  const snapshot = join(to, 'daily', id)
  if (lstatSync(join(snapshot, CHECKSUMS), { throwIfNoEntry: false })?.isFile() === true) return true
  return isQuiet(snapshot, parts.clock.now())
}

function isQuiet(path: string, now: number): boolean {
  const since = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs
  return since !== undefined && now - since >= SETTLED_MS
}

async function adopt(rule: CopyRule, id: BackupId, context: WorkContext): Promise<void> {
  const { parts, service, signal, tell, progress } = context
  const { name: copy, to } = rule
  progress({ backup: id, copy, step: 'importing', entries: 0, bytes: 0 })
  const kept = await keptPlace(rule, id, context)
  const taken = takenAt(id, rulesOf(service).zone)
  // Its name is all that says when it was made: what lies in the future would be the newest for ever.
  if (milliseconds(taken) > parts.clock.now() + CLOCK_TOLERANCE_MS) return
  const found = await importSnapshot({
    to,
    id,
    taken,
    signal,
    service: service.name,
    host: parts.host,
    version: parts.version,
    run: parts.process,
    items: itemsOf(context),
    owners: readOwners(),
    manifestPath: kept,
  })
  // Nothing in it that the rules name: it is somebody else's, or of another service.
  if (found.entries === 0) return
  if (found.unfinished && !isQuiet(join(to, 'daily', id, CHECKSUMS), parts.clock.now())) return
  const place = await placeNow(rule, context)
  const { manifest, bytes, entries, mismatched } = found
  const base = { kind: 'backup', service: service.name, backup: id, copy } as const
  await tell({
    ...base,
    event: 'imported',
    engine: 'directory',
    to,
    where: join(to, 'daily', id),
    place,
    taken,
    manifest,
    bytes,
    entries,
    kept,
  })
  const [first] = mismatched
  if (first === undefined) return
  // Its maker's own checksums speak against it: no later reading makes it good.
  const detail = { id, path: first.slice(0, 1000), why: 'checksums.sha256' }
  await tell({ ...base, event: 'failed', work: 'backup', why: 'backup.snapshot_damaged', detail })
}

/** Dumps of databases are not among them: without the facts that a manifest of ours holds they cannot be brought back. */
function itemsOf({ service }: WorkContext): readonly Part[] {
  return [
    ...(service.data ?? []).map(
      (one): Part => ({ name: one.name, kind: 'data', root: rootOf(service, one) }),
    ),
    { name: CONFIG_ITEM, kind: 'config', root: 'config' },
  ]
}
