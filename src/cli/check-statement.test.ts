// A lying gate hands out another text than was asked for: every type in place of every other, and each field on its own.
import { describe, expect, test } from 'vitest'
import { NOW, STATEMENTS } from '../../tests/vectors/seal/sample.ts'
import { SekishoError } from '../base/error.ts'
import { type Statement, statementText } from '../seal/statement.ts'
import { checkStatement, type Expected } from './check-statement.ts'

const now = Date.parse(NOW)
const text = (name: string) => statementText(STATEMENTS[name] as Statement)
const expected = (name: string, over: Partial<Expected> = {}): Expected => {
  const {
    v: _v,
    role: _role,
    nonce: _nonce,
    at: _at,
    expires: _expires,
    ...rest
  } = STATEMENTS[name] as Statement
  const { type, approver, ...fields } = rest
  return { type, approver, fields: fields as Expected['fields'], ...over }
}
const refusedField = (name: string, wanted: Expected): string | undefined => {
  try {
    checkStatement(text(name), wanted, now)
    return undefined
  } catch (error) {
    if (!(error instanceof SekishoError)) throw error
    expect(error.code).toBe('cli.statement_differs')
    return String(error.detail['field'])
  }
}
const NAMES = Object.keys(STATEMENTS).filter((name) => name !== 'approveTyped')

describe('what is signed is what was typed', () => {
  test.each(NAMES)('%s: its own text is signed, every other type is not', (name) => {
    expect(refusedField(name, expected(name))).toBeUndefined()
    for (const other of NAMES)
      if (other !== name) expect(refusedField(other, expected(name)), other).toBeDefined()
  })
  test.each(NAMES)('%s: each field that differs is named', (name) => {
    for (const [field, value] of Object.entries(expected(name).fields)) {
      const other = typeof value === 'number' ? value + 1 : `${value}x`
      expect(
        refusedField(name, expected(name, { fields: { ...expected(name).fields, [field]: other } })),
        field,
      ).toBe(field)
    }
    expect(refusedField(name, expected(name, { approver: 'somebody' }))).toBe('approver')
  })
  test('a target that was typed must stand in the text, and one that was not must not', () => {
    expect(
      refusedField(
        'approveTyped',
        expected('approve', { fields: { ...expected('approve').fields, typed: undefined } }),
      ),
    ).toBe('typed')
    expect(refusedField('approve', expected('approveTyped'))).toBe('typed')
  })
  test('keep and continue are of an execution of this very change', () => {
    expect(
      refusedField('keep', { type: 'keep', approver: 'taro', executionOf: 'CHG-2026-0001', fields: {} }),
    ).toBeUndefined()
    expect(
      refusedField('keep', { type: 'keep', approver: 'taro', executionOf: 'CHG-2026-0002', fields: {} }),
    ).toBe('execution')
    expect(
      refusedField('keep', { type: 'keep', approver: 'taro', executionOf: 'CHG-2026-00', fields: {} }),
    ).toBe('execution')
  })
  test('a text that is no statement is not signed', () => {
    expect(() => checkStatement('{}', expected('keep'), now)).toThrow(SekishoError)
    expect(() => checkStatement('please sign', expected('keep'), now)).toThrow(SekishoError)
  })
})
