// Sentences for what goes wrong with a declared command that is a change of its own.
import type { ErrorWords } from './words.ts'

export const COMMAND_ERRORS = {
  'exec.not_declared': {
    ja: (d) => ({
      what: `サービス ${d('service')} に、コマンド ${d('command')} は宣言されていません`,
      why:
        d('declared') === ''
          ? 'sekisho.yaml の commands に何も書かれていません'
          : `宣言されているもの: ${d('declared')}`,
      next: ['sekisho config apply'],
    }),
    en: (d) => ({
      what: `Service ${d('service')} declares no command ${d('command')}`,
      why: d('declared') === '' ? 'commands of sekisho.yaml names none' : `declared: ${d('declared')}`,
      next: ['sekisho config apply'],
    }),
  },
  'exec.no_back': {
    ja: {
      what: 'コマンド {command} には、元に戻すコマンド（back）が宣言されていません: {service}',
      why: '戻す方法は復元だけです。承知のうえなら --irreversible を付けます（段 3 になり、二人の承認か、一人なら 10 分おいて二度の署名が要ります）',
      next: ['sekisho do command --service {service} --run {command} --irreversible --instruction "…"'],
    },
    en: {
      what: 'Command {command} of {service} has no declared way back',
      why: 'only a restore takes it back; with --irreversible it is tier 3: two people approve, or one who signs twice ten minutes apart',
      next: ['sekisho do command --service {service} --run {command} --irreversible --instruction "…"'],
    },
  },
  'exec.not_rehearsed': {
    ja: {
      what: 'コマンド {command} は予行していません: {fault}',
      why: '理由を添えて、人が免除すれば進めます',
    },
    en: {
      what: 'Command {command} was not rehearsed: {fault}',
      why: 'a person may waive it with a reason',
    },
  },
  'exec.only_restore': {
    ja: {
      what: 'コマンド {command} が動いた後を元に戻すコマンドはありません: {service}',
      why: 'back の宣言がありません。戻す方法は復元だけです',
      next: ['sekisho backup list --service {service}'],
    },
    en: {
      what: 'Nothing takes back what command {command} of {service} did',
      why: 'it has no declared way back; only a restore takes it back',
      next: ['sekisho backup list --service {service}'],
    },
  },
  'exec.place_open': {
    ja: (d) => ({
      what: `宣言したコマンドの場所は、ほかの場所に替えられるので使いません: ${d('path')}`,
      why:
        d('found') === 'link'
          ? `${d('component')} はリンクです。リンクの先の場所を宣言します`
          : d('found') === 'owner'
            ? `${d('component')} は root のものではありません。その中の名前を、持ち主が別のものに替えられます。上のディレクトリがすべて root のものである場所を宣言します`
            : `${d('component')} には root のほかの利用者も書き込めます。その中の名前を別のものに替えられます。上のディレクトリに root だけが書き込める場所を宣言します`,
      next: [`ls -ld ${d('component')}`],
    }),
    en: (d) => ({
      what: `A place of a declared command can be exchanged for another one, so it is not used: ${d('path')}`,
      why:
        d('found') === 'link'
          ? `${d('component')} is a link; declare the place to which it leads`
          : d('found') === 'owner'
            ? `${d('component')} does not belong to root, and its owner can put another thing there; declare a place above which every directory belongs to root`
            : `others than root may write to ${d('component')} and put another thing there; declare a place above which root alone may write`,
      next: [`ls -ld ${d('component')}`],
    }),
  },
  'exec.ran_later': {
    ja: {
      what: '{change} の後にも、コマンド {command} が動いています: {by}',
      why: '元に戻すコマンドは、最後に動いた分から戻します',
      next: ['sekisho change rollback {by}'],
    },
    en: {
      what: 'Command {command} has run again since {change}: {by}',
      why: 'its way back takes back the run that was last',
      next: ['sekisho change rollback {by}'],
    },
  },
} as const satisfies Partial<ErrorWords>
