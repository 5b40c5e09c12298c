// Test commands that hide their result or report nothing: each is named before anybody is asked.
import { beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { type CodeStory, codeStory, redChecks } from './code-story.ts'
import { greeting, TEST_SCRIPT, WORK } from './notes.ts'

describeWith('host', 'test commands that do not do what they say', () => {
  let story: CodeStory

  beforeAll(async () => {
    story = await codeStory({
      deploy: 'releases',
      policy: (text) =>
        text
          .replace(/argv: \[node, --test.*\]/, 'argv: [sh, script/test]')
          .replace('within: 2m', 'within: 20s'),
    })
  })

  test.each([
    ['ends with success although a test fails', `${TEST_SCRIPT.trim()}\nexit 0`, /script\/test/],
    ['writes no report', 'true', /report/],
  ])('part of S19: a test command that %s blocks and says so', async (_, script, said) => {
    for (const [path, text] of [
      ['greeting.js', greeting('Broken')],
      ['script/test', `${script}\n`],
    ])
      await story.here.host.put(`${WORK}/${path}`, text ?? '')
    await story.commit('true')
    const view = await story.propose()
    const card = await story.must('ops1', ['change', 'show', view.id], 2)
    expect(redChecks(view), card).toContain('tests')
    await story.reset()
    expect(card).toMatch(said)
  })
})
