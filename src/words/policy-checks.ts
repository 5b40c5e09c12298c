// Sentences for what is wrong with `checks:` in sekisho.yaml, in both languages.
import type { PolicyWords } from './policy-words.ts'
import type { Language } from './words.ts'

type CheckCode = Extract<keyof PolicyWords, `check.${string}`>

export const POLICY_CHECKS: Readonly<Record<Language, Pick<PolicyWords, CheckCode>>> = {
  ja: {
    'check.name': (d) => ({
      what: `確認の名前には使えません: ${d('value')}`,
      why: '英小文字、数字、- と _ だけ。初めからある確認の名前（disk、api など）は使えません',
      next: ['別の名前にする'],
    }),
    'check.one_kind': (d) => ({
      what:
        d('value') === ''
          ? '何を確かめるかが書かれていません'
          : `一つの確認に二つ以上あります: ${d('value')}`,
      next: ['argv、url、file、sql、lock_files のどれか一つを書く'],
    }),
    'check.one_statement': () => ({
      what: '読むだけの文一つではありません',
      next: ['select で始まる文を一つだけ書く（; で続けない）'],
    }),
    'check.no_incident': (d) => ({
      what: `この確認では障害を宣言できません: ${d('value')}`,
      why: '障害は一つのサービスのものです。マシン全体の確認と、宣言されていない確認は使えません',
      next: [`次のどれかを書く: ${d('known')}`],
    }),
  },
  en: {
    'check.name': (d) => ({
      what: `Not a name of a check: ${d('value')}`,
      why: 'small letters, digits, - and _; names of shipped checks (disk, api …) are taken',
      next: ['choose another name'],
    }),
    'check.one_kind': (d) => ({
      what:
        d('value') === ''
          ? 'It does not say what is looked at'
          : `More than one thing is looked at: ${d('value')}`,
      next: ['write one of argv, url, file, sql, lock_files'],
    }),
    'check.one_statement': () => ({
      what: 'Not one statement that only reads',
      next: ['write one statement that begins with select, and nothing after a ;'],
    }),
    'check.no_incident': (d) => ({
      what: `No incident can be opened by this check: ${d('value')}`,
      why: 'an incident belongs to one service; checks of the machine, and checks that are not declared, cannot be named',
      next: [`write one of: ${d('known')}`],
    }),
  },
}
