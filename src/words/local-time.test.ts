import { expect, test } from 'vitest'
import { withLocalTimes } from './local-time.ts'

test('a moment in a sentence is shown in the zone of the screen, with the zone', () => {
  const text = 'it was good until 2026-11-25T14:14:02.000Z'
  expect(withLocalTimes(text, 'en', 'Asia/Tokyo')).toBe('it was good until 2026-11-25 23:14:02 JST')
  expect(withLocalTimes('期限 2026-11-25T14:14:02Z、', 'ja', 'Asia/Tokyo')).toBe(
    '期限 2026-11-25 23:14:02 JST、',
  )
  expect(withLocalTimes('20261125_141402Z', 'en', 'Asia/Tokyo')).toBe('20261125_141402Z')
})
