// What `doctor` says of the guard in front of the agents (N14), and what to type.
import { shellWord } from '../base/shell-word.ts'
import type { Both, Reader, Sentence } from './words.ts'

type Words = Both<(d: Reader) => Sentence>

/** In a managed file only root may mend; the line is the same beside sudo. */
const again = (d: Reader) => [
  d('path').startsWith('/etc/claude-code/')
    ? 'sudo sekisho install claude-code --managed'
    : `cd ${shellWord(directoryOf(d('path')))} && sekisho install claude-code`,
]
const directoryOf = (path: string) => path.replace(/\/\.claude\/[^/]*$/, '') || '/'

const program = (ja: string, en: string): Words => ({
  ja: (d) => ({
    what: `番人のプログラム${ja}: ${d('program')}（${d('path')}）`,
    why: stops('ja', d),
    next: ['sudo sekisho install host', ...again(d)],
  }),
  en: (d) => ({
    what: `the guard’s program ${en}: ${d('program')} (${d('path')})`,
    why: stops('en', d),
    next: ['sudo sekisho install host', ...again(d)],
  }),
})

const stops = (language: 'ja' | 'en', d: Reader) =>
  d('level') === 'guard'
    ? { ja: 'そのエージェントは何もできません', en: 'its agent is stopped until then' }[language]
    : { ja: 'そのエージェントは見られていません', en: 'nothing that its agent does is seen' }[language]

/** Why a settings file was not read, by the code of the error; it is mended before the guard is put in again. */
const UNREADABLE = new Map([
  [
    'guard.settings_unreadable',
    {
      ja: '設定が正しい JSON ではありません',
      en: 'the settings are not the JSON that the agent reads',
      next: (path: string) => [`"$EDITOR" ${shellWord(path)}`],
    },
  ],
  [
    'file.no_permission',
    {
      ja: '読む権限がありません',
      en: 'no permission to read it',
      next: (path: string) => [`ls -ld ${shellWord(path)}`],
    },
  ],
])
const unreadable = (d: Reader) => UNREADABLE.get(d('why'))

/** A gate of an earlier release names no variable. */
const isSwitchedOff = (d: Reader) => ['', '…'].includes(d('variable'))
const disabledNext = (d: Reader) => [
  'sudo sekisho install claude-code --managed',
  `grep -n disableAllHooks ${shellWord(d('why'))}`,
]
const variableNext = (d: Reader) => [
  `grep -n ${shellWord(d('variable'))} ${shellWord(d('why'))}`,
  `"$EDITOR" ${shellWord(d('why'))}`,
]

