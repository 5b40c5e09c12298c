// The compiled rules of the code of a service by the words of sekisho.yaml.
import type { CodeRules, CommandRule } from '../plans/code-rules.ts'
import type { WrittenMap } from './as-written-values.ts'
import { showDuration } from './values.ts'

/** Keys beside the others of the service. */
export function codeAsWritten({ repo, test, rehearse, oneConcern, ...steps }: CodeRules): WrittenMap {
  const { path, branch, deploy, shared, keep, push } = repo
  const { results, coverage, ...run } = test
  return {
    repo: {
      path,
      branch,
      deploy,
      shared,
      keep,
      push: push === undefined ? undefined : { url: push.url, credential: push.credential },
      one_concern: oneConcern ? 'block' : 'show',
    },
    ...Object.fromEntries(Object.entries(steps).map(([name, one]) => [name, command(one)])),
    test: {
      ...command(run),
      results: { [results.format]: results.files },
      coverage: coverage === undefined ? undefined : { [coverage.format]: coverage.file },
    },
    rehearse: {
      health: rehearse.health,
      within: showDuration(rehearse.withinMs),
      secrets: Object.fromEntries(rehearse.realSecrets.map((name) => [name, 'real'])),
    },
  }
}

function command({ argv, withinMs, registry }: CommandRule): WrittenMap {
  return {
    argv,
    within: showDuration(withinMs),
    network: registry === undefined ? undefined : { registry },
  }
}
