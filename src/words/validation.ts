// What people read for each problem that a validation in the sandbox found, and for what the sandbox could not check.
// Keyed by the codes of the runner's answer; the validator's own words come in as `text`.
import { contentFault } from './content-fault.ts'
import type { Both, Language, Sentence } from './words.ts'

/** A problem as the runner reports it. */
export interface ProblemText {
  readonly text: string
  readonly path?: string
  readonly line?: number
}

type Words = Both<(problem: ProblemText) => Sentence>

const where = ({ path, line }: ProblemText) =>
  path === undefined ? '' : ` ${path}${line === undefined ? '' : `:${line}`}`

/** As many as `text` says are not listed. */
const MORE: Words = {
  ja: ({ text }) => ({ what: `同じ検査の指摘が、ほかに ${text} 件あります` }),
  en: ({ text }) => ({ what: `${text} more findings of the same check` }),
}

/** `what` with the place behind it, the validator's words as the reason. */
function words(ja: string, en: string, next?: Both<string>): Words {
  const sentence = (what: string, problem: ProblemText, hint: string | undefined): Sentence => ({
    what: `${what}${where(problem)}`,
    why: problem.text,
    ...(hint === undefined ? {} : { next: [hint] }),
  })
  return {
    ja: (problem) => sentence(ja, problem, next?.ja),
    en: (problem) => sentence(en, problem, next?.en),
  }
}

/** What a trial took too much of (`bytes 134217728`), in words. What is not of this form stays as it is. */
function budgetText(text: string, language: Language): string {
  const [what = '', limit = ''] = text.split(' ')
  const words = BUDGETS[what]
  return words === undefined || !/^\d+$/.test(limit) ? text : words[language](Number(limit))
}

const mebibytes = (bytes: number) => `${Math.floor(bytes / 1_048_576)} MiB`
const BUDGETS: Readonly<Record<string, Both<(limit: number) => string>>> = {
  bytes: {
    ja: (limit) => `読み書きする量が ${mebibytes(limit)} を超えます`,
    en: (limit) => `it would read or write more than ${mebibytes(limit)}`,
  },
  words: {
    ja: (limit) => `設定の語が ${limit} 個を超えます`,
    en: (limit) => `the configuration has more than ${limit} words`,
  },
  names: {
    ja: (limit) => `見るファイルが ${limit} 個を超えます`,
    en: (limit) => `it would look at more than ${limit} files`,
  },
  time: {
    ja: (limit) => `${Math.floor(limit / 1000)} 秒以内に終わりません`,
    en: (limit) => `it does not end within ${Math.floor(limit / 1000)} s`,
  },
  memory: {
    ja: (limit) => `中のプログラムのメモリーが ${mebibytes(limit)} を超えました`,
    en: (limit) => `the programs inside took more than ${mebibytes(limit)} of memory`,
  },
  processes: {
    ja: (limit) => `中のプロセスが ${limit} 個を超えました`,
    en: (limit) => `more than ${limit} processes ran inside`,
  },
  scratch: {
    ja: (limit) => `中で書いた量が ${mebibytes(limit)} を超えました`,
    en: (limit) => `the programs inside wrote more than ${mebibytes(limit)}`,
  },
}

function budgetWords(ja: string, en: string, next: Both<string>): Words {
  const { ja: inJapanese, en: inEnglish } = words(ja, en, next)
  return {
    ja: (problem) => inJapanese({ ...problem, text: budgetText(problem.text, 'ja') }),
    en: (problem) => inEnglish({ ...problem, text: budgetText(problem.text, 'en') }),
  }
}

/** The reason is a fault of content. */
function dataWords(ja: string, en: string): Words {
  const { ja: inJapanese, en: inEnglish } = words(ja, en)
  return {
    ja: (problem) => inJapanese({ ...problem, text: contentFault(problem.text, 'ja') }),
    en: (problem) => inEnglish({ ...problem, text: contentFault(problem.text, 'en') }),
  }
}

