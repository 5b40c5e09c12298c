// docs/reports/newcomer.md from what the ten tasks really showed: with SEKISHO_REPORT=1 the captures of a language are written anew.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Captured {
  /** The name of the test in which it was typed. */
  readonly task: string
  readonly text: string
}

const REPORT = join(import.meta.dirname, '../../docs/reports/newcomer.md')
const TITLES = {
  ja: [
    '始める',
    'はじめての変更',
    '承認する',
    '記録を読む',
    '設定の間違い',
    '手で元に戻す',
    '固まったサービスを再起動する',
    '通らない理由を知る',
    '人を加える',
    '止めて、また始める',
  ],
  en: [
    'start',
    'first change',
    'approve',
    'read the record',
    'a mistake in the config',
    'revert by hand',
    'restart a hung service',
    'find out why something is refused',
    'add a person',
    'stop and start again',
  ],
} as const

/** An argument as it would be typed. */
export const shown = (word: string) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word}'`)

/** Replaces what stands between the marks of a language; does nothing unless it was asked for. */
export async function writeReport(language: 'ja' | 'en', captured: readonly Captured[]): Promise<void> {
  if (process.env['SEKISHO_REPORT'] !== '1') return
  const sections = TITLES[language].map((title, i) => {
    const texts = captured.filter(({ task }) => new RegExp(`(?:^|> )${i + 1} [a-z]`).test(task))
    if (texts.length === 0) throw new Error(`nothing was captured of task ${i + 1}`)
    const body = texts.map(({ text }) => text).join('\n')
    return `<a id="${language}-${i + 1}"></a>\n\n### ${i + 1} ${title}\n\n\`\`\`text\n${body}\n\`\`\`\n`
  })
  const report = await readFile(REPORT, 'utf8')
  const [from, until] = [`<!-- captures ${language} -->`, `<!-- end ${language} -->`]
  const [start, end] = [report.indexOf(from), report.indexOf(until)]
  if (start === -1 || end < start) throw new Error(`${REPORT} has no place for ${language}`)
  await writeFile(
    REPORT,
    `${report.slice(0, start + from.length)}\n\n${sections.join('\n')}\n${report.slice(end)}`,
  )
}
