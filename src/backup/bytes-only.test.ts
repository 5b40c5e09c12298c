import { expect, test } from 'vitest'
import { bytesOnly } from './bytes-only.ts'
import type { Level } from './level.ts'

const DATA = [
  { name: 'articles', format: 'json' },
  { name: 'uploads', format: 'files' },
  { name: 'shop', format: 'sqlite' },
] as const
const RECORDS = { 'articles/a.json': 51, 'shop//shop.db': 4096 }

test.each<[string, Level, Readonly<Record<string, number>> | undefined, readonly string[]]>([
  ['declared as files', 'content', RECORDS, ['uploads']],
  ['after a drill too', 'restored', RECORDS, ['uploads']],
  ['without one file that is parsed', 'content', { 'shop//shop.db': 4096 }, ['articles', 'uploads']],
  [
    'whose name another one begins with',
    'content',
    { 'articles2/a.json': 1 },
    ['articles', 'uploads', 'shop'],
  ],
  ['of a copy without counts: by the rules', 'content', undefined, ['uploads']],
  ['none where no content is claimed', 'digest', RECORDS, []],
])('directories of which only bytes were compared: %s', (_, level, records, names) => {
  expect(bytesOnly({ level, ...(records === undefined ? {} : { records }) }, DATA)).toEqual(names)
})
