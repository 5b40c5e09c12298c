// Sentences for the refusals of the judge (runner/judge/).
import { LOOKS } from './errors-judge-earlier.ts'
import { type Both, changeOf, type ErrorWords, type Language, type Reader, type Sentence } from './words.ts'

/** A field that is not there is what an older release did not seal: the change is revised, and sealed anew. */
function malformed(d: Reader<'change' | 'why'>, language: Language, what: string): Sentence {
  if (d('why') !== 'missing') return { what, why: d('why') }
  const why = { ja: '以前の版で封をしたものです', en: 'it was sealed by an older release' }
  return { what, why: why[language], next: [`sekisho change revise ${changeOf(d)}`] }
}

/** A plan of declared targets that is not the one that its playbook makes (runner/judge/inventory.ts). */
function notOwn(d: Reader<'change' | 'playbook' | 'what'>, language: Language): Sentence {
  const next = [`sekisho change revise ${d('change')}`]
  return language === 'ja'
    ? {
        what: `手順書 ${d('playbook')} の作るプランと違います: ${d('what')}`,
        why: '実行できるのは、runner が自分の規則から作り直したプランと同じものだけです。承認されていても、違えば実行しません',
        next,
      }
    : {
        what: `The plan is not the one that the playbook ${d('playbook')} makes: ${d('what')}`,
        why: 'the runner makes the plan again from its own rules, and runs only the same one, whoever approved another',
        next,
      }
}

/** Of the conditions for the start. */
const lookOf = (what: string) => (what === 'health' ? 'health_before' : what)

/** How the backup of a change of data stands (backup/backed-up.ts). */
const STANDING: Both<Readonly<Record<string, string>>> = {
  ja: {
    missing: '数えられるバックアップがありません（sekisho backup run）',
    stale: 'バックアップが 24 時間より古くなりました（sekisho backup run）',
    too_low: 'バックアップの中身がまだ読まれていません（sekisho backup verify）',
  },
  en: {
    missing: 'there is no backup that counts (sekisho backup run)',
    stale: 'the backup has become older than 24 hours (sekisho backup run)',
    too_low: 'the content of the backup was not read yet (sekisho backup verify)',
  },
}

export const JUDGE_ERRORS = {
  'judge.action_outside': {
    ja: (d) =>
      d('playbook') !== '…'
        ? notOwn(d, 'ja')
        : {
            what: `プランに宣言のない対象があります: ${d('what')}`,
            why: `sekisho.yaml の ${d('service')} に宣言された対象だけを変えられます`,
            next: ['sekisho.yaml に追記し、sekisho config apply'],
          },
    en: (d) =>
      d('playbook') !== '…'
        ? notOwn(d, 'en')
        : {
            what: `The plan touches what is not declared: ${d('what')}`,
            why: `only targets declared for ${d('service')} in sekisho.yaml can be changed`,
            next: ['add it to sekisho.yaml, then sekisho config apply'],
          },
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
    ja: (d) => malformed(d, 'ja', `封を読めません: ${d('at')}`),
    en: (d) => malformed(d, 'en', `The envelope cannot be read: ${d('at')}`),
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
  'judge.fence_high': {
    ja: (d) => ({
      what: `順番札が大きすぎます: ${d('target')}`,
      why: `札 ${d('token')}、これまでの最高は ${d('highest')} です。この関所の数え方が壊れています。次の版で runner の数に合わせます`,
      next: [`もう一度実行してください: sekisho change run ${d('change')}`],
    }),
    en: (d) => ({
      what: `The fence token of ${d('target')} is too high`,
      why: `token ${d('token')}, the highest seen is ${d('highest')}: the count of this gate is damaged; the next revision goes on from the runner's`,
      next: [`sekisho change run ${d('change')}`],
    }),
  },
  'judge.fence_low': {
    ja: (d) => ({
      what: `runner は ${d('target')} の、この関所が知らない変更を知っています（データベースを古いものに戻したあとなど）。次の版で追いつきます`,
      why: `札 ${d('token')}、これまでの最高は ${d('highest')} です`,
      next: [`もう一度実行してください: sekisho change run ${d('change')}`],
    }),
    en: (d) => ({
      what: `the runner knows newer changes of ${d('target')} than this gate does, as after a database was put back; the next revision has caught up`,
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
  'judge.not_down': {
    ja: (d) => ({
      what: `${d('service')} は停止していません。この変更は、停止中のサービスを直すものとして作られています`,
      why: `いまの健全の検査: ${STANDING.ja[d('found')] ?? d('found')}。本番には何もしていません`,
      next: [`sekisho change revise ${d('change')}`],
    }),
    en: (d) => ({
      what: `${d('service')} is not down; this change was made to repair it while it was`,
      why: `its health now: ${STANDING.en[d('found')] ?? d('found')}; nothing was done to production`,
      next: [`sekisho change revise ${d('change')}`],
    }),
  },
  'judge.plan_malformed': {
    ja: (d) => malformed(d, 'ja', `プランを読めません: ${d('at')}`),
    en: (d) => malformed(d, 'en', `The plan cannot be read: ${d('at')}`),
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
      what: `開始条件が成り立ちません: ${LOOKS.ja[lookOf(d('what'))] ?? d('what')}`,
      why: `いま: ${STANDING.ja[d('found')] ?? d('found')}`,
      next: [`直してから、もう一度: sekisho change run ${d('change')}`],
    }),
    en: (d) => ({
      what: `A condition for the start does not hold: ${LOOKS.en[lookOf(d('what'))] ?? d('what')}`,
      why: `found: ${STANDING.en[d('found')] ?? d('found')}`,
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
      what: `${d('service')} の ${d('verb')} の事前承認は終わりました`,
      why: `署名したあとに、手順 ${d('playbook')} がこの版で変わりました`,
      next: [`sekisho standing sign ${d('service')} ${d('verb')}`],
    }),
    en: (d) => ({
      what: `The standing approval of ${d('verb')} for ${d('service')} has ended`,
      why: `the procedure ${d('playbook')} changed in this release, after it was signed`,
      next: [`sekisho standing sign ${d('service')} ${d('verb')}`],
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
  'judge.trial_moved': {
    ja: (d) => ({
      what: '試したときと、対象の状態が違います',
      why: '試した結果は、試したときのファイルについてしか言えません。そのあとに、対象のファイルのどれかが変わりました',
      next: [`sekisho change try ${d('change')}`],
    }),
    en: (d) => ({
      what: 'The targets are not as they were when it was tried',
      why: 'a trial speaks only for the files that it was made on, and one of the target’s has changed since',
      next: [`sekisho change try ${d('change')}`],
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
} as const satisfies ErrorWords
