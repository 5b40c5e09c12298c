// A commit that no single request could carry: 60 MB that do not compress (200 MB in the campaign) come in piece by piece and are deployed, and nothing of the way in
// is left.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { IS_WHOLE } from '../crash/share.ts'
import { describeWith } from '../host/describe.ts'
import { type CodeStory, codeStory, redChecks } from './code-story.ts'
import { commitGreeting, ROOT, says, WORK } from './notes.ts'

/** One file may have 100 MiB. */
const FILES = IS_WHOLE ? [100_000_000, 100_000_000] : [60_000_000]
const LIMIT = { timeout: IS_WHOLE ? 1_200_000 : 180_000 }
const TOGETHER = FILES.reduce((sum, bytes) => sum + bytes, 0) / 1_000_000

describeWith('host', 'a large commit', () => {
  let story: CodeStory

  beforeAll(async () => {
    story = await codeStory({ deploy: 'releases' })
  })

  test(
    `${TOGETHER} MB are handed in, deployed byte for byte, and nothing of the bundle is kept`,
    LIMIT,
    async () => {
      const { host } = story.here
      for (const [i, bytes] of FILES.entries())
        await host.ok(['sh', '-c', `head -c ${bytes} /dev/urandom > ${WORK}/large-${i}.bin`])
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
      for (const i of FILES.keys())
        expect(await sum(`${ROOT}/current/large-${i}.bin`)).toBe(await sum(`${WORK}/large-${i}.bin`))
    },
  )
})
