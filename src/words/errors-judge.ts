// Sentences for the refusals of the judge (runner/judge/).
import { LOOKS } from './errors-judge-earlier.ts'
import { type Both, changeOf, type ErrorWords, type Language, type Reader, type Sentence } from './words.ts'

/** A field that is not there is what an older release did not seal: the change is revised, and sealed anew. */
function malformed(d: Reader<'change' | 'why'>, language: Language, what: string): Sentence {
  if (d('why') !== 'missing') return { what, why: d('why') }
  const why = { ja: '以前の版で封をしたものです', en: 'it was sealed by an older release' }
  return { what, why: why[language], next: [`sekisho change revise ${changeOf(d)}`] }
}

const NOT_SIGNED = 'the author has not signed the plan'
/** What the judge says of a waiver (runner/judge/checks.ts), in Japanese. */
const WAIVER_WHY: ReadonlyMap<string, string> = new Map([
  [NOT_SIGNED, '作成者が計画に署名していません'],
  ['the author may not waive', '作成者は免除できません'],
  ['it was signed with a key of the author', '作成者の鍵で署名されています'],
  ['not a waiver', '免除の署名ではありません'],
  ['this check cannot be waived', 'この検査は免除できません'],
  ['it is for another plan', '別の計画のものです'],
  ['it was revoked', '取り消されています'],
  ['the role may not waive', 'この役割は免除できません'],
  ['the class of the key does not count', 'この種類の鍵は数えません'],
  ['the key lies where the agent reads', '鍵がエージェントの読める場所にあります'],
  ['the signed statement is not here', '署名が届いていません'],
])

