// What the weekly check says of restore tests and of the content of the newest copy. Keyed by the codes that the gate answers.
import { BACKUP_WORDS } from './backup.ts'
import { BYTES_ONLY } from './backup-level.ts'
import { SIZE_NEXT } from './doctor-backup.ts'
import { nestedWhat } from './nested.ts'
import type { Both, Language, Reader, Sentence } from './words.ts'

type Words = Both<(d: Reader) => Sentence>

const ago = (language: Language, ms: string) => BACKUP_WORDS[language].ago(Number(ms) || 0)
const span = (language: Language, ms: string) => BACKUP_WORDS[language].span(Number(ms) || 0)
const backups = (word: string) => (d: Reader) => [`sekisho backup ${word} --service ${d('service')}`]
/** `articles.rubbish`, as the runner's journal names item and verdict. */
const item = (why: string) => why.replace(/\.[^.]*$/, '')
const sinceThen = (d: Reader, language: Language) => {
  const names = d('notJudged')
  if (d('isLiveRead') === 'false')
    return { ja: '。その後の書き込みは見ていません', en: '; what was written since was not looked at' }[
      language
    ]
  if (names === '' || names === '…') return ''
  return {
    ja: `。${names} への、その後の書き込みは見ていません`,
    en: `; what was written to ${names} since was not looked at`,
  }[language]
}
const onlyBytes = (d: Reader, language: Language) => {
  const names = d('bytesOnly')
  if (names === '' || names === '…') return ''
  return `${{ ja: '。', en: '; ' }[language]}${BYTES_ONLY[language](names)}`
}

export const CHECK_COPY_WORDS: Readonly<Record<string, Words>> = {
  'check.restored': {
    ja: (d) => ({
      what: `最後に戻して比べたのは${ago('ja', d('ageMs'))}（${span('ja', d('ms'))}かかりました、${d('copy')}）`,
    }),
    en: (d) => ({
      what: `restored and compared ${ago('en', d('ageMs'))} (took ${span('en', d('ms'))}, ${d('copy')})`,
    }),
  },
  'check.never_restored': {
    ja: (d) => ({ what: '一度も戻して確かめていません', next: backups('drill')(d) }),
    en: (d) => ({ what: 'no copy was ever restored to see whether it can be', next: backups('drill')(d) }),
  },
  'check.drill_failed': {
    ja: (d) => ({
      what: '最後に戻して確かめたとき、失敗しました',
      why: nestedWhat(d, 'ja'),
      next: backups('list')(d),
    }),
    en: (d) => ({ what: 'the last restore test failed', why: nestedWhat(d, 'en'), next: backups('list')(d) }),
  },
  'check.restored_long_ago': {
    ja: (d) => ({
      what: `最後に戻して確かめたのは${ago('ja', d('ageMs'))}です（${span('ja', d('limitMs'))}ごとの約束）`,
      next: backups('drill')(d),
    }),
    en: (d) => ({
      what: `last restored ${ago('en', d('ageMs'))} (every ${span('en', d('limitMs'))} is promised)`,
      next: backups('drill')(d),
    }),
  },
  'check.content_never_read': {
    ja: (d) => ({
      what: 'データなし: 中身をまだ読んでいません',
      next: d('service') === '…' ? [] : backups('verify')(d),
    }),
    en: (d) => ({
      what: 'no data: the content was not read yet',
      next: d('service') === '…' ? [] : backups('verify')(d),
    }),
  },
  'check.content_long_ago': {
    ja: (d) => ({
      what: `データなし: 最後に中身を読んだのは${ago('ja', d('ageMs'))}です`,
      next: backups('run')(d),
    }),
    en: (d) => ({
      what: `no data: the content was last read ${ago('en', d('ageMs'))}`,
      next: backups('run')(d),
    }),
  },
  'check.content_good': {
    ja: (d) => ({
      what: `写しの中身は決まりどおりです（${ago('ja', d('ageMs'))}のデータ、${d('backup')}）${onlyBytes(d, 'ja')}${sinceThen(d, 'ja')}`,
    }),
    en: (d) => ({
      what: `the content of the copy is as declared (data of ${ago('en', d('ageMs'))}, ${d('backup')})${onlyBytes(d, 'en')}${sinceThen(d, 'en')}`,
    }),
  },
  'check.bytes_good': {
    ja: (d) => ({
      what: `写しのバイトは書いたときのままです（${ago('ja', d('ageMs'))}のデータ、${d('backup')}）${onlyBytes(d, 'ja')}`,
    }),
    en: (d) => ({
      what: `the bytes of the copy are as they were written (data of ${ago('en', d('ageMs'))}, ${d('backup')})${onlyBytes(d, 'en')}`,
    }),
  },
  'check.content_question': {
    ja: (d) => ({
      what: `レコードの数が前の良いものから大きく変わっているか、データベースがなくなっています（${d('backup')}、${ago('ja', d('ageMs'))}のデータ）`,
      next: SIZE_NEXT.ja(d),
    }),
    en: (d) => ({
      what: `the number of records is far from that of the last good one, or a database of it is gone (${d('backup')}, data of ${ago('en', d('ageMs'))})`,
      next: SIZE_NEXT.en(d),
    }),
  },
  'check.content_bad': {
    ja: (d) => ({
      what: `${item(d('why'))} の中身が決まりに合いません（${ago('ja', d('ageMs'))}のデータ、${d('backup')}）`,
      next: [`sekisho restore full --last-known-good --service ${d('service')}`],
    }),
    en: (d) => ({
      what: `the content of ${item(d('why'))} is not as declared (data of ${ago('en', d('ageMs'))}, ${d('backup')})`,
      next: [`sekisho restore full --last-known-good --service ${d('service')}`],
    }),
  },
  'check.content_not_read': {
    ja: (d) => ({
      what: `データなし: 写し ${d('backup')} の中身を読めませんでした。写しが良いか悪いかは分かっていません`,
      next: backups('verify')(d),
    }),
    en: (d) => ({
      what: `no data: the content of copy ${d('backup')} could not be read; whether it is good is not known`,
      next: backups('verify')(d),
    }),
  },
  'check.rules_changed': {
    ja: (d) => ({
      what: `データなし: 決まりが変わってから、写し ${d('backup')} の中身を読んでいません`,
      next: backups('verify')(d),
    }),
    en: (d) => ({
      what: `no data: the content of copy ${d('backup')} was not read since the rules have changed`,
      next: backups('verify')(d),
    }),
  },
  'check.data_changed': {
    ja: (d) => ({
      what: `データなし: 写し ${d('backup')} の中身は良くありませんが、その後データが変わりました。いまのデータの中身はまだ読んでいません`,
      next: backups('run')(d),
    }),
    en: (d) => ({
      what: `no data: the content of copy ${d('backup')} is not good, and the data has changed since; the data of now was not looked at`,
      next: backups('run')(d),
    }),
  },
}
