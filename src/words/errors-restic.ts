// Refusals and failures of copies in a repository, in both languages.
import { quoted, remoteCopyWhy } from './remote-copy-why.ts'
import type { ErrorWords } from './words.ts'

export const RESTIC_ERRORS = {
  'backup.credential_missing': {
    ja: {
      what: 'リポジトリを開くための値が、まだ預けられていません: {key}',
      why: '{to} は、この値がないと開けません',
      next: ['sekisho secret put {service} {key}'],
    },
    en: {
      what: 'A value that the repository needs has not been handed over yet: {key}',
      why: 'without it {to} cannot be opened',
      next: ['sekisho secret put {service} {key}'],
    },
  },
  'backup.prune_elsewhere': {
    ja: {
      what: '{copy} の古い写しは、ここからは消せません',
      why: '追記だけを許す置き場所です。消すのは、そこで消す権限を持つ別の人か機械の仕事です',
      next: ['{command}'],
    },
    en: {
      what: 'The old copies in {copy} cannot be removed from here',
      why: 'it only takes additions; removing is the work of another identity, who may delete there',
      next: ['{command}'],
    },
  },
  'backup.repository_failed': {
    ja: (d) => ({ what: `リポジトリの操作に失敗しました: ${d('to')}`, ...remoteCopyWhy(d, 'ja') }),
    en: (d) => ({ what: `Working in the repository failed: ${d('to')}`, ...remoteCopyWhy(d, 'en') }),
  },
  'backup.repository_form': {
    ja: {
      what: 'リポジトリの書き方が分かりません: {to}',
      why: 'ユーザー名とパスワードは、ここには書けません',
      next: ['/場所、sftp:user@host:/場所、rest:https://host:8000/名前 のどれかで書く'],
    },
    en: {
      what: 'This is no repository: {to}',
      why: 'a user and password of a REST server do not stand here',
      next: ['write /PLACE, sftp:user@host:/PLACE or rest:https://host:8000/NAME'],
    },
  },
  'backup.repository_incomplete': {
    ja: (d) => ({
      what: `写しに入らなかったものがあります: ${d('to')}`,
      why: quoted(d('why'), 'ja'),
      next: ['もう一度 sekisho backup run を行う'],
    }),
    en: (d) => ({
      what: `Something is missing from the copy: ${d('to')}`,
      why: quoted(d('why'), 'en'),
      next: ['run sekisho backup run again'],
    }),
  },
  'backup.repository_locked': {
    ja: (d) => ({
      what: `ほかの処理がリポジトリを使っています: ${d('to')}`,
      why: quoted(d('why'), 'ja'),
      next: ['その処理が終わるのを待って、もう一度行う'],
    }),
    en: (d) => ({
      what: `Somebody else is at work in the repository: ${d('to')}`,
      why: quoted(d('why'), 'en'),
      next: ['wait until that has ended and run it again'],
    }),
  },
  'backup.repository_missing': {
    ja: {
      what: 'リポジトリがなくなっています: {to}',
      why: '前に書いた写しがあるはずの場所です。新しく作り直すことはしません',
      next: ['場所とディスクの接続を確かめる'],
    },
    en: {
      what: 'There is no repository any more: {to}',
      why: 'sekisho wrote copies there before; an empty one is not made in its place',
      next: ['see whether the place is right and its disk is mounted'],
    },
  },
  'backup.repository_password': {
    ja: {
      what: 'リポジトリをパスワードで開けません: {to}',
      why: '預けられている {key} に合う鍵がありません。パスワードが違うか、リポジトリの鍵が失われています',
      next: [
        'いままで開けていたなら、預けたパスワードは替えずに、リポジトリの鍵が残っているか確かめる。パスワードを替えたのなら:',
        'sekisho secret put {service} {key}',
      ],
    },
    en: {
      what: 'The password does not open the repository: {to}',
      why: 'no key of it fits {key} as it was handed over: the password is wrong, or the keys of the repository are lost',
      next: [
        'if it opened until now, leave the password as it is and look into keys in the repository; if the password has changed:',
        'sekisho secret put {service} {key}',
      ],
    },
  },
  'backup.repository_unreachable': {
    ja: (d) => ({ what: `写しのサーバーに届きません: ${d('to')}`, ...remoteCopyWhy(d, 'ja') }),
    en: (d) => ({
      what: `The server of the copies cannot be reached: ${d('to')}`,
      ...remoteCopyWhy(d, 'en'),
    }),
  },
  'backup.restic_missing': {
    ja: {
      what: 'このホストに restic がありません',
      why: '別の場所への暗号化した写しは restic が作ります。最初の写しはできています',
      next: ['apt-get install restic'],
    },
    en: {
      what: 'restic is not on this host',
      why: 'it makes the encrypted copy; the first copy was made without it',
      next: ['apt-get install restic'],
    },
  },
  'backup.target_undeclared': {
    ja: {
      what: 'この写しの置き場所は、もう sekisho.yaml にありません: {to}（{copy}）',
      why: '書かれていない場所は開きません',
      next: ['copies に書き戻して、sekisho config apply'],
    },
    en: {
      what: 'The place of this copy is not in sekisho.yaml any more: {to} ({copy})',
      why: 'what the rules do not name is not opened',
      next: ['write it back to copies, then sekisho config apply'],
    },
  },
  'backup.repository_foreign': {
    ja: {
      what: 'ほかの人のものが入っている場所です: {to}',
      why: '見つかったもの: {found}。互いの片づけで互いの写しが消えるため、ここには書きません',
      next: ['空の場所か、関所だけのリポジトリを to: に書いて、sekisho config apply'],
    },
    en: {
      what: 'Somebody else keeps things there: {to}',
      why: 'found: {found}; each would prune what the other needs, so nothing is written',
      next: ['write an empty place or a repository of our own at to:, then sekisho config apply'],
    },
  },
  'backup.repository_not_trusted': {
    ja: (d) => ({ what: `相手が本物のサーバーか確かめられません: ${d('to')}`, ...remoteCopyWhy(d, 'ja') }),
    en: (d) => ({
      what: `It cannot be told whether this is the right server: ${d('to')}`,
      ...remoteCopyWhy(d, 'en'),
    }),
  },
  'backup.repository_refused': {
    ja: (d) => ({ what: `写しのサーバーに断られました: ${d('to')}`, ...remoteCopyWhy(d, 'ja') }),
    en: (d) => ({ what: `The server of the copies refused: ${d('to')}`, ...remoteCopyWhy(d, 'en') }),
  },
} as const satisfies ErrorWords
