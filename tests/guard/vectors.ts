// Vectors as plain text: `deny rule-id | command`, `ask rule-id | command`, `allow | command`; a fence of three backticks after the bar
// holds a command of several lines. `#` begins a comment.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Vector {
  readonly file: string
  readonly line: number
  readonly expect: 'allow' | 'ask' | 'deny'
  /** The rule that must be among the reasons; none for allow. */
  readonly rule: string
  readonly command: string
}

const DIRECTORY = join(import.meta.dirname, 'vectors')

export function readVectors(): readonly Vector[] {
  return readdirSync(DIRECTORY)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .flatMap((name) => readFile(name, readFileSync(join(DIRECTORY, name), 'utf8')))
}

export function readFile(file: string, source: string): readonly Vector[] {
  const all: Vector[] = []
  const lines = source.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (line.trim() === '' || line.startsWith('#')) continue
    const match = /^(allow|ask|deny)(?:\s+([a-z][\w.-]*))?\s*\|\s?(.*)$/.exec(line)
    const expect = match?.[1] as Vector['expect'] | undefined
    if (match === null || expect === undefined) throw new Error(`${file}:${i + 1}: not a vector: ${line}`)
    const rule = match[2] ?? ''
    if ((expect === 'allow') !== (rule === ''))
      throw new Error(`${file}:${i + 1}: a rule stands with ask and deny, and only there`)
    const start = i + 1
    let command = match[3] ?? ''
    if (command.trim() === '```') {
      const end = lines.indexOf('```', i + 1)
      if (end === -1) throw new Error(`${file}:${i + 1}: the fence does not end`)
      command = lines.slice(i + 1, end).join('\n')
      i = end
    }
    all.push({ file, line: start, expect, rule, command })
  }
  return all
}

export interface Text {
  readonly line: number
  readonly command: string
}

/** Commands without an answer, one a line; a fence holds several lines. */
export function readTexts(source: string): readonly Text[] {
  const all: Text[] = []
  const lines = source.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (line.trim() === '' || line.startsWith('#')) continue
    const start = i + 1
    if (line.trim() !== '```') {
      all.push({ line: start, command: line })
      continue
    }
    const end = lines.indexOf('```', i + 1)
    if (end === -1) throw new Error(`line ${start}: the fence does not end`)
    all.push({ line: start, command: lines.slice(i + 1, end).join('\n') })
    i = end
  }
  return all
}
