// The evidence of level 1, collected before anything is touched (S39, N12): what a person reads (status, journal, error log, process, health)
// and what causes are looked for in (memory, descriptors, disk, database, signs in logs). All at once, within a budget; what is late or fails
// is a gap and holds nothing up.
import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { Json } from '../base/json.ts'
import { type Instant, instant } from '../base/time.ts'
import { memoryOf, pathsOf } from '../checks/machine.ts'
import type { Service } from '../plans/policy.ts'
import { findCluster } from '../postgres/cluster.ts'
import { readSessions } from '../postgres/sessions.ts'
import type { EvidenceGap } from '../seal/evidence.ts'
import type {
  DatabaseItem,
  DatabaseItemRow,
  DiskItem,
  MemoryItem,
  SignsItem,
} from '../seal/evidence-facts.ts'
import { kernelText } from '../sys/kernel-text.ts'
import type { ReadContext } from './context.ts'
import { errorLog, type Item, itemsOfService, said } from './diagnostics.ts'
import { readLast } from './error-log.ts'
import { type InFront, serviceInFront } from './in-front.ts'
import { signsIn } from './log-signs.ts'
import { readUnitMemory } from './unit-processes.ts'

/** A restart waits for no collector longer than 20 seconds; what was collected in 17 is stored in the rest. */
const ITEM_MS = 17_000
const ITEM_BYTES = 4_194_304
const HOUR_MS = 3_600_000
const QUERY_MS = 10_000

export interface LevelOne {
  readonly items: readonly { readonly name: string; readonly bytes: Buffer }[]
  readonly gaps: readonly EvidenceGap[]
  readonly milliseconds: number
}

/** `more`: collectors that a test adds. */
export async function collectLevelOne(
  service: Service,
  c: ReadContext,
  more: Readonly<Record<string, Item>> = {},
): Promise<LevelOne> {
  const begun = c.clock.uptime()
  const at = instant(c.clock.now())
  const { unit } = service
  const hasUnit = unit !== undefined && c.systemctl
  const front = hasUnit ? await serviceInFront(service, c) : undefined
  const json = (read: () => Promise<object>) => async () => `${JSON.stringify(await read(), null, 1)}\n`
  const wanted: Readonly<Record<string, Item>> = {
    ...itemsOfService(service, hasUnit ? unit : undefined, c),
    ...(hasUnit ? { kernel: () => kernelLog(c), sockets: () => said(['ss', '-tanp'], c) } : {}),
    memory: json(() => memory(hasUnit ? unit : undefined, at, c)),
    disk: json(() => disk(service, at)),
    signs: json(() => signs(service, hasUnit ? unit : undefined, front, at, c)),
    ...(front === undefined ? {} : { [frontName(front)]: () => errorLog(front.error, c) }),
    ...(service.databases === undefined ? {} : { database: json(() => database(service, at)) }),
    ...more,
  }
  const items: { name: string; bytes: Buffer }[] = []
  const gaps: EvidenceGap[] = unit !== undefined && !c.systemctl ? [{ name: 'unit', why: 'no_systemd' }] : []
  await Promise.all(
    Object.entries(wanted).map(async ([name, item]) => {
      const text = await inTime(item, c)
      if ('why' in text) gaps.push({ name, why: text.why })
      else items.push({ name, bytes: Buffer.from(text.text).subarray(-ITEM_BYTES) })
    }),
  )
  const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1)
  return {
    items: items.toSorted(byName),
    gaps: gaps.toSorted(byName),
    milliseconds: Math.round(c.clock.uptime() - begun),
  }
}

/** A collector that is late is left alone: what it answers later goes nowhere. */
async function inTime(
  item: Item,
  c: ReadContext,
): Promise<{ readonly text: string } | { readonly why: string }> {
  const failed = { why: 'failed' } as const
  const over = new AbortController()
  const late = c.clock.sleep(ITEM_MS, over.signal).then(
    () => ({ why: 'late' }) as const,
    () => failed,
  )
  try {
    const found = item().then(
      (text) => (text === undefined ? failed : { text }),
      () => failed,
    )
    return await Promise.race([found, late])
  } finally {
    over.abort()
  }
}

