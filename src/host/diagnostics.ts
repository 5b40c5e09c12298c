// What is kept of a service before it is touched (S39): status, journal, error log, its process, its health. Within a budget; what
// could not be had is named as a gap and holds nothing up.
import { readFile } from 'node:fs/promises'
import type { Digest } from '../base/hash.ts'
import type { Service } from '../plans/policy.ts'
import type { ReadContext } from './context.ts'
import { readLast } from './error-log.ts'
import { glanceAtHealth } from './health.ts'
import { readUnitState } from './unit-facts.ts'

export interface Diagnostics {
  readonly items: readonly { readonly name: string; readonly digest: Digest; readonly size: number }[]
  readonly gaps: readonly string[]
}

const ITEM_MS = 10_000
const ITEM_BYTES = 524_288
const LOG_MINUTES = 60

/** Undefined: it could not be had. */
export type Item = () => Promise<string | undefined>

/** `keep` stores the bytes (redacted) and answers, when they are durable, with what it stored. */
export async function diagnose(
  service: Service,
  unit: string | undefined,
  c: ReadContext,
  keep: (bytes: Buffer) => Promise<{ readonly digest: Digest; readonly size: number }>,
): Promise<Diagnostics> {
  const wanted = itemsOfService(service, c.systemctl ? unit : undefined, c)
  const items: Diagnostics['items'][number][] = []
  const gaps: string[] = unit !== undefined && !c.systemctl ? ['unit'] : []
  await Promise.all(
    Object.entries(wanted).map(async ([name, item]) => {
      const text = await inTime(item)
      if (text === undefined) {
        gaps.push(name)
        return
      }
      const { digest, size } = await keep(Buffer.from(text).subarray(-ITEM_BYTES))
      items.push({ name, digest, size })
    }),
  )
  const byName = (a: string, b: string) => (a < b ? -1 : 1)
  return { items: items.toSorted((a, b) => byName(a.name, b.name)), gaps: gaps.toSorted(byName) }
}

/** What a person reads of a service: status, journal, process, error log, health. */
export function itemsOfService(
  service: Service,
  unit: string | undefined,
  c: ReadContext,
): Readonly<Record<string, Item>> {
  const { error } = service.logs
  return {
    ...(unit === undefined ? {} : ofUnit(unit, c)),
    ...(error === undefined ? {} : { errorLog: () => errorLog(error, c) }),
    ...(service.health === undefined ? {} : { health: () => oneLook(service.health, c) }),
  }
}

/** One short look: that a hung service does not answer is told in three seconds, and the restart waits for no more. */
async function oneLook(health: Service['health'], c: ReadContext): Promise<string> {
  return JSON.stringify(await glanceAtHealth(health, c), null, 1)
}

/** An item that does not come, or fails, is a gap. */
async function inTime(item: Item): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ITEM_MS + 2000)
  })
  try {
    return await Promise.race([item().catch(() => undefined), late])
  } finally {
    clearTimeout(timer)
  }
}

function ofUnit(unit: string, c: ReadContext): Record<string, Item> {
  // Not `systemctl show`: it prints Environment=, which may hold secrets.
  return {
    status: () => said(['systemctl', 'status', '--no-pager', '--full', '--lines=100', '--', unit], c),
    journal: () =>
      said(
        [
          'journalctl',
          '--no-pager',
          '--quiet',
          '--output=short-iso-precise',
          '--lines=1000',
          `--unit=${unit}`,
        ],
        c,
      ),
    process: async () => {
      const { mainPid } = await readUnitState(unit, c)
      return mainPid === 0 ? 'no main process\n' : ofProcess(mainPid)
    },
  }
}

/** `systemctl status` exits 3 for a dead unit, which is just what is asked about. */
export async function said(argv: readonly string[], c: ReadContext): Promise<string | undefined> {
  const result = await c.run(argv, { timeoutMs: ITEM_MS, maxOutput: ITEM_BYTES })
  return result.notStarted === undefined && !result.timedOut && result.code !== undefined && result.code <= 3
    ? result.stdout
    : undefined
}

async function ofProcess(pid: number): Promise<string> {
  const parts = await Promise.all(
    ['status', 'stat', 'wchan', 'limits', 'cgroup'].map(
      async (name) => `== ${name}\n${await readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '?')}\n`,
    ),
  )
  return parts.join('')
}

export async function errorLog(path: string, c: ReadContext): Promise<string | undefined> {
  const window = await readLast(path, LOG_MINUTES * 60_000, c.clock.now())
  return window.present ? `${window.lines.join('\n')}\n` : undefined
}
