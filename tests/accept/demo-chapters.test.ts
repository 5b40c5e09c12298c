// Chapters of the demo that stand alone, in the second language.
import { expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { playDemo } from './demo-play.ts'

describeWith('host', 'chapters of the demo', () => {
  test.each(['9', '11', '13'])(
    'chapter %s plays in Japanese',
    async (chapter) => {
      const { ok, seen } = await playDemo('--lang', 'ja', '--chapter', chapter)
      expect(ok).toBe(true)
      expect(Object.keys(seen).length).toBeGreaterThan(0)
    },
    360_000,
  )
})
