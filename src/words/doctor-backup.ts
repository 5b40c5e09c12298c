// What `sekisho doctor` says of the backups of a service, and what to type.
import { BACKUP_WORDS } from './backup.ts'
import { levelText } from './backup-level.ts'
import { nestedWhat } from './nested.ts'
import type { Both, Language, Reader, Sentence } from './words.ts'

type Words = Both<(d: Reader) => Sentence>

const span = (language: Language, ms: string) => BACKUP_WORDS[language].span(Number(ms) || 0)
const ago = (language: Language, ms: string) => BACKUP_WORDS[language].ago(Number(ms) || 0)
const level = (language: Language, d: Reader) => levelText(language, d('level'), d('bytesOnly'))
const run = (d: Reader) => [`sekisho backup run --service ${d('service')}`]
const list = (d: Reader) => [`sekisho backup list --service ${d('service')}`]
/** What failed last, by its own sentence. */
const lastFailure = (d: Reader, language: Language) => {
  if (d('why') === '') return {}
  const what = nestedWhat(d, language)
  return { why: language === 'ja' ? `前回の失敗: ${what}` : `it failed last: ${what}` }
}

const contentOf = (d: Reader) => ({
  service: d('service'),
  backup: d('backup'),
  copy: d('copy'),
  item: d('item'),
  fault: d('fault'),
})

/** Why a copy that is there is no backup, by the reason's code. */
export const BACKUP_REASONS: Both<Readonly<Record<string, string>>> = {
  ja: {
    none: '写しがありません',
    same_disk_only:
      '写しがデータと同じディスクにしかありません。別のディスクか別のサーバーを copies に足してください',
    not_sound: '疑いのある写ししかありません',
    from_the_future: '写しの時刻が未来です',
    too_old: '写しが古すぎます',
    level: '中身まで読めた写しがありません',
    rules_changed: '決まりが変わってから、写しの中身を読んでいません',
  },
  en: {
    none: 'there is no copy',
    same_disk_only: 'the copies lie on the disk of the data; add one on another disk or host to copies',
    not_sound: 'the copies are suspect',
    from_the_future: 'the time of the copy lies in the future',
    too_old: 'the copy is too old',
    level: 'no copy was read as far as its content',
    rules_changed: 'the content of the copies was not read since the rules have changed',
  },
}

/** The two ways on where a size is out of trend: it is meant, or it is damage. */
export const SIZE_NEXT: Both<(d: Reader) => readonly string[]> = {
  ja: (d) => [
    `わざとなら: services の ${d('service')} の backup に accepted: [${d('backup')}] と書く`,
    'sekisho config apply',
    `sekisho backup verify --service ${d('service')}`,
    `壊れているなら: sekisho restore full --last-known-good --service ${d('service')}`,
  ],
  en: (d) => [
    `meant: write accepted: [${d('backup')}] in backup of ${d('service')} in sekisho.yaml`,
    'sekisho config apply',
    `sekisho backup verify --service ${d('service')}`,
    `damage: sekisho restore full --last-known-good --service ${d('service')}`,
  ],
}

