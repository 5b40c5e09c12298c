// The rows of a change of code in the table of error-codes.ts: what is not taken in, and what the repository of production refuses.
import { blocked, conflict, failed, missing } from './error-row.ts'

export const CODE_CODES = {
  'code.artefact_kind': blocked,
  'code.branch_missing': missing,
  'code.branch_moved': conflict,
  'code.branch_not_checked_out': blocked,
  'code.bundle_corrupt': blocked,
  'code.bundle_limit': blocked,
  'code.bundle_needs': blocked,
  'code.bundle_too_large': blocked,
  'code.commit_unknown': missing,
  'code.file_too_large': blocked,
  'code.large_file_pointer': blocked,
  'code.link_leads_out': blocked,
  'code.name_hidden': blocked,
  'code.name_reserved': blocked,
  'code.name_too_long': blocked,
  'code.name_twins': blocked,
  'code.not_based': blocked,
  'code.nothing_changed': blocked,
  'code.object_unreadable': failed,
  'code.repository_unreadable': failed,
  'code.submodule': blocked,
  'code.tree_dirty': blocked,
  'code.tree_too_large': blocked,
  'code.tree_too_many_files': blocked,
} as const
