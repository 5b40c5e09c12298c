// Refusals and failures of copies in a repository, in both languages.
import type { ErrorWords } from './words.ts'

export const RESTIC_ERRORS = {
  'backup.credential_missing': {
    ja: (d) => ({
      what: `${d('to')} を開くための値が、まだ預けられていません: ${d('key')}`,
      next: [`sekisho secret put ${d('service')} ${d('key')}`],
    }),
    en: (d) => ({
      what: `What opens ${d('to')} has not been handed over yet: ${d('key')}`,
      next: [`sekisho secret put ${d('service')} ${d('key')}`],
    }),
  },
  'backup.prune_elsewhere': {
    ja: (d) => ({
      what: `${d('copy')} の古い写しは、ここからは消せません`,
      why: '追記だけを許す置き場所です。消すのは、そこで消す権限を持つ別の人か機械の仕事です',
      next: [d('command')],
    }),
    en: (d) => ({
      what: `The old copies in ${d('copy')} cannot be removed from here`,
      why: 'it only takes additions; removing is the work of another identity, who may delete there',
      next: [d('command')],
    }),
  },
  'backup.repository_failed': {
    ja: (d) => ({ what: `リポジトリの操作に失敗しました: ${d('to')}`, why: d('why') }),
    en: (d) => ({ what: `The repository refused: ${d('to')}`, why: d('why') }),
  },
  'backup.repository_form': {
    ja: (d) => ({
      what: `リポジトリの書き方が分かりません: ${d('to')}`,
      why: 'ユーザー名とパスワードは、ここには書けません',
      next: ['/場所、sftp:user@host:/場所、rest:https://host:8000/名前 のどれかで書く'],
    }),
    en: (d) => ({
      what: `This is no repository: ${d('to')}`,
      why: 'a user and password of a REST server do not stand here',
      next: ['write /PLACE, sftp:user@host:/PLACE or rest:https://host:8000/NAME'],
    }),
  },
  'backup.repository_incomplete': {
    ja: (d) => ({
      what: `写しに入らなかったものがあります: ${d('to')}`,
      why: d('why'),
      next: ['もう一度 sekisho backup run を行う'],
    }),
    en: (d) => ({
      what: `Something is missing from the copy: ${d('to')}`,
      why: d('why'),
      next: ['run sekisho backup run again'],
    }),
  },
  'backup.repository_locked': {
    ja: (d) => ({
      what: `ほかの処理がリポジトリを使っています: ${d('to')}`,
      why: d('why'),
      next: ['その処理が終わるのを待って、もう一度行う'],
    }),
    en: (d) => ({
      what: `Somebody else is at work in the repository: ${d('to')}`,
      why: d('why'),
      next: ['wait until that has ended and run it again'],
    }),
  },
  'backup.repository_missing': {
    ja: (d) => ({
      what: `リポジトリがなくなっています: ${d('to')}`,
      why: '前に書いた写しがあるはずの場所です。新しく作り直すことはしません',
      next: ['場所とディスクの接続を確かめる'],
    }),
    en: (d) => ({
      what: `There is no repository any more: ${d('to')}`,
      why: 'copies of ours were written there; an empty one is not made in its place',
      next: ['see whether the place is right and its disk is mounted'],
    }),
  },
  'backup.repository_password': {
    ja: (d) => ({
      what: `リポジトリのパスワードが違います: ${d('to')}`,
      next: ['sekisho secret put サービス backup/名前 で、正しい値を預ける'],
    }),
    en: (d) => ({
      what: `The password of the repository is wrong: ${d('to')}`,
      next: ['hand over the right one: sekisho secret put SERVICE backup/NAME'],
    }),
  },
  'backup.repository_unreachable': {
    ja: (d) => ({
      what: `リポジトリに届きません: ${d('to')}`,
      why: d('why'),
      next: ['相手のサーバーと、そこまでのネットワークを確かめる'],
    }),
    en: (d) => ({
      what: `The repository cannot be reached: ${d('to')}`,
      why: d('why'),
      next: ['look at that server, and the network to it'],
    }),
  },
  'backup.restic_missing': {
    ja: () => ({ what: 'このホストに restic がありません', next: ['apt-get install restic'] }),
    en: () => ({ what: 'restic is not on this host', next: ['apt-get install restic'] }),
  },
  'backup.target_undeclared': {
    ja: (d) => ({
      what: `この写しの置き場所は、もう sekisho.yaml にありません: ${d('to')}（${d('copy')}）`,
      next: ['copies に書き戻して、sekisho config apply'],
    }),
    en: (d) => ({
      what: `The place of this copy is not in sekisho.yaml any more: ${d('to')} (${d('copy')})`,
      next: ['write it back to copies, then sekisho config apply'],
    }),
  },
} as const satisfies ErrorWords
