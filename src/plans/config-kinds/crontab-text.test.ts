import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCrontab } from './crontab-text.ts'
import type { FileRead } from './kind.ts'

const WHOLE = `# /etc/crontab
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/sbin:/usr/bin
"MAIL TO" = 'root'

17 *	* * *	root	cd / && run-parts --report /etc/cron.hourly
*/5 0-6/2,22 1,15 jan-mar Mon-Fri www-data /usr/bin/php x.php 2>&1 | logger -t "x=y"
0 4 * * 7 root test -x /usr/sbin/x || ( cd / && true )
  @daily root /usr/bin/true
`
const read = (text: string, more: Partial<FileRead> = {}) =>
  readCrontab({
    path: '/etc/cron.d/app',
    text,
    mode: 0o644,
    uid: 0,
    users: new Set(['root', 'www-data']),
    ...more,
  })

test('what cron takes has no fault', () => {
  expect(read(WHOLE)).toEqual([])
  expect(read(WHOLE, { path: '/etc/crontab' })).toEqual([])
  expect(read('')).toEqual([])
  expect(read('0 0 * * * nobody-knows true\n', { users: undefined })).toEqual([])
})

test.each([
  ['a minute out of range', '60 * * * * root true', 'crontab.time', '60'],
  ['an hour out of range', '0 24 * * * root true', 'crontab.time', '24'],
  ['a day of the month that does not exist', '0 0 0 * * root true', 'crontab.time', '0'],
  ['a month that does not exist', '0 0 1 13 * root true', 'crontab.time', '13'],
  ['a misspelt weekday', '0 0 * * mno root true', 'crontab.time', 'mno'],
  ['a span that goes back', '0 9-5 * * * root true', 'crontab.time', '9-5'],
  ['a step of zero', '*/0 * * * * root true', 'crontab.time', '*/0'],
  ['a step without a span', '5/10 * * * * root true', 'crontab.time', '5/10'],
  ['an empty part of a list', '1,,2 * * * * root true', 'crontab.time', '1,,2'],
  ['four fields', '0 0 * * root true', 'crontab.time', 'root'],
  ['no command', '0 0 * * * root', 'crontab.fields', '0 0 * * * root'],
  ['only a time', '0 0 *', 'crontab.fields', '0 0 *'],
  ['a user that is not there', '0 0 * * * rooot true', 'crontab.user', 'rooot'],
  [
    'the form of a user’s own crontab, without a user',
    '0 0 * * * /usr/bin/true -x',
    'crontab.user',
    '/usr/bin/true',
  ],
  ['a misspelt name of a time', '@dialy root true', 'crontab.nickname', '@dialy'],
  ['a name of a time in capitals', '@Daily root true', 'crontab.nickname', '@Daily'],
  ['a line with nothing but a carriage return', '\r', 'crontab.time', '\r'],
  [
    'a blank before an entry that cron does not skip',
    '\u3000@daily root true',
    'crontab.time',
    '\u3000@daily',
  ],
  ['a name of a time without a command', '@daily root', 'crontab.fields', '@daily root'],
])('%s is refused with its line', (_, entry, code, text) => {
  expect(read(`# first\n\n${entry}\n@daily root true\n`)).toEqual([{ code, line: 3, text }])
})

test('a file that cron passes over as a whole is refused', () => {
  const good = '@daily root true\n'
  expect(read(good, { path: '/etc/cron.d/app.conf' })).toMatchObject([{ code: 'crontab.file_name' }])
  expect(read(good, { mode: 0o664 })).toMatchObject([{ code: 'crontab.owner', text: '0664 0' }])
  expect(read(good, { uid: 33 })).toMatchObject([{ code: 'crontab.owner' }])
  expect(read('@daily root true')).toEqual([{ code: 'crontab.last_line', line: 1, text: '' }])
})

test('every text gets an answer, and lines that are no entry get none', () => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(read(text))))
  fc.assert(
    fc.property(fc.array(fc.constantFrom('', '# x', ' \t', 'A=b', 'A = "0 0 * * * x"')), (lines) => {
      expect(read(lines.map((line) => `${line}\n`).join(''))).toEqual([])
    }),
  )
})
