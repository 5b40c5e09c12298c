// Refusals and failures of backups, in both languages.
import { BACKUP_WORDS } from './backup.ts'
import { drillWhy, notReadWhy, notSignedWhy } from './backup-why.ts'
import { databaseWhy } from './database-why.ts'
import { quoted } from './remote-copy-why.ts'
import type { ErrorWords, Language, Reader } from './words.ts'

/** Copies are known to lie there, and the directory that holds them is not there. */
const isWithin = (d: Reader<'within'>) => d('within') === 'daily'

const waitFor = (d: Reader<'forMs'>, language: Language) =>
  BACKUP_WORDS[language].span(Math.max(1000, Number(d('forMs')) || 3_600_000))

/** An owner's signature holds at once; where the rules allow no more, they are changed first. */
function raiseLimit(d: Reader<'cap' | 'limit' | 'of' | 'service'>, language: Language): readonly string[] {
  if (d('of') === 'agents') return []
  const [limit, cap] = [Number(d('limit')), Number(d('cap'))]
  const isCapped = !(cap > limit)
  const sign = `sekisho standing sign ${d('service')} backup --per-hour ${isCapped ? 'N' : cap}`
  const owner = language === 'ja' ? '所有者がすぐに増やす: ' : 'an owner raises it at once: '
  const then = language === 'ja' ? 'そのあと、所有者が署名する: ' : 'then an owner signs: '
  const first =
    language === 'ja'
      ? 'sekisho.yaml の policy.standing.per_hour を上げ、sekisho config apply'
      : 'raise policy.standing.per_hour in sekisho.yaml, then sekisho config apply'
  return isCapped ? [first, `${then}${sign}`] : [`${owner}${sign}`]
}

const workWord = (d: Reader<'work'>, language: Language) =>
  BACKUP_WORDS[language].work[d('work')] ?? d('work')

