// What people read for each code of base/error.ts, in both languages.
import type { ErrorCode } from '../base/error-codes.ts'
import type { Detail } from '../base/error-values.ts'
import { errnoWord } from './errno.ts'
import { APP_ERRORS } from './errors-app.ts'
import { BACKUP_ERRORS } from './errors-backup.ts'
import { CHANGE_ERRORS } from './errors-change.ts'
import { CLI_ERRORS } from './errors-cli.ts'
import { CODE_ERRORS } from './errors-code.ts'
import { COMMAND_ERRORS } from './errors-command.ts'
import { DATABASE_ERRORS } from './errors-database.ts'
import { DB_ERRORS } from './errors-db.ts'
import { DEPLOY_ERRORS } from './errors-deploy.ts'
import { ENGINE_ERRORS } from './errors-engine.ts'
import { FILE_ERRORS } from './errors-files.ts'
import { GLASS_ERRORS } from './errors-glass.ts'
import { GUARD_ERRORS } from './errors-guard.ts'
import { HOST_ERRORS } from './errors-host.ts'
import { HTTP_ERRORS } from './errors-http.ts'
import { INCIDENT_ERRORS } from './errors-incident.ts'
import { ISOLATION_ERRORS } from './errors-isolation.ts'
import { JUDGE_ERRORS } from './errors-judge.ts'
import { EARLIER_JUDGE_ERRORS } from './errors-judge-earlier.ts'
import { MIGRATION_ERRORS } from './errors-migrations.ts'
import { NOTIFY_ERRORS } from './errors-notify.ts'
import { PLAN_ERRORS } from './errors-plan.ts'
import { POLICY_ERRORS } from './errors-policy.ts'
import { RECORD_ERRORS } from './errors-record.ts'
import { REQUEST_ERRORS } from './errors-request.ts'
import { RESTIC_ERRORS } from './errors-restic.ts'
import { RESTORE_ERRORS } from './errors-restore.ts'
import { ROOM_ERRORS } from './errors-room.ts'
import { RUNNER_ERRORS } from './errors-runner.ts'
import { SCHEMA_ERRORS } from './errors-schema.ts'
import { SEAL_ERRORS } from './errors-seal.ts'
import { TREE_ERRORS } from './errors-tree.ts'
import { inputWhy } from './input.ts'
import { type Both, type ErrorWords, type Language, type Reader, type Sentence, spoken } from './words.ts'

type Words = Both<(d: Reader) => Sentence>

export function reader(detail: Detail): Reader {
  return (key) => {
    const value = detail[key]
    if (value === undefined) return '…'
    return Array.isArray(value) ? value.join(', ') : String(value)
  }
}

const REFUSED_WHY: Readonly<Record<string, Both<string>>> = {
  EROFS: {
    ja: 'そのようにマウントされたか、ディスクの故障のあとでカーネルが読み取り専用に変えました',
    en: 'it was mounted so, or the kernel made it so after an error of the disk',
  },
  EPERM: {
    ja: 'カーネルが許しません。root にも許さないなら、それかそのディレクトリに変更禁止の印があります',
    en: 'the kernel does not permit it; where root is refused too, it or its directory is marked unchangeable',
  },
}
const refusedWhy = (why: string, language: Language): string =>
  REFUSED_WHY[why]?.[language] ?? errnoWord(why, language)

const directoryOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/'

function refusedNext(why: string, path: string): readonly string[] {
  if (why === 'EROFS') return [`findmnt -T ${path} || findmnt -T ${directoryOf(path)}`, 'dmesg']
  return [
    `ls -ld ${path}`,
    ...(why === 'EPERM' ? [`lsattr -d ${path} ${directoryOf(path)}`, 'chattr -i PATH'] : []),
  ]
}

/** As `fileType` names them, and what is no more than something else. */
const TYPES: Both<Readonly<Record<string, string>>> = {
  ja: {
    directory: 'ディレクトリです',
    link: 'リンクです。リンクはたどりません',
    pipe: 'パイプです',
    socket: 'ソケットです',
    device: 'デバイスです',
  },
  en: {
    directory: 'it is a directory',
    link: 'it is a link, and no link is followed here',
    pipe: 'it is a pipe',
    socket: 'it is a socket',
    device: 'it is a device',
  },
}
const typeWord = (type: string, language: Language): string =>
  TYPES[language][type] ?? { ja: '別の種類のものです', en: 'it is something else' }[language]
const lookAt = (type: string, path: string): readonly string[] =>
  type === 'link' ? [`readlink -f ${path}`] : [`ls -ld ${path}`]

