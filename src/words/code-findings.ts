// One line for each finding of a change of code. `text` is what the finding names: a test, two numbers, a variable, line numbers.
import type { Finding, FindingCode } from '../code/finding.ts'
import { roomEnd } from './room-ends.ts'
import type { Both, Language } from './words.ts'

type Say = (text: string) => string

/** Which of the runs: as compare-tests.ts names them. */
const RUNS: Readonly<Record<string, Both<string>>> = {
  before: { ja: '本番の試験', en: 'the deployed suite' },
  after: { ja: '新しい試験', en: 'the new suite' },
  again: { ja: '新しい試験の二回目', en: 'the second run of the new suite' },
  crossed: { ja: '新しいコードでの本番の試験', en: 'the deployed suite on the new code' },
}
/** Which of the runs of the suites, in words. */
export function suiteName(name: string, language: Language): string {
  return RUNS[name]?.[language] ?? name
}

/** `after: what` with the run in words. */
const run = (text: string, language: Language): string => {
  const [name = '', ...rest] = text.split(': ')
  const said = RUNS[name]?.[language]
  return said === undefined ? text : [said, ...rest].join(': ')
}

/** `after: processes`: which run, and by what it was ended. */
const ended = (text: string, language: Language): string => {
  const at = text.lastIndexOf(': ')
  return at < 0 ? text : run(`${text.slice(0, at)}: ${roomEnd(text.slice(at + 2), language)}`, language)
}

