import { expect, test } from 'vitest'
import { redacted } from './log.ts'

const canary = 'canary-7f31c9d2e5'

test.each([
  ['a field by name', { token: canary }],
  ['deep in a list', { people: [{ password: canary }] }],
  ['a password in a URL', { why: `cannot reach postgresql://sk_gate:${canary}@localhost/sekisho` }],
  ['a bearer header in a text', { why: `header was Bearer ${canary}` }],
  ['an error with a cause', { error: new Error('outer', { cause: new Error(`x://u:${canary}@h`) }) }],
])('%s is masked', (_name, fields) => {
  expect(JSON.stringify(redacted(fields))).not.toContain(canary)
})

test('what is no secret stays readable', () => {
  expect(redacted({ change: 'CHG-2026-0001', step: 3 })).toEqual({ change: 'CHG-2026-0001', step: 3 })
})
