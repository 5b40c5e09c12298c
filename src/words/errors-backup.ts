// Refusals and failures of backups and restores, in both languages.
import type { ErrorWords } from './words.ts'

export const BACKUP_ERRORS = {
  'backup.not_declared': {
    ja: (d) => ({
      what: `${d('service')} にはバックアップの決まりがありません`,
      next: ['sekisho.yaml のこのサービスに backup: /backup/名前 と書き、sekisho config apply'],
    }),
    en: (d) => ({
      what: `No backup is declared for ${d('service')}`,
      next: ['write backup: /backup/NAME at this service in sekisho.yaml, then sekisho config apply'],
    }),
  },
  'backup.not_signed': {
    ja: (d) => ({
      what: `${d('service')} のバックアップは、まだ誰も署名していません`,
      why: d('why'),
      next: [`sekisho standing sign ${d('service')} backup`],
    }),
    en: (d) => ({
      what: `Nobody has signed for the backups of ${d('service')} yet`,
      why: d('why'),
      next: [`sekisho standing sign ${d('service')} backup`],
    }),
  },
  'backup.unknown': {
    ja: (d) => ({
      what: `${d('service')} にそのバックアップはありません: ${d('backup')}`,
      next: [`sekisho backup list --service ${d('service')}`],
    }),
    en: (d) => ({
      what: `${d('service')} has no such backup: ${d('backup')}`,
      next: [`sekisho backup list --service ${d('service')}`],
    }),
  },
  'backup.busy': {
    ja: (d) => ({
      what: `${d('service')} の ${d('work')} が進行中です`,
      why: '一度に一つずつ行います',
      next: [`sekisho backup list --service ${d('service')}`],
    }),
    en: (d) => ({
      what: `${d('work')} of ${d('service')} is under way`,
      why: 'one is done at a time',
      next: [`sekisho backup list --service ${d('service')}`],
    }),
  },
  'backup.cut_off': {
    ja: () => ({
      what: '途中で切れました',
      why: '実行中にランナーが止まりました。書きかけは、次のときに片づけます',
    }),
    en: () => ({
      what: 'It was cut off',
      why: 'the runner ended in the middle; what was half-written is swept at the next run',
    }),
  },
  'backup.broke': {
    ja: (d) => ({ what: 'バックアップの処理に不具合があります', why: d('why') }),
    en: (d) => ({ what: 'A fault of ours stopped the backup', why: d('why') }),
  },
  'backup.too_often': {
    ja: (d) => ({
      what: `${d('service')} の ${d('work')} は、この 1 時間に ${d('limit')} 回行いました`,
      why: '署名で決めた上限です',
      next: ['1 時間待つか、上限を変えて署名し直す'],
    }),
    en: (d) => ({
      what: `${d('work')} of ${d('service')} was done ${d('limit')} times within the hour`,
      why: 'that is the limit that was signed',
      next: ['wait an hour, or sign again with another limit'],
    }),
  },
} as const satisfies ErrorWords
