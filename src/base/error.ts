// The one table of codes. A code is API: dotted, stable, with its HTTP status, its exit code and whether trying again can help.
// The sentences for people live in words/errors.ts, keyed by the same codes: a missing translation does not compile.
import type { Detail, DetailOf, ErrorValues } from './error-values.ts'
import { wellFormed } from './well-formed.ts'

/** Exit codes of the command line (terminal §2). */
export const EXIT = {
  done: 0,
  failed: 1,
  blocked: 2,
  waiting: 3,
  usage: 64,
  bug: 70,
  later: 75,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

interface ErrorRow {
  readonly http: number
  readonly exit: ExitCode
  /** Can the same call succeed later without anybody changing anything? */
  readonly retry: boolean
}

const bad = { http: 400, exit: EXIT.usage, retry: false } as const
const blocked = { http: 403, exit: EXIT.blocked, retry: false } as const
const conflict = { http: 409, exit: EXIT.blocked, retry: false } as const
const missing = { http: 404, exit: EXIT.failed, retry: false } as const
const failed = { http: 500, exit: EXIT.failed, retry: false } as const
const later = { http: 503, exit: EXIT.later, retry: true } as const

/** Sorted by room. Add the sentence in words/errors.ts with the code. */
export const ERRORS = {
  'actor.unknown': { http: 401, exit: EXIT.blocked, retry: false },
  'agent.never_administers': blocked,
  'agent.never_approves': blocked,
  'agent.paused': blocked,
  'approval.author_unsigned': blocked,
  'approval.alone_later': { http: 409, exit: EXIT.waiting, retry: false },
  'approval.key_class': blocked,
  'approval.lineage_wrong': blocked,
  'approval.not_enough': { http: 409, exit: EXIT.waiting, retry: false },
  'approval.not_typed': blocked,
  'approval.own_change': blocked,
  'approval.own_waiver': blocked,
  'approval.role_missing': blocked,
  'approval.shared_file_key': blocked,
  'approval.unknown_author': blocked,
  'backup.broke': failed,
  'backup.busy': later,
  'backup.content_not_read': failed,
  'backup.reader_failed': failed,
  'backup.cut_off': failed,
  'backup.not_declared': blocked,
  'backup.not_signed': blocked,
  'backup.drill_failed': failed,
  'backup.drill_query': failed,
  'backup.nothing_sound': conflict,
  'backup.target_missing': failed,
  'backup.target_not_directory': blocked,
  'backup.too_often': later,
  'backup.unknown': missing,
  'backup.aborted': later,
  'backup.attributes_failed': failed,
  'backup.changed_while_read': later,
  'backup.exchange_busy': blocked,
  'backup.exchange_moved': conflict,
  'backup.exchange_not_empty': blocked,
  'backup.exchange_other_volume': blocked,
  'backup.exchange_taken': conflict,
  'backup.exchange_unavailable': failed,
  'backup.inside_source': blocked,
  'backup.links_outside': blocked,
  'backup.no_inodes': later,
  'backup.no_space': later,
  'backup.no_staging_place': blocked,
  'backup.not_copied': failed,
  'backup.path_link': blocked,
  'backup.credential_missing': blocked,
  'backup.prune_elsewhere': blocked,
  'backup.repository_failed': failed,
  'backup.repository_foreign': blocked,
  'backup.repository_form': blocked,
  'backup.repository_incomplete': failed,
  'backup.repository_locked': later,
  'backup.repository_missing': failed,
  'backup.repository_not_trusted': blocked,
  'backup.repository_password': blocked,
  'backup.repository_refused': blocked,
  'backup.repository_unreachable': later,
  'backup.restic_missing': failed,
  'backup.target_undeclared': blocked,
  'backup.restore_refused': blocked,
  'backup.snapshot_damaged': failed,
  'backup.snapshot_exists': conflict,
  'backup.snapshot_missing': missing,
  'backup.source_missing': failed,
  'backup.sqlite_failed': failed,
  'backup.sync_failed': failed,
  'backup.too_deep': blocked,
  'backup.under_way': later,
  'backup.db_client_old': conflict,
  'backup.db_dump_damaged': failed,
  'backup.db_dump_failed': failed,
  'backup.db_dump_refused': blocked,
  'backup.db_load_failed': failed,
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
  'change.diff_missing': missing,
  'change.nothing_to_restore': conflict,
  'change.too_many': { http: 429, exit: EXIT.later, retry: true },
  'change.unknown': missing,
  'check.not_waivable': blocked,
  'config.exists': conflict,
  'config.invalid': bad,
  'config.missing': missing,
  'config.needs_owner': blocked,
  'config.not_edited': conflict,
  'engine.environment': failed,
  'engine.fault': failed,
  'engine.slot_taken': conflict,
  'execution.not_paused': conflict,
  'execution.unknown': conflict,
  'execution.lost': conflict,
  'gate.already_up': later,
  'config.untrusted': blocked,
  'gate.not_trusted': blocked,
  'gate.not_up': failed,
  'gate.part_ends': failed,
  'gate.port_busy': later,
  'host.change_open': blocked,
  'host.damaged': blocked,
  'host.package_differs': blocked,
  'host.needs_root': blocked,
  'host.installed': conflict,
  'host.no_systemd': failed,
  'host.node_differs': blocked,
  'http.host_refused': blocked,
  'http.origin_refused': blocked,
  'http.no_route': missing,
  'http.not_json': { http: 415, exit: EXIT.usage, retry: false },
  'http.too_often': { http: 429, exit: EXIT.later, retry: true },
  'idempotency.other_body': conflict,
  'idempotency.under_way': later,
  'gate.unreachable': later,
  'guard.config': bad,
  'guard.input': bad,
  'guard.list_unreadable': conflict,
  'guard.no_such_account': missing,
  'guard.not_paused': conflict,
  'guard.policy_unreadable': blocked,
  'guard.program_not_ours': blocked,
  'guard.settings_unreadable': conflict,
  'input.invalid': bad,
  'input.unknown_field': bad,
  'input.too_large': { http: 413, exit: EXIT.usage, retry: false },
  'file.changed': conflict,
  'file.copy_damaged': failed,
  'file.hard_links': blocked,
  'file.immutable': blocked,
  'file.mounted': blocked,
  'file.no_place_for_copies': blocked,
  'file.not_declared': blocked,
  'file.unreadable': failed,
  'file.not_regular': blocked,
  'cli.gate_differs': blocked,
  'cli.missing_option': bad,
  'cli.no_such_command': bad,
  'cli.no_such_option': bad,
  'cli.no_directory': bad,
  'cli.option_value': bad,
  'cli.put_dashes': bad,
  'cli.not_logged_in': { http: 401, exit: EXIT.failed, retry: false },
  'cli.pattern_not_yet': bad,
  'cli.sealed_older': blocked,
  'cli.statement_differs': blocked,
  'cli.usage': bad,
  'cli.verb_not_yet': bad,
  'change.wrong_state': conflict,
  'file.link_leaves': blocked,
  'file.too_large': blocked,
  'file.no_space': later,
  'file.no_permission': failed,
  'instruction.unknown_person': bad,
  'judge.action_outside': blocked,
  'judge.baseline_moved': blocked,
  'judge.digest_wrong': blocked,
  'judge.envelope_differs': blocked,
  'judge.envelope_expired': blocked,
  'judge.envelope_malformed': bad,
  'judge.evidence_missing': blocked,
  'judge.evidence_red': blocked,
  'judge.evidence_stale': blocked,
  'judge.evidence_unknown': blocked,
  'judge.fence_high': conflict,
  'judge.fence_low': conflict,
  'judge.fences_wrong': blocked,
  'judge.frozen': blocked,
  'judge.host_other': blocked,
  // Returned no more, but in journals of earlier releases.
  'judge.look_missing': blocked,
  'judge.not_down': blocked,
  'judge.outside_window': blocked,
  'judge.plan_malformed': bad,
  'judge.policy_moved': blocked,
  'judge.pre_fails': blocked,
  'judge.secret_missing': blocked,
  'judge.standing_covers_not': blocked,
  'judge.standing_limit': later,
  'judge.standing_procedure_moved': blocked,
  'judge.statement_revoked': blocked,
  'judge.trial_moved': blocked,
  // Returned no more, but in journals of earlier releases.
  'judge.undo_incomplete': blocked,
  'judge.waiver_wrong': blocked,
  'ledger.blob_altered': failed,
  'ledger.blob_missing': missing,
  'ledger.checkpoint_forks': conflict,
  'ledger.checkpoint_invalid': bad,
  'ledger.checkpoint_old': conflict,
  'ledger.checkpoint_shrinks': conflict,
  'ledger.damaged': failed,
  'ledger.entry_invalid': bad,
  'ledger.no_checkpoint': conflict,
  'ledger.origin_other': later,
  'login.challenge_unknown': { http: 401, exit: EXIT.blocked, retry: false },
  'login.key_refused': { http: 401, exit: EXIT.blocked, retry: false },
  'may.not_yours': blocked,
  'may.role_missing': blocked,
  'key.cannot_sign': failed,
  'key.missing': { http: 400, exit: EXIT.usage, retry: false },
  'key.none_enrolled': failed,
  'plan.already_so': conflict,
  'plan.data_api_only': blocked,
  'plan.no_unit': bad,
  'plan.not_dotenv': bad,
  'plan.not_read': failed,
  'plan.looks_secret': blocked,
  'plan.nothing_to_do': bad,
  'plan.path_not_declared': blocked,
  'plan.path_twice': bad,
  'plan.secret_by_key_only': blocked,
  'plan.unit_already': conflict,
  'plan.unit_not_loaded': conflict,
  'plan.unit_not_running': conflict,
  'plan.value_not_writable': bad,
  'policy.not_applied': later,
  'policy.unreadable': failed,
  'process.failed': failed,
  'process.timeout': later,
  'process.missing': failed,
  'rollback.env_by_hand': conflict,
  'run.outside_window': { http: 409, exit: EXIT.waiting, retry: false },
  'run.target_held': later,
  'restore.busy': later,
  'restore.cancelled': conflict,
  'restore.evidence_gone': missing,
  'restore.foreign': conflict,
  'restore.item_unknown': missing,
  'restore.no_good_backup': conflict,
  'restore.not_read_yet': conflict,
  'restore.loss_grew': conflict,
  'restore.none_under_way': missing,
  'restore.not_cleared': failed,
  'restore.not_file': bad,
  'restore.not_ready': later,
  'restore.parent_missing': missing,
  'restore.secret_missing': conflict,
  'restore.evidence_busy': conflict,
  'restore.stage_damaged': conflict,
  'restore.stage_gone': missing,
  'restore.taken_back': conflict,
  'restore.too_many': later,
  'runner.chunk_wrong': bad,
  'runner.clock_unsound': blocked,
  'runner.execution_closed': conflict,
  'runner.execution_unknown': missing,
  'runner.fence_sound': conflict,
  'runner.frame_wrong': bad,
  'runner.journal_damaged': blocked,
  'runner.journal_held': later,
  'runner.ledger_refused': later,
  'runner.low_space': later,
  'runner.not_available': failed,
  'runner.not_waiting': conflict,
  'runner.object_missing': missing,
  'runner.other_order': conflict,
  'runner.outside_inventory': blocked,
  'runner.policy_unreadable': failed,
  'runner.protocol': failed,
  'runner.quota': later,
  'runner.rate': later,
  'runner.refused': blocked,
  'runner.second': conflict,
  'runner.secret_readable': blocked,
  'runner.signed_head_ahead': conflict,
  'runner.signed_head_differs': conflict,
  'runner.target_held': conflict,
  'runner.timeout': later,
  'runner.unreachable': later,
  'runner.untrusted_path': blocked,
  'service.unknown': missing,
  'standing.unknown': missing,
  'seal.checks_open': conflict,
  'seal.explanation_missing': conflict,
  'seal.not_planned': conflict,
  'seal.notification_undecided': conflict,
  'statement.altered': blocked,
  'statement.expired': blocked,
  'statement.foreign_key': blocked,
  'statement.from_the_future': blocked,
  'statement.key_revoked': blocked,
  'statement.lives_too_long': blocked,
  'statement.malformed': { http: 400, exit: EXIT.blocked, retry: false },
  'statement.nonce_used': blocked,
  'statement.not_asked': blocked,
  'statement.other_change': blocked,
  'statement.other_envelope': blocked,
  'statement.other_author': blocked,
  'statement.other_plan': blocked,
  'statement.request_expired': blocked,
  'statement.role_not_held': blocked,
  'statement.shown_wrong': blocked,
  'statement.signature_wrong': blocked,
  'statement.unknown_person': blocked,
  'statement.wrong_type': blocked,
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
  'timer.never': blocked,
  'token.missing': { http: 401, exit: EXIT.blocked, retry: false },
  'token.not_valid': { http: 401, exit: EXIT.blocked, retry: false },
  'token.other_person': blocked,
} as const satisfies Record<keyof ErrorValues, ErrorRow>

export type ErrorCode = keyof typeof ERRORS
export { bad, blocked, conflict, failed, later, missing }

type AndDetail<Code extends ErrorCode> =
  Record<string, never> extends DetailOf<Code> ? [detail?: DetailOf<Code>] : [detail: DetailOf<Code>]

interface Options {
  readonly cause?: unknown
}

/** A failure: not found, conflict, unreadable input, a machine that did not answer. Never what the product exists to say. */
export interface SekishoError extends Error {
  readonly code: ErrorCode
  readonly detail: Detail
  readonly exit: ExitCode
  readonly http: number
}

interface SekishoErrorClass {
  readonly prototype: SekishoError
  new <const Code extends ErrorCode>(
    code: Code,
    ...values: AndDetail<Code> | [detail: DetailOf<Code>, options?: Options | undefined]
  ): SekishoError
}

export const SekishoError: SekishoErrorClass = class extends Error {
  override name = 'SekishoError'
  readonly code: ErrorCode
  readonly detail: Detail
  constructor(code: ErrorCode, detail: Detail = {}, options?: Options) {
    super(`${code} ${JSON.stringify(detail)}`, options)
    this.code = code
    this.detail = wellFormed(detail)
  }
  get exit(): ExitCode {
    return ERRORS[this.code].exit
  }
  get http(): number {
    return ERRORS[this.code].http
  }
}

/** Throws on, under its own code, what another part refused: the values are those that it was given there. */
export function failureOf(
  { code, detail }: Pick<Refused, 'code' | 'detail'>,
  options?: Options,
): SekishoError {
  // Only while running is it known which code it is: its values were checked where it was refused.
  const Open = SekishoError as unknown as new (
    code: ErrorCode,
    detail: Detail,
    options?: Options,
  ) => SekishoError
  return new Open(code, detail, options)
}

/** An answer: refused, with the rule's code and its values. */
export interface Refused {
  readonly ok: false
  readonly code: ErrorCode
  readonly detail: Detail
}
export type Answer<T> = ({ readonly ok: true } & T) | Refused

export function refused<const Code extends ErrorCode>(code: Code, ...values: AndDetail<Code>): Refused
export function refused(code: ErrorCode, detail: Detail = {}): Refused {
  return { ok: false, code, detail: wellFormed(detail) }
}
