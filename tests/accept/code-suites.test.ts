// Suites that lie, each beside a sound one, on real parts: what was planted is named before anybody is asked.
import { afterEach, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { type CodeStory, codeStory } from './code-story.ts'
import { greeting, greetingTest, TEST_SCRIPT, WORK } from './notes.ts'

/** A test of a number that the change adds. `body` runs first. */
const added = (body: string, expression: string) =>
  `import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import * as all from '../greeting.js'
test('the new one', () => {
  ${body}
  assert.ok(${expression})
})
void [existsSync, writeFileSync, all]
`

describeWith('host', 'suites that are planted with a fault', () => {
  let story: CodeStory
  const propose = async (files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) await story.here.host.put(`${WORK}/${path}`, text)
    await story.commit("echo 'export const two = 2' >> greeting.js")
    const view = await story.propose('add')
    const { stdout: card } = await story.here.sekisho('ops1', ['change', 'show', view.id], { together: true })
    return { id: view.id, tests: view.checks.find(({ check }) => check === 'tests')?.verdict, card }
  }

  beforeAll(async () => {
    story = await codeStory({
      deploy: 'releases',
      policy: (text) =>
        text
          .replace(/argv: \[node, --test.*\]/, 'argv: [sh, script/test]')
          .replace('within: 2m', 'within: 30s'),
    })
  })
  afterEach(async () => {
    await story.reset()
  })

  test('part of N23: a new test that fails without the change is sound; one that is green before proves nothing, and that is said', async () => {
    const sound = await propose({ 'test/two.test.js': added('', 'all.two === 2') })
    expect(sound.tests, sound.card).toBe('green')
    expect(sound.card).not.toContain('proves nothing')
    await story.reset()
    const idle = await propose({ 'test/two.test.js': added('', '1 + 1 === 2') })
    expect(idle.tests, idle.card).toBe('green')
    expect(idle.card).toContain('proves nothing')
  })

  test('part of S19: a test that passes only once blocks', async () => {
    const once = added("const seen = existsSync('seen'); writeFileSync('seen', '')", '!seen && all.two === 2')
    const found = await propose({ 'test/two.test.js': once })
    expect(found.tests, found.card).toBe('red')
    expect(found.card).toContain('ends otherwise when it runs again')
  })

  test('part of S19: a second run that ends before its report is not read from the report of the first', async () => {
    const once = `if [ -e seen ]; then echo said at the end; exit 1; fi\ntouch seen\n${TEST_SCRIPT}`
    const found = await propose({ 'script/test': once })
    expect(found.tests, found.card).toBe('red')
    expect(found.card).toContain('There is no report of the tests (the second run of the new suite)')
    expect(found.card.replace(/\s+/g, ' ')).toContain(
      'sh script/test (the second run of the new suite): it ended with exit code 1; it wrote no report report.xml; it printed last said at the end',
    )
  })

  test('why a test is red is shown to people and agents, on the card and in the evidence, in both languages', async () => {
    const found = await propose({ 'greeting.js': greeting('Broken') })
    expect(found.tests, found.card).toBe('red')
    const views = [
      ['ops1', 'show', 'en', '(the new suite): it ended with exit code 1'],
      ['claude', 'show', 'ja', '（新しい試験）: 終了コード 1 で終わりました'],
      ['claude', 'evidence', 'en', '(the new suite): it ended with exit code 1'],
      ['ops1', 'evidence', 'ja', '（新しい試験）: 終了コード 1 で終わりました'],
    ] as const
    for (const [who, verb, language, end] of views) {
      const { stdout } = await story.here.sekisho(who, ['change', verb, found.id], {
        language,
        together: true,
      })
      const plain = (text: string) => text.replace(/\s+/g, '')
      for (const said of [end, 'it greets by name', "+ 'Broken a'", "- 'Hello a'"])
        expect(plain(stdout), stdout).toContain(plain(said))
      expect(stdout).not.toContain('node:internal')
    }
  })

  test('part of S19: a report that lies in the commit blocks', async () => {
    const forged =
      '<testsuites><testsuite tests="1"><testcase name="all is well"/></testsuite></testsuites>\n'
    const found = await propose({ 'report.xml': forged })
    expect(found.tests, found.card).toBe('red')
    expect(found.card).toContain('holds a report of tests')
  })

  test('part of S19: a test script that hides a failure blocks, where the same change with the script as it was is only its failure', async () => {
    const broken = { 'greeting.js': greeting('Broken') }
    const hidden = await propose({ ...broken, 'script/test': `${TEST_SCRIPT.trim()} || true\n` })
    expect(hidden.tests, hidden.card).toBe('red')
    expect(hidden.card).toContain('script/test')
    await story.reset()
    const sound = await propose({
      'greeting.js': greeting('Well'),
      'test/greeting.test.js': greetingTest('Well'),
    })
    expect(sound.tests, sound.card).toBe('green')
  })

  test('part of S19: a report that a test forges blocks', async () => {
    const forger = `import { renameSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
test('it greets by name', () => {
  writeFileSync('forged', '<testsuites><testsuite tests="1"><testcase name="it greets by name"/></testsuite></testsuites>')
  renameSync('forged', 'report.xml')
})
`
    const forged = await propose({ 'greeting.js': greeting('Broken'), 'test/zz.test.js': forger })
    expect(forged.tests, forged.card).toBe('red')
  })
})
