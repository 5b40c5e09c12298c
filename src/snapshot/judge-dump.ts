// Is the content of a dump good, read now? Its sealed bytes are loaded in a throw-away cluster: a dump that nobody can load holds nothing that is good,
// and rules about rows are asked of rows (backup.md §6, *content*).
import type { ItemVerdict } from '../backup/choose.ts'
import { type JudgedSize, judgeSize } from '../backup/content.ts'
import type { Database } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import type { Service } from '../plans/policy.ts'
import type { Violation } from '../postgres/types.ts'
import type { Found, JudgeCopy } from './judge-copy.ts'
import { type SealedDump, withSealedDump } from './sealed-dump.ts'
import { databaseItem } from './set-of.ts'
import { type TriedLoad, tryLoad } from './try-load.ts'

/** It is broken, whoever reads it. */
const BROKEN: ReadonlySet<string> = new Set(['backup.db_not_a_dump', 'backup.db_dump_damaged'])
/** It says nothing of the data: here and now it cannot be loaded. */
const NOT_LOADED: ReadonlySet<string> = new Set(['backup.db_dump_refused', 'backup.db_load_failed'])

/** Throws backup.snapshot_damaged where it is not the sealed one, and what says nothing of the copy: no room, no program. */
export async function judgeDump(
  dump: SealedDump,
  service: Service,
  { parts, child, before }: JudgeCopy,
): Promise<Found> {
  const { item } = dump
  const invariants = service.databases?.find((one) => databaseItem(one) === item.name)?.invariants ?? {}
  const facts = item.database === undefined ? {} : { facts: item.database }
  const context = { parts, signal: child.signal }
  try {
    const loaded = await withSealedDump(dump, context, (taken) =>
      tryLoad(taken, { ...facts, invariants }, context),
    )
    const other = Object.entries(item.database?.tables ?? {}).find(
      ([table, rows]) => loaded.tables[table] !== rows,
    )
    if (other !== undefined) {
      const [table, rows] = other
      return bad('unreadable', `${table}: not_loaded records ${loaded.tables[table] ?? 0}, before ${rows}`)
    }
    const { verdict, fault } = verdictOf(
      loaded,
      invariants,
      (table) => before.records[`${item.name}/${table}`],
    )
    const declared = Object.keys(invariants).filter((table) => loaded.tables[table] !== undefined)
    const rows = Object.values(loaded.tables).reduce((sum, one) => sum + one, 0)
    return {
      verdict,
      ...(fault === undefined ? {} : { fault }),
      records: Object.fromEntries(
        declared.map((table) => [`${item.name}/${table}`, loaded.tables[table] ?? 0]),
      ),
      judged: Math.max(declared.length, rows > 0 ? 1 : 0),
    }
  } catch (cause) {
    if (!(cause instanceof SekishoError)) throw cause
    const why = String(cause.detail['why'] ?? cause.detail['found'] ?? '')
    if (BROKEN.has(cause.code)) return bad('rubbish', `${cause.code} ${why}`.trim())
    if (NOT_LOADED.has(cause.code)) return bad('unreadable', `${item.name}: not_loaded cause ${why}`)
    throw cause
  }
}

function bad(verdict: ItemVerdict, fault: string): Found {
  return { verdict, fault, records: {}, judged: 0 }
}

/** A rule that is broken is rubbish; a size out of trend is a question, and rubbish where nothing is left of what was good. */
function verdictOf(
  { tables, violations }: TriedLoad,
  invariants: Database['invariants'],
  before: (table: string) => number | undefined,
): { readonly verdict: ItemVerdict; readonly fault?: string } {
  const [violation] = violations
  if (violation !== undefined) return { verdict: 'rubbish', fault: faultOf(violation) }
  const sizes = Object.entries(invariants).flatMap(([table, rules]) => {
    const size = judgeSize(tables[table] ?? 0, rules, before(table))
    return size === undefined ? [] : [{ table, size }]
  })
  const worst = sizes.find(({ size }) => size.verdict === 'rubbish') ?? sizes[0]
  return worst === undefined
    ? { verdict: 'good' }
    : { verdict: worst.size.verdict, fault: `${worst.table}: ${textOf(worst.size)}` }
}

function textOf({ of }: JudgedSize): string {
  const { code, ...figures } = of
  return `${code} ${Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}`
}

/** As the faults of files are written (words/content-fault.ts). */
export function faultOf({ table, rule, column, count, wanted }: Violation): string {
  const field = column === undefined ? '' : `, field ${column}`
  switch (rule) {
    case 'missing-table':
      return `${table}: no_table`
    case 'missing-column':
      return `${table}: missing_field records ${count}${field}`
    case 'min-records':
      return `${table}: too_few records ${count}, minimum ${wanted}`
    case 'id-unique':
      return `${table}: duplicate_id records ${count}${field}`
    case 'require':
      return `${table}: missing_field records ${count}${field}`
    case 'type':
      return `${table}: wrong_type records ${count}${field}, expected ${wanted}`
  }
}
