// Of suites that block: how each such run ended, what it printed last, and what its report says of the cases that failed.
import type { ComparedSuites, SuiteRun } from './compare-tests.ts'
import type { Finding } from './finding.ts'

export const SUITE_NAMES = ['before', 'after', 'again', 'crossed'] as const
export type SuiteName = (typeof SUITE_NAMES)[number]

export interface RedRun {
  readonly run: SuiteName
  /** Absent where the command did not end by itself. */
  readonly exit?: number
  readonly ended: string
  /** The declared report, where the command wrote none. */
  readonly noReport?: string
  /** What the command printed last, where its report does not say what failed. */
  readonly lines: readonly string[]
  readonly cases: readonly RedCase[]
}
export interface RedCase {
  readonly name: string
  readonly lines: readonly string[]
}

const CASES_MAX = 10

/** `clean` takes out of a line what nobody may see. A run of which no finding speaks is not told, and a case is told once. */
export function redRuns(
  suites: ComparedSuites,
  findings: readonly Finding[],
  report: string,
  clean: (line: string) => string,
): readonly RedRun[] {
  const blocking = findings.filter(({ blocks, code }) => blocks && code.startsWith('tests.'))
  const told = new Set<string>()
  return SUITE_NAMES.flatMap((name) => {
    const run = suites[name]
    if (run === undefined) return []
    const isOf = (one: string) =>
      blocking.some(({ text }) => text === one || text === `${name}: ${one}`) && !told.has(one)
    const cases = failedCases(run)
      .filter((one) => isOf(one.name))
      .slice(0, CASES_MAX)
    for (const one of cases) told.add(one.name)
    const isNamed = blocking.some(({ text }) => text === name || text.startsWith(`${name}: `))
    if (cases.length === 0 && !isNamed) return []
    const isMissing = !run.results.ok && run.results.fault === 'missing'
    return [
      {
        run: name,
        ...(run.exit === undefined ? {} : { exit: run.exit }),
        ended: run.ended,
        ...(isMissing ? { noReport: report } : {}),
        lines: cases.length > 0 ? [] : (run.last ?? []).map(clean),
        cases: cases.map((one) => ({ name: clean(one.name), lines: one.says.map(clean) })),
      },
    ]
  })
}

function failedCases({ results }: SuiteRun) {
  if (!results.ok) return []
  return results.cases.flatMap(({ name, state, says }) =>
    state === 'failed' && says !== undefined ? [{ name, says }] : [],
  )
}
