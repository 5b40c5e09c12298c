// What is said of updates, log rotation, lock files and the owner's own checks. Keyed by the codes of results.
import { sizeText } from './amounts.ts'
import { BACKUP_WORDS } from './backup.ts'
import { errnoWord } from './errno.ts'
import type { Both, Language, Reader, Sentence } from './words.ts'

type Words = Both<(d: Reader) => Sentence>
const span = (language: Language, ms: string) => BACKUP_WORDS[language].span(Number(ms) || 0)
const size = (text: string) => sizeText(Number(text) || 0)
/** How old the data of the answer is. */
const of = (language: Language, d: Reader) =>
  ({ ja: `（${span('ja', d('ageMs'))}前の情報）`, en: ` (data of ${span('en', d('ageMs'))} ago)` })[language]
const noData = (
  ja: (d: Reader) => string,
  en: (d: Reader) => string,
  next: readonly string[] = [],
): Words => ({
  ja: (d) => ({ what: `データなし: ${ja(d)}`, next }),
  en: (d) => ({ what: `no data: ${en(d)}`, next }),
})
const why = (language: Language, d: Reader) => errnoWord(d('why'), language)
const named = (d: Reader) => (d('names') === '' || d('names') === '…' ? '' : `: ${d('names')}`)

export const CHECK_OWN_WORDS: Readonly<Record<string, Words>> = {
  'check.updates_no_apt': noData(
    () => 'apt-get がないので、更新があるか分かりません',
    () => 'there is no apt-get here, so it is not known which updates are offered',
  ),
  'check.updates_failed': noData(
    (d) => `apt-get が答えません（${d('why')}）`,
    (d) => `apt-get does not answer (${d('why')})`,
    ['apt-get -s dist-upgrade'],
  ),
  'check.updates_no_source': noData(
    () => 'セキュリティ更新の一覧（InRelease）がありません。更新が 0 件に見えても、安全とは言えません',
    () => 'there is no list of the security suite (InRelease); 0 upgrades say nothing without it',
    ['sudo apt-get update'],
  ),
  'check.updates_stale': noData(
    (d) => `セキュリティ更新の一覧の期限が切れています${of('ja', d)}`,
    (d) => `the list of the security suite has expired${of('en', d)}`,
    ['sudo apt-get update'],
  ),
  'check.updates_none': {
    ja: (d) => ({ what: `提供されているセキュリティ更新はありません${of('ja', d)}` }),
    en: (d) => ({ what: `no security update is offered${of('en', d)}` }),
  },
  'check.updates_offered': {
    ja: (d) => ({
      what: `セキュリティ更新が ${d('count')} 件提供されています${of('ja', d)}${named(d)}`,
      next: ['apt-get -s dist-upgrade'],
    }),
    en: (d) => ({
      what: `${d('count')} security updates are offered${of('en', d)}${named(d)}`,
      next: ['apt-get -s dist-upgrade'],
    }),
  },
  'check.updates_none_kept': {
    ja: () => ({ what: '保留された更新はありません' }),
    en: () => ({ what: 'no update is kept back' }),
  },
  'check.updates_kept': {
    ja: (d) => ({ what: `保留された更新が ${d('count')} 件${named(d)}`, next: ['apt list --upgradable'] }),
    en: (d) => ({ what: `${d('count')} updates are kept back${named(d)}`, next: ['apt list --upgradable'] }),
  },
  'check.updates_held_unread': noData(
    () => 'apt-mark が答えないので、固定されたパッケージがあるか分かりません',
    () => 'apt-mark does not answer, so it is not known whether a package is held',
    ['apt-mark showhold'],
  ),
  'check.updates_running_unseen': noData(
    (d) => `${d('count')} 個のプロセスを読めないので、古いライブラリのまま動いているか分かりません`,
    (d) => `${d('count')} processes could not be read, so it is not known whether one runs an old library`,
    [],
  ),
  'check.updates_none_held': {
    ja: () => ({ what: '固定されたパッケージはありません' }),
    en: () => ({ what: 'no package is held' }),
  },
  'check.updates_held': {
    ja: (d) => ({
      what: `更新されないよう固定されたパッケージが ${d('count')} 件${named(d)}`,
      next: ['apt-mark showhold'],
    }),
    en: (d) => ({ what: `${d('count')} packages are held${named(d)}`, next: ['apt-mark showhold'] }),
  },
  'check.updates_all_new': {
    ja: () => ({ what: '古いライブラリのまま動いているプログラムはありません' }),
    en: () => ({ what: 'no program runs a library that was replaced' }),
  },
  'check.updates_running_old': {
    ja: (d) => ({
      what: `更新前のライブラリのまま動いているプログラムが ${d('count')} 個${named(d)}。再起動するまで古いままです`,
    }),
    en: (d) => ({
      what: `${d('count')} programs still run a library that was replaced${named(d)}; restarting them ends that`,
    }),
  },
  'check.rotation': {
    ja: (d) => ({ what: `${d('path')} は ${size(d('bytes'))}、交代したログ ${d('files')} 個` }),
    en: (d) => ({ what: `${d('path')} is ${size(d('bytes'))}, ${d('files')} rotated files` }),
  },
  'check.rotation_no_log': noData(
    (d) => `${d('path')} がありません`,
    (d) => `${d('path')} is not there`,
  ),
  'check.rotation_stuck': {
    ja: (d) => ({
      what: `${d('path')} は空で、サービスは交代した ${d('rotated')} に書き続けています`,
      next: [`ls -la ${d('path')}*`],
    }),
    en: (d) => ({
      what: `${d('path')} is empty and the service still writes to the rotated ${d('rotated')}`,
      next: [`ls -la ${d('path')}*`],
    }),
  },
  'check.rotation_large': {
    ja: (d) => ({
      what: `${d('path')} が ${size(d('bytes'))} あります。交代していません`,
      next: [`ls -la ${d('path')}*`],
    }),
    en: (d) => ({
      what: `${d('path')} is ${size(d('bytes'))}: it is not rotated`,
      next: [`ls -la ${d('path')}*`],
    }),
  },
  'check.rotation_old': {
    ja: (d) => ({
      what: `${d('path')} に ${d('days')} 日前の行が残っています（${size(d('bytes'))}）。交代していません`,
      next: [`ls -la ${d('path')}*`],
    }),
    en: (d) => ({
      what: `${d('path')} holds lines of ${d('days')} days ago (${size(d('bytes'))}): it is not rotated`,
      next: [`ls -la ${d('path')}*`],
    }),
  },
  'check.locks_unread': noData(
    (d) => `${d('path')} を読めません（${why('ja', d)}）`,
    (d) => `${d('path')} cannot be read (${why('en', d)})`,
  ),
  'check.locks_not_fetched': noData(
    (d) => `${d('url')} から脆弱性情報を取得できません（${why('ja', d)}）`,
    (d) => `the advisories cannot be fetched from ${d('url')} (${why('en', d)})`,
  ),
  'check.locks_uncovered': noData(
    (d) => `${d('names')} の脆弱性情報がありません`,
    (d) => `no archive holds advisories of ${d('names')}`,
  ),
  'check.locks_empty': noData(
    () => 'ロックファイルにパッケージが一つもありません',
    () => 'the lock files hold no package',
  ),
  'check.locks_no_records': noData(
    () => '脆弱性情報が一件もありません',
    () => 'the archive holds no advisory',
  ),
  'check.locks_stale': noData(
    (d) => `脆弱性情報が古すぎます${of('ja', d)}`,
    (d) => `the advisories are too old${of('en', d)}`,
  ),
  'check.locks_in_part': noData(
    (d) => `${d('open')} 件は版が決まっていないか読めないので、比べられません${of('ja', d)}${named(d)}`,
    (d) => `${d('open')} entries have no exact version that can be compared${of('en', d)}${named(d)}`,
  ),
  'check.locks_vulnerable': {
    ja: (d) => ({ what: `脆弱性の報告があるライブラリが ${d('count')} 個${of('ja', d)}${named(d)}` }),
    en: (d) => ({ what: `${d('count')} packages have an advisory${of('en', d)}${named(d)}` }),
  },
  'check.locks_none': {
    ja: (d) => ({ what: `${d('packages')} 個のライブラリに、脆弱性の報告はありません${of('ja', d)}` }),
    en: (d) => ({ what: `no advisory names any of ${d('packages')} packages${of('en', d)}` }),
  },
  'check.own_no_sandbox': noData(
    (d) => `サンドボックスを始められません（${d('why')}）。bubblewrap を入れてください`,
    (d) => `the sandbox cannot be started (${d('why')}): install bubblewrap`,
  ),
  'check.own_hangs': noData(
    (d) => `${span('ja', d('withinMs'))}以内に終わりませんでした`,
    (d) => `it did not end within ${span('en', d('withinMs'))}`,
  ),
  'check.own_floods': noData(
    (d) => `出力が ${size(d('limit'))} を超えたので止めました`,
    (d) => `it printed more than ${size(d('limit'))} and was stopped`,
  ),
  'check.own_failed': noData(
    (d) => `プログラムが答えずに終わりました（${d('exit')}）${d('said') === '' ? '' : `: ${d('said')}`}`,
    (d) => `the program ended without an answer (${d('exit')})${d('said') === '' ? '' : `: ${d('said')}`}`,
  ),
  'check.own_good': {
    ja: (d) => ({ what: d('said') === '' ? '良好' : `良好: ${d('said')}` }),
    en: (d) => ({ what: d('said') === '' ? 'good' : `good: ${d('said')}` }),
  },
  'check.own_bad': {
    ja: (d) => ({
      what: `良くありません（終了コード ${d('exit')}）${d('said') === '' ? '' : `: ${d('said')}`}`,
    }),
    en: (d) => ({ what: `not good (exit ${d('exit')})${d('said') === '' ? '' : `: ${d('said')}`}` }),
  },
  'check.own_no_ca': noData(
    (d) => `証明書 ${d('path')} を読めません`,
    (d) => `the certificate ${d('path')} cannot be read`,
  ),
  'check.own_url': {
    ja: (d) => ({ what: `${d('url')} は ${d('status')} を返しました（${d('milliseconds')} ミリ秒）` }),
    en: (d) => ({ what: `${d('url')} answered ${d('status')} (${d('milliseconds')} ms)` }),
  },
  'check.own_url_status': {
    ja: (d) => ({ what: `${d('url')} は ${d('status')} を返しました（期待は ${d('wanted')}）` }),
    en: (d) => ({ what: `${d('url')} answered ${d('status')}, wanted ${d('wanted')}` }),
  },
  'check.own_url_failed': {
    ja: (d) => ({ what: `${d('url')} が答えません（${why('ja', d)}）`, next: [`curl -sSI '${d('url')}'`] }),
    en: (d) => ({ what: `${d('url')} does not answer (${why('en', d)})`, next: [`curl -sSI '${d('url')}'`] }),
  },
  'check.own_no_file': {
    ja: (d) => ({ what: `${d('path')} がありません`, next: [`ls -la ${d('path')}`] }),
    en: (d) => ({ what: `${d('path')} is not there`, next: [`ls -la ${d('path')}`] }),
  },
  'check.own_file_unread': noData(
    (d) => `${d('path')} を見られません（${why('ja', d)}）`,
    (d) => `${d('path')} cannot be looked at (${why('en', d)})`,
  ),
  'check.own_file': {
    ja: (d) => ({ what: `${d('path')} は${span('ja', d('ageMs'))}前のもの（${size(d('bytes'))}）` }),
    en: (d) => ({ what: `${d('path')} is ${span('en', d('ageMs'))} old (${size(d('bytes'))})` }),
  },
  'check.own_file_old': {
    ja: (d) => ({
      what: `${d('path')} は${span('ja', d('ageMs'))}前のもので、限度の${span('ja', d('limitMs'))}を過ぎています`,
    }),
    en: (d) => ({
      what: `${d('path')} is ${span('en', d('ageMs'))} old, more than ${span('en', d('limitMs'))}`,
    }),
  },
  'check.own_file_small': {
    ja: (d) => ({ what: `${d('path')} は ${size(d('bytes'))} しかありません` }),
    en: (d) => ({ what: `${d('path')} is only ${size(d('bytes'))}` }),
  },
  'check.own_no_psql': noData(
    (d) => `psql がありません（${d('why')}）`,
    (d) => `there is no psql (${d('why')})`,
  ),
  'check.own_sql_failed': noData(
    (d) => `データベースが答えません（${d('why')}）`,
    (d) => `the database does not answer (${d('why')})`,
  ),
  'check.own_sql_no_number': noData(
    (d) => `答えが一つの数ではありません（${d('said')}）`,
    (d) => `the answer is not one number (${d('said')})`,
  ),
  'check.own_sql': {
    ja: (d) => ({ what: `値は ${d('value')} です` }),
    en: (d) => ({ what: `the value is ${d('value')}` }),
  },
  'check.own_sql_limit': {
    ja: (d) => ({ what: `値 ${d('value')} が限度の外です${limits('ja', d)}` }),
    en: (d) => ({ what: `the value ${d('value')} is outside of its limits${limits('en', d)}` }),
  },
}

function limits(language: Language, d: Reader): string {
  const [least, most] = [d('atLeast'), d('atMost')].map((one) => (one === '…' ? '' : one))
  const parts = [
    ...(least === '' ? [] : [{ ja: `${least} 以上`, en: `at least ${least}` }[language]]),
    ...(most === '' ? [] : [{ ja: `${most} 以下`, en: `at most ${most}` }[language]]),
  ]
  return { ja: `（${parts.join('、')}）`, en: ` (${parts.join(', ')})` }[language]
}