const SAY: Readonly<Record<FindingCode, Both<Say>>> = {
  'tests.no_report': {
    ja: (t) => `試験の報告がありません（${run(t, 'ja')}）`,
    en: (t) => `There is no report of the tests (${run(t, 'en')})`,
  },
  'tests.report_unreadable': {
    ja: (t) => `試験の報告を読めません（${run(t, 'ja')}）`,
    en: (t) => `The report of the tests cannot be read (${run(t, 'en')})`,
  },
  'tests.report_counts': {
    ja: (t) => `報告にある試験が、報告の言う件数より少ない（${run(t, 'ja')}）`,
    en: (t) => `The report holds fewer tests than it says it does (${run(t, 'en')})`,
  },
  'tests.report_in_tree': {
    ja: (t) => `試験の報告がコミットに入っています: ${t}`,
    en: (t) => `The commit holds a report of tests: ${t}`,
  },
  'tests.not_ended': {
    ja: (t) => `試験が最後まで動きませんでした（${ended(t, 'ja')}）`,
    en: (t) => `The tests did not end by themselves (${ended(t, 'en')})`,
  },
  'tests.none': {
    ja: (t) => `試験が一件も動いていません（${run(t, 'ja')}）`,
    en: (t) => `No test ran (${run(t, 'en')})`,
  },
  'tests.failed': { ja: (t) => `失敗した試験: ${t}`, en: (t) => `A test fails: ${t}` },
  'tests.exit_zero_with_failures': {
    ja: (t) => `失敗した試験があるのに、コマンドは成功で終わりました（${run(t, 'ja')}）`,
    en: (t) => `The command ended with success although a test fails (${run(t, 'en')})`,
  },
  'tests.exit_without_failure': {
    ja: (t) => `コマンドは失敗で終わりましたが、報告に失敗した試験がありません（${run(t, 'ja')}）`,
    en: (t) => `The command failed, and its report names no failing test (${run(t, 'en')})`,
  },
  'tests.fewer': {
    ja: (t) => `成功した試験の数が減りました: ${t}`,
    en: (t) => `Fewer tests pass: ${t}`,
  },
  'tests.lost': {
    ja: (t) => `変えていないはずの試験が動かなくなりました: ${t}`,
    en: (t) => `A test that the change leaves alone does not run any more: ${t}`,
  },
  'tests.removed': {
    ja: (t) => `この変更で無くなる試験: ${t}`,
    en: (t) => `The change removes a test: ${t}`,
  },
  'tests.newly_skipped': {
    ja: (t) => `新しく飛ばされるようになった試験: ${t}`,
    en: (t) => `A test is skipped that was not: ${t}`,
  },
  'tests.deployed_fails': {
    ja: (t) => `本番の試験が、新しいコードで失敗します: ${t}`,
    en: (t) => `A deployed test fails on the new code: ${t}`,
  },
  'tests.deployed_fails_changed': {
    ja: (t) => `本番の試験が新しいコードで失敗します。その試験はこの変更で書き換えられています: ${t}`,
    en: (t) => `A deployed test fails on the new code, and the change rewrites that test: ${t}`,
  },
  'tests.unstable': {
    ja: (t) => `二回目に結果が変わる試験: ${t}`,
    en: (t) => `A test ends otherwise when it runs again: ${t}`,
  },
  'tests.proves_nothing': {
    ja: (t) => `新しい試験ですが、変更の前のコードでも成功するので、何も示しません: ${t}`,
    en: (t) => `A new test passes without the change, too, and proves nothing: ${t}`,
  },
  'tests.new_not_tried': {
    ja: (t) => `新しい試験 ${t} 件を、変更の前のコードでは試していません`,
    en: (t) => `New tests that were not tried on the deployed code: ${t}`,
  },
  'tests.meaning_changed': {
    ja: (t) => `試験のコマンドが行うことが変わります（${t}）`,
    en: (t) => `The change alters what the test command does (${t})`,
  },
  'tests.coverage_missing': {
    ja: (t) => `カバレッジの報告がありません（${run(t, 'ja')}）`,
    en: (t) => `There is no report of coverage (${run(t, 'en')})`,
  },
  'tests.coverage_unreadable': {
    ja: (t) => `カバレッジの報告を読めません（${run(t, 'ja')}）`,
    en: (t) => `The report of coverage cannot be read (${run(t, 'en')})`,
  },
  'tests.coverage_foreign': {
    ja: (t) => `カバレッジの報告に、このコードのファイルがありません（${run(t, 'ja')}）`,
    en: (t) => `The report of coverage names no file of this code (${run(t, 'en')})`,
  },
  'tests.coverage_other_commit': {
    ja: (t) => `カバレッジの報告が別のコミットのものです。無い行を数えています（${run(t, 'ja')}）`,
    en: (t) =>
      `The report of coverage is of another commit: it counts lines that are not there (${run(t, 'en')})`,
  },
  'tests.coverage_dropped': {
    ja: (t) => `カバレッジが 0.1 ポイント以上下がります: ${t}`,
    en: (t) => `Coverage falls by a tenth of a point or more: ${t}`,
  },
  'tests.coverage_dropped_slowly': {
    ja: (t) => `カバレッジが、いくつかの変更を通して 0.1 ポイント以上下がっています: ${t}`,
    en: (t) => `Over several changes coverage has fallen by a tenth of a point or more: ${t}`,
  },
  'tests.lines_not_run': {
    ja: (t) => `変更した行のうち、試験が通っていない行: ${t}`,
    en: (t) => `Changed lines that no test ran: ${t}`,
  },
  'tests.lines_not_measured': {
    ja: (t) => `変更した ${t} 行を、カバレッジの報告が数えていません`,
    en: (t) => `The report of coverage does not count the changed lines (${t})`,
  },
  'impact.concerns': {
    ja: (t) => `関係のない部分をいくつも変えています: ${t}`,
    en: (t) => `The change touches unrelated parts: ${t}`,
  },
  'impact.concerns_block': {
    ja: (t) =>
      `関係のない部分をいくつも変えています（このリポジトリーの決まりでは、1 つの変更は 1 つの目的に限る）: ${t}。分けて出し直すか、人が理由を述べて検査 impact を免除します`,
    en: (t) =>
      `The change touches unrelated parts, and the rules of this repository take one concern at a time: ${t}. Propose each part by itself, or a person waives the check impact with a reason`,
  },
  'impact.large': { ja: (t) => `大きな変更です: ${t}`, en: (t) => `A large change: ${t}` },
  'impact.debugging': {
    ja: (t) => `デバッグのための記述が残っています: ${t}`,
    en: (t) => `Debugging is left in the code: ${t}`,
  },
  'impact.print': {
    ja: (t) => `ログではなく画面に書いています: ${t}`,
    en: (t) => `It prints where it should log: ${t}`,
  },
  'impact.secret': {
    ja: (t) => `秘密の値らしいものがあります（${t}）。値は表示しません`,
    en: (t) => `It holds what reads as a secret (${t}); the value is not shown`,
  },
  'impact.not_read': {
    ja: (t) => `変更の中身を読めませんでした。秘密の値や影響は見ていません: ${t}`,
    en: (t) => `What the change holds could not be read: nobody looked for secrets or at its impact: ${t}`,
  },
  'impact.file_not_read': {
    ja: (t) => `大きすぎるか文字でないので、秘密の値や影響を見ていません: ${t}`,
    en: (t) => `Too large or no text: nobody looked in it for secrets or impact: ${t}`,
  },
  'impact.environment_unset': {
    ja: (t) => `新しく読まれる環境変数が、サービスに設定されていません: ${t}`,
    en: (t) => `A variable of the environment is read that the service does not have: ${t}`,
  },
  // `text`: how many.
  'impact.more': {
    ja: (t) => `ほかに ${t} 件の指摘`,
    en: (t) => `${t} more findings`,
  },
  'impact.dependency_without_lock': {
    ja: (t) => `依存パッケージの変更が、ロックファイルにありません: ${t}`,
    en: (t) => `Dependencies change and their lock file does not: ${t}`,
  },
}

/** `src/app.js:12  …` where the finding has a place. */
export function findingText(
  language: Language,
  { code, path, line, text }: Pick<Finding, 'code' | 'path' | 'line' | 'text'>,
): string {
  const place = path === undefined ? '' : `${path}${line === undefined ? '' : `:${line}`}  `
  return `${place}${SAY[code][language](text)}`
}

/** Of a code that an older release stored, too. */
export function isFindingCode(code: string): code is FindingCode {
  return Object.hasOwn(SAY, code)
}
