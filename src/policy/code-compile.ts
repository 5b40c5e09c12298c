// The code of a service with every default given.
import type { CodeRules, CommandRule, RepoRules, TestRule } from '../plans/code-rules.ts'
import type { CodeDocument, CommandDocument } from './code-document.ts'

const MINUTE = 60_000
const DEFAULTS = { dependencies: 10 * MINUTE, build: 10 * MINUTE, test: 15 * MINUTE, smoke: MINUTE } as const

/** Undefined where no repository is declared. */
export function compileCode(of: CodeDocument): CodeRules | undefined {
  const { repo, dependencies, build, test, smoke, rehearse } = of
  if (repo === undefined || test === undefined) return undefined
  return {
    repo: compileRepo(repo),
    ...(dependencies === undefined ? {} : { dependencies: command(dependencies, DEFAULTS.dependencies) }),
    ...(build === undefined ? {} : { build: command(build, DEFAULTS.build) }),
    test: compileTest(test),
    ...(smoke === undefined ? {} : { smoke: command(smoke, DEFAULTS.smoke) }),
    rehearse: {
      ...(rehearse?.health === undefined ? {} : { health: rehearse.health }),
      withinMs: rehearse?.within ?? 30 * MINUTE,
      realSecrets: (rehearse?.secrets ?? [])
        .filter(({ value }) => value === 'real')
        .map(({ id }) => id)
        .sort(),
    },
    oneConcern: repo.one_concern === 'block',
  }
}

function compileRepo(repo: NonNullable<CodeDocument['repo']>): RepoRules {
  const { path = '/', branch = 'main', deploy = 'releases', shared = [], keep = 5, push } = repo
  return {
    path,
    branch,
    deploy,
    shared: [...new Set(shared)].sort(),
    keep,
    ...(push?.url === undefined
      ? {}
      : {
          push: {
            url: push.url,
            ...(push.credential === undefined ? {} : { credential: push.credential }),
          },
        }),
  }
}

function command({ argv = [], within, network }: CommandDocument, withinMs: number): CommandRule {
  const registry = network?.registry
  return {
    argv,
    withinMs: within ?? withinMs,
    ...(registry === undefined ? {} : { registry: [...new Set(registry)].sort() }),
  }
}

function compileTest(test: NonNullable<CodeDocument['test']>): TestRule {
  const { results = {}, coverage = {} } = test
  const goJson = results['go-json']
  return {
    ...command(test, DEFAULTS.test),
    results:
      goJson === undefined
        ? { format: 'junit', files: results.junit ?? 'reports/*.xml' }
        : { format: 'go-json', files: goJson },
    ...coverageOf(coverage),
  }
}

function coverageOf({
  lcov,
  cobertura,
}: {
  readonly lcov?: string
  readonly cobertura?: string
}): Pick<TestRule, 'coverage'> {
  if (lcov !== undefined) return { coverage: { format: 'lcov', file: lcov } }
  return cobertura === undefined ? {} : { coverage: { format: 'cobertura', file: cobertura } }
}
