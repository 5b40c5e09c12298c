// Each reason that the judge gives for a waiver that does not count has its Japanese, and the next line is the one that helps.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { reader } from './errors.ts'
import { JUDGE_ERRORS } from './errors-judge.ts'

const said = (why: string, language: 'ja' | 'en') =>
  JUDGE_ERRORS['judge.waiver_wrong'][language](reader({ check: 'trial', why, change: 'CHG-2026-0001' }))

test('each reason why a waiver does not count is told in Japanese', () => {
  const judge = readFileSync(new URL('../runner/judge/checks.ts', import.meta.url), 'utf8')
  const fault = judge.slice(judge.indexOf('function waiverFault'))
  const reasons = [...fault.matchAll(/return '([^']+)'/g)].map(([, why = '']) => why)
  expect(reasons.length).toBeGreaterThan(8)
  for (const why of reasons) {
    expect(said(why, 'ja').why, why).not.toMatch(/[a-z]{3}/)
  }
})

test('a waiver that waits for the author leads to the author’s signature', () => {
  expect(said('the author has not signed the plan', 'en').next).toEqual(['sekisho change sign CHG-2026-0001'])
})
