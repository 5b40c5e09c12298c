// Codes of the databases of services: how they are reached, dumped, loaded and exchanged.
import { blocked, conflict, failed, later } from './error-row.ts'

export const DATABASE_CODES = {
  'backup.db_client_old': conflict,
  'backup.db_dump_damaged': failed,
  'backup.db_dump_failed': failed,
  'backup.db_dump_refused': blocked,
  'backup.db_load_failed': failed,
  'backup.db_locale_missing': blocked,
  'backup.db_moved': conflict,
  'backup.db_needs_person': blocked,
  'backup.db_no_client': failed,
  'backup.db_no_loader': blocked,
  'backup.db_no_slot': later,
  'backup.db_not_a_dump': blocked,
  'backup.db_query_failed': failed,
  'backup.db_scratch_failed': failed,
  'backup.db_swap_failed': conflict,
  'backup.db_refused': blocked,
  'backup.db_unknown': blocked,
  'backup.db_unreachable': later,
} as const
