// Why tests are red: what the report says of a case that failed, how the command ended, whether it wrote its report, and what it printed last.
import { suiteName } from './code-findings.ts'
import { aside, clauses } from './labels.ts'
import { visibleLine } from './layout.ts'
import { roomEnd } from './room-ends.ts'
import type { Both, Language } from './words.ts'

interface RedSuiteLike {
  readonly run: string
  readonly exit?: number | undefined
  readonly ended: string
  readonly noReport?: string | undefined
  readonly lines: readonly string[]
  readonly cases: readonly { readonly name: string; readonly lines: readonly string[] }[]
}

interface Words {
  readonly exit: (code: number) => string
  readonly noReport: (files: string) => string
  readonly last: string
  readonly printedNothing: string
}

const WORDS: Both<Words> = {
  ja: {
    exit: (code) => `終了コード ${code} で終わりました`,
    noReport: (files) => `報告 ${files} は書かれていません`,
    last: '最後の出力は次のとおりです',
    printedNothing: '何も出力していません',
  },
  en: {
    exit: (code) => `it ended with exit code ${code}`,
    noReport: (files) => `it wrote no report ${files}`,
    last: 'it printed last',
    printedNothing: 'it printed nothing',
  },
}

/** A heading for each run, and behind it, indented, what was said. */
export function redSuiteLines(
  suites: readonly RedSuiteLike[],
  argv: readonly string[],
  language: Language,
): readonly string[] {
  const words = WORDS[language]
  return suites.flatMap((one) => {
    const command = `${argv.join(' ')}${aside(suiteName(one.run, language), language)}`
    const end = one.exit === undefined ? roomEnd(one.ended, language) : words.exit(one.exit)
    const report = one.noReport === undefined ? [] : [words.noReport(one.noReport)]
    const output = one.cases.length > 0 ? [] : one.lines.length === 0 ? [words.printedNothing] : [words.last]
    return [
      `${command}: ${clauses([end, ...report, ...output], language)}`,
      ...one.lines.map((line) => `  ${line}`),
      ...one.cases.flatMap(({ name, lines }) => [`  ${name}`, ...lines.map((line) => `    ${line}`)]),
    ].map(visibleLine)
  })
}
