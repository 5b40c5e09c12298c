import { expect, test } from 'vitest'
import { diffText } from '../change/diff.ts'
import { readSections } from '../change/diff-shown.ts'
import { columns } from '../words/layout.ts'
import { type DiffOptions, diffPicture } from './diff-picture.ts'

const bytes = (text: string) => Buffer.from(text)
const many = Array.from({ length: 120 }, (_, i) => `line ${i}`).join('\n')
const sections = readSections(
  diffText([
    { kind: 'write', path: 'src/a.js', before: bytes('one\ntwo\nthree\n'), after: bytes('one\n二\nthree') },
    { kind: 'write', path: 'data/large file.txt', after: bytes(`${many}\n`) },
    { kind: 'delete', path: 'gone.txt', before: bytes('x\n') },
  ]),
)
const options: DiffOptions = { id: 'CHG-2026-0001', language: 'en', width: 80, paint: (_, text) => text }
const picture = (over: Partial<DiffOptions> = {}) => diffPicture(sections, { ...options, ...over })

test('small files are open, a large one is folded with the command that opens it, and only the open ones count', () => {
  const { lines, opened } = picture()
  expect(opened).toEqual([1, 3])
  expect(lines).toContain('▾ 1/3  src/a.js  +2 -2')
  expect(lines).toContain('▸ 2/3  data/large file.txt  +120 -0  a new file')
  expect(lines).toContain("    sekisho change diff CHG-2026-0001 --file 'data/large file.txt'")
  expect(lines.join('\n')).not.toContain('line 7')
  expect(lines).toContain('\\ no line feed at the end')
})

test('--file opens that one alone, --all every one', () => {
  const one = picture({ files: ['data/large file.txt'] })
  expect(one.opened).toEqual([2])
  expect(one.lines.join('\n')).toContain('+line 119')
  expect(one.lines.join('\n')).not.toContain('src/a.js')
  expect(picture({ all: true }).opened).toEqual([1, 2, 3])
})

test('from 160 columns on both sides stand beside each other, and a line that is too long goes on', () => {
  const { lines } = picture({ width: 160 })
  const at = lines.findIndex((line) => line.startsWith('-two'))
  expect(lines[at]).toMatch(/^-two {75}│ \+二$|^-two +│ \+二$/)
  expect(lines[at - 1]).toMatch(/^ one +│ {2}one$/)
  const long = readSections(
    diffText([{ kind: 'write', path: 'a', before: bytes(`${'x'.repeat(200)}\n`), after: bytes('y\n') }]),
  )
  const wide = diffPicture(long, { ...options, width: 160 }).lines
  expect(wide.join('').split('x')).toHaveLength(201)
  expect(Math.max(...wide.map(columns))).toBeLessThanOrEqual(160)
})

test('lines are coloured by their side', () => {
  const { lines } = picture({ paint: (style, text) => `<${style}>${text}` })
  expect(lines).toEqual(expect.arrayContaining(['<added>+二', '<removed>-two', '<dim>@@ -1,3 +1,3 @@']))
})

test('in Japanese', () => {
  expect(picture({ language: 'ja' }).lines).toContain('▾ 3/3  gone.txt  +0 -1  ファイルを削除')
})
