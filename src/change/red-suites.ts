// Reads out of the facts of the check of tests why they are red.
import { isObject } from '../base/json.ts'
import { redSuiteLines } from '../words/red-suite.ts'
import type { Language } from '../words/words.ts'

type Facts = Readonly<Record<string, unknown>>

/** Lines for people; none where no suite is red, or an older release looked. */
export function whyTestsAreRed({ argv, red }: Facts, language: Language): readonly string[] {
  const suites = (Array.isArray(red) ? red : []).filter(isObject).map((one) => ({
    run: String(one['run']),
    ...(typeof one['exit'] === 'number' ? { exit: one['exit'] } : {}),
    ended: String(one['ended']),
    ...(typeof one['noReport'] === 'string' ? { noReport: one['noReport'] } : {}),
    lines: texts(one['lines']),
    cases: (Array.isArray(one['cases']) ? one['cases'] : [])
      .filter(isObject)
      .map(({ name, lines }) => ({ name: String(name), lines: texts(lines) })),
  }))
  return redSuiteLines(suites, texts(argv), language)
}

/** The facts of a check without what is told by `whyTestsAreRed`. */
export function otherFacts({ argv: _argv, red: _red, ...rest }: Facts): Facts {
  return rest
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}
