// Sentences for what goes wrong with a change of data by a request.
import type { ErrorWords } from './words.ts'

export const REQUEST_ERRORS = {
  'request.not_declared': {
    ja: (d) => ({
      what: `サービス ${d('service')} に、呼び出し ${d('call')} は宣言されていません`,
      why:
        d('declared') === ''
          ? 'sekisho.yaml の data[].api.calls に何も書かれていません'
          : `宣言されているもの: ${d('declared')}`,
      next: ['sekisho config apply'],
    }),
    en: (d) => ({
      what: `Service ${d('service')} declares no call ${d('call')}`,
      why:
        d('declared') === '' ? 'data[].api.calls of sekisho.yaml names none' : `declared: ${d('declared')}`,
      next: ['sekisho config apply'],
    }),
  },
  'request.parameter': {
    ja: {
      what: '呼び出し {call} のパラメーター {name} がないか、使えません',
      why: '--param {name}=VALUE と書きます。値に使えるのは英数字と . _ ~ - です',
    },
    en: {
      what: 'Parameter {name} of call {call} is missing, unknown, or no plain value',
      why: 'write --param {name}=VALUE; a value has letters, digits and . _ ~ - alone',
    },
  },
  'request.no_inverse': {
    ja: {
      what: '呼び出し {call} には、元に戻す呼び出しが宣言されていません: {service}',
      why: '戻す方法は復元だけです。承知のうえなら --irreversible を付けます（段 3 になり、二人の承認か、一人なら 10 分おいて二度の署名が要ります）',
      next: ['sekisho do request --service {service} --call {call} … --irreversible --instruction "…"'],
    },
    en: {
      what: 'Call {call} of {service} has no declared inverse',
      why: 'only a restore takes it back; with --irreversible it is tier 3: two people approve, or one who signs twice ten minutes apart',
      next: ['sekisho do request --service {service} --call {call} … --irreversible --instruction "…"'],
    },
  },
  'request.only_restore': {
    ja: {
      what: '呼び出し {call} を送った後を元に戻す呼び出しはありません: {service}',
      why: 'inverse の宣言がありません。戻す方法は復元だけです',
      next: ['sekisho backup list --service {service}'],
    },
    en: {
      what: 'Nothing takes back what call {call} of {service} did',
      why: 'it has no declared inverse; only a restore takes it back',
      next: ['sekisho backup list --service {service}'],
    },
  },
  'request.sent_later': {
    ja: {
      what: '{change} の後にも、呼び出し {call} を同じパラメーターで送っています: {by}',
      why: '戻すと、後の呼び出しが書いたものを消してしまいます。最後に送った分から戻します',
      next: ['sekisho change rollback {by}'],
    },
    en: {
      what: 'Call {call} was sent again with the same parameters since {change}: {by}',
      why: 'taking it back would undo what the later one wrote; the last one goes back first',
      next: ['sekisho change rollback {by}'],
    },
  },
  'request.not_rehearsed': {
    ja: {
      what: '呼び出し {call} は予行していません: {fault}',
      why: '理由を添えて、人が免除すれば進めます',
    },
    en: {
      what: 'Call {call} was not rehearsed: {fault}',
      why: 'a person may waive it with a reason',
    },
  },
  'request.no_effect': {
    ja: {
      what: '呼び出し {call} は、比べたどのファイルも表も変えませんでした',
      why: '元に戻す呼び出しが正しいかどうかは、これでは分かりません。取り消す呼び出しより前のバックアップで予行したときは、バックアップを取り直します（sekisho backup run）。そうでなければ、データの場所を sekisho.yaml に宣言するか、理由を添えて人が免除します',
    },
    en: {
      what: 'Call {call} changed none of the files and tables that were compared',
      why: 'that shows nothing of what takes it back; where a call is taken back and the backup is from before it, take a new one (sekisho backup run); else declare in sekisho.yaml where the data lies, or a person waives it with a reason',
    },
  },
} satisfies Partial<ErrorWords>