export const GUARD_DOCTOR_WORDS: Readonly<Record<string, Words>> = {
  'doctor.guard_hook': {
    ja: (d) => ({ what: `${d('path')}（${d('level') === 'guard' ? '防護' : '観察'}）` }),
    en: (d) => ({ what: `${d('path')} (${d('level')})` }),
  },
  'doctor.guard_hook_without_level': {
    ja: (d) => ({ what: `${d('path')}（規則を読めないので、水準はありません）` }),
    en: (d) => ({ what: `${d('path')} (no level: the rules cannot be read)` }),
  },
  'doctor.guard_no_hook': {
    ja: () => ({
      what: 'どのエージェントの前にも入っていません',
      next: ['sekisho install claude-code'],
    }),
    en: () => ({ what: 'in front of no agent', next: ['sekisho install claude-code'] }),
  },
  'doctor.guard_hook_absent': {
    ja: (d) => ({
      what: `番人が設定から消えました: ${d('path')}`,
      why: '次に始まるエージェントは誰にも止められません',
      next: again(d),
    }),
    en: (d) => ({
      what: `the guard is gone from ${d('path')}`,
      why: 'the next agent that starts there is stopped by nobody',
      next: again(d),
    }),
  },
  'doctor.guard_hook_other': {
    ja: (d) =>
      d('why') === 'earlier'
        ? {
            what: `以前の版が入れた番人です: ${d('path')}`,
            why: '以前の行は、番人が調べる前に終わったときも通します',
            next: again(d),
          }
        : d('why') === 'level'
          ? {
              what: `番人を入れたときの水準が、いまの規則（${d('level') === 'guard' ? '防護' : '観察'}）と違います: ${d('path')}`,
              why:
                d('level') === 'guard'
                  ? '番人は断りますが、動かないときは何でも通します'
                  : '番人は何も断りませんが、動かないときは何も通しません',
              next: again(d),
            }
          : {
              what: `番人の入り方が変えられています: ${d('path')}`,
              why: '入れたときと違う行では、止まるとは限りません',
              next: again(d),
            },
    en: (d) =>
      d('why') === 'earlier'
        ? {
            what: `the guard was put in by an earlier release: ${d('path')}`,
            why: 'its line lets a call through when the guard ends without having looked',
            next: again(d),
          }
        : d('why') === 'level'
          ? {
              what: `the guard was put in at another level than the rules have now (${d('level')}): ${d('path')}`,
              why:
                d('level') === 'guard'
                  ? 'it refuses, and lets everything through when it cannot run'
                  : 'it refuses nothing, and lets nothing through when it cannot run',
              next: again(d),
            }
          : {
              what: `the guard is wired otherwise than it was put in: ${d('path')}`,
              why: 'with another line it may stop nothing',
              next: again(d),
            },
  },
  'doctor.guard_self_test': {
    ja: (d) => ({ what: `自己試験に ${d('vectors')} 問とも正しく答えました（${d('at')}）` }),
    en: (d) => ({ what: `the self-test answered all ${d('vectors')} questions as it must (${d('at')})` }),
  },
  'doctor.guard_self_test_red': {
    ja: (d) => ({
      what: `自己試験に間違えました: ${d('path')}`,
      why: `${d('what')} に ${d('expected')} のはずが ${d('got')}（${d('at')}）`,
      next: ['sekisho guard self-test', ...again(d)],
    }),
    en: (d) => ({
      what: `the self-test was answered wrongly: ${d('path')}`,
      why: `${d('what')}: expected ${d('expected')}, got ${d('got')} (${d('at')})`,
      next: ['sekisho guard self-test', ...again(d)],
    }),
  },
  'doctor.guard_self_test_unseen': {
    ja: (d) => ({
      what: `関所のユーザーからは試せません: ${d('path')}`,
      why: '持ち主だけが動かせます',
      next: ['sekisho guard self-test'],
    }),
    en: (d) => ({
      what: `the gate cannot try it: ${d('path')}`,
      why: 'only its owner can start it',
      next: ['sekisho guard self-test'],
    }),
  },
  'doctor.guard_paused': {
    ja: (d) => ({
      what: `${d('who')} の AI は断られた操作が ${d('intents')} 種になり、止められています`,
      why: `断られたもの: ${d('calls')}`,
      next: [`sekisho agent resume ${d('who')}`],
    }),
    en: (d) => ({
      what: `the agent of ${d('who')} waits after ${d('intents')} kinds of refused calls`,
      why: `refused: ${d('calls')}`,
      next: [`sekisho agent resume ${d('who')}`],
    }),
  },
  'doctor.guard_hook_disabled': {
    ja: (d) =>
      isSwitchedOff(d)
        ? {
            what: `フックが切られています（disableAllHooks）: ${d('path')}`,
            why: `${d('why')} に書かれています。切られないのは機械全体の設定だけです`,
            next: disabledNext(d),
          }
        : {
            what: `番人のシェルに別のコードを読み込ませる変数が設定されています（${d('variable')}）: ${d('path')}`,
            why: `${d('why')} の env に書かれています。番人は、調べる前に終わらされることがあります`,
            next: variableNext(d),
          },
    en: (d) =>
      isSwitchedOff(d)
        ? {
            what: `hooks are switched off (disableAllHooks) at ${d('path')}`,
            why: `it stands in ${d('why')}; only settings of the whole machine cannot be switched off`,
            next: disabledNext(d),
          }
        : {
            what: `a variable loads other code into the guard’s shell (${d('variable')}): ${d('path')}`,
            why: `it stands under env in ${d('why')}; the guard can be ended by it before it has looked`,
            next: variableNext(d),
          },
  },
  'doctor.guard_hook_unreadable': {
    ja: (d) => ({
      what: `番人が入っているか読めません: ${d('path')}`,
      why: unreadable(d)?.ja ?? d('why'),
      next: [...(unreadable(d)?.next(d('path')) ?? []), ...again(d)],
    }),
    en: (d) => ({
      what: `whether the guard is in it cannot be read: ${d('path')}`,
      why: unreadable(d)?.en ?? d('why'),
      next: [...(unreadable(d)?.next(d('path')) ?? []), ...again(d)],
    }),
  },
  'doctor.guard_program_missing': program('か、その一部がありません', 'or a part of it is missing'),
  'doctor.guard_program_mode': program('を実行できません', 'cannot be started'),
  'doctor.guard_program_version': program('が別の版です', 'is of another version'),
  'doctor.guard_program_writable': program(
    'を root 以外が書き換えられます',
    'can be changed by others than root',
  ),
  'doctor.guard_stale': {
    ja: () => ({ what: '番人は別の版の規則を読んでいます', next: ['sekisho config apply'] }),
    en: () => ({ what: 'the guard reads another version of the rules', next: ['sekisho config apply'] }),
  },
  'doctor.guard_no_policy': {
    ja: () => ({
      what: '番人の規則がありません',
      why: 'なければ、防護で入れた番人は何も通さず、観察で入れた番人は見るだけです',
      next: ['sekisho config apply'],
    }),
    en: () => ({
      what: 'there are no rules for the guard',
      why: 'without them a hook put in at guard lets nothing through, and one at observe only looks',
      next: ['sekisho config apply'],
    }),
  },
  'doctor.guard_policy_unreadable': {
    ja: () => ({
      what: '番人の規則を読めません',
      why: '読めない間、番人は何も通しません',
      next: ['sekisho config apply'],
    }),
    en: () => ({
      what: 'the guard’s rules cannot be read',
      why: 'while they cannot, it lets nothing through',
      next: ['sekisho config apply'],
    }),
  },
  'doctor.guard_spool': {
    ja: (d) => ({
      what:
        d('why') === 'missing' ? '番人が記録を置く場所がありません' : '番人が記録を置く場所の権限が違います',
      why: '断ったことが台帳に残りません',
      next: ['sudo sekisho install host', 'sekisho config apply'],
    }),
    en: (d) => ({
      what:
        d('why') === 'missing'
          ? 'the place where the guard leaves what it refused is missing'
          : 'the place where the guard leaves what it refused has another mode',
      why: 'refusals do not come into the ledger',
      next: ['sudo sekisho install host', 'sekisho config apply'],
    }),
  },
}