/** Of a waiver that waits for the author's signature nobody has to waive again. */
function afterWaiver(d: Reader<'why' | 'change'>): string {
  return `sekisho change ${d('why') === NOT_SIGNED ? 'sign' : 'waive'} ${d('change')}`
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
    ja: {
      what: '承認のあとに対象が変わりました: {target}',
      why: 'いまの状態が、封をしたときの状態と違います',
      next: ['sekisho change revise {change}'],
    },
    en: {
      what: 'The target moved after it was sealed: {target}',
      why: 'its state now differs from the sealed baseline',
      next: ['sekisho change revise {change}'],
    },
  },
  'judge.digest_wrong': {
    ja: {
      what: '内容がダイジェストと合いません: {what}',
      why: '承認されたものと違うものは実行しません',
    },
    en: {
      what: 'The content does not have this digest: {what}',
      why: 'what differs from what was approved does not run',
    },
  },
  'judge.envelope_differs': {
    ja: {
      what: '封とプランが合いません: {part}',
      why: '封: {sealed}、実際: {found}',
      next: ['sekisho change revise {change}'],
    },
    en: {
      what: 'Envelope and plan differ: {part}',
      why: 'sealed: {sealed}, found: {found}',
      next: ['sekisho change revise {change}'],
    },
  },
  'judge.envelope_expired': {
    ja: {
      what: '封の期限が切れています',
      why: '期限は {expires} でした',
      next: ['sekisho change revise {change}'],
    },
    en: {
      what: 'The envelope has expired',
      why: 'it was good until {expires}',
      next: ['sekisho change revise {change}'],
    },
  },
  'judge.envelope_malformed': {
    ja: (d) => malformed(d, 'ja', `封を読めません: ${d('at')}`),
    en: (d) => malformed(d, 'en', `The envelope cannot be read: ${d('at')}`),
  },
  'judge.evidence_missing': {
    ja: {
      what: '必要な確認がありません: {check}',
      why: 'この確認は、ランナー自身の記録か署名された免除がなければ認めません',
      next: ['sekisho change try {change}'],
    },
    en: {
      what: 'A required check is missing: {check}',
      why: "it counts only from the runner's own journal or with a signed waiver",
      next: ['sekisho change try {change}'],
    },
  },
  'judge.evidence_red': {
    ja: {
      what: '確認が通っていません: {check}',
      why: '結果は {verdict} です',
      next: ['sekisho change try {change}'],
    },
    en: {
      what: 'A required check is not green: {check}',
      why: 'its verdict is {verdict}',
      next: ['sekisho change try {change}'],
    },
  },
  'judge.evidence_stale': {
    ja: {
      what: '確認の期限が切れています: {check}',
      why: '期限は {expires} でした',
      next: ['sekisho change revise {change}'],
    },
    en: {
      what: 'The evidence of a check has expired: {check}',
      why: 'it was good until {expires}',
      next: ['sekisho change revise {change}'],
    },
  },
  'judge.evidence_unknown': {
    ja: {
      what: '確認の証拠がランナーの記録にありません: {check}',
      why: 'ゲートの言葉だけでは認めません',
      next: ['sekisho change try {change}'],
    },
    en: {
      what: "The runner's journal does not hold the evidence of a check: {check}",
      why: "the gate's word alone does not count",
      next: ['sekisho change try {change}'],
    },
  },
  'judge.fence_high': {
    ja: {
      what: '順番札が大きすぎます: {target}',
      why: '札 {token}、これまでの最高は {highest} です。この関所の数え方が壊れています。次の版で runner の数に合わせます',
      next: ['もう一度実行してください: sekisho change run {change}'],
    },
    en: {
      what: 'The fence token of {target} is too high',
      why: "token {token}, the highest seen is {highest}: the count of this gate is damaged; the next revision goes on from the runner's",
      next: ['sekisho change run {change}'],
    },
  },
  'judge.fence_low': {
    ja: {
      what: 'runner は {target} の、この関所が知らない変更を知っています（データベースを古いものに戻したあとなど）。次の版で追いつきます',
      why: '札 {token}、これまでの最高は {highest} です',
      next: ['もう一度実行してください: sekisho change run {change}'],
    },
    en: {
      what: 'the runner knows newer changes of {target} than this gate does, as after a database was put back; the next revision has caught up',
      why: 'token {token}, the highest seen is {highest}',
      next: ['sekisho change run {change}'],
    },
  },
  'judge.fences_wrong': {
    ja: {
      what: '順番札が対象と一致しません: {target}',
      why: '対象ごとにちょうど1枚が必要です',
    },
    en: {
      what: 'The fence tokens do not match the targets: {target}',
      why: 'exactly one token per target is needed',
    },
  },
  'judge.frozen': {
    ja: {
      what: '変更凍結中です: {reason}',
      why: '{until} まで',
      next: ['sekisho change wait {change}'],
    },
    en: {
      what: 'Changes are frozen: {reason}',
      why: 'until {until}',
      next: ['sekisho change wait {change}'],
    },
  },
  'judge.host_other': {
    ja: {
      what: 'このホストのプランではありません: {host}',
      why: 'このランナーが受け持つのは {own} です',
    },
    en: {
      what: 'The plan is for another host: {host}',
      why: 'this runner serves {own}',
    },
  },
  'judge.outside_window': {
    ja: {
      what: '作業時間帯の外です',
      why: '時間帯: {window}',
      next: ['sekisho change wait {change}'],
    },
    en: {
      what: 'Outside the window for changes',
      why: 'window: {window}',
      next: ['sekisho change wait {change}'],
    },
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
    ja: {
      what: '封をしたあとに、この変更を決める設定が変わりました',
      why: '封: {sealed}、いま: {found}',
      next: ['sekisho change revise {change}'],
    },
    en: {
      what: 'The part of the policy that decides this change moved after it was sealed',
      why: 'sealed: {sealed}, now: {found}',
      next: ['sekisho change revise {change}'],
    },
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
    ja: {
      what: '秘密の値がこのランナーにありません: {reference}',
      why: '版 {version}',
      next: ['sekisho secret put'],
    },
    en: {
      what: 'The runner does not have this secret: {reference}',
      why: 'version {version}',
      next: ['sekisho secret put'],
    },
  },
  'judge.standing_covers_not': {
    ja: {
      what: '事前承認の範囲外です: {why}',
      why: '{service}',
      next: ['sekisho change new'],
    },
    en: {
      what: 'The standing approval does not cover this: {why}',
      why: '{service}',
      next: ['sekisho change new'],
    },
  },
  'judge.standing_limit': {
    ja: {
      what: '事前承認の1時間あたりの上限に達しました',
      why: '上限 {limit} 回',
      next: ['sekisho change new'],
    },
    en: {
      what: 'The standing approval has reached its limit for this hour',
      why: '{limit} an hour',
      next: ['sekisho change new'],
    },
  },
  'judge.standing_procedure_moved': {
    ja: {
      what: '{service} の {verb} の事前承認は終わりました',
      why: '署名したあとに、手順 {playbook} がこの版で変わりました',
      next: ['sekisho standing sign {service} {verb}'],
    },
    en: {
      what: 'The standing approval of {verb} for {service} has ended',
      why: 'the procedure {playbook} changed in this release, after it was signed',
      next: ['sekisho standing sign {service} {verb}'],
    },
  },
  'judge.statement_revoked': {
    ja: {
      what: '取り消された署名です',
      why: '{statement}',
      next: ['sekisho change approve {change}'],
    },
    en: {
      what: 'A signed statement was revoked',
      why: '{statement}',
      next: ['sekisho change approve {change}'],
    },
  },
  'judge.trial_moved': {
    ja: {
      what: '試したときと、対象の状態が違います',
      why: '試した結果は、試したときのファイルについてしか言えません。そのあとに、対象のファイルのどれかが変わりました',
      next: ['sekisho change try {change}'],
    },
    en: {
      what: 'The targets are not as they were when it was tried',
      why: 'a trial speaks only for the files that it was made on, and one of the target’s has changed since',
      next: ['sekisho change try {change}'],
    },
  },
  'judge.waiver_wrong': {
    ja: (d) => ({
      what: `免除の署名が有効ではありません: ${d('check')}`,
      why: WAIVER_WHY.get(d('why')) ?? d('why'),
      next: [afterWaiver(d)],
    }),
    en: (d) => ({ what: `A waiver does not count: ${d('check')}`, why: d('why'), next: [afterWaiver(d)] }),
  },
} as const satisfies ErrorWords
