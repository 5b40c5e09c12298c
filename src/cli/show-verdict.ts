// Prints a verdict of the guard: the part of the line, its effect, why it is stopped, and the right way instead.

import type { Verdict } from '../guard/decide.ts'
import { insteadOf } from '../guard/instead.ts'
import { type Compiled } from '../guard/policy.ts'
import { guardSentence, insteadLine, readLine, VERDICT_WORDS } from '../words/guard.ts'
import { LABELS } from '../words/labels.ts'
import { visibleLine } from '../words/layout.ts'
import type { Terminal } from './terminal.ts'

const PART = 60

export function showVerdict(verdict: Verdict, text: string, compiled: Compiled, terminal: Terminal): string {
  const { language } = terminal
  const word = VERDICT_WORDS[language]
  if (verdict.verdict === 'allow') return terminal.paint('good', word.allow)
  const lines: string[] = []
  const told = new Set<string>()
  for (const { rule, span, params, verdict: one } of verdict.reasons) {
    const part = span === undefined || span[1] === 0 ? text : text.slice(span[0], span[1])
    const said = guardSentence(rule, params, language)
    // Several rows of one kind may have the same path: it is printed once.
    const key = JSON.stringify([rule, one, span, said.what])
    if (told.has(key)) continue
    told.add(key)
    const where = params['source'] === undefined ? '' : ` (${params['source']})`
    lines.push(`${terminal.paint(one === 'deny' ? 'bad' : 'look', word[one])}  ${shortened(part)}`)
    lines.push(`      ${visibleLine(said.what)}${said.why === undefined ? '' : ` ${said.why}`}`)
    lines.push(terminal.paint('dim', `      ${terminal.pick(LABELS.rule)} ${rule}${where}`))
  }
  if (verdict.read !== undefined) lines.push(`      ${visibleLine(readLine(verdict.read, language))}`)
  const instead = insteadOf(verdict.reasons, compiled)
  if (instead !== undefined)
    lines.push(`${terminal.pick(LABELS.instead)}  ${visibleLine(insteadLine(instead, language))}`)
  return lines.join('\n')
}

function shortened(source: string): string {
  const line = visibleLine(source)
  return line.length > PART ? `${line.slice(0, PART)}…` : line
}
