// Refusals of the guard's doors.
import { shellWord } from '../base/shell-word.ts'
import type { ErrorWords } from './words.ts'

export const GUARD_ERRORS = {
  'guard.config': {
    ja: { what: 'この設定では答えられません', why: '{report}' },
    en: { what: 'No answer can be given under this configuration', why: '{report}' },
  },
  'guard.input': {
    ja: () => ({
      what: '道具への入力を読めません',
      why: '`{` で始まるものは JSON として読みます',
      next: ['sekisho guard check --tool Edit -- PATH'],
    }),
    en: () => ({
      what: 'The tool’s input cannot be read',
      why: 'what begins with `{` is read as JSON',
      next: ['sekisho guard check --tool Edit -- PATH'],
    }),
  },
  'guard.list_unreadable': {
    ja: {
      what: 'どこに番人を入れたかの一覧を読めません: {path}',
      why: '{why}',
      next: ['mv {path} {path}.broken', 'sekisho install claude-code'],
    },
    en: {
      what: 'The list of where the guard was put in cannot be read: {path}',
      why: '{why}',
      next: ['mv {path} {path}.broken', 'sekisho install claude-code'],
    },
  },
  'guard.no_such_account': {
    ja: { what: 'この機械にそのアカウントはありません: {who}', next: ['sekisho status'] },
    en: { what: 'There is no such account on this machine: {who}', next: ['sekisho status'] },
  },
  'guard.not_paused': {
    ja: { what: '{who} のエージェントは止められていません', next: ['sekisho status'] },
    en: { what: 'The agent of {who} is not paused', next: ['sekisho status'] },
  },
  'guard.program_not_ours': {
    ja: (d) => ({
      what: `番人として使えないプログラムです: ${d('path')}`,
      why:
        d('why') === 'packages'
          ? 'node_modules の中にあるものは、プロジェクトの誰でも取り替えられます'
          : d('why') === 'missing'
            ? 'そのファイルがありません'
            : `root のほかにも書き換えられる人がいます: ${d('component')}`,
      next: ['sudo sekisho install host', 'sudo /opt/sekisho/bin/sekisho install claude-code --managed'],
    }),
    en: (d) => ({
      what: `This program cannot be the guard: ${d('path')}`,
      why:
        d('why') === 'packages'
          ? 'what lies in node_modules can be replaced by everybody who works on the project'
          : d('why') === 'missing'
            ? 'it is not there'
            : `others than root can change ${d('component')}`,
      next: ['sudo sekisho install host', 'sudo /opt/sekisho/bin/sekisho install claude-code --managed'],
    }),
  },
  'guard.settings_unreadable': {
    ja: (d) => ({
      what: `設定を読めないので、何も変えていません: ${d('path')}`,
      why: d('why') === 'json' ? `JSON ではありません。コメントも書けません（${d('says')}）` : d('why'),
      next: [`"$EDITOR" ${shellWord(d('path'))}`],
    }),
    en: (d) => ({
      what: `The settings cannot be read, so nothing was changed: ${d('path')}`,
      why: d('why') === 'json' ? `it is not JSON, which knows no comments (${d('says')})` : d('why'),
      next: [`"$EDITOR" ${shellWord(d('path'))}`],
    }),
  },
  'guard.policy_unreadable': {
    ja: {
      what: '番人の規則を読めません: {path}',
      why: '規則が読めない間は、番人は何も通しません',
      next: ['sekisho config apply'],
    },
    en: {
      what: 'The guard’s rules cannot be read: {path}',
      why: 'while they cannot be read the guard lets nothing through',
      next: ['sekisho config apply'],
    },
  },
} as const satisfies ErrorWords
