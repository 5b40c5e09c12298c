// What comes next for an isolation, from its record, the table in the kernel, the logins and the clock. One rule for everybody: the runner, the
// holder and the unit of boot ask it again and again, and whoever is there first does it.
import { type Clock, instant } from '../base/time.ts'
import { isolationRules } from '../plans/isolation.ts'
import type { Login } from './logins.ts'
import {
  type IsolationRecord,
  leftToKeep,
  type Moment,
  noted,
  readIsolation,
  writeIsolation,
} from './record.ts'
import type { IsolationTable, TableSeen } from './table.ts'
import type { Turns } from './turns.ts'

export type NextStep =
  | { readonly do: 'nothing' }
  /** The table is missing, or somebody changed it. */
  | { readonly do: 'load'; readonly why: 'missing' | 'changed' }
  | { readonly do: 'keep'; readonly login: Login }
  | { readonly do: 'undo'; readonly why: 'no_login' | 'reboot' }
  /** It is over, and the table is still there. */
  | { readonly do: 'drop' }

/**
 * INVARIANT Q1: a kept isolation ends by nothing that is seen here. INVARIANT Q2: one that nobody kept in time is undone, by whoever looks next,
 * and in another boot than its own without waiting.
 */
export function nextStep(
  of: IsolationRecord,
  table: TableSeen,
  login: Login | undefined,
  now: Moment,
): NextStep {
  // Of a table that could not be read nothing is concluded.
  const isAway = table.state === 'absent'
  switch (of.phase) {
    case 'undone':
    case 'ended':
      return isAway ? { do: 'nothing' } : { do: 'drop' }
    case 'trial':
      if (of.boot !== now.boot) return { do: 'undo', why: 'reboot' }
      if (login !== undefined) return { do: 'keep', login }
      if (leftToKeep(of, now) === 0) return { do: 'undo', why: 'no_login' }
      break
    case 'kept':
      break
  }
  if (isAway) return { do: 'load', why: 'missing' }
  const isOther = table.state === 'present' && table.listing !== of.listing
  return isOther ? { do: 'load', why: 'changed' } : { do: 'nothing' }
}

export interface SettleParts {
  readonly path: string
  readonly turns: Turns
  readonly table: IsolationTable
  readonly clock: Clock
  /** A login of the administrator that is newer than the isolation. */
  readonly newLogin: (of: IsolationRecord) => Promise<Login | undefined>
  readonly killPoint: (name: string) => void
}

export interface SettledIsolation {
  /** Undefined where there is none. */
  readonly record?: IsolationRecord
  readonly did: NextStep['do']
}

/** Does what comes next, once. Throws isolation.unreadable, isolation.failed, isolation.no_nftables, file.*. */
export function settleIsolation(parts: SettleParts): Promise<SettledIsolation> {
  return parts.turns.take(() => settleNow(parts))
}

/** The same for a caller that has its turn already. */
export async function settleNow(parts: SettleParts): Promise<SettledIsolation> {
  const { path, table, clock } = parts
  const of = await readIsolation(path)
  if (of === undefined) return { did: 'nothing' }
  const seen = await table.look()
  const login = of.phase === 'trial' ? await parts.newLogin(of) : undefined
  const step = nextStep(of, seen, login, { boot: clock.boot(), uptime: clock.uptime() })
  return { record: await doStep(of, step, parts), did: step.do }
}

async function doStep(of: IsolationRecord, step: NextStep, parts: SettleParts): Promise<IsolationRecord> {
  switch (step.do) {
    case 'nothing':
      return of
    case 'load':
      return loadTable(of, parts, step.why)
    case 'keep':
      return keepIsolation(of, parts, { ...step.login })
    case 'undo':
      return endIsolation(of, parts, 'undone', { why: step.why })
    case 'drop':
      await parts.table.drop()
      return of
  }
}

/** Loads the table of a record that is written already, and writes down how it is listed. `why`: absent for the first time. */
export async function loadTable(
  of: IsolationRecord,
  parts: SettleParts,
  why?: string,
): Promise<IsolationRecord> {
  parts.killPoint('isolation.load.before')
  const listing = await parts.table.load(isolationRules(of.admission))
  parts.killPoint('isolation.load.after')
  const isFirst = !of.notes.some(({ event }) => event === 'applied')
  const event = isFirst ? 'applied' : 'restored'
  const next = { ...noted(of, event, momentOf(parts), why === undefined || isFirst ? {} : { why }), listing }
  await writeIsolation(parts.path, next)
  return next
}

export async function keepIsolation(
  of: IsolationRecord,
  parts: SettleParts,
  detail: Readonly<Record<string, string>>,
): Promise<IsolationRecord> {
  const next = { ...noted(of, 'kept', momentOf(parts), detail), phase: 'kept' as const }
  await writeIsolation(parts.path, next)
  return next
}

/** INVARIANT Q3: the record says that it is over before the table goes, so that nobody brings it back after a kill in between. */
export async function endIsolation(
  of: IsolationRecord,
  parts: SettleParts,
  phase: 'undone' | 'ended',
  detail: Readonly<Record<string, string>>,
): Promise<IsolationRecord> {
  const next = { ...noted(of, phase, momentOf(parts), detail), phase }
  await writeIsolation(parts.path, next)
  parts.killPoint('isolation.drop.before')
  await parts.table.drop()
  parts.killPoint('isolation.drop.after')
  return next
}

function momentOf({ clock }: SettleParts) {
  return { at: instant(clock.now()), boot: clock.boot(), uptime: clock.uptime() }
}
