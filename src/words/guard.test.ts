// Every rule that can answer has words in both languages, and every advice is one that works.
import { describe, expect, test } from 'vitest'
import { RULE_IDS } from '../guard/rule-ids.ts'
import { GUARD_WORDS, guardSentence, insteadLine } from './guard.ts'

describe('the words of the guard', () => {
  test.each([...RULE_IDS])('%s says what and why, in Japanese and in English', (rule) => {
    const words = GUARD_WORDS[rule]
    expect(words).toBeDefined()
    const params = { service: 'backend', path: '/srv/x', access: 'write', what: 'x', unit: 'x.service' }
    for (const language of ['ja', 'en'] as const) {
      const { what, why } = guardSentence(rule, params, language)
      for (const text of [what, why ?? '']) {
        expect(/[\u3040-\u30ff]/.test(text), text).toBe(language === 'ja' && text !== '')
        expect(text).not.toMatch(/undefined|\bTODO\b/)
        if (text !== '') expect(text).toMatch(/[.。）]$/)
      }
      expect(what).not.toBe('')
    }
  })
  test.each([
    [undefined, 'ここで止まり、担当者に確かめる'],
    ['佐藤', 'ここで止まり、佐藤に確かめる'],
    ['Hanako', 'ここで止まり、Hanako に確かめる'],
  ])('a name in Latin letters alone stands apart: %s', (name, line) => {
    expect(insteadLine({ kind: 'ask', ...(name === undefined ? {} : { name }) }, 'ja')).toBe(line)
  })
  test('one file in a place of the system is not called the machine', () => {
    const params = { path: '/var/log/nginx/access.log.2.gz', access: 'delete' }
    for (const language of ['ja', 'en'] as const) {
      const whole = guardSentence('fs.system', params, language)
      const one = guardSentence('fs.system', { ...params, part: 'one' }, language)
      expect(one.what).toBe(whole.what)
      expect(one.why).not.toBe(whole.why)
    }
  })

  test('limits have words although their names are not listed', () => {
    expect(guardSentence('limit.size', {}, 'en').what).not.toBe('limit.size')
  })
})