export const BACKUP_ERRORS = {
  'backup.not_declared': {
    ja: {
      what: '{service} にはバックアップの決まりがありません',
      next: ['sekisho.yaml のこのサービスに backup: /backup/名前 と書き、sekisho config apply'],
    },
    en: {
      what: 'No backup is declared for {service}',
      next: ['write backup: /backup/NAME at this service in sekisho.yaml, then sekisho config apply'],
    },
  },
  'backup.not_signed': {
    ja: (d) => ({
      what: `${d('service')} のバックアップを始めてよいという、有効な署名がありません`,
      why: notSignedWhy(d('why'), 'ja'),
      next: [`sekisho standing sign ${d('service')} backup`],
    }),
    en: (d) => ({
      what: `No signature in force allows the backups of ${d('service')}`,
      why: notSignedWhy(d('why'), 'en'),
      next: [`sekisho standing sign ${d('service')} backup`],
    }),
  },
  'backup.unknown': {
    ja: {
      what: '{service} にそのバックアップはありません: {backup}',
      next: ['sekisho backup list --service {service}'],
    },
    en: {
      what: '{service} has no such backup: {backup}',
      next: ['sekisho backup list --service {service}'],
    },
  },
  'backup.busy': {
    ja: (d) => ({
      what: `${d('service')} の${workWord(d, 'ja')}が進行中です`,
      why: '一度に一つずつ行います',
      next: [`sekisho backup list --service ${d('service')}`],
    }),
    en: (d) => ({
      what: `Already under way for ${d('service')}: ${workWord(d, 'en')}`,
      why: 'one is done at a time',
      next: [`sekisho backup list --service ${d('service')}`],
    }),
  },
  'backup.content_not_read': {
    ja: (d) => ({
      what: `中身を読めませんでした: ${d('path')}`,
      why: `中身を確かめる処理が終わりませんでした${notReadWhy(d('why'), 'ja')}。良いとも悪いとも言えません`,
      next: ['もう一度 sekisho backup verify を行う'],
    }),
    en: (d) => ({
      what: `The content was not read: ${d('path')}`,
      why: `judging it did not come to its end${notReadWhy(d('why'), 'en')}; it is called neither good nor bad`,
      next: ['read it again: sekisho backup verify'],
    }),
  },
  'backup.reader_failed': {
    ja: {
      what: '中身を読む処理を始められませんでした',
      why: 'このホストの問題です（{why}）。写しやデータが良いか悪いかは分かっていません',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'The reader of contents could not be started',
      why: 'the cause is on this host ({why}); whether copies and data are good is not known',
      next: ['sekisho doctor'],
    },
  },
  'backup.drill_failed': {
    ja: (d) => ({
      what: `復元の訓練に失敗しました: ${d('item')}`,
      why: drillWhy(d('why'), 'ja'),
      next: ['sekisho backup list', 'sekisho backup run'],
    }),
    en: (d) => ({
      what: `The restore drill failed at ${d('item')}`,
      why: drillWhy(d('why'), 'en'),
      next: ['sekisho backup list', 'sekisho backup run'],
    }),
  },
  'backup.nothing_sound': {
    ja: {
      what: '{service} に、使える写しがありません',
      why: '一つも取れていないか、取れたものがどれも疑わしくなっています',
      next: ['sekisho backup run --service {service}'],
    },
    en: {
      what: '{service} has no sound copy',
      why: 'none was made yet, or each of them is suspect',
      next: ['sekisho backup run --service {service}'],
    },
  },
  'backup.target_missing': {
    ja: (d) => ({
      what: `写しの置き場所がありません: ${d('path')}${d('copy') === '' ? '' : `（${d('copy')}）`}`,
      why: 'ディスクが接続されていないようです。同じ名前の空の場所に書かないように、勝手には作りません',
      next: isWithin(d)
        ? [
            `ディスクを接続する: findmnt --target ${d('path')}`,
            `そこにあった写しがもう戻らないなら、root で作る: mkdir -m 0755 -p ${d('path')}/daily`,
          ]
        : [`ディスクを接続する。はじめてなら、root で作る: mkdir -m 0755 -p ${d('path')}`],
    }),
    en: (d) => ({
      what: `The place of the ${d('copy') === '' ? 'copies' : `copy ${d('copy')}`} is not there: ${d('path')}`,
      why: 'its disk seems not to be mounted; an empty directory of that name is not made in its place',
      next: isWithin(d)
        ? [
            `mount the disk: findmnt --target ${d('path')}`,
            `if the copies that lay there will not come back, make it as root: mkdir -m 0755 -p ${d('path')}/daily`,
          ]
        : [`mount the disk; the first time, make it as root: mkdir -m 0755 -p ${d('path')}`],
    }),
  },
  'backup.cut_off': {
    ja: {
      what: '途中で切れました',
      why: '実行中にランナーが止まりました。書きかけは、次のときに片づけます',
      next: ['もう一度 sekisho backup run を行う'],
    },
    en: {
      what: 'It was cut off',
      why: 'the runner ended in the middle; what was half-written is swept at the next run',
      next: ['run it again: sekisho backup run'],
    },
  },
  'backup.broke': {
    ja: (d) => ({
      what: `内部エラー（関所の不具合）で${workWord(d, 'ja')}が止まりました`,
      why: quoted(d('why'), 'ja'),
      next: ['sekisho doctor の出力を添えて知らせてください'],
    }),
    en: (d) => ({
      what: `Internal error while running: ${workWord(d, 'en')}`,
      why: quoted(d('why'), 'en'),
      next: ['please report it with the output of sekisho doctor'],
    }),
  },
  'backup.too_often': {
    ja: (d) => ({
      what: `${d('service')} の${workWord(d, 'ja')}は、この 1 時間に ${d('limit')} 回${d('of') === 'agents' ? '、AI の頼みで' : ''}行いました`,
      why: `${d('of') === 'agents' ? '上限の半分は、人のために取ってあります' : '所有者が署名した上限です'}。次にできるのは ${waitFor(d, 'ja')}後です`,
      next: [`いまの様子: sekisho backup list --service ${d('service')}`, ...raiseLimit(d, 'ja')],
    }),
    en: (d) => ({
      what: `Done ${d('limit')} times within the hour for ${d('service')}${d('of') === 'agents' ? ' at the wish of agents' : ''}: ${workWord(d, 'en')}`,
      why: `${d('of') === 'agents' ? 'half of the limit is kept for people' : 'that is the limit that an owner signed'}; the next one is possible in ${waitFor(d, 'en')}`,
      next: [`how it stands: sekisho backup list --service ${d('service')}`, ...raiseLimit(d, 'en')],
    }),
  },
  'backup.drill_query': {
    ja: (d) => ({
      what: `復元したデータベースが、訓練の問いに答えません: ${d('query')}`,
      why: databaseWhy(d('why'), 'ja'),
      next: ['sekisho.yaml の backup の drill の query を直して、sekisho config apply'],
    }),
    en: (d) => ({
      what: `The restored database does not answer the question of the drill: ${d('query')}`,
      why: databaseWhy(d('why'), 'en'),
      next: ['mend query at drill of backup in sekisho.yaml, then sekisho config apply'],
    }),
  },
  'backup.target_not_directory': {
    ja: {
      what: '写しの置き場所がディレクトリではありません: {path}（{copy}）',
      why: 'ディレクトリでないものの中には写しを置けません',
      next: ['ls -ld {path}', 'to: の場所を直して、sekisho config apply'],
    },
    en: {
      what: 'The place of the copy {copy} is no directory: {path}',
      why: 'a copy can only lie in a directory',
      next: ['ls -ld {path}', 'mend to:, then sekisho config apply'],
    },
  },
} as const satisfies ErrorWords
