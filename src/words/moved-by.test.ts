import { expect, test } from 'vitest'
import { CHANGE_WORDS } from './change.ts'

test.each([
  ['unknown', 'by whom is not known', '誰かは不明'],
  ['CHG-2026-0007', 'by CHG-2026-0007', 'CHG-2026-0007 の実行'],
  ['certificate certbot', 'certificate renewal (files of certbot)', '証明書の更新（certbot のファイル）'],
  ['certificate', 'a certificate was replaced, by whom is not known', '証明書の差し替え（誰かは不明）'],
  ['package nginx 1 → 2', 'package upgrade nginx 1 → 2', 'パッケージの更新 nginx 1 → 2'],
])('%s is said in both languages', (by, en, ja) => {
  expect([CHANGE_WORDS.en.movedBy(by), CHANGE_WORDS.ja.movedBy(by)]).toEqual([en, ja])
})

test('the certificate files behind nginx are named where they moved', () => {
  const detail = { what: 'nginx', files: ['/etc/letsencrypt/archive/a/fullchain2.pem'] }
  expect(CHANGE_WORDS.en.code('moved.target', detail)).toBe(
    'nginx has changed (/etc/letsencrypt/archive/a/fullchain2.pem)',
  )
  expect(CHANGE_WORDS.ja.code('moved.target', detail)).toBe(
    'nginx が変わりました（/etc/letsencrypt/archive/a/fullchain2.pem）',
  )
  expect(CHANGE_WORDS.en.code('moved.target', { what: '/a', files: ['/a'] })).toBe('/a has changed')
  const many = { what: 'nginx', files: ['/a', '/b'], more: 7 }
  expect(CHANGE_WORDS.en.code('moved.target', many)).toBe('nginx has changed (/a, /b, and 7 more)')
  expect(CHANGE_WORDS.ja.code('moved.target', many)).toBe('nginx が変わりました（/a、/b、ほか 7 件）')
})
