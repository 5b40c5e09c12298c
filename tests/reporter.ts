// The last line of every run: `N passed, N failed, N skipped`. A skip is shown by name, because it is a failed promise:
// only what the platform's fixed list names may be skipped, anything else counts as failed. What belongs to a row of
// docs/acceptance.md is stored for `script/test --rows`.
import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node'
import { commitHere } from './commit.ts'
import { NOT_RUN } from './host/platform.ts'
import { store, type TestResult } from './rows.ts'

export default class Closing implements Reporter {
  #asked: RegExp | undefined
  #redFiles: string | undefined
  #commit = ''

  onInit(vitest: Vitest): void {
    this.#commit = commitHere()
    // Taken away, so that a run which a test starts does not write there.
    this.#redFiles = process.env['SEKISHO_RED_FILES']
    delete process.env['SEKISHO_RED_FILES']
    this.#asked = vitest.config.testNamePattern
  }

  /** A run that is ended before its end has said what was red, and has kept what it saw of the files that ended. */
  onTestModuleEnd(module: TestModule): void {
    this.#keepRows(module)
    for (const test of module.children.allTests('failed'))
      for (const { message } of test.result().errors ?? [])
        console.log(`red: ${module.relativeModuleId} > ${test.fullName}\n${message}`)
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
    // Also those that did not load.
    for (const module of modules) this.#keepRows(module)
    if (this.#redFiles !== undefined) writeFileSync(this.#redFiles, redFiles(modules))
    for (const name of skipped) console.log(`skipped: ${name}`)
    if (count.failed > 0) process.exitCode = 1
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`)
  }

  #keepRows(module: TestModule): void {
    const tests = [...module.children.allTests()].flatMap((test): TestResult[] => {
      const { state } = test.result()
      const asked = this.#asked?.test(test.fullName.replaceAll(' > ', ' ')) !== false
      return state === 'pending' || !asked ? [] : [{ titles: titlesOf(test), state }]
    })
    // A file that did not load has no tests to tell: what was seen of it before does not hold any more.
    const isAll = this.#asked === undefined || module.errors().length > 0
    store(module.relativeModuleId, { commit: this.#commit, at: new Date().toISOString(), tests }, isAll)
  }
}

/** A line for each file with a red test, `FILE PASSED FAILED SKIPPED`: script/test runs these once more, alone. */
function redFiles(modules: readonly TestModule[]): string {
  return modules
    .filter((module) => !module.ok())
    .map((module) => {
      const states = [...module.children.allTests()].map((test) => test.result().state)
      const named = (state: string) => states.filter((one) => one === state).length
      const failed = named('failed') + (module.errors().length > 0 ? 1 : 0)
      return `${module.relativeModuleId} ${named('passed')} ${failed} ${named('skipped') + named('pending')}\n`
    })
    .join('')
}

function titlesOf(test: TestCase): readonly string[] {
  const titles = [test.name]
  for (let parent: TestSuite | TestModule = test.parent; parent.type === 'suite'; parent = parent.parent)
    titles.unshift(parent.name)
  return titles
}
