// Is this server one that keeps what it acknowledged? Asked at every start, of the embedded one too.
import { SekishoError } from '../base/error.ts'

const OLDEST = 150_000

/** The settings as text, as `SHOW` gives them to the very role that will write. */
export interface Settings {
  readonly version: number
  readonly fsync: string
  readonly full_page_writes: string
  readonly data_checksums: string
  readonly synchronous_commit: string
  readonly recovering: boolean
}

/** Pure: the first reason why this server may not hold the ledger. */
export function unfit(settings: Settings): SekishoError | undefined {
  if (settings.version < OLDEST)
    return new SekishoError('store.too_old', { version: Math.floor(settings.version / 10_000), oldest: 15 })
  if (settings.fsync !== 'on') return new SekishoError('store.fsync_off')
  if (settings.full_page_writes !== 'on') return new SekishoError('store.full_page_writes_off')
  if (settings.data_checksums !== 'on') return new SekishoError('store.checksums_off')
  // `local` and above wait for the disk; only `off` acknowledges what a power cut takes.
  if (settings.synchronous_commit === 'off') return new SekishoError('store.synchronous_commit_off')
  if (settings.recovering) return new SekishoError('store.read_only', { why: 'pg_is_in_recovery' })
  return undefined
}

export type Query = (text: string) => Promise<{ readonly rows: readonly object[] }>

/** Throws the reason; returns the settings, which `doctor` shows. */
export async function checkFit(query: Query): Promise<Settings> {
  const { rows } = await query(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync,
            current_setting('full_page_writes') AS full_page_writes,
            current_setting('data_checksums') AS data_checksums,
            current_setting('synchronous_commit') AS synchronous_commit, pg_is_in_recovery() AS recovering`,
  )
  const settings = rows[0] as Settings // The statement above fixes the shape.
  const reason = unfit(settings)
  if (reason !== undefined) throw reason
  return settings
}