export const BACKUP_DOCTOR_WORDS: Readonly<Record<string, Words>> = {
  'doctor.backed_up': {
    ja: (d) => ({
      what: `${d('service')}: バックアップ済み（${level('ja', d)}まで確認、${ago('ja', d('ageMs'))}、${d('copy')}）`,
    }),
    en: (d) => ({
      what: `${d('service')}: backed up (read: ${level('en', d)}, ${ago('en', d('ageMs'))}, ${d('copy')})`,
    }),
  },
  'doctor.backup_does_not_count': {
    ja: (d) => ({
      what: `${d('service')}: バックアップ済みとは言えません`,
      why: BACKUP_REASONS.ja[d('why')] ?? d('why'),
      next: list(d),
    }),
    en: (d) => ({
      what: `${d('service')}: not backed up`,
      why: BACKUP_REASONS.en[d('why')] ?? d('why'),
      next: list(d),
    }),
  },
  'doctor.backup_question': {
    ja: (d) => ({
      what: `${d('service')}: ${d('backup')} のレコードの数が前の良いものから大きく変わっているか、データベースがなくなっています`,
      why: 'わざとなら、その名前を sekisho.yaml に書くまで良いバックアップとは数えません。壊れているなら戻してください',
      next: SIZE_NEXT.ja(d),
    }),
    en: (d) => ({
      what: `${d('service')}: the number of records in ${d('backup')} is far from that of the last good one, or a database of it is gone`,
      why: 'if that is meant it counts once its name stands in sekisho.yaml; if it is damage, restore',
      next: SIZE_NEXT.en(d),
    }),
  },
  'doctor.backup_late': {
    ja: (d) => ({
      what: `${d('service')}: バックアップが遅れています（前回は ${ago('ja', d('sinceMs'))}、${span('ja', d('everyMs'))}ごとの約束）`,
      ...lastFailure(d, 'ja'),
      next: run(d),
    }),
    en: (d) => ({
      what: `${d('service')}: the backup is late (last one ${ago('en', d('sinceMs'))}, every ${span('en', d('everyMs'))} is promised)`,
      ...lastFailure(d, 'en'),
      next: run(d),
    }),
  },
  'doctor.backup_noted': {
    ja: (d) => ({
      what: `${d('service')}: 写しにないか、写しから戻せないファイルがあります: ${d('paths')}`,
      next: list(d),
    }),
    en: (d) => ({
      what: `${d('service')}: files that are not in the copy, or are never brought back from it: ${d('paths')}`,
      next: list(d),
    }),
  },
  'doctor.backup_failed': {
    ja: (d) => ({
      what: `${d('service')}: 前回のバックアップが失敗しました`,
      why: nestedWhat(d, 'ja'),
      next: [...run(d), ...list(d)],
    }),
    en: (d) => ({
      what: `${d('service')}: the last backup failed`,
      why: nestedWhat(d, 'en'),
      next: [...run(d), ...list(d)],
    }),
  },
  'doctor.backup_content': {
    ja: (d) => {
      const { what, why, next } = BACKUP_WORDS.ja.bad(contentOf(d))
      return { what: `${d('service')}: ${what}`, ...(why === undefined ? {} : { why }), next: next ?? [] }
    },
    en: (d) => {
      const { what, why, next } = BACKUP_WORDS.en.bad(contentOf(d))
      return { what: `${d('service')}: ${what}`, ...(why === undefined ? {} : { why }), next: next ?? [] }
    },
  },
  'doctor.backup_suspect': {
    ja: (d) => ({
      what: `${d('service')}: 壊れている写しが ${d('count')} 件あります: ${d('copies')}`,
      why: '読み直したら、封をしたときと違いました',
      next: [...list(d), ...run(d)],
    }),
    en: (d) => ({
      what: `${d('service')}: ${d('count')} damaged ${d('count') === '1' ? 'copy' : 'copies'}: ${d('copies')}`,
      why: 'read again, it was not what was sealed',
      next: [...list(d), ...run(d)],
    }),
  },
  'doctor.backup_never': {
    ja: (d) => ({
      what: `${d('service')}: 署名はありますが、まだ一度もバックアップが取れていません`,
      ...lastFailure(d, 'ja'),
      next: run(d),
    }),
    en: (d) => ({
      what: `${d('service')}: signed, and no backup has been made yet`,
      ...lastFailure(d, 'en'),
      next: run(d),
    }),
  },
  'doctor.backup_not_signed': {
    ja: (d) => ({
      what: `${d('service')}: 所有者の有効な署名がないので、バックアップは始まりません`,
      next: [`sekisho standing sign ${d('service')} backup`],
    }),
    en: (d) => ({
      what: `${d('service')}: no signature of an owner for backups is in force, so none is made`,
      next: [`sekisho standing sign ${d('service')} backup`],
    }),
  },
  'doctor.backup_not_declared': {
    ja: (d) => ({
      what: `${d('service')}: データがありますが、バックアップが書かれていません`,
      why: `sekisho.yaml の services の ${d('service')} に backup: /backup/${d('service')} のように書いてください`,
      next: ['sekisho config apply', `sekisho standing sign ${d('service')} backup`],
    }),
    en: (d) => ({
      what: `${d('service')}: it has data, and no backup is declared`,
      why: `write backup: /backup/${d('service')} below ${d('service')} in sekisho.yaml`,
      next: ['sekisho config apply', `sekisho standing sign ${d('service')} backup`],
    }),
  },
  'doctor.backup_not_asked': {
    ja: (d) => ({ what: `${d('service')}: 未確認（runner が応答しません）` }),
    en: (d) => ({ what: `${d('service')}: not known, the runner does not answer` }),
  },
  'doctor.backup_nothing': {
    ja: () => ({ what: 'データを書いたサービスがありません（services の data と databases）' }),
    en: () => ({ what: 'no service declares data (data and databases below services)' }),
  },
}
