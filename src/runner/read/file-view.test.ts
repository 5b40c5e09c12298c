import { expect, test } from 'vitest'
import { matches } from './file-view.ts'

test.each([
  ['*', 'a.conf', true],
  ['*', '.hidden', false],
  ['.*', '.hidden', true],
  ['*.conf', 'a.conf', true],
  ['*.conf', 'a.conf.bak', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['[!a-c]x', 'dx', true],
  ['a\\*', 'a*', true],
  ['a\\*', 'ab', false],
  ['[x', '[x', true],
  ['**a*b', 'zzazzb', true],
])('the pattern %s against %s', (pattern, name, expected) => {
  expect(matches(pattern, name)).toBe(expected)
})

test('a pattern full of stars ends quickly', () => {
  expect(matches(`${'*a'.repeat(100)}b`, 'a'.repeat(250))).toBe(false)
})
