// Is the content of a dump good, read now? Every byte of it, by the program that would load it (backup.md §6, *content*).
import { SekishoError } from '../../base/error.ts'
import type { Service } from '../../seal/policy.ts'
import { accountOf } from '../database/cluster.ts'
import { clientFor, findPrograms } from '../database/programs.ts'
import { readDump } from '../database/read-dump.ts'
import type { Account, Programs } from '../database/types.ts'
import type { Found, JudgeCopy } from './judge-copy.ts'
import { type SealedDump, withSealedDump } from './sealed-dump.ts'
import { databaseItem } from './set-of.ts'

const READ_MS = 1_800_000

/** Throws backup.snapshot_damaged where it is not the sealed one. */
export async function judgeDump(
  dump: SealedDump,
  service: Service,
  { parts, child }: JudgeCopy,
): Promise<Found> {
  const { item } = dump
  const { signal } = child
  const declared = service.databases?.find((one) => databaseItem(one) === item.name)
  try {
    const { programs, as } = await readers(item.database?.server)
    await withSealedDump(dump, { parts, signal }, (path) =>
      readDump(path, { programs, as }, { timeoutMs: READ_MS, signal }),
    )
    const rows = Object.values(item.database?.tables ?? {}).reduce((sum, one) => sum + one, 0)
    const faults = Object.entries(declared?.invariants ?? {}).flatMap(([table, { minRecords }]) => {
      const count = item.database?.tables[table]
      if (count === undefined) return [`${table}: absent`]
      return count < minRecords ? [`${table}: too_few records ${count}, minimum ${minRecords}`] : []
    })
    const [fault] = faults
    return {
      verdict: fault === undefined ? 'good' : 'rubbish',
      ...(fault === undefined ? {} : { fault }),
      records: Object.fromEntries(
        Object.entries(item.database?.tables ?? {}).map(([table, count]) => [`${item.name}/${table}`, count]),
      ),
      judged: rows > 0 ? 1 : 0,
    }
  } catch (cause) {
    if (!(cause instanceof SekishoError)) throw cause
    if (cause.code !== 'backup.db_not_a_dump' && cause.code !== 'backup.db_dump_damaged') throw cause
    return {
      verdict: 'rubbish',
      fault: `${cause.code} ${String(cause.detail['why'] ?? '')}`.trim(),
      records: {},
      judged: 0,
    }
  }
}

/** Programs of the server's own major or newer, and an account that owns nothing. */
export async function readers(server = '0'): Promise<{ readonly programs: Programs; readonly as: Account }> {
  const programs = clientFor(await findPrograms(), Number(server.split('.')[0]))
  return { programs, as: await powerless() }
}

export async function powerless(): Promise<Account> {
  const found = (await accountOf('sekisho-loader')) ?? (await accountOf('nobody'))
  if (found === undefined)
    throw new SekishoError('backup.db_no_loader', { role: 'nobody', why: 'no such account' })
  return found
}
