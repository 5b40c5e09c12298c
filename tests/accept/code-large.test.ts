// A commit that no single request could carry: 60 MB that do not compress come in piece by piece and are deployed, and nothing of the way in is left.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { type CodeStory, codeStory, redChecks } from './code-story.ts'
import { commitGreeting, ROOT, says, WORK } from './notes.ts'

const BYTES = 60_000_000

describeWith('host', 'a large commit', () => {
  let story: CodeStory

  beforeAll(async () => {
    story = await codeStory({ deploy: 'releases' })
  })

  test('60 MB are handed in, deployed byte for byte, and nothing of the bundle is kept', async () => {
    const { host } = story.here
    await host.ok(['sh', '-c', `head -c ${BYTES} /dev/urandom > ${WORK}/large.bin`])
    await story.commit('true')
    await commitGreeting(host, 'Welcome')
    const view = await story.propose()
    expect(redChecks(view)).toEqual([])
    const left = () => host.ok(['sh', '-c', 'ls -A /var/lib/sekisho/runner/bundles'])
    expect(await left()).toBe('')
    await story.approve(view.id)
    const now = await story.here.json<ChangeView>('ops1', ['change', 'show', view.id])
    expect(now.execution?.outcome).toBe('kept')
    expect(await says(host)).toBe('Welcome notes')
    const sum = async (path: string) => (await host.ok(['sha256sum', path])).split(' ')[0]
    expect(await sum(`${ROOT}/current/large.bin`)).toBe(await sum(`${WORK}/large.bin`))
  })
})
