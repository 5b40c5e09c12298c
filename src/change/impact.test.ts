import { describe, expect, test } from 'vitest'
import type { Impact } from './change.ts'
import { disagreements } from './impact.ts'

const nginx: Impact = {
  files: ['/etc/nginx/sites-available/mirai'],
  units: ['nginx.service'],
  serverNames: ['admin.example.jp', 'mirai.example.jp'],
  listeners: ['0.0.0.0:443'],
  downtime: 'none',
}
const codes = (impact: Impact, said: string, risk = '') =>
  disagreements(impact, { impact: said, risk }).map(({ code, detail }) => `${code} ${detail.value}`)

describe('part of S14: the explanation stands beside the computed facts, every disagreement marked', () => {
  test('a name behind the same file that nobody mentions', () => {
    expect(codes(nginx, 'mirai.example.jp で大きな添付が通る')).toEqual([
      'disagreement.server_name admin.example.jp',
    ])
    expect(codes(nginx, 'MIRAI.example.jp と admin.example.jp')).toEqual([])
  })
  test('the service’s own name is what everybody means', () => {
    const found = disagreements(nginx, { impact: '大きな添付が通る', risk: '' }, 'mirai-knowledge-system')
    expect(found.map(({ detail }) => detail.value)).toEqual(['admin.example.jp'])
  })
  test('one name alone is what everybody means', () => {
    expect(codes({ ...nginx, serverNames: ['mirai.example.jp'] }, '大きな添付が通る')).toEqual([])
  })
  test('a restart that is left out, and one that is denied', () => {
    const restart: Impact = { ...nginx, serverNames: [], units: ['mirai.service'], downtime: 'restart' }
    expect(codes(restart, '設定が変わる')).toEqual(['disagreement.downtime restart'])
    expect(codes(restart, '再起動の間だけ止まる')).toEqual([])
    expect(codes(restart, '停止なし')).toEqual(['disagreement.no_downtime restart'])
    expect(codes(restart, 'no downtime')).toEqual(['disagreement.no_downtime restart'])
  })
  test('a second file and a second unit', () => {
    expect(
      codes(
        {
          ...nginx,
          serverNames: [],
          files: ['/srv/a.env', '/etc/x/b.conf'],
          units: ['a.service', 'b.service'],
        },
        'a.env と a を変える',
      ),
    ).toEqual(['disagreement.unit b.service', 'disagreement.file /etc/x/b.conf'])
  })
  test('without an explanation there is nothing to disagree with', () => {
    expect(disagreements(nginx, undefined)).toEqual([])
  })
})
