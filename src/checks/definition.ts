// Which checks there are: made from the rules in force, each with its schedule, how many looks must agree, and who looks. The words of
// an item are in words/check.ts. A new item is a row here, a collector in watch/ (or in app/ where the gate has the facts), and its words.
import type { ServiceName } from '../base/id.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'
import type { CheckId } from './result.ts'

export type CheckGroup = 'daily' | 'weekly'
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How looks become a state. */
export interface Agreement {
  /** Of the last `of` looks so many must be bad before the check stands as bad. */
  readonly bad: number
  readonly of: number
  /** So many good looks in a row before it stands as good again. */
  readonly goodAfter: number
  /** A measured number must be so far below its limit before it is good again. */
  readonly band?: number
  /** A host may well lack what this item reads: without data it is shown, and is no finding. */
  readonly silentWithoutData?: true
}

export interface ItemRule extends Agreement {
  readonly everyMs: number
  readonly collector: 'watch' | 'gate'
  readonly group?: CheckGroup
  /** Of each service that declares what is looked at; of the machine where this is `host`. */
  readonly of_: 'host' | ((service: Service) => boolean)
  /** Of the machine, and there only where the rules have something to look at. */
  readonly where?: (policy: CompiledPolicy) => boolean
}

export interface CheckDefinition extends Agreement {
  /** Without a part. */
  readonly id: CheckId
  readonly item: string
  readonly service?: ServiceName
  readonly everyMs: number
  readonly collector: 'watch' | 'gate'
  readonly group?: CheckGroup
}

const often = { bad: 2, of: 2, goodAfter: 2 } as const
const once = { bad: 1, of: 1, goodAfter: 1 } as const
const hasData = ({ data = [], databases = [] }: Service) => data.length > 0 || databases.length > 0
const hasBackup = ({ backup }: Service) => backup !== undefined
const isHttps = ({ health }: Service) => health?.url.startsWith('https:') === true
const hasLogs = ({ logs: { error, auth, access } }: Service) =>
  [error, auth, access].some((path) => path !== undefined)

/** Every item that is shipped. */
export const ITEM_RULES: Readonly<Record<string, ItemRule>> = {
  service: {
    ...often,
    everyMs: 15 * SECOND,
    collector: 'watch',
    group: 'daily',
    of_: ({ unit }) => unit !== undefined,
  },
  disk: { ...once, band: 2, everyMs: MINUTE, collector: 'watch', group: 'daily', of_: 'host' },
  memory: { ...often, of: 3, band: 3, everyMs: MINUTE, collector: 'watch', group: 'daily', of_: 'host' },
  errors: {
    ...once,
    everyMs: 5 * MINUTE,
    collector: 'watch',
    group: 'daily',
    of_: ({ logs, journal }) => logs.error !== undefined || journal === true,
  },
  backup: { ...once, everyMs: 5 * MINUTE, collector: 'gate', group: 'daily', of_: hasBackup },
  data: { ...once, everyMs: DAY, collector: 'gate', group: 'daily', of_: hasData },
  api: {
    ...often,
    everyMs: 20 * SECOND,
    collector: 'watch',
    group: 'daily',
    of_: ({ health }) => health !== undefined,
  },
  restored: { ...once, everyMs: HOUR, collector: 'gate', group: 'weekly', of_: hasBackup },
  rotation: { ...once, everyMs: 6 * HOUR, collector: 'watch', group: 'weekly', of_: hasLogs },
  integrity: { ...once, everyMs: DAY, collector: 'gate', group: 'weekly', of_: hasBackup },
  updates: {
    ...once,
    silentWithoutData: true,
    everyMs: 6 * HOUR,
    collector: 'watch',
    group: 'weekly',
    of_: 'host',
  },
  inodes: { ...once, band: 2, everyMs: MINUTE, collector: 'watch', of_: 'host' },
  certificate: { ...once, everyMs: HOUR, collector: 'watch', of_: isHttps },
  watch: { ...once, everyMs: 10 * SECOND, collector: 'gate', of_: 'host' },
  channels: {
    ...once,
    silentWithoutData: true,
    everyMs: 20 * SECOND,
    collector: 'gate',
    of_: 'host',
    where: ({ notify }) => notify !== undefined && notify.channels.length > 0,
  },
  ledger: { ...once, everyMs: 5 * MINUTE, collector: 'gate', of_: 'host' },
  guard: { ...once, silentWithoutData: true, everyMs: HOUR, collector: 'gate', of_: 'host' },
  clock: { ...often, silentWithoutData: true, everyMs: 5 * MINUTE, collector: 'watch', of_: 'host' },
}

/** Each check once, in the order of the table; what a service does not declare has no check. */
export function definitionsOf(policy: CompiledPolicy): readonly CheckDefinition[] {
  const shipped = Object.entries(ITEM_RULES).flatMap(([item, { of_, where, ...rule }]) =>
    of_ === 'host'
      ? where?.(policy) === false
        ? []
        : [{ id: `host/${item}` as CheckId, item, ...rule }]
      : policy.services
          .filter(of_)
          .map(({ name }) => ({ id: `${name}/${item}` as CheckId, item, service: name, ...rule })),
  )
  const own = (policy.checks ?? []).map(
    ({ name, service, everyMs, look }): CheckDefinition => ({
      id: `${service ?? 'host'}/${name}` as CheckId,
      item: name,
      ...(service === undefined ? {} : { service }),
      ...(look.kind === 'locks' ? { group: 'weekly' as const } : {}),
      ...(look.kind === 'url' ? often : once),
      everyMs,
      collector: 'watch',
    }),
  )
  return [...shipped, ...own]
}

/** Older than this the last look does not count: the check is late. */
export function lateAfterMs({ everyMs }: Pick<CheckDefinition, 'everyMs'>): number {
  return everyMs >= DAY ? everyMs + 2 * HOUR : Math.max(3 * everyMs, 2 * MINUTE)
}
