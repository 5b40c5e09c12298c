// Sentences for statements and approvals (seal/).
import { type Both, changeOf, type ErrorWords } from './words.ts'

/** What an agent may do meanwhile; a statement that came past the gate names no change. */
const waitFor = (change: string) => (change === '…' ? 'sekisho status' : `sekisho change wait ${change}`)

/** Where in an envelope a name stands (seal/lineage.ts). */
const PARTS: Both<Readonly<Record<string, string>>> = {
  ja: {
    author: '作成者',
    requester: '依頼者',
    sponsor: '担当者',
    editors: '編集者',
    lineage: '作成者の系統',
  },
  en: {
    author: 'author',
    requester: 'requester',
    sponsor: 'sponsor',
    editors: 'list of editors',
    lineage: 'lineage of the author',
  },
}

export const SEAL_ERRORS = {
  'agent.never_approves': {
    ja: (d) => ({
      what: `AI は承認できません: ${d('agent')}`,
      why: `規則 agent.never_approves、運用ガイド「3段階承認」${d('approvers') === '…' ? '' : `。承認できる人: ${d('approvers')}`}`,
      next: [waitFor(d('change'))],
    }),
    en: (d) => ({
      what: `An AI agent never approves: ${d('agent')}`,
      why: `rule agent.never_approves, the guide's three-stage approval${d('approvers') === '…' ? '' : `; approvers: ${d('approvers')}`}`,
      next: [waitFor(d('change'))],
    }),
  },
  'approval.alone_later': {
    ja: {
      what: '自分の変更を単独で承認できるのは {from} からです: {change}',
      why: 'policy.alone の待ち時間です。却下されると、単独では承認できなくなります',
      next: ['sekisho change approve {change}'],
    },
    en: {
      what: 'You may approve your own change alone from {from}: {change}',
      why: 'the pause of policy.alone; once somebody rejects it, nobody approves it alone',
      next: ['sekisho change approve {change}'],
    },
  },
  'approval.author_unsigned': {
    ja: (d) => ({
      what: `作成者 ${d('author')} がこの計画に署名していません: ${d('change')}`,
      why: '作成者以外の承認が要る変更には、作成者の署名も要ります。誰が書いたかで、誰が承認できるかが決まるためです。作成者が上の行を打ちます。作成者の鍵がまだ登録されていなければ、所有者が先に下の行で登録します',
      next: [`sekisho change sign ${changeOf(d)}`, `sekisho key add ${d('author')} KEY.pub`],
    }),
    en: (d) => ({
      what: `The author ${d('author')} has not signed this plan: ${d('change')}`,
      why: 'where another person must approve, the author signs too, for who wrote it decides who may approve it; the author types the first line; where no key of the author is enrolled, an owner types the second one before',
      next: [`sekisho change sign ${changeOf(d)}`, `sekisho key add ${d('author')} KEY.pub`],
    }),
  },
  'approval.key_class': {
    ja: {
      what: 'この種類の鍵では承認できません: {class}',
      why: '許されている種類: {allowed}',
    },
    en: {
      what: 'This class of key does not approve here: {class}',
      why: 'allowed: {allowed}',
    },
  },
  'approval.lineage_wrong': {
    ja: (d) => ({
      what: `封にある${PARTS.ja[d('part')] ?? d('part')}が設定と合いません: ${d('change')}`,
      why: `封: ${d('sealed')}、設定から: ${d('found')}`,
      next: ['sekisho person list', `sekisho change revise ${changeOf(d)}`],
    }),
    en: (d) => ({
      what: `The sealed ${PARTS.en[d('part')] ?? d('part')} is not what the rules say: ${d('change')}`,
      why: `sealed: ${d('sealed')}, by the rules: ${d('found')}`,
      next: ['sekisho person list', `sekisho change revise ${changeOf(d)}`],
    }),
  },
  'approval.not_enough': {
    ja: { what: '承認が足りません: {have} / {need}', next: ['sekisho status'] },
    en: { what: 'Not enough approvals: {have} of {need}', next: ['sekisho status'] },
  },
  'approval.not_typed': {
    ja: (d) => ({
      what: `データを入れ替える変更と、元に戻せない変更には、サービス名 ${d('service')} を打ち込んだ署名が要ります`,
      why: d('typed') === '' ? '打ち込まれていません' : `打ち込まれたのは「${d('typed')}」です`,
      next: [`sekisho change approve ${changeOf(d)} --typed ${d('service')}`],
    }),
    en: (d) => ({
      what: `A change that exchanges data, or that cannot be undone, needs a signature over the typed name ${d('service')}`,
      why: d('typed') === '' ? 'nothing was typed' : `what was typed is “${d('typed')}”`,
      next: [`sekisho change approve ${changeOf(d)} --typed ${d('service')}`],
    }),
  },
  'approval.own_change': {
    ja: {
      what: '自分の変更は承認できません: {approver}',
      why: 'この変更の作成者は {author} です（作成者と編集者、ほかの人も編集した AI の変更ではその AI の担当者も、承認できません）',
      next: ['sekisho person list'],
    },
    en: {
      what: 'Nobody approves their own change: {approver}',
      why: 'its author is {author}; who wrote or edited it cannot approve it, and the sponsor of an agent only where nobody else edited it',
      next: ['sekisho person list'],
    },
  },
  'approval.role_missing': {
    ja: {
      what: '承認する役割がありません: {approver}',
      why: '必要な役割: {roles}',
      next: ['sekisho person list'],
    },
    en: {
      what: 'No role to approve this: {approver}',
      why: 'needed: {roles}',
      next: ['sekisho person list'],
    },
  },
  'approval.same_group': {
    ja: {
      what: '元に戻せない変更には、別々のグループの二人の承認が要ります: {change}',
      why: '承認した人は全員「{group}」です（people.NAME.group）',
      next: ['sekisho person list', 'sekisho change show {change}'],
    },
    en: {
      what: 'What cannot be undone takes two people of different groups: {change}',
      why: 'everybody who has approved it is of {group} (people.NAME.group)',
      next: ['sekisho person list', 'sekisho change show {change}'],
    },
  },
  'approval.second_later': {
    ja: {
      what: '元に戻せない変更の二度目の署名は {from} からです: {change}',
      why: '一人で承認するときは、runner が封を受け取ってから 10 分以上あとに、もう一度署名します。別のグループの人が承認すれば、待たずに始まります',
      next: ['sekisho change approve {change}'],
    },
    en: {
      what: 'The second signature over what cannot be undone counts from {from}: {change}',
      why: 'one person alone signs again, ten minutes or more after the runner first had the envelope; with an approval of a person of another group it starts without waiting',
      next: ['sekisho change approve {change}'],
    },
  },
  'approval.second_missing': {
    ja: {
      what: '二度目の署名がありません: {change}',
      why: '元に戻せない変更を一人で承認するには、{from} よりあとの署名がもう一つ要ります',
      next: ['sekisho change approve {change}'],
    },
    en: {
      what: 'The second signature is missing: {change}',
      why: 'one person alone signs what cannot be undone twice, the second time after {from}',
      next: ['sekisho change approve {change}'],
    },
  },
  'approval.shared_file_key': {
    ja: {
      what: 'ファイルの鍵では承認できません: {approver}',
      why: 'level が enforce で、AI だけの Unix ユーザーがあるという宣言（policy.agent_user: own）がないため、AI が署名した場合と区別できません',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'A key in a file does not approve here: {approver}',
      why: 'at level enforce, without policy.agent_user: own, an agent under the same Unix user could have signed with it',
      next: ['sekisho doctor'],
    },
  },
  'approval.unknown_author': {
    ja: (d) => ({
      what: `${PARTS.ja[d('part')] ?? d('part')} ${d('actor')} は、設定に人としても AI としてもありません: ${d('change')}`,
      why: '誰が書いたかを設定で確かめられない変更は、誰が承認しても実行されません。設定から外された人なら、ほかの人がこの変更を作り直せます',
      next: ['sekisho person list', `sekisho change withdraw ${changeOf(d)}`],
    }),
    en: (d) => ({
      what: `The rules have no person and no agent ${d('actor')} (${PARTS.en[d('part')] ?? d('part')}): ${d('change')}`,
      why: 'where the rules do not show who wrote a change, it does not run, whoever approves it; where that person was removed from the rules, somebody else can propose it anew',
      next: ['sekisho person list', `sekisho change withdraw ${changeOf(d)}`],
    }),
  },
  'standard.too_few': {
    ja: {
      what: '標準の変更にするには、問題なく終わった実行が足りません: {service} {path}（{have} / {need} 回）',
      why: '人が承認し、証明が通り、維持された同じ形の実行だけを数えます。一度でも失敗すれば数え直します',
      next: ['sekisho standing list'],
    },
    en: {
      what: 'Too few clean runs for a standard change: {service} {path} ({have} of {need})',
      why: 'counted are runs of the same shape that people approved, whose proofs were green and that were kept; one wrong end begins the count anew',
      next: ['sekisho standing list'],
    },
  },
  'statement.expired': {
    ja: (d) => ({
      what: '署名の期限が切れています',
      why: `期限 ${d('expires')}、現在 ${d('now')}`,
      next: [`sekisho change approve ${changeOf(d)}`],
    }),
    en: (d) => ({
      what: 'The signed statement has expired',
      why: `expired ${d('expires')}, now ${d('now')}`,
      next: [`sekisho change approve ${changeOf(d)}`],
    }),
  },
  'statement.foreign_key': {
    ja: {
      what: '登録されていない鍵の署名です: {key}',
      why: '{approver} の鍵ではありません',
      next: ['sekisho person list'],
    },
    en: {
      what: 'Signed with a key that is not enrolled: {key}',
      why: 'it is not a key of {approver}',
      next: ['sekisho person list'],
    },
  },
  'statement.from_the_future': {
    ja: { what: '署名の時刻が未来です', why: '署名 {at}、現在 {now}', next: ['date'] },
    en: {
      what: 'The statement was signed in the future',
      why: 'signed {at}, now {now}',
      next: ['date'],
    },
  },
  'statement.key_revoked': {
    ja: { what: '失効した鍵の署名です: {key}', why: '{approver} の鍵は失効しています' },
    en: {
      what: 'Signed with a revoked key: {key}',
      why: 'this key of {approver} was revoked',
    },
  },
  'statement.lives_too_long': {
    ja: { what: '署名の有効期間が長すぎます', why: '期限 {expires}' },
    en: { what: 'The statement would live too long', why: 'expires {expires}' },
  },
  'statement.malformed': {
    ja: { what: '署名された文の形が正しくありません', why: '{at}: {why}' },
    en: { what: 'The signed statement is malformed', why: '{at}: {why}' },
  },
  'statement.nonce_used': {
    ja: (d) => ({
      what: 'この署名はもう使われています',
      why: '一つの署名は一度だけ有効です',
      next: [`sekisho change approve ${changeOf(d)}`],
    }),
    en: (d) => ({
      what: 'This signature has been used already',
      why: 'a signature counts once',
      next: [`sekisho change approve ${changeOf(d)}`],
    }),
  },
  'statement.other_change': {
    ja: { what: '別の変更の署名です: {change}', why: 'この変更は {wanted} です' },
    en: { what: 'Signed for another change: {change}', why: 'this one is {wanted}' },
  },
  'statement.other_author': {
    ja: (d) => ({
      what: `作成者の署名ではありません: ${d('approver')}`,
      why: `${d('change')} の作成者は ${d('author')} です`,
      next: [`sekisho change show ${changeOf(d)}`],
    }),
    en: (d) => ({
      what: `Not signed by the author: ${d('approver')}`,
      why: `the author of ${d('change')} is ${d('author')}`,
      next: [`sekisho change show ${changeOf(d)}`],
    }),
  },
  'statement.other_envelope': {
    ja: (d) => ({
      what: `署名の対象がいまの内容と違います: ${d('change')}`,
      why: '署名のあとに中身が変わったか、古い版の署名です',
      next: [`sekisho change show ${changeOf(d)}`],
    }),
    en: (d) => ({
      what: `Signed over other content: ${d('change')}`,
      why: 'the content moved after it was signed, or it is of an older revision',
      next: [`sekisho change show ${changeOf(d)}`],
    }),
  },
  'statement.role_not_held': {
    ja: { what: 'その役割を持っていません: {approver}', why: '署名にある役割: {role}' },
    en: {
      what: 'The signer does not hold that role: {approver}',
      why: 'the role in the statement: {role}',
    },
  },
  'statement.signature_wrong': {
    ja: { what: '署名が正しくありません（{approver}）', why: '{why}' },
    en: { what: 'The signature is wrong ({approver})', why: '{why}' },
  },
  'statement.unknown_person': {
    ja: { what: '登録されていない人の署名です: {approver}', next: ['sekisho person list'] },
    en: {
      what: 'Signed in the name of somebody unknown: {approver}',
      next: ['sekisho person list'],
    },
  },
  'statement.wrong_type': {
    ja: { what: '署名の種類が違います: {type}', why: '必要な種類: {wanted}' },
    en: { what: 'A statement of the wrong type: {type}', why: 'wanted: {wanted}' },
  },
} as const satisfies ErrorWords
