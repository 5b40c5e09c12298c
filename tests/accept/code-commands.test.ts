// Test commands that hide their result or report nothing: each is named before anybody is asked.
import { beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
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

  test('what is being prepared of code is cancelled, and nothing of it is left; a proposed change is withdrawn instead', async () => {
    const { host } = story.here
    await host.put(`${WORK}/script/test`, 'while :; do sleep 1; done\n')
    await story.commit('true')
    const words = `do code --service notes --repository ${WORK} --instruction Say --by ops1 --impact x --risk y --notify not_needed`
    const proposing = story.here.sekisho('claude', words.split(' '), { together: true })
    const cancel = () =>
      story.here.sekisho('claude', ['change', 'cancel', '--service', 'notes'], { together: true })
    const said = await until('something to be under way', 60_000, async () => {
      const one = await cancel()
      return one.code === 0 ? one.stdout : undefined
    })
    expect(said).toContain('Cancelled.')
    const ended = await proposing
    expect(ended.code, ended.stdout).not.toBe(0)
    expect(await host.ok(['sh', '-c', 'ls -A /var/lib/sekisho/rooms'])).toBe('')
    const named = await story.here.sekisho('claude', ['change', 'cancel', 'CHG-2026-0001'], {
      together: true,
    })
    expect([named.code, named.stdout]).toEqual([
      64,
      expect.stringContaining('sekisho change withdraw CHG-2026-0001'),
    ])
    await story.reset()
  })
})
