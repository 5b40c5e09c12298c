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

test('moments stand in the zone of the reader, and level and place of a copy have their names', () => {
  const facts = {
    at: '2026-11-29T15:47:32.280Z',
    level: 'content',
    bytesOnly: ['uploads'],
    place: 'other-disk',
  }
  expect(factLines(facts, 'ja', 'Asia/Tokyo')).toEqual([
    '時刻  2026-11-30 00:47:32 JST',
    '確認  内容',
    'バイトの比較だけ  uploads',
    '置き場所  別のディスク',
  ])
  expect(factLines(facts, 'en', 'Asia/Tokyo')).toEqual([
    'at  2026-11-30 00:47:32 JST',
    'level  content',
    'bytes compared, nothing to parse  uploads',
    'place  another disk',
  ])
})
