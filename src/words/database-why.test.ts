import { expect, test } from 'vitest'
import { databaseWhy } from './database-why.ts'
import { ERROR_WORDS, reader } from './errors.ts'

test.each([
  [
    'psql: FATAL: database "m" is not currently accepting connections (exit 2)',
    /^データベース m は、接続を受け付けない/,
  ],
  [
    'ERROR: invalid page in block 50 of relation base/16385/16431 (SQLSTATE XX001) (exit 3)',
    /^データのファイルが壊れています（base\/16385\/16431 のページ 50）$/,
  ],
  [
    'psql: FATAL: could not open file "base/24631/pg_filenode.map": No such file or directory (exit 2)',
    /^データのファイルが読めません（base\/24631\/pg_filenode\.map）$/,
  ],
  ['FATAL: could not extend file "base/1/2691" (exit 1)', /^ディスクに空きがありません$/],
  [
    'FATAL: could not extend file "base/1/2691": No space left on device (exit 1)',
    /^ディスクに空きがありません$/,
  ],
])('%s is a sentence in both languages', (said, ja) => {
  expect(databaseWhy(said, 'ja')).toMatch(ja)
  expect(databaseWhy(said, 'en')).not.toMatch(/FATAL|ERROR|the program says/)
})

test('another reason than a full disk stays what the program said', () => {
  const said = 'FATAL: could not extend file "base/1/2691": Input/output error (exit 1)'
  expect(databaseWhy(said, 'en')).not.toContain('the disk is full')
})

test('a role that is missing is named with the line that makes it', () => {
  const found = ['extension x', 'role my role is missing']
  const detail = { database: 'm', found, missing: 'my role', account: 'postgres', port: 5433 }
  for (const language of ['ja', 'en'] as const) {
    const words = ERROR_WORDS['backup.db_needs_person'][language]
    expect(words(reader(detail)).next?.[0]).toBe("sudo -u postgres createuser -p 5433 'my role'")
    expect(words(reader({ database: 'm', found })).next?.join(' ')).not.toContain('createuser')
  }
  const { why } = ERROR_WORDS['backup.db_needs_person'].ja(reader(detail))
  expect(why).toContain('ロール my role がありません')
})
