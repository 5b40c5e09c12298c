// Sentences for what the runner answers; those of its judge are in errors-judge.ts.
import { clockWhy } from './backup-why.ts'
import { changeRun, type ErrorWords, type Reader } from './words.ts'

/** A path that root does not trust: whose it is, or who may write it. */
const isForeign = (d: Reader<'why'>) => d('why') === 'owner' || d('why') === 'it belongs to another user'
const mendOf = (d: Reader<'path' | 'why'>) => `${isForeign(d) ? 'chown root:' : 'chmod go-w'} ${d('path')}`

export const RUNNER_ERRORS = {
  'execution.not_paused': {
    ja: (d) => ({
      what: `止まって待っている実行ではありません: ${d('execution')}`,
      why: `状態は ${d('state')} です`,
      next: [d('state') === 'stuck' ? 'sekisho runner reconcile' : 'sekisho status'],
    }),
    en: (d) => ({
      what: `${d('execution')} does not wait for an answer`,
      why: `it is ${d('state')}`,
      next: [d('state') === 'stuck' ? 'sekisho runner reconcile' : 'sekisho status'],
    }),
  },
  'host.change_open': {
    ja: {
      what: '{change} が終わっていないので、取り外しません',
      why: '維持しなければ元に戻す約束の変更です。取り外すと、戻す者がいなくなります',
      next: ['sekisho change keep {change}', 'sekisho change abort {change}'],
    },
    en: {
      what: '{change} has not ended, so nothing is taken away',
      why: 'it goes back unless it is kept, and what puts it back would be gone',
      next: ['sekisho change keep {change}', 'sekisho change abort {change}'],
    },
  },
  'host.isolated': {
    ja: {
      what: '{incident} のための遮断が終わっていないので、取り外しません',
      why: '取り外すと、遮断を終わらせるコマンドがなくなり、再起動のあとは誰の承認もなく開きます',
      next: ['sekisho incident reconnect {incident}'],
    },
    en: {
      what: 'The isolation for {incident} has not ended, so nothing is taken away',
      why: 'the command that ends it would be gone, and after a reboot the host would be open without an approval',
      next: ['sekisho incident reconnect {incident}'],
    },
  },
  'runner.fence_sound': {
    ja: {
      what: '戻すような順番札はありません: {target}',
      why: 'これまでの最高は {mark} で、ふつうの実行で数えられる数です',
    },
    en: {
      what: 'There is no fence token to take back: {target}',
      why: 'the highest is {mark}, which executions can have counted',
    },
  },
  'runner.chunk_wrong': {
    ja: {
      what: '分割された内容の順番が違います',
      why: '期待した位置 {expected}、届いた位置 {offset}',
    },
    en: {
      what: 'A chunk is out of order',
      why: 'expected offset {expected}, got {offset}',
    },
  },
  'runner.clock_unsound': {
    ja: (d) => ({
      what: '時計が信用できないため、開始を止めています',
      why: clockWhy(d('why'), 'ja'),
      next: ['時刻を確かめてから: sekisho runner clock accept'],
    }),
    en: (d) => ({
      what: 'The clock is not sound, so nothing starts',
      why: clockWhy(d('why'), 'en'),
      next: ['check the time, then: sekisho runner clock accept'],
    }),
  },
  'runner.execution_closed': {
    ja: (d) => ({
      what: `この実行はもう終わっています: ${d('execution')}`,
      why: '終わったあとの取り消しは新しい変更になります',
      next: [`sekisho change rollback ${changeRun(d)}`],
    }),
    en: (d) => ({
      what: `This execution is closed: ${d('execution')}`,
      why: 'after the end, undo is a new change',
      next: [`sekisho change rollback ${changeRun(d)}`],
    }),
  },
  'runner.execution_unknown': {
    ja: { what: 'この実行を知りません: {execution}', next: ['sekisho status'] },
    en: { what: 'Unknown execution: {execution}', next: ['sekisho status'] },
  },
  'runner.frame_wrong': {
    ja: { what: 'ランナーへの要求を読めません: {at}', why: '{why}' },
    en: { what: 'The runner cannot read this request: {at}', why: '{why}' },
  },
  'runner.journal_damaged': {
    ja: {
      what: 'ランナーの実行記録が壊れています: {path}',
      why: '{why}。新しい実行は始めません。復元と後始末は続けられます',
      next: ['sekisho doctor'],
    },
    en: {
      what: "The runner's journal is damaged: {path}",
      why: '{why}; nothing new starts, undo and settling go on',
      next: ['sekisho doctor'],
    },
  },
  'runner.journal_held': {
    ja: {
      what: '実行記録を別のプロセスが握ったままです',
      why: 'ランナーが止まっているとこうなります',
      next: ['sekisho doctor', 'systemctl status sekisho-runner'],
    },
    en: {
      what: 'Another process holds the journal and does not let go',
      why: 'this happens while the runner hangs',
      next: ['sekisho doctor', 'systemctl status sekisho-runner'],
    },
  },
  'runner.low_space': {
    ja: {
      what: '空き容量が足りないため始めません: {path}',
      why: '空き {free} バイト、必要 {needed} バイト',
      next: ['df -h {path}'],
    },
    en: {
      what: 'Not enough free space to start: {path}',
      why: '{free} bytes free, {needed} needed',
      next: ['df -h {path}'],
    },
  },
  'runner.not_available': {
    ja: {
      what: 'このランナーではできません: {what}',
      why: '{why}',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'This runner cannot do it: {what}',
      why: '{why}',
      next: ['sekisho doctor'],
    },
  },
  'runner.not_waiting': {
    ja: (d) => ({
      what: `いまは受け付けられません: ${d('execution')}`,
      why: `状態は ${d('state')} です`,
      next: [`sekisho change show ${changeRun(d)}`],
    }),
    en: (d) => ({
      what: `Not what this execution waits for: ${d('execution')}`,
      why: `its state is ${d('state')}`,
      next: [`sekisho change show ${changeRun(d)}`],
    }),
  },
  'runner.object_missing': {
    ja: { what: 'ランナーの手元に内容がありません: {kind}', why: '{digest}' },
    en: { what: 'The runner does not hold this: {kind}', why: '{digest}' },
  },
  'runner.other_order': {
    ja: {
      what: 'runner は、同じ番号 {execution} の別の指示を先に受けています（データベースを古いものに戻したあとなど）。次の版は別の番号になります',
      why: '{part} が最初の指示と違います',
    },
    en: {
      what: 'the runner was given another {execution} before, as after a database was put back; the next revision has a number of its own',
      why: '{part} differs from the first order',
    },
  },
  'runner.outside_inventory': {
    ja: {
      what: '宣言されていない対象です: {target}',
      why: 'ランナーは sekisho.yaml にある対象だけを読みます',
      next: ['sekisho.yaml に追記し、sekisho config apply'],
    },
    en: {
      what: 'Not a declared target: {target}',
      why: 'the runner reads only what sekisho.yaml declares',
      next: ['add it to sekisho.yaml, then sekisho config apply'],
    },
  },
  'runner.policy_unreadable': {
    ja: {
      what: 'ランナーの設定を読めません: {path}',
      why: '{at}: {why}',
      next: ['sekisho config apply'],
    },
    en: {
      what: "The runner's policy cannot be read: {path}",
      why: '{at}: {why}',
      next: ['sekisho config apply'],
    },
  },
  'runner.quota': {
    ja: { what: '承認前の置き場がいっぱいです', why: '上限 {limit} バイト' },
    en: {
      what: 'The place for what is not approved yet is full',
      why: 'the limit is {limit} bytes',
    },
  },
  'runner.rate': {
    ja: { what: '要求が多すぎます', why: '1秒あたり {limit} 件まで' },
    en: { what: 'Too many requests', why: '{limit} a second at most' },
  },
  'runner.second': {
    ja: {
      what: 'このディレクトリでは別のランナーが動いています: {path}',
      next: ['sekisho status'],
    },
    en: { what: 'Another runner owns this directory: {path}', next: ['sekisho status'] },
  },
  'runner.secret_readable': {
    ja: { what: '秘密のファイルの中身は渡しません: {path}' },
    en: { what: 'The bytes of a secret file never leave the runner: {path}' },
  },
  'runner.signed_head_ahead': {
    ja: {
      what: '最後に署名した台帳より前のものには署名しません',
      why: '署名済み {signed} 件、求められたのは {size} 件',
      next: ['sekisho ledger accept-fork'],
    },
    en: {
      what: 'The ledger is older than what was signed last',
      why: 'signed up to {signed}, asked for {size}',
      next: ['sekisho ledger accept-fork'],
    },
  },
  'runner.signed_head_differs': {
    ja: {
      what: 'この台帳は、最後に検印したものの続きではありません',
      why: '検印したのは {signed} 件で、いまの {size} 件のうち初めの {signed} 件はそれと一致しません。所有者が認めるまで何も始めません',
      next: ['sekisho ledger accept-fork'],
    },
    en: {
      what: 'This ledger does not continue what was signed last',
      why: '{signed} entries were signed, and the first {signed} of the {size} here are not the same: nothing starts until an owner has accepted it',
      next: ['sekisho ledger accept-fork'],
    },
  },
  'runner.ledger_refused': {
    ja: {
      what: '台帳が最後に検印したものの続きでないので、何も始めません',
      why: '所有者がいまの台帳を認めると、承認済みの変更から始めます',
      next: ['sekisho ledger accept-fork'],
    },
    en: {
      what: 'Nothing starts: the ledger does not continue what was signed last',
      why: 'once an owner has accepted the ledger as it is, what was approved begins',
      next: ['sekisho ledger accept-fork'],
    },
  },
  'runner.glass_acts': {
    ja: {
      what: '{service} では、緊急解錠の操作をしています: {glass}',
      why: '一つの対象を二つの道から同時に変えることはありません。操作が終わると、変更は自動で始まります',
      next: ['sudo sekisho glass list'],
    },
    en: {
      what: 'Somebody acts on {service} by break-glass: {glass}',
      why: 'nothing is changed in two ways at once; the change starts by itself when the act has ended',
      next: ['sudo sekisho glass list'],
    },
  },
  'runner.target_held': {
    ja: (d) => ({
      what: `対象は別の実行が使っています: ${d('target')}`,
      why: `${d('execution')}`,
      next: [`sekisho change wait ${changeRun(d)}`],
    }),
    en: (d) => ({
      what: `Another execution holds the target: ${d('target')}`,
      why: `${d('execution')}`,
      next: [`sekisho change wait ${changeRun(d)}`],
    }),
  },
  'runner.untrusted_path': {
    ja: (d) => ({
      what: `ほかの利用者が書き換えられる場所なので、root では使いません: ${d('path')}`,
      why: isForeign(d) ? 'ほかの利用者のものです' : 'ほかの利用者も書き込めます',
      next: [`ls -ld ${d('path')}`, mendOf(d)],
    }),
    en: (d) => ({
      what: `A root runner does not use what others can change: ${d('path')}`,
      why: isForeign(d) ? 'it belongs to another user' : 'others may write to it',
      next: [`ls -ld ${d('path')}`, mendOf(d)],
    }),
  },
} as const satisfies ErrorWords
