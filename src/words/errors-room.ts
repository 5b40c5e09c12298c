// What people read when code that nobody has approved could not be run in a room.
import { sizeText } from './amounts.ts'
import type { Both, ErrorWords, Reader } from './words.ts'

const bytes = <K extends string>(d: Reader<K>, key: K) => sizeText(Number(d(key)))

/** Why an entry of a built tree may not come out of the room. */
const TAKE_OUT_WHY: Both<Readonly<Record<string, string>>> = {
  ja: {
    link: 'リンクがリリースの外を指しています',
    files: 'ファイルの数が上限を超えました',
    bytes: '大きさの合計が上限を超えました',
    mount: 'マウント先です',
    socket: 'ソケットです',
    fifo: 'FIFO です',
    device: 'デバイスです',
  },
  en: {
    link: 'the link leads out of the release',
    files: 'there are more files than the limit',
    bytes: 'the files together are larger than the limit',
    mount: 'it is a mount point',
    socket: 'it is a socket',
    fifo: 'it is a FIFO',
    device: 'it is a device',
  },
}

export const ROOM_ERRORS = {
  'room.no_space': {
    ja: (d) => ({
      what: `隔離した場所に写しを作る空き容量がありません: ${d('path')}`,
      why: `要るのは ${bytes(d, 'need')}、空きは ${bytes(d, 'free')} です。何も動かしていません`,
      next: [`df -h ${d('path')}`],
    }),
    en: (d) => ({
      what: `There is no space for a copy in a room: ${d('path')}`,
      why: `${bytes(d, 'need')} are needed, ${bytes(d, 'free')} are free; nothing was run`,
      next: [`df -h ${d('path')}`],
    }),
  },
  'room.no_inodes': {
    ja: {
      what: '隔離した場所に写しを作るファイル数の余裕 (inode) がありません: {path}',
      why: '必要 {need}、空き {free}。何も動かしていません',
      next: ['df -i {path}'],
    },
    en: {
      what: 'There are not enough inodes for a copy in a room: {path}',
      why: '{need} are needed, {free} are free; nothing was run',
      next: ['df -i {path}'],
    },
  },
  'room.not_made': {
    ja: {
      what: '隔離した場所を用意できません: {path}',
      why: '{why}。何も動かしていません',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'A room could not be prepared: {path}',
      why: '{why}; nothing was run',
      next: ['sekisho doctor'],
    },
  },
  'room.take_out': {
    ja: (d) => ({
      what: `ビルドの結果をリリースにできません: ${d('path')}`,
      why: TAKE_OUT_WHY.ja[d('why')] ?? d('why'),
      next: ['依存関係とビルドの手順を直して、変更をもう一度提案する'],
    }),
    en: (d) => ({
      what: `What was built cannot become a release: ${d('path')}`,
      why: TAKE_OUT_WHY.en[d('why')] ?? d('why'),
      next: ['correct the dependency or build step, then propose the change again'],
    }),
  },
  'room.too_large': {
    ja: (d) => ({
      what: `読み取るには大きすぎます: ${d('path')}`,
      why: `上限は ${bytes(d, 'limit')} です`,
      next: ['テストが書く報告を小さくする'],
    }),
    en: (d) => ({
      what: `Too large to be read: ${d('path')}`,
      why: `the limit is ${bytes(d, 'limit')}`,
      next: ['let the tests write a smaller report'],
    }),
  },
  'room.unavailable': {
    ja: {
      what: 'このホストでは、承認前のコードを隔離して動かせません',
      why: '{why}。テストと予行の結果は「不明」になります',
      next: ['sysctl user.max_user_namespaces', 'sekisho doctor'],
    },
    en: {
      what: 'This host cannot run unapproved code apart from everything else',
      why: '{why}; tests and rehearsal read unknown',
      next: ['sysctl user.max_user_namespaces', 'sekisho doctor'],
    },
  },
} as const satisfies ErrorWords
