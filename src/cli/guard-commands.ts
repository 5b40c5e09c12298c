// The commands of the guard, in the order of `sekisho help`.
import type { Command, OptionSpec } from './command.ts'

const text: OptionSpec = { type: 'string' }
const yes: OptionSpec = { type: 'boolean' }

export const GUARD_COMMANDS: readonly Command[] = [
  {
    words: 'install claude-code',
    usage: '[--managed] [--print] [--yes]',
    help: {
      ja: 'Claude Code の前に番人を入れる（--managed はこの機械すべて）',
      en: 'put the guard in front of Claude Code; --managed: on the whole machine',
    },
    options: { managed: yes, print: yes, yes },
    takes: [0, 0],
    group: 'guard',
    load: () => import('./commands/agent-install.ts'),
  },
  {
    words: 'uninstall claude-code',
    usage: '[--managed] [--print] [--yes]',
    help: { ja: '番人を外す（ほかの設定は残る）', en: 'take the guard out; all other settings stay' },
    options: { managed: yes, print: yes, yes },
    takes: [0, 0],
    group: 'guard',
    load: () => import('./commands/agent-install.ts'),
  },
  {
    words: 'level',
    usage: 'observe|guard [--offline]',
    help: {
      ja: '観察（記録だけ）か防護（断る）か。入れた番人も書き直す',
      en: 'observe (records only) or guard (refuses); rewrites every hook that was put in',
    },
    options: { offline: yes },
    takes: [1, 1],
    group: 'guard',
    load: () => import('./commands/level.ts'),
  },
  {
    words: 'agent resume',
    usage: 'UID|USER',
    help: {
      ja: '断られ続けて止められた AI を再開する（人だけができる）',
      en: 'let an agent go on that was paused after refusals; only a person can',
    },
    options: {},
    takes: [1, 1],
    group: 'guard',
    load: () => import('./commands/agent-resume.ts'),
  },
  {
    words: 'guard check',
    usage: '[--cwd DIR] [--tool NAME] [--config FILE] -- COMMAND…',
    help: {
      ja: '命令が本番に何をするかを答える（実行しない）',
      en: 'what a command would do to production; nothing is run',
    },
    examples: ["sekisho guard check -- 'rm -rf backend/data/*'"],
    options: { cwd: text, tool: text, config: text },
    takes: [1, 10_000],
    group: 'guard',
    load: () => import('./commands/guard.ts'),
  },
  {
    words: 'guard explain',
    usage: '[--cwd DIR] [--tool NAME] [--config FILE] -- COMMAND…',
    help: {
      ja: '命令がいまこの機械のどこまで届くかを数える（実行しない）',
      en: 'how far a command reaches on this machine now; nothing is run',
    },
    examples: ["sekisho guard explain -- 'rm -rf backend/data/*'"],
    options: { cwd: text, tool: text, config: text, look: yes },
    takes: [1, 10_000],
    group: 'guard',
    load: () => import('./commands/guard-explain.ts'),
  },
  {
    words: 'guard self-test',
    usage: '',
    help: {
      ja: '入れた番人に、この機械で断るべきものを実際に問う',
      en: 'ask every hook that was put in what it must refuse on this machine',
    },
    options: {},
    takes: [0, 0],
    group: 'guard',
    load: () => import('./commands/guard-self-test.ts'),
  },
  {
    words: 'guard batch',
    usage: '[--cwd DIR] [--config FILE]',
    help: {
      ja: '一行に一つの問い（NDJSON）へ一行ずつ答える',
      en: 'NDJSON questions in, an answer a line out',
    },
    options: { cwd: text, config: text },
    takes: [0, 0],
    group: 'guard',
    load: () => import('./commands/guard.ts'),
  },
]
