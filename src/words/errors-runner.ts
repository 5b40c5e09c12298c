// Sentences for what the runner and its judge answer.
import type { ErrorWords } from './words.ts'

export const RUNNER_ERRORS = {
  'judge.action_outside': {
    ja: (d) => ({
      what: `プランに宣言のない対象があります: ${d('what')}`,
      why: `sekisho.yaml の ${d('service')} に宣言された対象だけを変えられます`,
      next: ['sekisho.yaml に追記し、sekisho config apply'],
    }),
    en: (d) => ({
      what: `The plan touches what is not declared: ${d('what')}`,
      why: `only targets declared for ${d('service')} in sekisho.yaml can be changed`,
      next: ['add it to sekisho.yaml, then sekisho config apply'],
    }),
  },
  'judge.baseline_moved': {
    ja: (d) => ({
      what: `承認のあとに対象が変わりました: ${d('target')}`,
      why: 'いまの状態が、封をしたときの状態と違います',
      next: [`sekisho change revise ${d('change')}`],
    }),
    en: (d) => ({
      what: `The target moved after it was sealed: ${d('target')}`,
      why: 'its state now differs from the sealed baseline',
      next: [`sekisho change revise ${d('change')}`],
    }),
  },
  'judge.digest_wrong': {
    ja: (d) => ({
      what: `内容がダイジェストと合いません: ${d('what')}`,
      why: '承認されたものと違うものは実行しません',
    }),
    en: (d) => ({
      what: `The content does not have this digest: ${d('what')}`,
      why: 'what differs from what was approved does not run',
    }),
  },
  'judge.envelope_differs': {
    ja: (d) => ({
      what: `封とプランが合いません: ${d('part')}`,
      why: `封: ${d('sealed')}、実際: ${d('found')}`,
      next: [`sekisho change revise ${d('change')}`],
    }),
    en: (d) => ({
      what: `Envelope and plan differ: ${d('part')}`,
      why: `sealed: ${d('sealed')}, found: ${d('found')}`,
      next: [`sekisho change revise ${d('change')}`],
    }),
  },
  'judge.envelope_expired': {
    ja: (d) => ({
      what: '封の期限が切れています',
      why: `期限は ${d('expires')} でした`,
      next: [`sekisho change revise ${d('change')}`],
    }),
    en: (d) => ({
      what: 'The envelope has expired',
      why: `it was good until ${d('expires')}`,
      next: [`sekisho change revise ${d('change')}`],
    }),
  },
  'judge.envelope_malformed': {
    ja: (d) => ({ what: `封を読めません: ${d('at')}`, why: `${d('why')}` }),
    en: (d) => ({ what: `The envelope cannot be read: ${d('at')}`, why: `${d('why')}` }),
  },
  'judge.evidence_missing': {
    ja: (d) => ({
      what: `必要な確認がありません: ${d('check')}`,
      why: 'この確認は、ランナー自身の記録か署名された免除がなければ認めません',
      next: [`sekisho change try ${d('change')}`],
    }),
    en: (d) => ({
      what: `A required check is missing: ${d('check')}`,
      why: "it counts only from the runner's own journal or with a signed waiver",
      next: [`sekisho change try ${d('change')}`],
    }),
  },
  'judge.evidence_red': {
    ja: (d) => ({
      what: `確認が通っていません: ${d('check')}`,
      why: `結果は ${d('verdict')} です`,
      next: [`sekisho change try ${d('change')}`],
    }),
    en: (d) => ({
      what: `A required check is not green: ${d('check')}`,
      why: `its verdict is ${d('verdict')}`,
      next: [`sekisho change try ${d('change')}`],
    }),
  },
  'judge.evidence_stale': {
    ja: (d) => ({
      what: `確認の期限が切れています: ${d('check')}`,
      why: `期限は ${d('expires')} でした`,
      next: [`sekisho change revise ${d('change')}`],
    }),
    en: (d) => ({
      what: `The evidence of a check has expired: ${d('check')}`,
      why: `it was good until ${d('expires')}`,
      next: [`sekisho change revise ${d('change')}`],
    }),
  },
  'judge.evidence_unknown': {
    ja: (d) => ({
      what: `確認の証拠がランナーの記録にありません: ${d('check')}`,
      why: 'ゲートの言葉だけでは認めません',
      next: [`sekisho change try ${d('change')}`],
    }),
    en: (d) => ({
      what: `The runner's journal does not hold the evidence of a check: ${d('check')}`,
      why: "the gate's word alone does not count",
      next: [`sekisho change try ${d('change')}`],
    }),
  },
  'judge.fence_low': {
    ja: (d) => ({
      what: `古い順番札です: ${d('target')}`,
      why: `札 ${d('token')}、これまでの最高は ${d('highest')} です`,
      next: [`もう一度実行してください: sekisho change run ${d('change')}`],
    }),
    en: (d) => ({
      what: `An old fence token: ${d('target')}`,
      why: `token ${d('token')}, the highest seen is ${d('highest')}`,
      next: [`sekisho change run ${d('change')}`],
    }),
  },
  'judge.fences_wrong': {
    ja: (d) => ({
      what: `順番札が対象と一致しません: ${d('target')}`,
      why: '対象ごとにちょうど1枚が必要です',
    }),
    en: (d) => ({
      what: `The fence tokens do not match the targets: ${d('target')}`,
      why: 'exactly one token per target is needed',
    }),
  },
  'judge.frozen': {
    ja: (d) => ({
      what: `変更凍結中です: ${d('reason')}`,
      why: `${d('until')} まで`,
      next: [`sekisho change wait ${d('change')}`],
    }),
    en: (d) => ({
      what: `Changes are frozen: ${d('reason')}`,
      why: `until ${d('until')}`,
      next: [`sekisho change wait ${d('change')}`],
    }),
  },
  'judge.host_other': {
    ja: (d) => ({
      what: `このホストのプランではありません: ${d('host')}`,
      why: `このランナーが受け持つのは ${d('own')} です`,
    }),
    en: (d) => ({
      what: `The plan is for another host: ${d('host')}`,
      why: `this runner serves ${d('own')}`,
    }),
  },
  'judge.outside_window': {
    ja: (d) => ({
      what: '作業時間帯の外です',
      why: `時間帯: ${d('window')}`,
      next: [`sekisho change wait ${d('change')}`],
    }),
    en: (d) => ({
      what: 'Outside the window for changes',
      why: `window: ${d('window')}`,
      next: [`sekisho change wait ${d('change')}`],
    }),
  },
  'judge.plan_malformed': {
    ja: (d) => ({ what: `プランを読めません: ${d('at')}`, why: `${d('why')}` }),
    en: (d) => ({ what: `The plan cannot be read: ${d('at')}`, why: `${d('why')}` }),
  },
  'judge.policy_moved': {
    ja: (d) => ({
      what: '封をしたあとに、この変更を決める設定が変わりました',
      why: `封: ${d('sealed')}、いま: ${d('found')}`,
      next: [`sekisho change revise ${d('change')}`],
    }),
    en: (d) => ({
      what: 'The part of the policy that decides this change moved after it was sealed',
      why: `sealed: ${d('sealed')}, now: ${d('found')}`,
      next: [`sekisho change revise ${d('change')}`],
    }),
  },
  'judge.pre_fails': {
    ja: (d) => ({
      what: `開始条件が成り立ちません: ${d('what')}`,
      why: `いま: ${d('found')}`,
      next: [`直してから、もう一度: sekisho change run ${d('change')}`],
    }),
    en: (d) => ({
      what: `A condition for the start does not hold: ${d('what')}`,
      why: `found: ${d('found')}`,
      next: [`mend it, then sekisho change run ${d('change')}`],
    }),
  },
  'judge.secret_missing': {
    ja: (d) => ({
      what: `秘密の値がこのランナーにありません: ${d('reference')}`,
      why: `版 ${d('version')}`,
      next: ['sekisho secret put'],
    }),
    en: (d) => ({
      what: `The runner does not have this secret: ${d('reference')}`,
      why: `version ${d('version')}`,
      next: ['sekisho secret put'],
    }),
  },
  'judge.standing_covers_not': {
    ja: (d) => ({
      what: `事前承認の範囲外です: ${d('why')}`,
      why: `${d('service')}`,
      next: ['sekisho change new'],
    }),
    en: (d) => ({
      what: `The standing approval does not cover this: ${d('why')}`,
      why: `${d('service')}`,
      next: ['sekisho change new'],
    }),
  },
  'judge.standing_limit': {
    ja: (d) => ({
      what: '事前承認の1時間あたりの上限に達しました',
      why: `上限 ${d('limit')} 回`,
      next: ['sekisho change new'],
    }),
    en: (d) => ({
      what: 'The standing approval has reached its limit for this hour',
      why: `${d('limit')} an hour`,
      next: ['sekisho change new'],
    }),
  },
  'judge.standing_procedure_moved': {
    ja: (d) => ({
      what: '手順が変わったので、事前承認は終わりました',
      why: `手順 ${d('playbook')}`,
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: 'The procedure changed, so the standing approval has ended',
      why: `playbook ${d('playbook')}`,
      next: ['sekisho doctor'],
    }),
  },
  'judge.statement_revoked': {
    ja: (d) => ({
      what: '取り消された署名です',
      why: `${d('statement')}`,
      next: [`sekisho change approve ${d('change')}`],
    }),
    en: (d) => ({
      what: 'A signed statement was revoked',
      why: `${d('statement')}`,
      next: [`sekisho change approve ${d('change')}`],
    }),
  },
  'judge.undo_incomplete': {
    ja: (d) => ({
      what: `元に戻す手順がプランにありません: ${d('action')}`,
      why: 'ファイルの変更には必ず復元が要ります',
    }),
    en: (d) => ({
      what: `The plan lacks the undo of an action: ${d('action')}`,
      why: 'a change of files always needs its way back',
    }),
  },
  'judge.waiver_wrong': {
    ja: (d) => ({
      what: `免除の署名が有効ではありません: ${d('check')}`,
      why: `${d('why')}`,
      next: [`sekisho change waive ${d('change')}`],
    }),
    en: (d) => ({
      what: `A waiver does not count: ${d('check')}`,
      why: `${d('why')}`,
      next: [`sekisho change waive ${d('change')}`],
    }),
  },
  'runner.chunk_wrong': {
    ja: (d) => ({
      what: '分割された内容の順番が違います',
      why: `期待した位置 ${d('expected')}、届いた位置 ${d('offset')}`,
    }),
    en: (d) => ({
      what: 'A chunk is out of order',
      why: `expected offset ${d('expected')}, got ${d('offset')}`,
    }),
  },
  'runner.clock_unsound': {
    ja: (d) => ({
      what: '時計が信用できないため、開始を止めています',
      why: `${d('why')}`,
      next: ['時刻を確かめてから: sekisho runner clock accept'],
    }),
    en: (d) => ({
      what: 'The clock is not sound, so nothing starts',
      why: `${d('why')}`,
      next: ['check the time, then: sekisho runner clock accept'],
    }),
  },
  'runner.execution_closed': {
    ja: (d) => ({
      what: `この実行はもう終わっています: ${d('execution')}`,
      why: '終わったあとの取り消しは新しい変更になります',
      next: ['sekisho change rollback'],
    }),
    en: (d) => ({
      what: `This execution is closed: ${d('execution')}`,
      why: 'after the end, undo is a new change',
      next: ['sekisho change rollback'],
    }),
  },
  'runner.execution_unknown': {
    ja: (d) => ({ what: `この実行を知りません: ${d('execution')}`, next: ['sekisho status'] }),
    en: (d) => ({ what: `Unknown execution: ${d('execution')}`, next: ['sekisho status'] }),
  },
  'runner.frame_wrong': {
    ja: (d) => ({ what: `ランナーへの要求を読めません: ${d('at')}`, why: `${d('why')}` }),
    en: (d) => ({ what: `The runner cannot read this request: ${d('at')}`, why: `${d('why')}` }),
  },
  'runner.journal_damaged': {
    ja: (d) => ({
      what: `ランナーの実行記録が壊れています: ${d('path')}`,
      why: `${d('why')}。新しい実行は始めません。復元と後始末は続けられます`,
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: `The runner's journal is damaged: ${d('path')}`,
      why: `${d('why')}; nothing new starts, undo and settling go on`,
      next: ['sekisho doctor'],
    }),
  },
  'runner.low_space': {
    ja: (d) => ({
      what: `空き容量が足りないため始めません: ${d('path')}`,
      why: `空き ${d('free')} バイト、必要 ${d('needed')} バイト`,
      next: [`df -h ${d('path')}`],
    }),
    en: (d) => ({
      what: `Not enough free space to start: ${d('path')}`,
      why: `${d('free')} bytes free, ${d('needed')} needed`,
      next: [`df -h ${d('path')}`],
    }),
  },
  'runner.not_available': {
    ja: (d) => ({
      what: `このランナーではできません: ${d('what')}`,
      why: `${d('why')}`,
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: `This runner cannot do it: ${d('what')}`,
      why: `${d('why')}`,
      next: ['sekisho doctor'],
    }),
  },
  'runner.not_waiting': {
    ja: (d) => ({
      what: `いまは受け付けられません: ${d('execution')}`,
      why: `状態は ${d('state')} です`,
      next: ['sekisho change show'],
    }),
    en: (d) => ({
      what: `Not what this execution waits for: ${d('execution')}`,
      why: `its state is ${d('state')}`,
      next: ['sekisho change show'],
    }),
  },
  'runner.object_missing': {
    ja: (d) => ({ what: `ランナーの手元に内容がありません: ${d('kind')}`, why: `${d('digest')}` }),
    en: (d) => ({ what: `The runner does not hold this: ${d('kind')}`, why: `${d('digest')}` }),
  },
  'runner.other_order': {
    ja: (d) => ({
      what: `同じ実行番号で違う指示が届きました: ${d('execution')}`,
      why: `${d('part')} が最初の指示と違います`,
    }),
    en: (d) => ({
      what: `The same execution was ordered with something else: ${d('execution')}`,
      why: `${d('part')} differs from the first order`,
    }),
  },
  'runner.outside_inventory': {
    ja: (d) => ({
      what: `宣言されていない対象です: ${d('target')}`,
      why: 'ランナーは sekisho.yaml にある対象だけを読みます',
      next: ['sekisho.yaml に追記し、sekisho config apply'],
    }),
    en: (d) => ({
      what: `Not a declared target: ${d('target')}`,
      why: 'the runner reads only what sekisho.yaml declares',
      next: ['add it to sekisho.yaml, then sekisho config apply'],
    }),
  },
  'runner.policy_unreadable': {
    ja: (d) => ({
      what: `ランナーの設定を読めません: ${d('path')}`,
      why: `${d('at')}: ${d('why')}`,
      next: ['sekisho config apply'],
    }),
    en: (d) => ({
      what: `The runner's policy cannot be read: ${d('path')}`,
      why: `${d('at')}: ${d('why')}`,
      next: ['sekisho config apply'],
    }),
  },
  'runner.quota': {
    ja: (d) => ({ what: '承認前の置き場がいっぱいです', why: `上限 ${d('limit')} バイト` }),
    en: (d) => ({
      what: 'The place for what is not approved yet is full',
      why: `the limit is ${d('limit')} bytes`,
    }),
  },
  'runner.rate': {
    ja: (d) => ({ what: '要求が多すぎます', why: `1秒あたり ${d('limit')} 件まで` }),
    en: (d) => ({ what: 'Too many requests', why: `${d('limit')} a second at most` }),
  },
  'runner.second': {
    ja: (d) => ({
      what: `このディレクトリでは別のランナーが動いています: ${d('path')}`,
      next: ['sekisho status'],
    }),
    en: (d) => ({ what: `Another runner owns this directory: ${d('path')}`, next: ['sekisho status'] }),
  },
  'runner.secret_readable': {
    ja: (d) => ({ what: `秘密のファイルの中身は渡しません: ${d('path')}` }),
    en: (d) => ({ what: `The bytes of a secret file never leave the runner: ${d('path')}` }),
  },
  'runner.signed_head_ahead': {
    ja: (d) => ({
      what: '最後に署名した台帳より前のものには署名しません',
      why: `署名済み ${d('signed')} 件、求められたのは ${d('size')} 件`,
      next: ['sekisho ledger fork accept'],
    }),
    en: (d) => ({
      what: 'The ledger is older than what was signed last',
      why: `signed up to ${d('signed')}, asked for ${d('size')}`,
      next: ['sekisho ledger fork accept'],
    }),
  },
  'runner.target_held': {
    ja: (d) => ({
      what: `対象は別の実行が使っています: ${d('target')}`,
      why: `${d('execution')}`,
      next: [`sekisho change wait ${d('execution')}`],
    }),
    en: (d) => ({
      what: `Another execution holds the target: ${d('target')}`,
      why: `${d('execution')}`,
      next: [`sekisho change wait ${d('execution')}`],
    }),
  },
  'runner.untrusted_path': {
    ja: (d) => ({
      what: `ほかの利用者が書き換えられる場所なので、root では動きません: ${d('path')}`,
      why: `${d('why')}`,
      next: [`ls -ld ${d('path')}`],
    }),
    en: (d) => ({
      what: `A root runner does not start on what others can change: ${d('path')}`,
      why: `${d('why')}`,
      next: [`ls -ld ${d('path')}`],
    }),
  },
} as const satisfies ErrorWords
