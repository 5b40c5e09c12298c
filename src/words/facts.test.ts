import { expect, test } from 'vitest'
import { factLines } from './facts.ts'

const DIGEST = 'ab'.repeat(32)

test('what a check found is lines for people: no JSON, digests cut short', () => {
  const facts = {
    status: 200,
    declared: true,
    notes: [],
    serverNames: ['a', 'b'],
    files: { 'local/nginx': { '/etc/a': DIGEST } },
    effective: [{ path: '/etc/a', digest: DIGEST }],
  }
  expect(factLines(facts, 'ja')).toEqual([
    '応答  200',
    '宣言あり  はい',
    '注記  なし',
    'サーバー名  a、b',
    'ファイル',
    '  local/nginx',
    '    /etc/a  abababababab',
    '効くファイル',
    '  /etc/a  abababababab',
  ])
  expect(factLines(facts, 'en').join('\n')).not.toMatch(/[{}[\]"]/)
})
