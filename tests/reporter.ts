// The last line of every run: `N passed, N failed, N skipped`. A skip is shown by name, because it is a failed promise:
// only what the platform's fixed list names may be skipped, anything else counts as failed. What belongs to a row of
// docs/acceptance.md is stored for `script/test --rows`.
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node'
import { commitHere } from './commit.ts'
import { NOT_RUN } from './host/platform.ts'
import { store, type TestResult } from './rows.ts'

export default class Closing implements Reporter {
  #asked: RegExp | undefined

  onInit(vitest: Vitest): void {
    this.#asked = vitest.config.testNamePattern
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    const skipped: string[] = []
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        // Not asked for by `-t` is not skipped: vitest knows one word for both.
        if (state === 'skipped' && this.#asked?.test(test.fullName.replaceAll(' > ', ' ')) === false) continue
        if (state === 'skipped') skipped.push(test.fullName)
        count[state === 'skipped' && !test.fullName.includes(NOT_RUN) ? 'failed' : state]++
      }
      if (module.errors().length > 0) count.failed++
    }
    count.failed += errors.length
    this.#keepRows(modules)
    for (const name of skipped) console.log(`skipped: ${name}`)
    if (count.failed > 0) process.exitCode = 1
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`)
  }

  #keepRows(modules: readonly TestModule[]): void {
    const [commit, at] = [commitHere(), new Date().toISOString()]
    for (const module of modules) {
      const tests = [...module.children.allTests()].flatMap((test): TestResult[] => {
        const { state } = test.result()
        const asked = this.#asked?.test(test.fullName.replaceAll(' > ', ' ')) !== false
        return state === 'pending' || !asked ? [] : [{ titles: titlesOf(test), state }]
      })
      // A file that did not load has no tests to tell: what was seen of it before does not hold any more.
      const isAll = this.#asked === undefined || module.errors().length > 0
      store(module.relativeModuleId, { commit, at, tests }, isAll)
    }
  }
}

function titlesOf(test: TestCase): readonly string[] {
  const titles = [test.name]
  for (let parent: TestSuite | TestModule = test.parent; parent.type === 'suite'; parent = parent.parent)
    titles.unshift(parent.name)
  return titles
}
