// What a stranger sees first: the demo plays on a test host of its own, and each thing that it claims to show was seen.

import { expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { playDemo } from './demo-play.ts'

describeWith('host', 'the demo', () => {
  test('N01 plays through in English; what it rehearses of code is played within a minute', async () => {
    const { ok, seen, said } = await playDemo('--lang', 'en')
    expect(ok).toBe(true)
    expect(Object.entries(seen).filter(([, was]) => !was)).toEqual([])
    expect(Object.keys(seen).length).toBeGreaterThanOrEqual(39)
    const [, deploy, back] =
      /rehearsed\s+deploy\s+([\d.–]+)\s+s,\s+way\s+back\s+([\d.–]+)\s+s/.exec(said) ?? []
    const seconds = `${deploy}–${back}`.split('–').map(Number)
    // Each is played three times.
    expect(Math.max(...seconds) * 6).toBeLessThan(60)
  }, 360_000)
})
