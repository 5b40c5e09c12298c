// The compiled rules of the code of a service by the words of sekisho.yaml: people compare what they wrote with what is about to hold.
import type { CodeRules, CommandRule } from '../plans/code-rules.ts'

/** Keys beside the others of the service. */
export function codeAsWritten({ repo, test, rehearse, oneConcern, ...steps }: CodeRules) {
  const { results, coverage, ...run } = test
  return {
    repo: { ...repo, one_concern: oneConcern ? 'block' : 'show' },
    ...Object.fromEntries(Object.entries(steps).map(([name, one]) => [name, command(one)])),
    test: {
      ...command(run),
      results: { [results.format]: results.files },
      ...(coverage === undefined ? {} : { coverage: { [coverage.format]: coverage.file } }),
    },
    rehearse: {
      ...(rehearse.health === undefined ? {} : { health: rehearse.health }),
      within: span(rehearse.withinMs),
      secrets: Object.fromEntries(rehearse.realSecrets.map((name) => [name, 'real'])),
    },
  }
}

function command({ argv, withinMs, registry }: CommandRule) {
  return {
    argv,
    within: span(withinMs),
    ...(registry === undefined ? {} : { network: { registry } }),
  }
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** `15m`: the largest unit in which it is a whole number. */
function span(milliseconds: number): string {
  const [unit, size] = UNITS.find((one) => milliseconds % one[1] === 0) ?? (['ms', 1] as const)
  return `${milliseconds / size}${unit}`
}
