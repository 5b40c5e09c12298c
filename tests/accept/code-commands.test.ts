// Test commands that hide their result or report nothing: each is named before anybody is asked.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
import { type CodeStory, codeStory, redChecks } from './code-story.ts'
import { commitGreeting, greeting, TEST_SCRIPT, WORK } from './notes.ts'

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

  test('a change that waits on a tree which another one moved is void at once; going back once more finds nothing before', async () => {
    const commit = await commitGreeting(story.here.host, 'Welcome')
    const first = await story.propose('Say welcome')
    expect(redChecks(first)).toEqual([])
    await story.reset()
    await commitGreeting(story.here.host, 'Good day')
    const second = await story.propose('Say good day')
    expect([second.state, redChecks(second)]).toEqual(['awaiting_approval', []])
    // The card names the commit and what it goes on.
    const card = await story.must('ops1', ['change', 'show', first.id])
    expect(card).toContain(
      `commit    ${commit.slice(0, 12)} (now main is at ${(await story.tip()).slice(0, 12)})`,
    )
    await story.approve(first.id)
    const now = await story.here.json<ChangeView>('ops1', ['change', 'show', second.id])
    expect([now.state, now.moved?.[0]?.by]).toEqual(['void', first.id])
    const { stdout: status } = await story.here.sekisho('ops1', ['status'], { together: true })
    expect(status).not.toContain(`sekisho change approve ${second.id}`)
    const waits = await story.must('claude', ['change', 'wait', second.id], 2)
    expect(waits).toContain(`by ${first.id}`)
    expect(waits).toContain('git rebase origin/main')
    // Back once; then nothing is before it.
    const back = ['do', 'code', '--service', 'notes', '--to', 'previous', '--instruction', 'back']
    await story.approve(await story.takeBack(back))
    const again = await story.here.sekisho('ops1', back, { together: true })
    expect([again.code, again.stdout]).toEqual([
      2,
      expect.stringContaining('There is nothing before the release of notes'),
    ])
    const record = await story.must('ops1', ['record', 'show', first.id, '--lang', 'ja'])
    expect(record).toContain('試したものがそのまま置かれている: 通過')
    expect(record).not.toMatch(/switch .* back|deployed:/)
  })
})
