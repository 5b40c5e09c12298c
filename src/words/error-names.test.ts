// A sentence of a code reads the values of that code and no others: the compiler holds it.
import { expect, test } from 'vitest'
import { type ErrorWords, spoken } from './words.ts'

test('a sentence reads only values of its code', () => {
  const words = {
    // @ts-expect-error `limits` is no value of this code.
    'backup.too_deep': { ja: (d) => ({ what: d('path') }), en: (d) => ({ what: d('limits') }) },
  } satisfies ErrorWords
  expect(Object.keys(words)).toEqual(['backup.too_deep'])
})

test('a text names only values of its code, and each name becomes its value', () => {
  const right = {
    'backup.too_deep': {
      ja: { what: '深すぎます: {path}', why: '上限は {limit} 段です' },
      en: { what: 'too deep: {path}', next: ['cd {path}', 'pwd'] },
    },
  } as const
  const wrong = {
    'backup.too_deep': { ja: { what: '{path}' }, en: { what: '{path}', next: ['cd {paht}'] } },
  } as const
  // @ts-expect-error `paht` is no value of this code.
  expect(Object.keys(spoken(wrong))).toEqual(['backup.too_deep'])
  const { ja, en } = spoken(right)['backup.too_deep']
  // A value is never read as text with names in it.
  const values = (name: string) => (name === 'path' ? '/srv/{limit} $&' : '9')
  expect(ja(values)).toEqual({ what: '深すぎます: /srv/{limit} $&', why: '上限は 9 段です' })
  expect(en(values)).toEqual({ what: 'too deep: /srv/{limit} $&', next: ['cd /srv/{limit} $&', 'pwd'] })
})
