// The compiler holds what each code carries: an error that is expected here and does not come is a fault of `tsc`.
import { expect, test } from 'vitest'
import { failureOf, refused, SekishoError } from './error.ts'
import { type ErrorCode } from './error-codes.ts'

test('a missing or misspelled value of a code does not compile', () => {
  const one: string = 'x'
  const made = [
    refused('backup.too_deep', { path: '/srv', limit: 9 }),
    // @ts-expect-error `limit` is missing.
    refused('backup.too_deep', { path: '/srv' }),
    // @ts-expect-error All values are missing.
    refused('backup.too_deep'),
    // @ts-expect-error `limits` is no value of this code.
    refused('backup.too_deep', { path: '/srv', limit: 9, limits: 9 }),
    // @ts-expect-error This code has no values.
    refused('backup.aborted', { path: '/srv' }),
    // @ts-expect-error An optional value is misspelled.
    new SekishoError('backup.target_missing', { path: '/srv', copy: 'nas', wihtin: 'daily' }),
    // @ts-expect-error `path` is missing.
    new SekishoError('file.immutable', {}, { cause: undefined }),
    // @ts-expect-error One of two codes needs `limit`.
    refused(one.length > 0 ? 'backup.too_deep' : 'backup.path_link', { path: '/srv' }),
    // @ts-expect-error A code known only while running is thrown on by failureOf.
    refused('backup.aborted' as ErrorCode, {}),
    refused('backup.aborted'),
    new SekishoError('backup.aborted', {}, { cause: 'x' }),
  ]
  expect(made.map(({ code }) => code)).toContain('backup.aborted')
})

test('a refusal of another part is thrown on with its values', () => {
  const refusal = { code: 'backup.too_deep' as ErrorCode, detail: { path: '/srv', limit: 9 } }
  const cause = new Error('first')
  const thrown = failureOf(refusal, { cause })
  expect([thrown.code, thrown.detail, thrown.cause]).toEqual([refusal.code, refusal.detail, cause])
  expect(thrown).toBeInstanceOf(SekishoError)
})
