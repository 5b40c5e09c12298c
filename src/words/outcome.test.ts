import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { KNOWN_REASONS, proofSentence } from './outcome.ts'

const SOURCE = join(import.meta.dirname, '../runner')
const read = (folder: string) =>
  readdirSync(join(SOURCE, folder))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(SOURCE, folder, name), 'utf8'))
    .join('\n')

test('every reason that a proof gives has a sentence', () => {
  const given = [...read('prove').matchAll(/\b(?:red|notProven)\(\s*'([a-z_]+)'/g)].map(
    ([, why]) => why as string,
  )
  expect(given.length).toBeGreaterThan(10)
  expect([...new Set(given)].filter((why) => !KNOWN_REASONS.includes(why))).toEqual([])
})

test('a service that failed says how, with the facts that the proof really gives', () => {
  const facts = { why: 'failed', unit: 'mirai.service', active: 'failed', sub: 'failed', result: 'exit-code' }
  expect(proofSentence(facts, 'en')).toEqual({
    what: 'the service failed',
    why: 'its program ended with a failure',
    next: ['systemctl status mirai.service', 'journalctl -u mirai.service -n 50'],
  })
})

test('part of E3: in both languages: what, and the port with the log line', () => {
  const facts = { why: 'error_log', port: 8443, line: '[emerg] bind() to 0.0.0.0:8443 failed' }
  expect(proofSentence(facts, 'ja')).toEqual({
    what: 'reload は成功を返しましたが、新しい設定は効いていません',
    why: '8443 番が使えません。error.log: [emerg] bind() to 0.0.0.0:8443 failed',
  })
  expect(proofSentence(facts, 'en')?.why).toContain('port 8443')
})
