// The rows of checks and of isolation in the table of error-codes.ts.
import { bad, blocked, conflict, failed, missing } from './error-row.ts'

export const CHECK_CODES = {
  'check.mute_too_long': bad,
  'check.not_bad': conflict,
  'check.not_muted': conflict,
  'check.not_waivable': blocked,
  'check.several': bad,
  'check.unknown': missing,
  'isolation.address_wrong': bad,
  'isolation.failed': failed,
  'isolation.keep_by_login': conflict,
  'isolation.no_nftables': blocked,
  'isolation.nobody_admitted': bad,
  'isolation.none': conflict,
  'isolation.not_signed': blocked,
  'isolation.other_address': conflict,
  'isolation.other_incident': conflict,
  'isolation.other_service': blocked,
  'isolation.rules_moved': conflict,
  'isolation.unreadable': failed,
  'isolation.window_wrong': bad,
} as const
