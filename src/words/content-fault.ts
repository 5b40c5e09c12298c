// The first fault of a data file, as the runner names it (`missing_field record 5, field title`), in words.
import { databaseWhy } from './database-why.ts'
import type { Both, Language } from './words.ts'

/** Every code of backup/content.ts (a test compares them), and the codes of a file that is missing, is no regular file or could not be read. */
export const CONTENT_FAULTS: Readonly<Record<string, Both<string>>> = {
  absent: { ja: 'ファイルがありません', en: 'the file is not there' },
  database_gone: {
    ja: '前の良い写しにあった SQLite のデータベースがありません',
    en: 'the SQLite database that is in the last good copy is not there',
  },
  database_inside: {
    ja: 'データベースがファイルのまま入っています。二つの時点のものが混ざりえます',
    en: 'a database that was copied as a file: it may be of two moments',
  },
  duplicate_id: { ja: '同じ ID が二度あります', en: 'an id stands twice' },
  emptied: { ja: 'レコードがすべてなくなっています', en: 'every record is gone' },
  encoding_bom: { ja: '先頭に BOM があります', en: 'it begins with a byte order mark' },
  encoding_invalid: { ja: 'UTF-8 として読めません', en: 'it is not UTF-8' },
  encoding_utf16: { ja: 'UTF-16 で書かれています', en: 'it is written in UTF-16' },
  grown: { ja: 'レコードが急に増えています', en: 'records have grown by much' },
  missing_field: { ja: '必要な項目がありません', en: 'a field that is required is missing' },
  not_file: { ja: 'ファイルではありません', en: 'it is no file' },
  no_database: {
    ja: 'SQLite のデータベースではなくなっています（空か、先頭が壊れています）',
    en: 'it is no SQLite database any more: it is empty, or its beginning is damaged',
  },
  no_table: { ja: '表がありません', en: 'the table is not there' },
  not_json: { ja: 'JSON として読めません', en: 'it is not JSON' },
  not_sound: {
    ja: 'SQLite の検査 (integrity_check) を通りません',
    en: 'it does not pass the integrity_check of SQLite',
  },
  not_read: { ja: '読めませんでした', en: 'it could not be read' },
  not_loaded: { ja: 'データベースに読み込めません', en: 'it cannot be loaded into a database' },
  not_records: { ja: 'レコードの並びではありません', en: 'it is no list of records' },
  record_not_object: { ja: 'オブジェクトでないレコードがあります', en: 'a record is no object' },
  root_changed: {
    ja: '前の良い写しと種類が違います（並び・オブジェクト・その他）',
    en: 'it is of another kind than in the last good copy (list, object, other)',
  },
  secret_not_read: {
    ja: '秘密のファイルに決まりがありますが、写しに中身がなく、読めませんでした',
    en: 'the secret file has rules; the copy does not hold its bytes, so they were not read',
  },
  shrunk: { ja: 'レコードが大きく減っています', en: 'records have shrunk by much' },
  too_few: { ja: 'レコードが足りません', en: 'there are too few records' },
  wrong_type: { ja: '項目の型が違います', en: 'a field has another type' },
}
const PLACES: Readonly<Record<string, string>> = {
  cause: '理由',
  record: 'レコード',
  byte: 'バイト',
  field: '項目',
  expected: '決まり',
  found: '実際',
  records: '件数',
  minimum: '最少',
  before: '以前',
  limit: '限度 %',
}

/** A text that is not a code of CONTENT_FAULTS is returned unchanged. */
export function contentFault(text: string, language: Language): string {
  // `articles.json: too_few …`: the name of the file comes first.
  const of = /^(.+?): (\w+(?: .*)?)$/.exec(text)
  if (of?.[2] !== undefined && Object.hasOwn(CONTENT_FAULTS, of[2].split(' ')[0] ?? ''))
    return `${of[1]}: ${contentFault(of[2], language)}`
  const [code = '', ...rest] = text.split(' ')
  const what = Object.hasOwn(CONTENT_FAULTS, code) ? CONTENT_FAULTS[code]?.[language] : undefined
  if (what === undefined) return text
  const place = rest.join(' ')
  if (place === '') return what
  if (code === 'not_loaded' && place.startsWith('cause ')) {
    const why = databaseWhy(place.slice('cause '.length), language)
    return language === 'en' ? `${what}: ${why}` : `${what}（理由 ${why}）`
  }
  if (language === 'en') return `${what}: ${place}`
  const said = place.split(', ').map((one) => {
    const [name = '', ...value] = one.split(' ')
    return `${PLACES[name] ?? name} ${value.join(' ')}`
  })
  return `${what}（${said.join('、')}）`
}
