// What can be wrong with sekisho.yaml, as values: a code, a place in the file, and what the sentence needs. The sentences live in
// words/policy.ts, keyed by the same codes: a missing translation does not compile.

/** Sorted by subject. `refusal` stops an apply, `warning` is shown and lets it pass. */
export const POLICY_PROBLEMS = {
  'yaml.syntax': 'refusal',
  'yaml.indent': 'refusal',
  'yaml.tab': 'refusal',
  'yaml.quote': 'refusal',
  'yaml.duplicate_key': 'refusal',
  'yaml.alias': 'refusal',
  'yaml.tag': 'refusal',
  'yaml.many_documents': 'refusal',
  'yaml.too_large': 'refusal',
  'yaml.too_deep': 'refusal',
  'yaml.no_text': 'refusal',
  'key.unknown': 'refusal',
  'key.later': 'refusal',
  'key.missing': 'refusal',
  'value.empty': 'refusal',
  'value.kind': 'refusal',
  'value.choice': 'refusal',
  'value.later': 'refusal',
  'value.range': 'refusal',
  'value.too_long': 'refusal',
  'value.control': 'refusal',
  'value.name': 'refusal',
  'value.file_name': 'refusal',
  'value.table_name': 'refusal',
  'value.role_name': 'refusal',
  'value.call_name': 'refusal',
  'value.call_path': 'refusal',
  'value.path_below': 'refusal',
  'value.duration': 'refusal',
  'value.size': 'refusal',
  'value.unit': 'refusal',
  'value.url': 'refusal',
  'value.url_password': 'refusal',
  'value.mail': 'refusal',
  'value.host': 'refusal',
  'value.secret_digest': 'refusal',
  'value.zone': 'refusal',
  'value.day': 'refusal',
  'value.time': 'refusal',
  'value.date': 'refusal',
  'path.not_plain': 'refusal',
  'path.pattern': 'refusal',
  'path.own': 'refusal',
  'path.kernel': 'refusal',
  'path.not_a_unit': 'refusal',
  'health.good_of': 'refusal',
  'health.ca_without_tls': 'refusal',
  'config.twice': 'refusal',
  'config.unit_needed': 'refusal',
  'config.no_activation': 'refusal',
  'config.secret_fixed': 'refusal',
  'config.keep_person': 'refusal',
  'data.nested': 'refusal',
  'data.invariants_format': 'refusal',
  'backup.id': 'refusal',
  'backup.repository': 'refusal',
  'backup.nothing': 'refusal',
  'backup.inside_data': 'refusal',
  'backup.copy_twice': 'refusal',
  'backup.directory_here': 'refusal',
  'backup.credential_directory': 'refusal',
  'backup.credential_needed': 'refusal',
  'backup.no_directory': 'refusal',
  'repo.needed': 'refusal',
  'repo.branch': 'refusal',
  'repo.path_below': 'refusal',
  'repo.push_url': 'refusal',
  'repo.test_needed': 'refusal',
  'repo.unit_needed': 'refusal',
  'repo.health_needed': 'refusal',
  'repo.twice': 'refusal',
  'repo.inside_release': 'refusal',
  'repo.shared_in_place': 'refusal',
  'repo.shared_nested': 'refusal',
  'command.words': 'refusal',
  'command.program': 'refusal',
  'command.shell': 'refusal',
  'command.host': 'refusal',
  'test.one_result': 'refusal',
  'test.one_coverage': 'refusal',
  'rehearse.health': 'refusal',
  'rehearse.health_needed': 'refusal',
  'service.unknown': 'refusal',
  'service.unit_twice': 'refusal',
  'service.hosts': 'refusal',
  'actor.twice': 'refusal',
  'person.roles_needed': 'refusal',
  'person_key.private': 'refusal',
  'person_key.unreadable': 'refusal',
  'person_key.weak': 'refusal',
  'person_key.hardware': 'refusal',
  'person_key.twice': 'refusal',
  'agent.sponsor_needed': 'refusal',
  'agent.sponsor_unknown': 'refusal',
  'agent.sponsor_agent': 'refusal',
  'policy.window_empty': 'refusal',
  'policy.freeze_order': 'refusal',
  'policy.file_keys': 'refusal',
  'policy.self_rule': 'refusal',
  'policy.guard_rule': 'refusal',
  'approve.nobody': 'refusal',
  'approve.dead_end': 'refusal',
  'approve.no_owner': 'refusal',
  'check.name': 'refusal',
  'check.one_kind': 'refusal',
  'check.one_statement': 'refusal',
  'check.no_incident': 'refusal',
  'notify.channel_unknown': 'refusal',
  'notify.nobody': 'refusal',
  'notify.person_unknown': 'refusal',
  'notify.other_kind': 'refusal',
  'notify.open_password': 'refusal',
  'notify.open_url': 'refusal',
  'host.link_leaves': 'refusal',
  'host.not_regular': 'refusal',
  'host.too_large': 'refusal',
  'host.hard_links': 'refusal',
  'host.no_directory': 'refusal',
  'host.unreadable': 'refusal',
  'host.absent': 'warning',
  'host.private': 'warning',
  'host.backup_daily': 'warning',
  'host.health_redirects': 'refusal',
  'host.health_certificate': 'refusal',
  'host.health_status': 'warning',
  'host.health_silent': 'warning',
} as const satisfies Record<string, 'refusal' | 'warning'>

export type PolicyProblemCode = keyof typeof POLICY_PROBLEMS

/** From 1, as editors count. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface PolicyProblem extends Position {
  readonly code: PolicyProblemCode
  /** Where in the document: `services.mirai.configs[0].path`. */
  readonly path: string
  readonly detail: Readonly<Record<string, string | number | readonly string[]>>
}

export function isRefusal(problem: PolicyProblem): boolean {
  return POLICY_PROBLEMS[problem.code] === 'refusal'
}

/** By line, then column, then code: the order in which they are read. */
export function inFileOrder(problems: readonly PolicyProblem[]): readonly PolicyProblem[] {
  return [...problems].sort(
    (a, b) => a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  )
}
