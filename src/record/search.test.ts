import { expect, test } from 'vitest'
import { sha256 } from '../base/hash.ts'
import { type Entry, FIRST_PREV } from '../ledger/entry.ts'
import { hitsIn, pattern, patternInJson } from './search.ts'

const entry: Entry = {
  v: 1,
  seq: 7,
  prev: FIRST_PREV,
  at: '2026-11-25T14:10:00.000Z' as Entry['at'],
  kind: 'change.created',
  subject: 'CHG-2026-0042',
  actor: 'claude',
  payload: {
    author: 'claude',
    reason: 'first line\nUploads fail with 413',
    instruction: { by: 'ops1', digest: sha256('x'), at: '2026-11-25T14:09:00.000Z' },
    files: ['/etc/nginx/sites-available/mirai'],
  },
}

test.each([
  ['people', 'OPS1', [{ field: 'by', line: 'ops1' }]],
  ['who wrote the entry, once', 'claude', [{ field: 'by', line: 'claude' }]],
  ['one line of a reason', 'uploads', [{ field: 'reason', line: 'Uploads fail with 413' }]],
  ['a file', 'sites-available', [{ field: 'files', line: '/etc/nginx/sites-available/mirai' }]],
  ['a line of a difference', 'max_body', [{ field: 'diff', line: '+  client_max_body_size 20m;' }]],
])('finds %s', (_, text, wanted) => {
  const blobs = [{ kind: 'diff', text: '-  client_timeout 1s;\n+  client_max_body_size 20m;\n' }]
  expect(hitsIn(entry, text, blobs)).toEqual(wanted)
})
test.each([
  ['a name of a field', 'instruction'],
  ['a digest', sha256('x').slice(0, 12)],
  ['a time', '14:09'],
])('does not find %s', (_, text) => {
  expect(hitsIn(entry, text, [])).toEqual([])
})
test('a pattern takes what stands for anything literally, and a text as canonical JSON writes it', () => {
  expect(pattern('100%_a\\b')).toBe('%100\\%\\_a\\\\b%')
  expect(patternInJson('say "x"')).toBe('%say \\\\"x\\\\"%')
})
test('of an entry with many lines the first are shown and the rest is counted', () => {
  const text = Array.from({ length: 33 }, (_, i) => `line ${i} of nginx`).join('\n')
  const hits = hitsIn(entry, 'of nginx', [{ kind: 'diff', text }])
  expect(hits).toHaveLength(21)
  expect(hits.at(-1)).toEqual({ field: 'diff', line: '… + 13' })
})
