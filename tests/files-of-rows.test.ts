// Which files run for a row: those whose titles name it, and those that import a title.
import { expect, test } from 'vitest'
import { filesOf } from './files-of-rows.ts'

test('a title names a row at its beginning or as a part, in the test file or beside it; a comment or another number does not', () => {
  const sources = new Map([
    ['tests/a.test.ts', "// S46 is elsewhere\ntest('S46 the custody log', () => {})"],
    ['tests/b.test.ts', "test('part of S45 and S46: it is found', () => {})"],
    ['tests/c.test.ts', "// S46\ntest('S460 another', () => {})"],
    ['tests/walk.ts', 'test(`S46: ${name}`, () => {})'],
    ['tests/d.test.ts', "import { walk } from './walk.ts'\nwalk('ja')"],
    ['tests/e.test.ts', "import { walk } from './other-walk.ts'"],
  ])
  expect(filesOf(['S46'], sources)).toEqual(['tests/a.test.ts', 'tests/b.test.ts', 'tests/d.test.ts'])
  expect(filesOf(['S45', 'S460'], sources)).toEqual(['tests/b.test.ts', 'tests/c.test.ts'])
  expect(filesOf(['E9'], sources)).toEqual([])
})
