// What people read when a file cannot be changed the safe way.
import { changedWhy, isInTheWay } from './changed-why.ts'
import type { ErrorWords } from './words.ts'

export const FILE_ERRORS = {
  'file.changed': {
    ja: (d) =>
      isInTheWay(d('why'))
        ? {
            what: `書き替えられません。じゃまなものがあります: ${d('path')}`,
            why: changedWhy(d('why'), 'ja'),
            next: [`ls -la ${d('path')}`, 'それを別の名前にしてから、sekisho change revise ID'],
          }
        : {
            what: `承認された時点から変わっています: ${d('path')}`,
            why: changedWhy(d('why'), 'ja'),
            next: ['sekisho change revise ID'],
          },
    en: (d) =>
      isInTheWay(d('why'))
        ? {
            what: `It cannot be replaced, something is in the way: ${d('path')}`,
            why: changedWhy(d('why'), 'en'),
            next: [`ls -la ${d('path')}`, 'give that another name, then: sekisho change revise ID'],
          }
        : {
            what: `It is no longer what was approved: ${d('path')}`,
            why: changedWhy(d('why'), 'en'),
            next: ['sekisho change revise ID'],
          },
  },
  'file.copy_damaged': {
    ja: {
      what: '控えの内容が元のファイルと一致しません: {path}',
      why: '控え: {copy}',
      next: ['控えのある装置を確認してください'],
    },
    en: {
      what: 'The kept copy is not equal to the file: {path}',
      why: 'the copy is {copy}',
      next: ['check the volume of the copy'],
    },
  },
  'file.hard_links': {
    ja: {
      what: '別の名前からも使われているファイルです: {path}',
      why: 'ハードリンクが {count} 個あります。入れ替えると片方だけが新しくなります',
      next: ['find / -xdev -samefile {path}'],
    },
    en: {
      what: 'The file has other names: {path}',
      why: 'it has {count} hard links; replacing it would change only one of them',
      next: ['find / -xdev -samefile {path}'],
    },
  },
  'file.immutable': {
    ja: {
      what: '変更禁止の印が付いています: {path}',
      why: 'chattr の +i または +a です',
      next: ['lsattr -d {path}', 'chattr -ia {path}'],
    },
    en: {
      what: 'The file is marked unchangeable: {path}',
      why: 'it has the attribute +i or +a',
      next: ['lsattr -d {path}', 'chattr -ia {path}'],
    },
  },
  'file.mounted': {
    ja: {
      what: 'ファイルそのものにマウントされています: {path}',
      why: '入れ替えができません',
      next: ['findmnt {path}'],
    },
    en: {
      what: 'Something is mounted on the file itself: {path}',
      why: 'it cannot be replaced',
      next: ['findmnt {path}'],
    },
  },
  'file.no_place_for_copies': {
    ja: {
      what: '控えを置く場所がありません: {path}',
      why: '同じ装置の上に、ほかの人が変えられない場所が必要です',
      next: ['mkdir -m 0700 /var/backups/sekisho'],
    },
    en: {
      what: 'There is no place for a copy of {path}',
      why: 'a directory on the same volume is needed that nobody else can change',
      next: ['mkdir -m 0700 /var/backups/sekisho'],
    },
  },
  'file.not_declared': {
    ja: {
      what: '対象として登録されていません: {path}',
      why: 'sekisho.yaml の files にありません',
      next: ['sekisho service list', 'sekisho config show'],
    },
    en: {
      what: 'Not declared as a target: {path}',
      why: 'it is not under files in sekisho.yaml',
      next: ['sekisho service list', 'sekisho config show'],
    },
  },
} as const satisfies ErrorWords
