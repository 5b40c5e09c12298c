import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const KNOWN = ['status', 'record show', 'change approve', 'change list', 'do']

test.each([
  ['status', 'status'],
  ['stats', 'status'],
  ['satus', 'status'],
  ['recrod show', 'record show'],
  ['change aprove', 'change approve'],
  ['di', 'do'],
  ['completely else', undefined],
  ['', 'do'],
])('%j is nearest to %j', (typed, word) => {
  expect(nearest(typed, KNOWN)).toBe(word)
})