const COMMON_ERRORS = {
  'input.invalid': {
    ja: (d) => ({ what: `入力が正しくありません: ${d('field')}`, why: inputWhy(d, 'ja') }),
    en: (d) => ({ what: `The input is not valid: ${d('field')}`, why: inputWhy(d, 'en') }),
  },
  'input.unknown_field': {
    ja: { what: '知らない項目です: {field}' },
    en: { what: 'Unknown field: {field}' },
  },
  'input.too_large': {
    ja: { what: '大きすぎます: {what}', why: '上限は {limit} です' },
    en: { what: 'Too large: {what}', why: 'the limit is {limit}' },
  },
  'file.unreadable': {
    ja: (d) => ({ what: `ファイルを読めません: ${d('path')}`, why: errnoWord(d('why'), 'ja') }),
    en: (d) => ({ what: `The file cannot be read: ${d('path')}`, why: errnoWord(d('why'), 'en') }),
  },
  'file.not_regular': {
    ja: (d) => ({
      what: `普通のファイルではありません: ${d('path')}`,
      why: typeWord(d('type'), 'ja'),
      next: lookAt(d('type'), d('path')),
    }),
    en: (d) => ({
      what: `Not a regular file: ${d('path')}`,
      why: typeWord(d('type'), 'en'),
      next: lookAt(d('type'), d('path')),
    }),
  },
  'file.link_leaves': {
    ja: { what: 'リンクが対象の外を指しています: {path}', why: '行き先は {to} です' },
    en: {
      what: 'The link leaves the declared targets: {path}',
      why: 'it leads to {to}',
    },
  },
  'file.too_large': {
    ja: { what: 'ファイルが大きすぎます: {path}', why: '上限は {limit} です' },
    en: { what: 'The file is too large: {path}', why: 'the limit is {limit}' },
  },
  'file.no_space': {
    ja: {
      what: '空き容量が足りません: {path}',
      why: '書きかけは残していません',
      next: ['df -h {path}'],
    },
    en: {
      what: 'Not enough space on the volume of {path}',
      why: 'nothing half-written was left',
      next: ['df -h {path}'],
    },
  },
  'file.no_permission': {
    ja: (d) => ({
      what:
        d('why') === 'EROFS'
          ? `ボリュームが読み取り専用です: ${d('path')}`
          : `権限がありません: ${d('path')}`,
      why: refusedWhy(d('why'), 'ja'),
      next: refusedNext(d('why'), d('path')),
    }),
    en: (d) => ({
      what: d('why') === 'EROFS' ? `The volume is read-only: ${d('path')}` : `No permission for ${d('path')}`,
      why: refusedWhy(d('why'), 'en'),
      next: refusedNext(d('why'), d('path')),
    }),
  },
  'process.failed': {
    ja: { what: 'プログラムが失敗しました: {program}', why: '{why}' },
    en: { what: 'A program failed: {program}', why: '{why}' },
  },
  'process.timeout': {
    ja: {
      what: 'プログラムが時間内に終わりません: {program}',
      why: '上限は {limit} です',
    },
    en: {
      what: 'A program did not end in time: {program}',
      why: 'the limit is {limit}',
    },
  },
  'process.missing': {
    ja: { what: 'プログラムが見つかりません: {program}', why: '{why}' },
    en: { what: 'A program is missing: {program}', why: '{why}' },
  },
} as const satisfies ErrorWords

export const ERROR_WORDS: Readonly<Record<ErrorCode, Words>> = spoken({
  ...APP_ERRORS,
  ...HOST_ERRORS,
  ...HTTP_ERRORS,
  ...BACKUP_ERRORS,
  ...ISOLATION_ERRORS,
  ...RESTIC_ERRORS,
  ...INCIDENT_ERRORS,
  ...GLASS_ERRORS,
  ...RESTORE_ERRORS,
  ...DEPLOY_ERRORS,
  ...MIGRATION_ERRORS,
  ...RECORD_ERRORS,
  ...DB_ERRORS,
  ...ENGINE_ERRORS,
  ...DATABASE_ERRORS,
  ...FILE_ERRORS,
  ...CHANGE_ERRORS,
  ...CLI_ERRORS,
  ...CODE_ERRORS,
  ...GUARD_ERRORS,
  ...NOTIFY_ERRORS,
  ...PLAN_ERRORS,
  ...POLICY_ERRORS,
  ...JUDGE_ERRORS,
  ...EARLIER_JUDGE_ERRORS,
  ...ROOM_ERRORS,
  ...RUNNER_ERRORS,
  ...REQUEST_ERRORS,
  ...COMMAND_ERRORS,
  ...SCHEMA_ERRORS,
  ...SEAL_ERRORS,
  ...TREE_ERRORS,
  ...COMMON_ERRORS,
})
