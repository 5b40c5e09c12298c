// A difference as a person sees it: whatever moves in the bytes moves on the screen, and nothing that stands in a file can take a line away.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffText } from './diff.ts'
import { readDiff, shownDiff } from './diff-shown.ts'

const bytes = (text: string) => Buffer.from(text)
const written = (before: string, after: string, path = '/etc/x') =>
  diffText([{ kind: 'write', path, before: bytes(before), after: bytes(after) }])
const changed = (text: string) =>
  readDiff(text).flatMap(({ lines }) =>
    lines
      .filter(({ mark }) => mark !== ' ')
      .map(({ mark, shown, open }) => `${mark}${shown}${open ? '$' : ''}`),
  )

test.each([
  ['line ends', 'a\n', 'a\r\n', ['-a', '+a<U+000D>']],
  ['the last line feed', 'a\n', 'a', ['-a', '+a$']],
  ['blanks at the end', 'a \\\n', 'a \\ \n', ['-a \\', '+a \\<U+0020>']],
  ['many blanks at the end', 'a\n', `a${' '.repeat(40)}\n`, ['-a', '+a<U+0020>×40']],
  ['a tab for blanks', 'k:    v\n', 'k:\tv\n', ['-k:    v', '+k:<U+0009>v']],
  ['a blank that is none', 'a b\n', 'a\u00a0b\n', ['-a b', '+a<U+00A0>b']],
  ['a wide blank', 'a b\n', 'a\u3000b\n', ['-a b', '+a<U+3000>b']],
  ['a letter of another alphabet', 'hello\n', 'h\u0435llo\n', ['-hello', '+h<U+0435>llo']],
  ['one letter in two spellings', 'caf\u00e9\n', 'cafe\u0301\n', ['-caf<U+00E9>', '+cafe<U+0301>']],
  ['text that spells a character out', 'a\u200b\n', 'a<U+200B>\n', ['-a<U+200B>', '+a<U+003C>U+200B>']],
  ['a comment of SQL', '-- drop\nx\n', 'x\n', ['--- drop']],
  ['two plus signs', 'x\n', 'x\n++ evil\n', ['+++ evil']],
  ['what looks like the next file', 'x\n', 'x\n++ /etc/y\n@@ -1 +1 @@\n', ['+++ /etc/y', '+@@ -1 +1 @@']],
  ['Japanese stays as it is', '上限 10\n', '上限 20\n', ['-上限 10', '+上限 20']],
])('%s', (_, before, after, shown) => {
  expect(changed(written(before, after))).toEqual(shown)
})

test('each file has its own part, with what becomes of it', () => {
  const text = diffText([
    { kind: 'write', path: '/a', before: bytes('-- x\n-- y\n'), after: bytes('') },
    { kind: 'write', path: '/b', after: bytes('new\n') },
    { kind: 'delete', path: '/c', before: bytes('old\n') },
    { kind: 'link', path: '/d', target: '/e', before: '/f' },
    { kind: 'env', path: '/.env', added: ['A'], changed: ['B'], removed: ['C'] },
    { kind: 'write', path: '/bin', before: Buffer.from([0, 255]), after: bytes('') },
    { kind: 'link', path: '/made', target: '/e' },
    { kind: 'unlink', path: '/gone', target: '/e' },
    { kind: 'write', path: '/text', after: bytes('link /e\n') },
    { kind: 'delete', path: '/old', before: bytes('link /e\n') },
  ])
  expect(readDiff(text).map(({ path, becomes }) => [path, becomes])).toEqual([
    ['/a', 'empty'],
    ['/b', 'made'],
    ['/c', 'gone'],
    ['/d', 'changed'],
    ['/.env', 'changed'],
    ['/bin', 'changed'],
    ['/made', 'linked'],
    ['/gone', 'unlinked'],
    ['/text', 'made'],
    ['/old', 'gone'],
  ])
})

test('two texts that differ never look the same', () => {
  const line = fc.string({
    unit: fc.constantFrom(
      'a',
      ' ',
      '\t',
      '\r',
      '\u00a0',
      '\u3000',
      '\u200b',
      'é',
      'e\u0301',
      '-- ',
      '++ ',
      '@@ ',
    ),
    maxLength: 5,
  })
  const file = fc.tuple(fc.array(line, { maxLength: 6 }), fc.boolean()).map(([list, closed]) => {
    const text = list.join('\n')
    return closed && text !== '' ? `${text}\n` : text
  })
  fc.assert(
    fc.property(file, file, (before, after) => {
      fc.pre(before !== after)
      const parts = readDiff(written(before, after))
      expect(parts).toHaveLength(1)
      const side = (mark: string) =>
        parts.flatMap(({ lines }) =>
          lines
            .filter((one) => one.mark === mark || one.mark === ' ')
            .map(({ shown, open }) => `${shown}${open}`),
        )
      expect(side('-')).not.toEqual(side('+'))
    }),
    { numRuns: 400 },
  )
})

test('the whole difference keeps its form, with every character shown', () => {
  expect(shownDiff(written('a\nb\n', 'a\nb\r'))).toBe(
    '--- /etc/x\n+++ /etc/x\n@@ -1,2 +1,2 @@\n a\n-b\n+b<U+000D>\n\\ No newline at end of file\n',
  )
  expect(shownDiff('restart toy.service\n')).toBe('restart toy.service\n')
})
