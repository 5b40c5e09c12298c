// What a stranger sees first: the demo plays on a test host of its own, and each thing that it claims to show was seen.

import { expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { playDemo } from './demo-play.ts'

describeWith('host', 'the demo', () => {
  test('plays through in English', async () => {
    const { ok, seen } = await playDemo('--lang', 'en')
    expect(ok).toBe(true)
    expect(Object.entries(seen).filter(([, was]) => !was)).toEqual([])
    expect(Object.keys(seen).length).toBeGreaterThanOrEqual(39)
  }, 360_000)
})
