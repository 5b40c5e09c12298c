// What people read when a commit is not taken in, or the repository of production cannot be used.
import { sizeText } from './amounts.ts'
import type { Both, ErrorWords, Language } from './words.ts'

const MESSAGE_WHY: Readonly<Record<string, Both<string>>> = {
  hidden: { ja: '見えない文字があります', en: 'it holds hidden characters' },
  long: { ja: '長すぎます', en: 'it is too long' },
  'long summary': { ja: '一行目が長すぎます', en: 'its first line is too long' },
  'no empty line': { ja: '二行目が空いていません', en: 'its second line is not empty' },
  'no summary': { ja: '一行目がありません', en: 'its first line is empty' },
  trailer: {
    ja: '関所だけが書く行があります (Change, Envelope, Instructed-by, Approved-by, Rehearsal, Candidate)',
    en: 'it holds a line that only the gate writes (Change, Envelope, Instructed-by, Approved-by, Rehearsal, Candidate)',
  },
}
const messageWhy = (why: string, language: Language) => MESSAGE_WHY[why]?.[language] ?? why

export const CODE_ERRORS = {
  'code.artefact_kind': {
    ja: {
      what: 'リリースに置けない種類のものです: {path}',
      why: '{kind}。リリースに入るのは、ディレクトリ・通常のファイル・リンクだけです',
      next: ['ビルドがそれを残さないようにしてください'],
    },
    en: {
      what: 'A release cannot hold this: {path}',
      why: '{kind}; a release holds directories, regular files and links',
      next: ['let the build not leave it behind'],
    },
  },
  'code.back_tree': {
    ja: {
      what: '取り消しのあとの {branch} が、元の内容に戻っていません',
      why: '戻るはずのツリー {intended}、実際のツリー {found}',
      next: ['sekisho change rollback ID で戻してください', 'git の reset --soft は内容を戻しません'],
    },
    en: {
      what: 'After the way back {branch} does not hold what it held before',
      why: 'the tree should be {intended} and is {found}',
      next: ['take it back with sekisho change rollback ID', 'git reset --soft leaves the content as it is'],
    },
  },
  'code.branch_missing': {
    ja: {
      what: 'ブランチ {branch} が {path} にありません',
      next: ['git -C {path} branch --list', 'sekisho.yaml の repo.branch を確かめてください'],
    },
    en: {
      what: 'There is no branch {branch} in {path}',
      next: ['git -C {path} branch --list', 'look at repo.branch in sekisho.yaml'],
    },
  },
  'code.branch_moved': {
    ja: {
      what: 'ブランチ {branch} が動いています',
      why: '{expected} のはずが {found} です。関所の外でコミットか取り込みがありました',
      next: ['git -C {path} log --oneline -5 {branch}', 'そのコミットを含めてから、変更を作り直してください'],
    },
    en: {
      what: 'The branch {branch} has moved',
      why: 'it should be {expected} and is {found}: somebody committed or pulled past the gate',
      next: ['git -C {path} log --oneline -5 {branch}', 'make the change again with that commit in it'],
    },
  },
  'code.branch_not_checked_out': {
    ja: {
      what: '{path} に取り出してあるのは {branch} ではなく {found} です',
      next: ['git -C {path} status', 'sekisho.yaml の repo.branch を確かめてください'],
    },
    en: {
      what: '{path} has {found} checked out, not {branch}',
      next: ['git -C {path} status', 'look at repo.branch in sekisho.yaml'],
    },
  },
  'code.bundle_corrupt': {
    ja: {
      what: '送られたコミットを読めません',
      why: '{why}',
      next: ['git fsck', 'コミットし直してから、もう一度送ってください'],
    },
    en: {
      what: 'The commit that was sent cannot be read',
      why: '{why}',
      next: ['git fsck', 'commit again, then send it again'],
    },
  },
  'code.bundle_limit': {
    ja: {
      what: '送られたコミットを限度のうちに読めませんでした',
      why: '{why}',
      next: ['変更を分けてください'],
    },
    en: {
      what: 'The commit that was sent was not read within the limits',
      why: '{why}',
      next: ['split the change'],
    },
  },
  'code.bundle_needs': {
    ja: {
      what: '本番のリポジトリ {path} にないコミットを元にしています',
      why: '{commit}',
      next: ['本番のブランチを取り込んで (git fetch)、その上に変更を載せ直してください'],
    },
    en: {
      what: 'It builds on a commit that the repository of production, {path}, does not have',
      why: '{commit}',
      next: ['fetch the branch of production and rebase onto it'],
    },
  },
  'code.bundle_too_large': {
    ja: (d) => ({
      what: '送られたコミットが大きすぎます',
      why: `まとめて ${sizeText(Number(d('limit')))} までです`,
      next: [
        '大きなファイルをリポジトリの外に置いてください',
        'または、いくつかのコミットに分け、変更も分けて出してください',
      ],
    }),
    en: (d) => ({
      what: 'The commit that was sent is too large',
      why: `packed it may take ${sizeText(Number(d('limit')))}`,
      next: [
        'keep large files outside of the repository',
        'or hand it in as several commits, each with its own change',
      ],
    }),
  },
  'code.changed_again': {
    ja: {
      what: '取り消す変更のあとで、同じファイルがまた変わっています: {path}',
      why: '元に戻すと、あとの変更が失われます',
      next: ['git log --oneline -- {path}', '新しい変更として直してください'],
    },
    en: {
      what: 'A file of the change has been changed again since: {path}',
      why: 'taking the change back would lose what came later',
      next: ['git log --oneline -- {path}', 'mend it by a new change'],
    },
  },
  'code.commit_unknown': {
    ja: {
      what: 'そのコミットがありません: {commit}',
      why: '送られたコミットの中にも、本番のリポジトリにもありません',
      next: ['git log --oneline -5'],
    },
    en: {
      what: 'There is no such commit: {commit}',
      why: 'neither in what was sent nor in the repository of production',
      next: ['git log --oneline -5'],
    },
  },
  'code.delivery_failed': {
    ja: {
      what: '本番のリポジトリに書けません: {path}',
      why: '{why}',
      next: ['ls -ld {path}', 'df -h {path}', 'git -C {path} fsck'],
    },
    en: {
      what: 'The repository of production cannot be written: {path}',
      why: '{why}',
      next: ['ls -ld {path}', 'df -h {path}', 'git -C {path} fsck'],
    },
  },
  'code.file_too_large': {
    ja: (d) => ({
      what: `ファイルが大きすぎます: ${d('path')}`,
      why: `${sizeText(Number(d('bytes')))}（限度 ${sizeText(Number(d('limit')))}）`,
      next: [`git rm --cached ${d('path')}`, 'リポジトリの外に置いてください'],
    }),
    en: (d) => ({
      what: `A file is too large: ${d('path')}`,
      why: `${sizeText(Number(d('bytes')))}, and ${sizeText(Number(d('limit')))} is the limit`,
      next: [`git rm --cached ${d('path')}`, 'keep it outside of the repository'],
    }),
  },
  'code.large_file_pointer': {
    ja: {
      what: '中身がここにないファイルです: {path}',
      why: 'Git LFS のポインターです。中身は別のサーバーにあり、試験も封もできません',
      next: ['git lfs migrate export --include={path}'],
    },
    en: {
      what: 'The content of a file is not here: {path}',
      why: 'it is a pointer of Git LFS; the content lies on another server and can be neither tested nor sealed',
      next: ['git lfs migrate export --include={path}'],
    },
  },
  'code.link_leads_out': {
    ja: {
      what: 'リンクがリポジトリの外を指します: {path}',
      why: '{target}',
      next: ['リポジトリの中を指すようにするか、sekisho.yaml の repo.shared に書いてください'],
    },
    en: {
      what: 'A link leads out of the repository: {path}',
      why: '{target}',
      next: ['let it lead to something inside, or declare it as repo.shared in sekisho.yaml'],
    },
  },
  'code.message': {
    ja: (d) => ({
      what: 'コミットの説明が決まった形ではありません',
      why: messageWhy(d('why'), 'ja'),
      next: ['一行目に概要、二行目は空、三行目から詳細を書いてください'],
    }),
    en: (d) => ({
      what: 'The message of the commit does not have the form of the guide',
      why: messageWhy(d('why'), 'en'),
      next: ['write a summary line, an empty line, then the details'],
    }),
  },
  'code.name_hidden': {
    ja: {
      what: '見えない文字が名前にあります: {path}',
      why: '{character}。改行・制御文字・書字方向の印は、画面に別の名前を見せます',
      next: ['git mv で名前を変えてください'],
    },
    en: {
      what: 'A name holds a character that is not seen: {path}',
      why: '{character}; line feeds, control characters and direction marks show another name on a screen',
      next: ['rename it with git mv'],
    },
  },
  'code.name_reserved': {
    ja: {
      what: '使えない名前です: {path}',
      why: '{name} は git とファイルシステムのものです',
      next: ['git mv で名前を変えてください'],
    },
    en: {
      what: 'A name that cannot be used: {path}',
      why: '{name} belongs to git or to the file system',
      next: ['rename it with git mv'],
    },
  },
  'code.name_too_long': {
    ja: {
      what: '名前が長すぎるか、深すぎます: {path}',
      why: '名前は 255 バイト、全体は 1024 バイト、深さは 64 までです',
      next: ['git mv で名前を変えてください'],
    },
    en: {
      what: 'A path is too long or too deep: {path}',
      why: 'a name may have 255 bytes, a path 1,024, and 64 levels',
      next: ['rename it with git mv'],
    },
  },
  'code.name_twins': {
    ja: {
      what: '同じ名前に見えるものが二つあります: {path} と {other}',
      why: '大文字と小文字、または文字の組み立て方だけが違います。取り違えや上書きのもとになります',
      next: ['git mv で片方の名前を変えてください'],
    },
    en: {
      what: 'Two names that read alike: {path} and {other}',
      why: 'they differ in case or in how a character is composed; one is mistaken for the other, or overwrites it',
      next: ['rename one with git mv'],
    },
  },
  'code.not_based': {
    ja: {
      what: '今の本番を含まないコミットです: {commit}',
      why: '本番は {branch} の {deployed} です。そのまま出すと、そこまでの変更が失われます',
      next: ['git fetch origin', 'git rebase {deployed}', 'もう一度試験をしてから送ってください'],
    },
    en: {
      what: 'The commit does not contain what is deployed: {commit}',
      why: 'production is at {deployed} of {branch}; deploying it would lose what came before',
      next: ['git fetch origin', 'git rebase {deployed}', 'run the tests again, then send it'],
    },
  },
  'code.nothing_changed': {
    ja: {
      what: '本番と同じ内容です: {commit}',
      why: 'ファイルが一つも違いません',
      next: ['git diff で確かめてください'],
    },
    en: {
      what: 'It is equal to what is deployed: {commit}',
      why: 'no file differs',
      next: ['look with git diff'],
    },
  },
  'code.object_unreadable': {
    ja: {
      what: 'コミットの中身を読めませんでした',
      why: '{why}',
      next: ['df -h', '変更を作り直してください'],
    },
    en: {
      what: 'The content of the commit could not be read',
      why: '{why}',
      next: ['df -h', 'make the change again'],
    },
  },
  'code.repository_unreadable': {
    ja: {
      what: '本番のリポジトリを読めません: {path}',
      why: '{why}',
      next: ['git -C {path} fsck', 'ls -ld {path} {path}/.git'],
    },
    en: {
      what: 'The repository of production cannot be read: {path}',
      why: '{why}',
      next: ['git -C {path} fsck', 'ls -ld {path} {path}/.git'],
    },
  },
  'code.submodule': {
    ja: {
      what: 'サブモジュールは扱えません: {path}',
      why: '中身が別のリポジトリにあり、ここでは試験も封もできません',
      next: ['git rm {path}', 'ファイルとして取り込むか、依存パッケージにしてください'],
    },
    en: {
      what: 'A submodule is not taken: {path}',
      why: 'its content lies in another repository and can be neither tested nor sealed here',
      next: ['git rm {path}', 'add its files, or make it a dependency'],
    },
  },
  'code.tree_dirty': {
    ja: {
      what: '本番のリポジトリに、コミットされていない変更があります: {repository}',
      why: '{count} 件: {paths}',
      next: [
        'git -C {repository} status',
        '残すなら変更として出し、捨てるなら git -C {repository} checkout -- PATH',
      ],
    },
    en: {
      what: 'The repository of production holds changes that are not committed: {repository}',
      why: '{count}: {paths}',
      next: [
        'git -C {repository} status',
        'propose them as a change, or drop them: git -C {repository} checkout -- PATH',
      ],
    },
  },
  'code.tree_too_large': {
    ja: (d) => ({
      what: 'コミットの中身が大きすぎます',
      why: `限度は合わせて ${sizeText(Number(d('limit')))} です`,
      next: ['大きなファイルをリポジトリの外に置いてください'],
    }),
    en: (d) => ({
      what: 'The content of the commit is too large',
      why: `${sizeText(Number(d('limit')))} together is the limit`,
      next: ['keep large files outside of the repository'],
    }),
  },
  'code.tree_too_many_files': {
    ja: {
      what: 'コミットのファイルが多すぎます',
      why: '限度は {limit} 件です',
      next: ['git ls-files | wc -l'],
    },
    en: {
      what: 'The commit holds too many files',
      why: '{limit} is the limit',
      next: ['git ls-files | wc -l'],
    },
  },
} as const satisfies ErrorWords
