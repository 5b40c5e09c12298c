// Sentences of the gate process: its doors, its runner, its changes as they are asked for.
import { changeOf, type ErrorWords } from './words.ts'

const waited = (ms: string) => Math.round(Number(ms) / 1000)

export const APP_ERRORS = {
  'change.diff_missing': {
    ja: (d) => ({
      what: `差分がまだありません: ${d('change')}`,
      next: [`sekisho change check ${d('change')}`],
    }),
    en: (d) => ({
      what: `There is no diff of ${d('change')} yet`,
      next: [`sekisho change check ${d('change')}`],
    }),
  },
  'change.nothing_to_restore': {
    ja: (d) => ({
      what: `元に戻すものがありません: ${d('change')}`,
      why: 'この変更は何も置き換えていないか、もう元に戻っています',
      next: [`sekisho change show ${d('change')}`],
    }),
    en: (d) => ({
      what: `There is nothing to put back for ${d('change')}`,
      why: 'it replaced nothing, or it was taken back already',
      next: [`sekisho change show ${d('change')}`],
    }),
  },
  'change.too_many': {
    ja: (d) => ({
      what: `AI の申し出が多すぎます: ${d('actor')}`,
      why: `一時間に受けられる数か量を超えました。${d('until')} から、また受けられます`,
      next: ['sekisho change list', 'sekisho change withdraw ID'],
    }),
    en: (d) => ({
      what: `Too many proposals of an agent: ${d('actor')}`,
      why: `more changes, or more bytes, than are taken in an hour; they are taken again from ${d('until')}`,
      next: ['sekisho change list', 'sekisho change withdraw ID'],
    }),
  },
  'change.unknown': {
    ja: (d) => ({ what: `その変更はありません: ${d('change')}`, next: ['sekisho change list'] }),
    en: (d) => ({ what: `There is no change ${d('change')}`, next: ['sekisho change list'] }),
  },
  'check.not_waivable': {
    ja: (d) => ({
      what: `この検査は免除できません: ${d('check')}`,
      why: `免除できるもの: ${d('waivable')}`,
    }),
    en: (d) => ({
      what: `This check cannot be waived: ${d('check')}`,
      why: `checks that can be waived: ${d('waivable')}`,
    }),
  },
  'execution.lost': {
    ja: (d) => ({
      what: 'どこまで進んだか分からないまま、人が終わりにしました',
      why: `ランナーがこの実行を知りませんでした（${d('by')}）`,
      next: [`sekisho change diff ${d('change')}`],
    }),
    en: (d) => ({
      what: 'A person ended it without knowing how far it came',
      why: `the runner did not know this execution (${d('by')})`,
      next: [`sekisho change diff ${d('change')}`],
    }),
  },
  'execution.unknown': {
    ja: (d) => ({
      what: `動いている実行がありません: ${d('change')}`,
      why: 'まだ実行していないか、もう終わっています',
      next: [`sekisho change show ${d('change')}`],
    }),
    en: (d) => ({
      what: `${d('change')} has no execution under way`,
      why: 'it was not run yet, or it has ended',
      next: [`sekisho change show ${d('change')}`],
    }),
  },
  'config.untrusted': {
    ja: (d) => ({
      what: `規則をほかの利用者が書き換えられるので、適用しません: ${d('path')}`,
      why: '中身を確かめてから、所有者だけが書けるようにしてください',
      next: [d('mend')],
    }),
    en: (d) => ({
      what: `Others can change the rules, so they are not applied: ${d('path')}`,
      why: 'look through them, then let their owner alone write them',
      next: [d('mend')],
    }),
  },
  'gate.already_up': {
    ja: (d) => ({
      what: `この場所では関所がもう動いています: ${d('path')}`,
      why: `プロセス ${d('pid')} が使っています`,
      next: ['sekisho status', 'sekisho down'],
    }),
    en: (d) => ({
      what: `Sekisho is already up in ${d('path')}`,
      why: `process ${d('pid')} holds it`,
      next: ['sekisho status', 'sekisho down'],
    }),
  },
  'gate.not_up': {
    ja: (d) => ({ what: `関所は動いていません: ${d('path')}`, next: ['sekisho up'] }),
    en: (d) => ({ what: `Sekisho is not up in ${d('path')}`, next: ['sekisho up'] }),
  },
  'gate.part_ends': {
    ja: (d) => ({ what: `${d('part')} が起動しません`, why: d('why'), next: [`tail ${d('log')}`] }),
    en: (d) => ({ what: `${d('part')} does not start`, why: d('why'), next: [`tail ${d('log')}`] }),
  },
  'gate.not_trusted': {
    ja: (d) => ({
      what: `関所かどうか分からない相手には、何も送りません: ${d('path')}`,
      why: 'ほかの利用者のものか、ほかの利用者も書けるので、その先が本物の関所とは限りません',
      next: [`ls -ld ${d('path')}`, `chmod go-w ${d('path')}`],
    }),
    en: (d) => ({
      what: `Nothing is sent to what may not be the gate: ${d('path')}`,
      why: 'it is another user’s, or others can write it, so who answers there may not be the gate',
      next: [`ls -ld ${d('path')}`, `chmod go-w ${d('path')}`],
    }),
  },
  'gate.port_busy': {
    ja: (d) => ({
      what: `ポート ${d('port')} は使われています`,
      why: `待ち受けているのは利用者 ${d('holder')} のプログラムです`,
      next: [`ss -ltnp 'sport = :${d('port')}'`, 'sekisho up --port 7441'],
    }),
    en: (d) => ({
      what: `Port ${d('port')} is in use`,
      why: `a program of the user ${d('holder')} listens there`,
      next: [`ss -ltnp 'sport = :${d('port')}'`, 'sekisho up --port 7441'],
    }),
  },
  'host.damaged': {
    ja: (d) => ({
      what: `入っている関所が、入れたときのままではありません: ${d('path')}`,
      why: '壊れたもの自身では直せません。チェックアウトから入れ直してください',
      next: ['sudo bin/sekisho install host'],
    }),
    en: (d) => ({
      what: `The installation is not as it was written: ${d('path')}`,
      why: 'it cannot mend itself; put it in again from the checkout',
      next: ['sudo bin/sekisho install host'],
    }),
  },
  'host.needs_root': {
    ja: (d) => ({
      what: 'root で実行してください',
      why:
        d('path') === '…'
          ? '利用者、/opt/sekisho、systemd のユニットを作ります'
          : `${d('path')} は root のものです`,
      next: d('typed') === '…' ? [] : [`sudo ${d('typed')}`],
    }),
    en: (d) => ({
      what: 'This needs root',
      why:
        d('path') === '…' ? 'it makes users, /opt/sekisho and systemd units' : `${d('path')} belongs to root`,
      next: d('typed') === '…' ? [] : [`sudo ${d('typed')}`],
    }),
  },
  'host.no_systemd': {
    ja: () => ({
      what: 'systemd がありません',
      why: 'この版の install host は systemd を使います',
      next: ['sekisho up'],
    }),
    en: () => ({
      what: 'There is no systemd here',
      why: '`install host` writes systemd units',
      next: ['sekisho up'],
    }),
  },
  'instruction.unknown_person': {
    ja: (d) => ({
      what: `指示した人が規則にいません: ${d('person')}`,
      why: '指示は、登録された人の言葉でなければなりません',
      next: ['sekisho person list'],
    }),
    en: (d) => ({
      what: `The person who instructed is not in the rules: ${d('person')}`,
      why: 'an instruction is the words of an enrolled person',
      next: ['sekisho person list'],
    }),
  },
  'policy.not_applied': {
    ja: (d) => ({
      what: '規則がまだ適用されていません',
      why: `${d('path')} がありません。sekisho.yaml がまだないか、承認する人の鍵がまだ入っていません`,
      next: ['sekisho init', 'sekisho key add PERSON FILE.pub', 'sekisho config apply'],
    }),
    en: (d) => ({
      what: 'No rules are in force yet',
      why: `${d('path')} is missing: there is no sekisho.yaml yet, or nobody who approves has a key in it`,
      next: ['sekisho init', 'sekisho key add PERSON FILE.pub', 'sekisho config apply'],
    }),
  },
  'policy.unreadable': {
    ja: (d) => ({
      what: `適用済みの規則を読めません: ${d('path')}`,
      why: d('why'),
      next: ['sekisho config apply'],
    }),
    en: (d) => ({
      what: `The compiled rules cannot be read: ${d('path')}`,
      why: d('why'),
      next: ['sekisho config apply'],
    }),
  },
  'rollback.env_by_hand': {
    ja: (d) => ({
      what: `${d('path')} は自動では元に戻せません`,
      why: '秘密の値は関所に残していないので、前の値を指定してください',
      next: ['sekisho do config --set KEY=VALUE'],
    }),
    en: (d) => ({
      what: `${d('path')} cannot be put back by itself`,
      why: 'the gate keeps no secret values: give the earlier ones',
      next: ['sekisho do config --set KEY=VALUE'],
    }),
  },
  'run.outside_window': {
    ja: (d) => ({
      what: `いまは実行できる時間ではありません: ${d('change')}`,
      why: d('why'),
      next: [`sekisho change show ${d('change')}`],
    }),
    en: (d) => ({
      what: `Not a time at which ${d('change')} may run`,
      why: d('why'),
      next: [`sekisho change show ${d('change')}`],
    }),
  },
  'run.target_held': {
    ja: (d) => ({
      what: `同じ対象を別の変更が実行中です: ${d('target')}`,
      why: `${d('by')} が終わるまで待ちます`,
      next: [`sekisho change wait ${d('change')}`],
    }),
    en: (d) => ({
      what: `Another change is inside on the same target: ${d('target')}`,
      why: `${d('by')} has to end first`,
      next: [`sekisho change wait ${d('change')}`],
    }),
  },
  'runner.protocol': {
    ja: (d) => ({ what: 'runner の応答を読めません', why: d('why'), next: ['sekisho doctor'] }),
    en: (d) => ({ what: 'The answer of the runner cannot be read', why: d('why'), next: ['sekisho doctor'] }),
  },
  'runner.refused': {
    ja: (d) => ({ what: `runner が断りました: ${d('code')}` }),
    en: (d) => ({ what: `The runner refused: ${d('code')}` }),
  },
  'runner.timeout': {
    ja: (d) => ({
      what: 'runner が時間内に答えません',
      why: `${waited(d('limit'))} 秒待ちました。runner が止まっているか、混んでいます`,
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: 'The runner did not answer in time',
      why: `waited for ${waited(d('limit'))} s; it hangs, or it is busy`,
      next: ['sekisho doctor'],
    }),
  },
  'runner.unreachable': {
    ja: (d) => ({
      what: 'runner につながりません',
      why: `${d('path')}: ${d('why')}`,
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: 'The runner cannot be reached',
      why: `${d('path')}: ${d('why')}`,
      next: ['sekisho doctor'],
    }),
  },
  'service.unknown': {
    ja: (d) => ({ what: `宣言されていないサービスです: ${d('service')}`, next: ['sekisho service list'] }),
    en: (d) => ({ what: `No such service is declared: ${d('service')}`, next: ['sekisho service list'] }),
  },
  'standing.unknown': {
    ja: () => ({ what: 'その事前承認はありません', next: ['sekisho standing list'] }),
    en: () => ({ what: 'There is no such standing statement', next: ['sekisho standing list'] }),
  },
  'statement.altered': {
    ja: (d) => ({
      what: '署名された文は、ここで渡した文ではありません',
      why: '渡した文をそのまま署名してください',
      next: [`sekisho change approve ${changeOf(d)} --statement`],
    }),
    en: (d) => ({
      what: 'What was signed is not the text that was given out',
      why: 'the text has to be signed as it is',
      next: [`sekisho change approve ${changeOf(d)} --statement`],
    }),
  },
  'statement.not_asked': {
    ja: (d) => ({
      what: 'この文は、ここでは渡していません',
      why: 'この関所が渡した文だけを受け取ります',
      next: [`sekisho change approve ${changeOf(d)} --statement`],
    }),
    en: (d) => ({
      what: 'This text was not given out here',
      why: 'only a text that this gate gave out comes back',
      next: [`sekisho change approve ${changeOf(d)} --statement`],
    }),
  },
  'statement.other_plan': {
    ja: (d) => ({
      what: `別の計画への署名です: ${d('change')}`,
      why: '計画が変わったので、署名も取り直しです',
    }),
    en: (d) => ({
      what: `Signed over another plan of ${d('change')}`,
      why: 'the plan has changed, so it has to be signed again',
    }),
  },
  'statement.request_expired': {
    ja: (d) => ({
      what: '署名の依頼は期限切れです',
      why: `${d('expires')} まででした`,
      next: [`sekisho change approve ${changeOf(d)}`],
    }),
    en: (d) => ({
      what: 'The request to sign has expired',
      why: `it was good until ${d('expires')}`,
      next: [`sekisho change approve ${changeOf(d)}`],
    }),
  },
  'statement.shown_wrong': {
    ja: (d) => ({
      what: '見せた画面が、署名されたものと違います',
      why: '承認には、見た画面の文字が要ります',
      next: [`sekisho change approve ${d('change')}`],
    }),
    en: (d) => ({
      what: 'The card that was shown is not the one that was signed',
      why: 'an approval carries the text of the card that was seen',
      next: [`sekisho change approve ${d('change')}`],
    }),
  },
} as const satisfies ErrorWords
