// The code of a service as `sekisho init` proposes it: lines of sekisho.yaml behind a #, each with the place that it was read at. Pure.
import type { InitWords } from '../words/init.ts'
import { visibleLine } from '../words/layout.ts'
import type { FoundCode } from './code-scan.ts'
import { quoted } from './quoted.ts'
import type { FoundCommand, FoundTest } from './test-scan.ts'

export function codeLines(code: FoundCode, words: InitWords): readonly string[] {
  const { path, branch, deploy, shared, push, health, dependencies, build, test, smoke } = code
  const line = (text: string, from: string) => `    # ${text}   # ${visibleLine(from)}`
  return [
    ...words.code.map((one) => `    # ${one}`),
    ...running(code, words).map((one) => `    # ${visibleLine(one)}`),
    '    # repo:',
    line(`  path: ${quoted(path.value)}`, path.from),
    line(`  branch: ${quoted(branch.value)}`, branch.from),
    line(`  deploy: ${deploy.value}`, words.startsIn[deploy.value](deploy.from)),
    ...(shared.length === 0
      ? []
      : [line(`  shared: [${shared.map(quoted).join(', ')}]`, `${path.value}/shared`)]),
    ...(push === undefined ? [] : [line(`  push: { url: ${quoted(push.value)} }`, words.push(push.from))]),
    ...(dependencies === undefined
      ? []
      : [line(`dependencies: { ${parts(dependencies).join(', ')} }`, dependencies.from)]),
    ...(build === undefined ? [] : [line(`build: { ${parts(build).join(', ')} }`, build.from)]),
    ...(test === undefined
      ? [`    # ${words.noTest}`, '    # test: { argv: [npm, test], results: { junit: report.xml } }']
      : [line(`test: { ${testParts(test).join(', ')} }`, test.from)]),
    ...(smoke === undefined ? [] : [line(`smoke: { ${parts(smoke).join(', ')} }`, smoke.from)]),
    ...(health === undefined ? [] : [line(`rehearse: { health: ${quoted(health.value)} }`, words.inRoom)]),
  ]
}

function running({ user, start, environment, deploy }: FoundCode, words: InitWords): readonly string[] {
  if (start === undefined) return []
  return [words.runs(start, user ?? 'root', environment.join(', '), deploy.from)]
}

const argv = (words: readonly string[]) => `argv: [${words.map(quoted).join(', ')}]`

function parts({ argv: words, registry }: FoundCommand): readonly string[] {
  return [
    argv(words),
    ...(registry === undefined ? [] : [`network: { registry: [${registry.map(quoted).join(', ')}] }`]),
  ]
}

function testParts(test: FoundTest): readonly string[] {
  const { results, coverage } = test
  return [
    ...parts(test),
    `results: { ${results.format}: ${quoted(results.file)} }`,
    ...(coverage === undefined ? [] : [`coverage: { ${coverage.format}: ${quoted(coverage.file)} }`]),
  ]
}
