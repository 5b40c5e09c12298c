// What systemd-timesyncd says of the clock.
import { expect, test } from 'vitest'
import { offsetOf } from './clock-facts.ts'

const shown = (offset: string) =>
  `       Server: 192.0.2.1 (ntp.example)\n      Version: 4\n       Offset: ${offset}\n        Delay: 12ms\n`

test('the offset of the time daemon, in each of its units', () => {
  expect(offsetOf(shown('+1.234ms'))).toBe(1.234)
  expect(offsetOf(shown('-875us'))).toBeCloseTo(0.875)
  expect(offsetOf(shown('+2.5s'))).toBe(2500)
  expect(offsetOf(shown('+1min 2.5s'))).toBe(62_500)
})

test('what stands in no such form is not known, and not 0', () => {
  expect(offsetOf('')).toBe(undefined)
  expect(offsetOf(shown('n/a'))).toBe(undefined)
  expect(offsetOf('NTPMessage={ Leap=0, Version=4, Mode=4, Stratum=2 }')).toBe(undefined)
})
