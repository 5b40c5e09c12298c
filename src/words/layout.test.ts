import { describe, expect, test } from 'vitest'
import { columns, cut, labelled, pad, plainJson, visible, visibleLine, wrap } from './layout.ts'

describe('text on a terminal', () => {
  test('wide characters take two columns, combining marks none', () => {
    expect(columns('abc')).toBe(3)
    expect(columns('関所')).toBe(4)
    expect(columns('ｱ')).toBe(1)
    expect(columns('か\u3099')).toBe(2)
    expect(pad('影響', 8)).toBe('影響    ')
  })
  test('control and bidirectional characters are shown, not obeyed', () => {
    expect(visible('a\u202eb\u001b[31mc')).toBe('a<U+202E>b<U+001B>[31mc')
    expect(visible('a\nb\r\nc\td')).toBe('a\nb\nc    d')
    expect(visibleLine('a\nb')).toBe('a<U+000A>b')
    expect(visible('\u{e0041}')).toBe('<U+E0041>')
  })
  test('in JSON they are escapes, and its reader has them back', () => {
    const value = { text: 'a\u202eb\u2066c\u200bd\u009be\u{e0041}関所' }
    expect(plainJson(value)).toBe('{"text":"a\\u202eb\\u2066c\\u200bd\\u009be\\udb40\\udc41関所"}')
    expect(JSON.parse(plainJson(value))).toEqual(value)
  })
  test('wrapping never cuts a path and never starts a line with a closing mark', () => {
    const text = '設定 /etc/nginx/sites-available/mirai-knowledge-system を変えました。'
    for (const line of wrap(text, 30)) expect(line).not.toMatch(/^[。、）」]/)
    expect(wrap(text, 30).join('')).toContain('/etc/nginx/sites-available/mirai-knowledge-system')
    expect(wrap('a b c d', 3)).toEqual(['a b', 'c d'])
  })
  test('closing marks go along with what they close, opening marks with what they open', () => {
    const text = '人か AI かは区別できません（同じ Unix ユーザー）。立会なし'
    for (let width = 20; width < 60; width++)
      for (const line of wrap(text, width)) {
        expect(line, `${width}`).not.toMatch(/^[、。，．）」ー]/)
        expect(line, `${width}`).not.toMatch(/[（「]$/)
      }
  })
  test('what does not fit is cut by columns, and says so', () => {
    expect(cut('あいうえお', 10)).toBe('あいうえお')
    expect(cut('あいうえお', 9)).toBe('あいうえ…')
    expect(columns(cut('abcあいうえお', 8))).toBeLessThanOrEqual(8)
  })
  test('a label stands once', () => {
    expect(labelled('何を', 'あいうえお かきくけこ さしすせそ', 8, 30)).toEqual([
      '何を    あいうえお かきくけこ',
      '        さしすせそ',
    ])
  })
})
