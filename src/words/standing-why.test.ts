import { expect, test } from 'vitest'
import { standingWhy } from './standing-why.ts'

test('a reason of the gate is a sentence in both languages, and one of a person stays as it was written', () => {
  for (const why of ['red_proof', 'stuck', 'void', 'replaced', 'revoked'])
    for (const language of ['ja', 'en'] as const) expect(standingWhy(why, language)).toMatch(/ |[ぁ-ん]/)
  expect(standingWhy('left the team', 'ja')).toBe('left the team')
})
