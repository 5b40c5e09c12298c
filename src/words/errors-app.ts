// Sentences of the gate process: its doors, its runner, its changes as they are asked for.
import { changeOf, type ErrorWords } from './words.ts'

const waited = (ms: string) => Math.round(Number(ms) / 1000)

export const APP_ERRORS = {
  'change.diff_missing': {
    ja: {
      what: '差分がまだありません: {change}',
      next: ['sekisho change check {change}'],
    },
    en: {
      what: 'There is no diff of {change} yet',
      next: ['sekisho change check {change}'],
    },
  },
  'change.nothing_to_restore': {
    ja: {
      what: '元に戻すものがありません: {change}',
      why: 'この変更は何も置き換えていないか、もう元に戻っています',
      next: ['sekisho change show {change}'],
    },
    en: {
      what: 'There is nothing to put back for {change}',
      why: 'it replaced nothing, or it was taken back already',
      next: ['sekisho change show {change}'],
    },
  },
  'change.taken_back': {
    ja: {
      what: '{change} は、もう元に戻っています',
      why: '{by} が元に戻しました',
      next: ['sekisho change show {by}'],
    },
    en: {
      what: '{change} is taken back already',
      why: 'taken back since by {by}',
      next: ['sekisho change show {by}'],
    },
  },
  'change.too_many': {
    ja: {
      what: 'AI の申し出が多すぎます: {actor}',
      why: '一時間に受けられる数か量を超えました。{until} から、また受けられます',
      next: ['sekisho change list', 'sekisho change withdraw ID'],
    },
    en: {
      what: 'Too many proposals of an agent: {actor}',
      why: 'more changes, or more bytes, than are taken in an hour; they are taken again from {until}',
      next: ['sekisho change list', 'sekisho change withdraw ID'],
    },
  },
  'change.unknown': {
    ja: { what: 'その変更はありません: {change}', next: ['sekisho change list'] },
    en: { what: 'There is no change {change}', next: ['sekisho change list'] },
  },
  'check.not_waivable': {
    ja: {
      what: 'この検査は免除できません: {check}',
      why: '免除できるもの: {waivable}',
    },
    en: {
      what: 'This check cannot be waived: {check}',
      why: 'checks that can be waived: {waivable}',
    },
  },
  'execution.lost': {
    ja: {
      what: 'どこまで進んだか分からないまま、人が終わりにしました',
      why: 'ランナーがこの実行を知りませんでした（{by}）',
      next: ['sekisho change diff {change}'],
    },
    en: {
      what: 'A person ended it without knowing how far it came',
      why: 'the runner did not know this execution ({by})',
      next: ['sekisho change diff {change}'],
    },
  },
  'execution.unknown': {
    ja: {
      what: '動いている実行がありません: {change}',
      why: 'まだ実行していないか、もう終わっています',
      next: ['sekisho change show {change}'],
    },
    en: {
      what: '{change} has no execution under way',
      why: 'it was not run yet, or it has ended',
      next: ['sekisho change show {change}'],
    },
  },
  'config.untrusted': {
    ja: {
      what: '規則をほかの利用者が書き換えられるので、適用しません: {path}',
      why: '中身を確かめてから、所有者だけが書けるようにしてください',
      next: ['{mend}'],
    },
    en: {
      what: 'Others can change the rules, so they are not applied: {path}',
      why: 'look through them, then let their owner alone write them',
      next: ['{mend}'],
    },
  },
  'gate.already_up': {
    ja: {
      what: 'この場所では関所がもう動いています: {path}',
      why: 'プロセス {pid} が使っています',
      next: ['sekisho status', 'sekisho down'],
    },
    en: {
      what: 'Sekisho is already up in {path}',
      why: 'process {pid} holds it',
      next: ['sekisho status', 'sekisho down'],
    },
  },
  'gate.not_up': {
    ja: { what: '関所は動いていません: {path}', next: ['sekisho up'] },
    en: { what: 'Sekisho is not up in {path}', next: ['sekisho up'] },
  },
  'gate.part_ends': {
    ja: { what: '{part} が起動しません', why: '{why}', next: ['tail {log}'] },
    en: { what: '{part} does not start', why: '{why}', next: ['tail {log}'] },
  },
  'gate.not_trusted': {
    ja: {
      what: '関所かどうか分からない相手には、何も送りません: {path}',
      why: 'ほかの利用者のものか、ほかの利用者も書けるので、その先が本物の関所とは限りません',
      next: ['ls -ld {path}', 'chmod go-w {path}'],
    },
    en: {
      what: 'Nothing is sent to what may not be the gate: {path}',
      why: 'it is another user’s, or others can write it, so who answers there may not be the gate',
      next: ['ls -ld {path}', 'chmod go-w {path}'],
    },
  },
  'gate.port_busy': {
    ja: {
      what: 'ポート {port} は使われています',
      why: '待ち受けているのは利用者 {holder} のプログラムです',
      next: ["ss -ltnp 'sport = :{port}'", 'sekisho up --port 7441'],
    },
    en: {
      what: 'Port {port} is in use',
      why: 'a program of the user {holder} listens there',
      next: ["ss -ltnp 'sport = :{port}'", 'sekisho up --port 7441'],
    },
  },
  'host.damaged': {
    ja: {
      what: '入っている関所が、入れたときのままではありません: {path}',
      why: '壊れたもの自身では直せません。チェックアウトから入れ直してください',
      next: ['sudo bin/sekisho install host'],
    },
    en: {
      what: 'The installation is not as it was written: {path}',
      why: 'it cannot mend itself; put it in again from the checkout',
      next: ['sudo bin/sekisho install host'],
    },
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
    ja: {
      what: 'systemd がありません',
      why: 'この版の install host は systemd を使います',
      next: ['sekisho up'],
    },
    en: {
      what: 'There is no systemd here',
      why: '`install host` writes systemd units',
      next: ['sekisho up'],
    },
  },
  'instruction.unknown_person': {
    ja: {
      what: '指示した人が規則にいません: {person}',
      why: '指示は、登録された人の言葉でなければなりません',
      next: ['sekisho person list'],
    },
    en: {
      what: 'The person who instructed is not in the rules: {person}',
      why: 'an instruction is the words of an enrolled person',
      next: ['sekisho person list'],
    },
  },
  'policy.not_applied': {
    ja: {
      what: '規則がまだ適用されていません',
      why: '{path} がありません。sekisho.yaml がまだないか、承認する人の鍵がまだ入っていません',
      next: ['sekisho init', 'sekisho key add PERSON FILE.pub', 'sekisho config apply'],
    },
    en: {
      what: 'No rules are in force yet',
      why: '{path} is missing: there is no sekisho.yaml yet, or nobody who approves has a key in it',
      next: ['sekisho init', 'sekisho key add PERSON FILE.pub', 'sekisho config apply'],
    },
  },
  'policy.unreadable': {
    ja: {
      what: '適用済みの規則を読めません: {path}',
      why: '{why}',
      next: ['sekisho config apply'],
    },
    en: {
      what: 'The compiled rules cannot be read: {path}',
      why: '{why}',
      next: ['sekisho config apply'],
    },
  },
  'rollback.env_by_hand': {
    ja: {
      what: '{path} は自動では元に戻せません',
      why: '前からあった値は関所に残していないので、VALUE に前の値を入れてください',
      next: ['sekisho do config --service {service} --instruction "rollback {change}" {options}'],
    },
    en: {
      what: '{path} cannot be put back by itself',
      why: 'the gate does not keep the values that were there: put the earlier ones for VALUE',
      next: ['sekisho do config --service {service} --instruction "rollback {change}" {options}'],
    },
  },
  'run.outside_window': {
    ja: {
      what: 'いまは実行できる時間ではありません: {change}',
      why: '{why}',
      next: ['sekisho change show {change}'],
    },
    en: {
      what: 'Not a time at which {change} may run',
      why: '{why}',
      next: ['sekisho change show {change}'],
    },
  },
  'run.target_held': {
    ja: {
      what: '同じ対象を別の変更が実行中です: {target}',
      why: '{by} が終わるまで待ちます',
      next: ['sekisho change wait {change}'],
    },
    en: {
      what: 'Another change is inside on the same target: {target}',
      why: '{by} has to end first',
      next: ['sekisho change wait {change}'],
    },
  },
  'runner.protocol': {
    ja: { what: 'runner の応答を読めません', why: '{why}', next: ['sekisho doctor'] },
    en: { what: 'The answer of the runner cannot be read', why: '{why}', next: ['sekisho doctor'] },
  },
  'runner.refused': {
    ja: { what: 'runner が断りました: {code}' },
    en: { what: 'The runner refused: {code}' },
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
    ja: {
      what: 'runner につながりません',
      why: '{path}: {why}',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'The runner cannot be reached',
      why: '{path}: {why}',
      next: ['sekisho doctor'],
    },
  },
  'check.mute_too_long': {
    ja: {
      what: '通知を止められるのは 30 日までです',
      next: ['sekisho check mute NAME --for 24h --reason "…"'],
    },
    en: {
      what: 'A check can be muted for 30 days at most',
      next: ['sekisho check mute NAME --for 24h --reason "…"'],
    },
  },
  'check.not_bad': {
    ja: { what: '{check} に、引き受ける異常はありません', next: ['sekisho check list'] },
    en: { what: '{check} has no open finding to take up', next: ['sekisho check list'] },
  },
  'check.not_muted': {
    ja: { what: '{check} の通知は止められていません', next: ['sekisho check list'] },
    en: { what: '{check} is not muted', next: ['sekisho check list'] },
  },
  'check.several': {
    ja: { what: '「{check}」に当たる確認が複数あります', why: '{named}', next: ['sekisho check list'] },
    en: { what: 'More than one check is called {check}', why: '{named}', next: ['sekisho check list'] },
  },
  'check.unknown': {
    ja: { what: 'そのような確認はありません: {check}', next: ['sekisho check list'] },
    en: { what: 'There is no such check: {check}', next: ['sekisho check list'] },
  },
  'service.unknown': {
    ja: { what: '宣言されていないサービスです: {service}', next: ['sekisho service list'] },
    en: { what: 'No such service is declared: {service}', next: ['sekisho service list'] },
  },
  'standing.unknown': {
    ja: { what: 'その事前承認はありません', next: ['sekisho standing list'] },
    en: { what: 'There is no such standing statement', next: ['sekisho standing list'] },
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
    ja: {
      what: '別の計画への署名です: {change}',
      why: '計画が変わったので、署名も取り直しです',
    },
    en: {
      what: 'Signed over another plan of {change}',
      why: 'the plan has changed, so it has to be signed again',
    },
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
    ja: {
      what: '見せた画面が、署名されたものと違います',
      why: '承認には、見た画面の文字が要ります',
      next: ['sekisho change approve {change}'],
    },
    en: {
      what: 'The card that was shown is not the one that was signed',
      why: 'an approval carries the text of the card that was seen',
      next: ['sekisho change approve {change}'],
    },
  },
} as const satisfies ErrorWords
