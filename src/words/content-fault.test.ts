import { expect, test } from 'vitest'
import { type ContentFault, type ContentQuestion, judgeText } from '../backup/content.ts'
import type { Invariants } from '../backup/set.ts'
import { CONTENT_FAULTS, contentFault } from './content-fault.ts'
import { ERROR_WORDS } from './errors.ts'
import { problemLines } from './problem.ts'

const RULES: Invariants = {
  id: 'id',
  require: ['title'],
  types: { title: 'string' },
  minRecords: 1,
  shrink: 20,
  growth: 200,
}

test.each<[string, string]>([
  ['[]', 'レコードが足りません'],
  ['[{"id":"a"}]', '必要な項目がありません'],
  ['[{"id":"a","title":1}]', '項目の型が違います'],
  ['[{"id":"a","title":"x"},{"id":"a","title":"y"}]', '同じ ID が二度あります'],
  ['[{"id":"a","title":"x"', 'JSON として読めません'],
  ['7', 'レコードの並びではありません'],
])('part of E7: %s has a sentence in both languages', (content, ja) => {
  const [fault] = judgeText(Buffer.from(content), RULES).faults
  if (fault === undefined) throw new Error('no fault')
  const problem = {
    code: 'data.rubbish',
    path: '/srv/data/a.json',
    text: `${fault.code} record 1, field title`,
  }
  expect(problemLines(problem, 'ja').join('\n')).toContain(`${ja}（レコード 1、項目 title）`)
  const english = problemLines(problem, 'en').join('\n')
  expect(english).toContain(': record 1, field title')
  expect(english).not.toContain(fault.code)
})

test('a fault that is told with its file, and a condition for the start, are said in the reader’s language', () => {
  const reader = (values: Record<string, string>) => (name: string) => values[name] ?? ''
  const bad = ERROR_WORDS['restore.no_good_backup']
  const fault = reader({ service: 's', why: 'articles.json: too_few records 0, minimum 1' })
  expect(bad.ja(fault).why).toBe('articles.json: レコードが足りません（件数 0、最少 1）')
  expect(bad.en(fault).why).toBe('articles.json: there are too few records: records 0, minimum 1')
  const start = ERROR_WORDS['judge.pre_fails']
  const stale = reader({ what: 'backup', found: 'stale', change: 'CHG-2026-0001' })
  expect(start.ja(stale)).toMatchObject({
    what: '開始条件が成り立ちません: データのバックアップの確認',
    why: 'いま: バックアップが 24 時間より古くなりました（sekisho backup run）',
  })
  expect(start.en(reader({ what: 'health', found: 'red' })).what).toContain('health before')
})

test('what is no fault of content stays as it is', () => {
  expect(problemLines({ code: 'data.rubbish', text: 'something else' }, 'ja').join(' ')).toContain(
    'something else',
  )
})

test('every code has its words', () => {
  const codes: Readonly<Record<(ContentFault | ContentQuestion)['code'], true>> = {
    duplicate_id: true,
    emptied: true,
    encoding_bom: true,
    encoding_invalid: true,
    encoding_utf16: true,
    grown: true,
    missing_field: true,
    not_json: true,
    not_records: true,
    record_not_object: true,
    root_changed: true,
    shrunk: true,
    too_few: true,
    wrong_type: true,
  }
  expect(Object.keys(CONTENT_FAULTS).sort()).toEqual(
    [
      ...Object.keys(codes),
      'absent',
      'no_table',
      'not_loaded',
      'not_file',
      'not_read',
      'secret_not_read',
      'not_sound',
      'database_inside',
      'database_gone',
      'no_database',
    ].sort(),
  )
})

test('why a dump cannot be loaded is said in the reader’s language, with what is kept back', () => {
  const said = (why: string, language: 'ja' | 'en') => contentFault(`db: not_loaded cause ${why}`, language)
  const hidden = 'pg_restore: ERROR: its words may hold a value of a row and are not shown (exit 1)'
  expect(said(hidden, 'ja')).toBe(
    'db: データベースに読み込めません（理由 PostgreSQL のエラーの文に、行の中身が入っているかもしれないので出しません）',
  )
  expect(said(hidden, 'en')).toBe(
    'db: it cannot be loaded into a database: the words of PostgreSQL may hold what stands in a row, so they are not shown',
  )
})