async function memory(unit: string | undefined, at: Instant, c: ReadContext): Promise<MemoryItem> {
  const machine = memoryOf(kernelText('/proc/meminfo'))
  const of = unit === undefined ? undefined : await readUnitMemory(unit, c).catch(() => undefined)
  return { at, ...(machine === undefined ? {} : { machine }), ...(of === undefined ? {} : { unit: of }) }
}

async function disk(service: Service, at: Instant): Promise<DiskItem> {
  const volumes = new Map<number, DiskItem['volumes'][number]>()
  const notRead: string[] = []
  for (const path of ['/', ...pathsOf(service)]) {
    const found = await volumeOf(path)
    if (found === undefined) notRead.push(path)
    else if (!volumes.has(found.device)) volumes.set(found.device, found.volume)
  }
  return { at, volumes: [...volumes.values()], notRead }
}

async function volumeOf(path: string) {
  for (let place = path; ; place = dirname(place)) {
    const seen = await stat(place).catch(() => undefined)
    if (seen !== undefined) {
      const found = await statfs(place).catch(() => undefined)
      if (found === undefined) return undefined
      const used = (found.blocks - found.bfree) * found.bsize
      const inodes =
        found.files === 0 ? {} : { inodesUsed: found.files - found.ffree, inodesTotal: found.files }
      const volume = { path: place, used, total: used + found.bavail * found.bsize, ...inodes }
      return { device: seen.dev, volume }
    }
    if (place === '/') return undefined
  }
}

async function signs(
  service: Service,
  unit: string | undefined,
  front: InFront | undefined,
  at: Instant,
  c: ReadContext,
): Promise<SignsItem> {
  const until = c.clock.now()
  const window = { from: until - HOUR_MS, until }
  const linesOf = (text: string | undefined) => text?.split('\n').filter((line) => line !== '')
  const { error } = service.logs
  const lastOf = async (name: string, path: string | undefined) => {
    if (path === undefined) return []
    const last = await readLast(path, HOUR_MS, until)
    return [signsIn(name, last.present ? last.lines : undefined, window, last.skipped === 0)]
  }
  const logs = [
    ...(unit === undefined
      ? []
      : [
          signsIn('kernel', linesOf(await kernelLog(c)), window),
          signsIn('journal', linesOf(await unitJournal(unit, c)), window),
        ]),
    ...(await lastOf('errorLog', error)),
    ...(front === undefined ? [] : await lastOf(frontName(front), front.error)),
  ]
  return { at, sinceMs: HOUR_MS, logs }
}

const SINCE = ['--no-pager', '--quiet', '--output=short-iso-precise', '--since=-60min'] as const
const frontName = ({ service }: InFront) => `errorLog ${service}`
const kernelLog = (c: ReadContext) => said(['journalctl', ...SINCE, '--dmesg', '--lines=2000'], c)
const unitJournal = (unit: string, c: ReadContext) =>
  said(['journalctl', ...SINCE, '--lines=20000', `--unit=${unit}`], c)

async function database(service: Service, at: Instant): Promise<DatabaseItem> {
  const rows = (service.databases ?? []).map(async ({ name, port }): Promise<DatabaseItemRow> => {
    const limits = { timeoutMs: QUERY_MS }
    try {
      return {
        state: 'read',
        name,
        port,
        ...(await readSessions(await findCluster({ port }, limits), limits)),
      }
    } catch (error) {
      if (!(error instanceof SekishoError)) throw error
      if (error.code === 'backup.db_no_slot') return { state: 'full', name, port }
      const why: Json | undefined = error.detail['why'] as Json | undefined
      return {
        state: 'failed',
        name,
        port,
        why: `${error.code} ${typeof why === 'string' ? why : ''}`.trim(),
      }
    }
  })
  return { at, databases: await Promise.all(rows) }
}
