// A sentence of a code reads the values of that code and no others: the compiler holds it.
import { expect, test } from 'vitest'
import type { ErrorWords } from './words.ts'

test('a sentence reads only values of its code', () => {
  const words = {
    // @ts-expect-error `limits` is no value of this code.
    'backup.too_deep': { ja: (d) => ({ what: d('path') }), en: (d) => ({ what: d('limits') }) },
  } satisfies ErrorWords
  expect(Object.keys(words)).toEqual(['backup.too_deep'])
})
