// What a validation found: a code with its place and the validator's own words, capped and without control characters.
import type { OverBudget } from '../../sandbox/budget.ts'
import { plainText } from '../../sandbox/sandbox.ts'

export interface Problem {
  readonly code: ProblemCode
  /** `red` stops the change; a `note` is a fact for the card. */
  readonly level: 'red' | 'note'
  readonly path?: string
  readonly line?: number
  readonly text: string
}

/** Sentences for them stand in words/validation.ts. */
export const PROBLEM_CODES = [
  'nginx.syntax',
  'nginx.failed',
  'nginx.warning',
  'nginx.include_missing',
  'nginx.include_unreadable',
  'nginx.include_leaves',
  'nginx.include_private',
  'nginx.too_many_files',
  'nginx.loads_code',
  'nginx.not_effective',
  'nginx.key_mismatch',
  'nginx.key_not_compared',
  'nginx.name_hidden',
  'nginx.name_not_looked',
  'nginx.address_not_here',
  'nginx.not_listening',
  'nginx.reload_refused',
  'nginx.name_not_resolved',
  'unit.line',
  'unit.failed',
  'unit.warning',
  'unit.user_missing',
  'unit.group_missing',
  'unit.environment_file_missing',
  'unit.environment_file_not_looked',
  'unit.key_unknown',
  'unit.not_effective',
  'program.failed',
  'program.warning',
  'program.not_effective',
  'crontab.owner',
  'crontab.file_name',
  'crontab.last_line',
  'crontab.fields',
  'crontab.time',
  'crontab.nickname',
  'crontab.user',
  'sandbox.unavailable',
  'sandbox.failed',
  'trial.over_budget',
  'validation.more',
] as const
export type ProblemCode = (typeof PROBLEM_CODES)[number]

export type Verdict = 'green' | 'red' | 'not_tried'

const MAX_TEXT = 600
const MAX_PROBLEMS = 50

export function problem(
  code: ProblemCode,
  level: 'red' | 'note',
  text: string,
  place: { readonly path?: string; readonly line?: number } = {},
): Problem {
  const plain = plainText(text).trim()
  return {
    code,
    level,
    ...(place.path === undefined ? {} : { path: plainText(place.path) }),
    ...(place.line === undefined || place.line === 0 ? {} : { line: place.line }),
    text: plain.length > MAX_TEXT ? `${plain.slice(0, MAX_TEXT)}…` : plain,
  }
}

export function capped(problems: readonly Problem[]): readonly Problem[] {
  const reds = problems.filter(({ level }) => level === 'red')
  const all = [...reds, ...problems.filter(({ level }) => level === 'note')]
  if (all.length <= MAX_PROBLEMS) return all
  const shown = all.slice(0, MAX_PROBLEMS - 1)
  const left = all.length - shown.length
  return [
    ...shown,
    { code: 'validation.more', level: reds.length > shown.length ? 'red' : 'note', text: String(left) },
  ]
}

/** The refusal of a trial that takes too much. `text` is put into words by words/validation.ts. */
export function overBudget({ what, limit, path }: OverBudget): Problem {
  return problem('trial.over_budget', 'red', `${what} ${limit}`, path === undefined ? {} : { path })
}
