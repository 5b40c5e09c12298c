// The codes of the gate's store, and of notices and of whoever sends pings and alerts: parts of the table in error-codes.ts.
import { bad, blocked, conflict, type ErrorRow, EXIT, failed, later, missing } from './error-row.ts'
import type { NoticeErrorValues, StoreErrorValues } from './error-values-store.ts'

export const STORE_CODES = {
  'store.as_root': failed,
  'store.busy': later,
  'store.checksums_off': failed,
  'store.choice_unreadable': failed,
  'store.commit_unknown': failed,
  'store.damaged': failed,
  'store.dies': failed,
  'store.fsync_off': failed,
  'store.full': later,
  'store.full_page_writes_off': failed,
  'store.held': blocked,
  'store.lock_timeout': later,
  'store.migration_changed': failed,
  'store.migration_failed': failed,
  'store.migration_order': failed,
  'store.newer': failed,
  'store.no_permission': failed,
  'store.no_programs': failed,
  'store.other_major': failed,
  'store.password_lost': failed,
  'store.path_too_long': bad,
  'store.programs_gone': failed,
  'store.read_only': failed,
  'store.refused_login': failed,
  'store.start_failed': failed,
  'store.served': later,
  'store.start_timeout': later,
  'store.stop_timeout': failed,
  'store.synchronous_commit_off': failed,
  'store.timeout': later,
  'store.too_old': failed,
  'store.unavailable': later,
} as const satisfies Record<keyof StoreErrorValues, ErrorRow>

export const NOTICE_CODES = {
  'notice.channel_unknown': missing,
  'notice.ended': conflict,
  'notice.no_channel': conflict,
  'notice.unknown': missing,
  'source.refused': { http: 401, exit: EXIT.blocked, retry: false },
} as const satisfies Record<keyof NoticeErrorValues, ErrorRow>
