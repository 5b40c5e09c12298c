// A refusal can always be written down: whatever it quotes, its values are well-formed text.
import { expect, test } from 'vitest'
import { failureOf, refused } from './error.ts'
import { canonical, JsonError, parseCanonical } from './json.ts'

test.each([
  ['half a pair', '\ud83d', '\ufffd'],
  ['a pair cut by a length', '😀'.repeat(3).slice(0, 3), '😀\ufffd'],
  ['text', '関所 😀', '関所 😀'],
])('%s', (_, text, expected) => {
  for (const { detail } of [
    refused('input.invalid', { field: 'x', why: text }),
    failureOf({ code: 'input.invalid', detail: { why: text, list: [text], number: 1 } }),
  ]) {
    expect(detail['why']).toBe(expected)
    expect(() =>
      canonical({ ...detail, list: [...((detail['list'] as string[] | undefined) ?? [])] }),
    ).not.toThrow()
  }
})

test('what JSON.parse quotes of a text that it cannot read is well-formed too', () => {
  for (const text of ['😀'.repeat(600), '{"a":😀}', '[😀'])
    try {
      parseCanonical(text)
      expect.unreachable(text)
    } catch (error) {
      expect(error).toBeInstanceOf(JsonError)
      expect((error as JsonError).message.isWellFormed()).toBe(true)
    }
})
