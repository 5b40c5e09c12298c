// What an operator reads when refused: no code of ours, and a line to type that is whole.
import { expect, test } from 'vitest'
import { ERROR_WORDS, reader } from './errors.ts'
import { LANGUAGES } from './words.ts'

test.each(LANGUAGES)('refusals name the act and what to type, whole (%s)', (language) => {
  const say = (code: keyof typeof ERROR_WORDS, detail: Record<string, string>) =>
    ERROR_WORDS[code][language](reader(detail))
  const mine = say('may.not_yours', { operation: 'change.withdraw', actor: 'claude' })
  expect(mine.what).toContain(language === 'ja' ? '取り下げ' : 'withdrawing')
  expect(mine.what).not.toContain('change.withdraw')
  expect(mine.next).toEqual(['sekisho do …'])
  const theirs = say('may.not_yours', { operation: 'restore.cancel', actor: 'claude' })
  expect(theirs.next?.join()).not.toContain('sekisho do')
  const role = say('may.role_missing', { operation: 'standing.sign', actor: 'x', roles: 'owner', has: '' })
  expect(role.what).not.toContain('standing.sign')
  expect(say('agent.never_approves', { agent: 'claude', change: 'CHG-2026-0042' }).next).toEqual([
    'sekisho change wait CHG-2026-0042',
  ])
  expect(say('agent.never_approves', { agent: 'claude' }).next).toEqual(['sekisho status'])
  const late = say('runner.timeout', { verb: 'read', limit: '30000' })
  expect(late.why).toContain('30')
  expect(late.why).not.toMatch(/read|30000/)
  expect(say('plan.no_unit', { service: 'mirai' }).next).toEqual(['sekisho service show mirai'])
  const often = { service: 'mirai', work: 'verify', limit: '3', cap: '6', forMs: '1380000', of: 'all' }
  const full = say('backup.too_often', often)
  expect(full.why).toContain(language === 'ja' ? '23 分後' : 'in 23 min')
  expect(full.next?.at(-1)).toContain('sekisho standing sign mirai backup --per-hour 6')
  // Where the rules allow no more than was signed, signing alone would not help.
  const capped = say('backup.too_often', { ...often, limit: '6' })
  expect(capped.next?.at(-2)).toContain('policy.standing.per_hour')
  const agents = say('backup.too_often', { ...often, of: 'agents' })
  expect(agents.next?.join('\n')).not.toContain('standing sign')
})
