// What a look at a change of code found. Sentences stand in words/code-findings.ts, by code.

export interface Finding {
  readonly code: FindingCode
  /** Nobody goes on before it is mended or waived. */
  readonly blocks: boolean
  readonly path?: string
  readonly line?: number
  /** What the sentence names: a test, a number, a variable. */
  readonly text: string
}

/** Which of them block by themselves. */
export const FINDING_CODES = {
  'tests.no_report': true,
  'tests.report_unreadable': true,
  'tests.report_counts': true,
  'tests.report_in_tree': true,
  'tests.not_ended': true,
  'tests.none': true,
  'tests.failed': true,
  'tests.exit_zero_with_failures': true,
  'tests.exit_without_failure': true,
  'tests.fewer': true,
  'tests.lost': true,
  'tests.removed': false,
  'tests.newly_skipped': true,
  'tests.deployed_fails': true,
  'tests.deployed_fails_changed': false,
  'tests.unstable': true,
  'tests.proves_nothing': false,
  'tests.new_not_tried': false,
  'tests.meaning_changed': true,
  'tests.coverage_missing': true,
  'tests.coverage_unreadable': true,
  'tests.coverage_foreign': true,
  'tests.coverage_other_commit': true,
  'tests.coverage_dropped': true,
  'tests.coverage_dropped_slowly': true,
  'tests.lines_not_run': false,
  'tests.lines_not_measured': false,
  'impact.concerns': false,
  'impact.concerns_block': true,
  'impact.large': false,
  'impact.more': false,
  'impact.debugging': false,
  'impact.print': false,
  'impact.secret': true,
  'impact.not_read': true,
  'impact.file_not_read': false,
  'impact.environment_unset': false,
  'impact.dependency_without_lock': false,
} as const satisfies Readonly<Record<string, boolean>>
export type FindingCode = keyof typeof FINDING_CODES

export function finding(
  code: FindingCode,
  text: string,
  place: { readonly path?: string; readonly line?: number } = {},
): Finding {
  return { code, blocks: FINDING_CODES[code], text, ...place }
}

/** The first of them, and behind them how many more there are: of what was left out before, as its number says. */
export function firstFindings(all: readonly Finding[], most: number, leftOut = 0): readonly Finding[] {
  const counted = all.filter(({ code }) => code === 'impact.more')
  const rest = all.filter(({ code }) => code !== 'impact.more')
  const shown = rest.length <= most ? rest : rest.slice(0, most - 1)
  const left = counted.reduce((sum, { text }) => sum + Number(text), leftOut + rest.length - shown.length)
  return left === 0 ? shown : [...shown, finding('impact.more', String(left))]
}
