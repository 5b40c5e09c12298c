import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseNginx } from './nginx-syntax.ts'

describe('nginx text is read as nginx reads it', () => {
  test.each([
    ['a b c;', [{ name: 'a', args: ['b', 'c'], line: 1 }]],
    ['# only\na;\n', [{ name: 'a', args: [], line: 2 }]],
    ['a { b 1; }', [{ name: 'a', args: [], line: 1, block: [{ name: 'b', args: ['1'], line: 1 }] }]],
    ['a "x y" \'z;{}\';', [{ name: 'a', args: ['x y', 'z;{}'], line: 1 }]],
    ['a "q\\"q" \\{x a\\ b;', [{ name: 'a', args: ['q"q', '\\{x', 'a\\ b'], line: 1 }]],
    ['set $a ${b}c;', [{ name: 'set', args: ['$a', '${b}c'], line: 1 }]],
    [
      'if ($x ~ "a b") { return 1; }',
      [
        {
          name: 'if',
          args: ['($x', '~', 'a b', ')'],
          line: 1,
          block: [{ name: 'return', args: ['1'], line: 1 }],
        },
      ],
    ],
    ['log_format m "a"\n  "b";', [{ name: 'log_format', args: ['m', 'a', 'b'], line: 1 }]],
    ['rewrite ^/a#b c;', [{ name: 'rewrite', args: ['^/a#b', 'c'], line: 1 }]],
    [
      'content_by_lua_block { if x then y = "{}" end } a;',
      [
        { name: 'content_by_lua_block', args: [], line: 1, block: [] },
        { name: 'a', args: [], line: 1 },
      ],
    ],
  ])('%j', (text, directives) => {
    expect(parseNginx(text).directives).toEqual(directives)
    expect(parseNginx(text).fault).toBeUndefined()
  })
  test.each([
    ['a', 'unterminated', 1],
    ['a {\nb;\n', 'unclosed_block', 3],
    ['}\n', 'unexpected_close', 1],
    [';', 'unexpected_semicolon', 1],
    ['{', 'unexpected_open', 1],
    ['a "b', 'unclosed_quote', 1],
    ['a "b"c;', 'unexpected_after_quote', 1],
    ['a{'.repeat(70), 'too_deep', 1],
  ])('%j is a fault', (text, why, line) => {
    expect(parseNginx(text).fault).toEqual({ why, line })
  })
})

test('reading any text ends, and words put between quotes come back', () => {
  const piece = fc.constantFrom('a', ' ', ';', '{', '}', '"', "'", '\\', '$', '#', '\n', '(', ')')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 300 }), (pieces) => void parseNginx(pieces.join(''))),
    { numRuns: 2000 },
  )
  fc.assert(fc.property(fc.string({ maxLength: 300, unit: 'binary' }), (text) => void parseNginx(text)))
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 }), (words) => {
      const text = `${words.map((word) => `"${word.replace(/["\\]/g, '\\$&')}"`).join(' ')};`
      const [directive] = parseNginx(text).directives
      expect([directive?.name, ...(directive?.args ?? [])]).toEqual(words)
    }),
  )
})
