// What `guard explain` says of how far a command reaches on this host now.
import type { Both } from './words.ts'

export interface ExplainWords {
  readonly files: (files: string, directories: string, bytes: string, isWhole: boolean) => string
  readonly nothing: string
  readonly unseen: string
  readonly closed: string
  readonly ages: (oldest: string, newest: string) => string
  readonly tracked: (tracked: number, of: number) => string
  readonly untracked: string
  readonly noGit: string
  readonly outside: (count: number) => string
  readonly shared: (count: number) => string
  readonly unit: (name: string, state: string) => string
  readonly needs: (names: string) => string
  readonly open: (ids: string) => string
  readonly noOpen: string
  readonly openUnknown: string
  readonly undo: { readonly yes: string; readonly no: string; readonly unknown: string }
  /** Of data that a service declares, or of anything. */
  readonly backups: (service: string | undefined) => string
  /** What it would change beside those that were looked at. */
  readonly more: (count: number) => string
  readonly nowhere: string
  readonly verbs: Readonly<Record<string, string>>
  readonly unknownState: string
}

export const EXPLAIN_WORDS: Both<ExplainWords> = {
  ja: {
    files: (files, directories, bytes, isWhole) =>
      `${isWhole ? '' : '少なくとも '}${files} ファイル、${directories} ディレクトリ、${bytes}`,
    nothing: 'いまは何もありません',
    unseen: '時間内に数えられませんでした',
    closed: 'あなたの権限では見られない場所があります（sudo で見られます）',
    ages: (oldest, newest) => `更新  ${oldest} から ${newest} まで`,
    tracked: (tracked, of) => `git にある ${tracked} / ${of}（記録された版まで戻せます）`,
    untracked: 'git にありません',
    noGit: 'git の管理外です',
    outside: (count) => `外を指すリンク ${count}（先は消えません）`,
    shared: (count) => `ほかの名前もあるファイル ${count}`,
    unit: (name, state) => `${name}  ${state}`,
    needs: (names) => `これに頼るもの  ${names}`,
    open: (ids) => `進行中の変更  ${ids}`,
    noOpen: '進行中の変更はありません',
    openUnknown: '進行中の変更は分かりません（sekisho login）',
    undo: { yes: '元に戻せます', no: '元に戻せません', unknown: '元に戻せるとは限りません' },
    backups: (service) =>
      service === undefined
        ? '宣言されたデータではありません。バックアップがあるかはここでは分かりません'
        : `バックアップにあるもの  sekisho backup list --service ${service}`,
    more: (count) => `ほかに ${count} か所（数えていない）`,
    nowhere: 'この機械で変わるファイルやサービスとして数えられるものはありません',
    verbs: {
      delete: '削除',
      move: '移動',
      write: '書換',
      append: '追記',
      create: '作成',
      chmod: '権限',
      chown: '所有者',
      link: 'リンク',
      mount: 'マウント',
      stop: '停止',
      restart: '再起動',
      reload: '再読込',
      start: '起動',
      disable: '無効化',
      mask: '封鎖',
    },
    unknownState: '状態は分かりません',
  },
  en: {
    files: (files, directories, bytes, isWhole) =>
      `${isWhole ? '' : 'at least '}${files} ${files === '1' ? 'file' : 'files'}, ${directories} ${directories === '1' ? 'directory' : 'directories'}, ${bytes}`,
    nothing: 'nothing is there now',
    unseen: 'could not be counted in time',
    closed: 'some of it is not yours to look at (with sudo it is counted)',
    ages: (oldest, newest) => `changed  from ${oldest} to ${newest}`,
    tracked: (tracked, of) => `in git  ${tracked} of ${of} (back to what was committed)`,
    untracked: 'none of it is in git',
    noGit: 'not in a git repository',
    outside: (count) => `links that lead out  ${count} (what they point to stays)`,
    shared: (count) => `files with another name  ${count}`,
    unit: (name, state) => `${name}  ${state}`,
    needs: (names) => `needed by  ${names}`,
    open: (ids) => `open changes  ${ids}`,
    noOpen: 'no open change',
    openUnknown: 'open changes are not known (sekisho login)',
    undo: { yes: 'can be undone', no: 'cannot be undone', unknown: 'cannot always be undone' },
    backups: (service) =>
      service === undefined
        ? 'of no declared service: whether a backup has it is not known here'
        : `what a backup has  sekisho backup list --service ${service}`,
    more: (count) => `and ${count} more places, which were not counted`,
    nowhere: 'no file and no service of this machine is counted that it would change',
    verbs: {},
    unknownState: 'state not known',
  },
}

/** Between verbs. */
export const VERB_JOINER: Both<string> = { ja: '・', en: ', ' }
