import { expect, test } from 'vitest'
import { healthDetail } from '../words/health.ts'

test.each([
  [
    { detail: 'timeout TIMEOUT', milliseconds: 3004 },
    '3 秒以内に応答がありません',
    'does not answer within 3 s',
  ],
  [{ detail: 'late', milliseconds: 2100 }, '2 秒以内に応答がありません', 'does not answer within 2 s'],
  [
    { detail: 'status 500', milliseconds: 4 },
    '500 を返しました（宣言と違います）',
    'it answers 500, not the declared status',
  ],
  [{ detail: 'refused ECONNREFUSED', milliseconds: 1 }, '接続を断られました', 'the connection was refused'],
  [{ detail: '200', milliseconds: 4 }, '200', '200'],
  [undefined, '', ''],
])('how a service is, in words: %j', (health, ja, en) => {
  expect(healthDetail(health, 'ja')).toBe(ja)
  expect(healthDetail(health, 'en')).toBe(en)
})