export const VALIDATION_WORDS = {
  'data.rubbish': dataWords('データとして壊れています:', 'As data it is damaged:'),
  'data.question': dataWords(
    'データの件数が大きく変わります。意図したものなら、この検査の免除に署名する:',
    'The number of records changes by much; if it is meant, sign a waiver of this check:',
  ),
  'data.absent': words(
    '内容の決まりがあるデータがなくなります:',
    'Data that has rules for its content would be gone:',
  ),
  'data.not_read': words('中身を読めていません:', 'Its content was not read:'),
  'nginx.syntax': words('nginx の設定が文として閉じていません:', 'The nginx text is not well formed:'),
  'nginx.failed': words('nginx はこの設定を受け付けません:', 'nginx does not take this configuration:'),
  'nginx.warning': words('nginx からの注意:', 'nginx warns:'),
  'nginx.include_missing': words('include の先がありません:', 'An include leads to nothing:'),
  'nginx.include_unreadable': words('include の先を読めません:', 'An include cannot be read:'),
  'nginx.include_leaves': words(
    'include が設定の場所の外へ出ます:',
    'An include leaves the configuration tree:',
    { ja: 'ファイルを /etc/nginx の中へ置く', en: 'keep the file below /etc/nginx' },
  ),
  'nginx.include_private': words(
    '所有者しか読めないファイルを新しく取り込もうとしています:',
    'A file that only its owner may read would be taken in:',
  ),
  'nginx.too_many_files': words(
    'include が多すぎるか、輪になっています:',
    'Too many includes, or they go round:',
  ),
  'nginx.loads_code': words(
    'コードを読み込む設定の追加・変更は通せません:',
    'A change of what nginx loads as code cannot pass:',
  ),
  'nginx.not_effective': words(
    'nginx はこのファイルを読みません（どの include にも入っていない）:',
    'nginx does not read this file (no include takes it in):',
    {
      ja: '使われている場所へ置くか、リンクを足す: --link PATH=TARGET',
      en: 'put it where it is read, or add the link: --link PATH=TARGET',
    },
  ),
  'nginx.key_mismatch': words(
    '証明書と鍵が組になっていません:',
    'Certificate and key do not belong together:',
  ),
  'nginx.key_not_compared': words(
    '証明書と鍵の組は確かめていません:',
    'Certificate and key were not compared:',
  ),
  'nginx.name_hidden': words(
    '他のユーザーが入れないディレクトリの中の新しい名前です。試行では見ません。ディレクトリを chmod o+x すれば見ます（ファイルの権限はそのままで構いません）:',
    'A new name in a directory that others may not enter: the trial does not look there. After chmod o+x of the directory it does (the file may stay as it is):',
  ),
  'nginx.name_not_looked': words(
    'ファイルがあるかどうかは見ていません（他のユーザーが入れないディレクトリの中です）:',
    'Whether this file is there was not looked at (others may not enter its directory):',
  ),
  'nginx.address_not_here': words(
    'このホストにないアドレスで待ち受けます:',
    'It listens on an address this host does not have:',
  ),
  'nginx.not_listening': words(
    '開くはずの待ち受けが開きませんでした:',
    'A port that the text asks for was not opened:',
  ),
  'nginx.reload_refused': words(
    '再読み込みの予行で失敗: 検査も再読み込みも成功と言い、古い設定のまま動き続けます。ほかのプログラムが使っています:',
    'The reload fails in the rehearsal: check and reload would both succeed, and the old configuration go on. Another program holds:',
  ),
  'nginx.name_not_resolved': words(
    'この名前は隔離の中では引いていません:',
    'This name was not looked up in the sandbox:',
  ),
  'unit.line': words('unit の行として読めません:', 'Not a line of a unit file:'),
  'unit.failed': words('systemd はこの unit を受け付けません:', 'systemd does not take this unit:'),
  'unit.warning': words('systemd からの注意:', 'systemd warns:'),
  'unit.user_missing': words('この利用者はいません:', 'There is no such user:'),
  'unit.group_missing': words('このグループはありません:', 'There is no such group:'),
  'unit.environment_file_not_looked': words(
    '環境ファイルがあるかどうかは見ていません（他のユーザーが入れないディレクトリの中です）:',
    'Whether the environment file is there was not looked at (others may not enter its directory):',
  ),
  'unit.environment_file_missing': words('環境ファイルがありません:', 'The environment file is missing:'),
  'unit.key_unknown': words(
    'systemd の知らない項目です（無視される）:',
    'systemd does not know this and ignores it:',
  ),
  'unit.not_effective': words('systemd はこのファイルを読みません:', 'systemd does not read this file:'),
  'program.failed': words(
    'この設定を使うプログラムが受け付けません:',
    'The program that uses this file does not take it:',
  ),
  'program.warning': words('この設定を使うプログラムからの注意:', 'The program that uses this file warns:'),
  'program.not_effective': words(
    'このファイルは読み込まれません（名前・権限・所有者・include を確かめる）:',
    'This file is not read (look at its name, mode, owner, and at the include):',
  ),
  'crontab.owner': words(
    'cron は、root のもので他の人が書けないファイルしか読みません:',
    'cron reads only files of root that nobody else may write:',
  ),
  'crontab.file_name': words(
    'cron が読む名前は英字・数字・_・- だけです:',
    'cron reads only names of letters, digits, _ and -:',
  ),
  'crontab.last_line': words(
    '最後の行が改行で終わっていないので、cron はファイルを読みません:',
    'The last line has no line feed, so cron does not read the file:',
  ),
  'crontab.fields': words(
    '時刻の欄か@名・利用者・命令のどれかが足りません:',
    'Of time, user and command something is missing:',
  ),
  'crontab.time': words('時刻の欄として読めません:', 'Not a field of a time:'),
  'crontab.nickname': words('cron の知らない名前です:', 'cron does not know this name:'),
  'crontab.user': words('この利用者はいません:', 'There is no such user:'),
  'sandbox.unavailable': words(
    '隔離の場を作れないので、試していません',
    'Not tried: no sandbox can be made here',
    { ja: 'sekisho doctor', en: 'sekisho doctor' },
  ),
  'sandbox.failed': words(
    '隔離の中で動かせなかったので、試していません',
    'Not tried: the validator could not be run in the sandbox',
    { ja: 'sekisho doctor', en: 'sekisho doctor' },
  ),
  'trial.over_budget': budgetWords(
    'この試行はホストを使いすぎるので、途中で止めて片づけました:',
    'This trial takes too much of the host; it was ended, and nothing of it is left:',
    {
      ja: '大きなファイルや数多くのファイルを読ませる行を減らす',
      en: 'take out the lines that read large or many files',
    },
  ),
  'validation.more': MORE,
  'trial.apply': words(
    '写しの上で適用できませんでした:',
    'On a copy of the live files the change could not be applied:',
  ),
  'trial.copy': words('いまのファイルの写しを取れませんでした:', 'No copy could be taken of a live file:'),
  'trial.undo': words(
    '写しの上で元どおりに戻せませんでした:',
    'On a copy of the live files the undo did not give back what was there:',
  ),
} as const satisfies Readonly<Record<string, Words>>
