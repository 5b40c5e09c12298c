// A difference as a person sees it. An approver reads it, so every difference in bytes must be visible: line ends, blanks that cannot be seen,
// letters that look like others. And no content of a file may look like a head line.
import { codePoint, visible, visibleLine } from '../words/layout.ts'

export interface ShownLine {
  readonly mark: ' ' | '-' | '+' | '~'
  readonly shown: string
  /** The last line, without a line feed. */
  readonly open: boolean
}
export interface ShownFile {
  readonly path: string
  readonly becomes: 'made' | 'gone' | 'empty' | 'changed' | 'linked' | 'unlinked'
  readonly lines: readonly ShownLine[]
}

/** A line of a file, or the head of a hunk. */
export interface DiffRow extends ShownLine {
  readonly head?: string
}
export interface DiffSection {
  readonly path: string
  readonly becomes: ShownFile['becomes']
  readonly rows: readonly DiffRow[]
}

/** The same with the heads of hunks, as they stand in the text. */
export function readSections(text: string): readonly DiffSection[] {
  return sections(text).map(({ old, fresh, rows }) => ({
    path: fresh === NOTHING ? old : fresh,
    becomes: becomesOf(old, fresh, rows),
    rows,
  }))
}

/** The files of `diffText`, each with its lines. Other texts (a unit's verb, a restore) have none. */
export function readDiff(text: string): readonly ShownFile[] {
  return readSections(text).map(({ path, becomes, rows }) => ({
    path,
    becomes,
    lines: rows.filter(({ head }) => head === undefined),
  }))
}

/** Lines of a file always follow the head of a hunk; the target of a link never does, so no file can look like a link. */
function becomesOf(old: string, fresh: string, rows: readonly Row[]): ShownFile['becomes'] {
  const isLink = (mark: Row['mark']) =>
    rows.every(({ head }) => head === undefined) &&
    rows.some((row) => row.mark === mark && row.text.startsWith('link '))
  if (old === NOTHING) return isLink('+') ? 'linked' : 'made'
  if (fresh === NOTHING) return isLink('-') ? 'unlinked' : 'gone'
  const isEmpty = rows.some(({ head }) => head !== undefined && /^@@ -\S+ \+0,0 @@$/.test(head))
  return isEmpty ? 'empty' : 'changed'
}

const SIZE = /^\d+ bytes, sha256 [0-9a-f]{64}$/
const MODE = /^mode \d{6} to \d{6}$/

/** Of each file its name, its mode, and what it is told by, and no line of it. A text without files stays. */
export function withoutTexts(text: string): string {
  const lines = text.split('\n')
  const first = lines.findIndex((_, at) => isHead(lines, at))
  if (first === -1) return text
  const acts = lines.slice(0, first).map((line) => `${line}\n`)
  const files = sections(lines.slice(first).join('\n')).map(({ old, fresh, rows }) => {
    const told = rows.some(({ head }) => head !== undefined)
      ? rows.slice(
          0,
          rows.findIndex(({ head }) => head !== undefined),
        )
      : rows
    const kept = told.filter((row) => (row.mark === '~' ? MODE : SIZE).test(row.text))
    const isWhole = kept.length === rows.length
    return [
      `--- ${old}`,
      `+++ ${fresh}`,
      ...kept.map((row) => `${row.mark}${row.text}`),
      ...(isWhole ? [] : ['~text for people']),
      '',
    ].join('\n')
  })
  return [...acts, ...files].join('')
}

/** All lines in the form that is sealed. */
export function shownDiff(text: string): string {
  const found = sections(text)
  if (found.length === 0) return visible(text)
  return found
    .flatMap(({ old, fresh, rows }) => [
      `--- ${visibleLine(old)}`,
      `+++ ${visibleLine(fresh)}`,
      ...rows.flatMap(({ head, mark, shown, open }) =>
        head === undefined ? [`${mark}${shown}`, ...(open ? [OPEN] : [])] : [head],
      ),
    ])
    .map((line) => `${line}\n`)
    .join('')
}

const NOTHING = '/dev/null'
const OPEN = '\\ No newline at end of file'

interface Row extends DiffRow {
  readonly text: string
}
interface Part {
  readonly old: string
  readonly fresh: string
  readonly rows: readonly Row[]
}

function sections(text: string): readonly Part[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const parts: Part[] = []
  let at = 0
  while (at < lines.length && isHead(lines, at)) {
    const [old = '', fresh = ''] = [lines[at]?.slice(4), lines[at + 1]?.slice(4)]
    const [rows, next] = rowsOf(lines, at + 2)
    parts.push({ old, fresh, rows: told(rows) })
    at = next
  }
  return parts
}

const isHead = (lines: readonly string[], at: number) =>
  lines[at]?.startsWith('--- ') === true && lines[at + 1]?.startsWith('+++ ') === true

/** A hunk states its number of lines, so that no content can end it. */
function rowsOf(lines: readonly string[], from: number): readonly [readonly Row[], number] {
  const rows: Row[] = []
  let [olds, news] = [0, 0]
  let at = from
  for (; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line === OPEN) {
      const last = rows.pop()
      if (last !== undefined) rows.push({ ...last, open: true })
      continue
    }
    if (olds <= 0 && news <= 0) {
      const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@$/.exec(line)
      if (hunk !== null) {
        ;[olds, news] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)]
        rows.push({ mark: ' ', text: '', shown: '', open: false, head: line })
        continue
      }
      if (isHead(lines, at)) break
    }
    const mark = line.charAt(0)
    if (mark !== '+' && mark !== '-' && mark !== ' ' && mark !== '~') break
    if (mark !== '+') olds--
    if (mark !== '-') news--
    rows.push({ mark, text: line.slice(1), shown: '', open: false })
  }
  return [rows, at]
}

/** Where a line looks like one of the other side and differs from it, both are spelled out. */
function told(rows: readonly Row[]): readonly Row[] {
  const sides = { '-': new Map<string, string>(), '+': new Map<string, string>() }
  for (const { mark, text } of rows) if (mark === '-' || mark === '+') sides[mark].set(lookOf(text), text)
  return rows.map((row) => {
    const other = row.mark === '-' ? sides['+'] : row.mark === '+' ? sides['-'] : undefined
    const twin = other?.get(lookOf(row.text))
    return {
      ...row,
      shown: twin === undefined || twin === row.text ? shownLine(row.text) : spelled(row.text),
    }
  })
}

const lookOf = (text: string) => shownLine(text).normalize('NFKC')

/** Blanks and selectors that are usual in Japanese prose and emoji, and unexpected in a setting. */
const UNSEEN = /\u3000|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu
const WORD = /[\p{L}\p{M}\p{N}]+/gu
const LATIN = /\p{Script=Latin}/u
const LIKE_LATIN = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/gu

/** One line of a file, with its invisible characters shown. */
export function shownLine(text: string): string {
  const plain = text
    .replace(UNSEEN, codePoint)
    .replace(WORD, (word) => (LATIN.test(word) ? word.replace(LIKE_LATIN, codePoint) : word))
    .replace(/[ \t]+(?=\r*$)/, blanks)
  return visible(plain)
}

/** Blanks at the end, each by name; a long run by its length. */
function blanks(run: string): string {
  return run.replace(/ +|\t+/g, (same) =>
    same.length > 3 ? `${codePoint(same)}×${same.length}` : codePoint(same).repeat(same.length),
  )
}

function spelled(text: string): string {
  return text
    .replace(/<(?=U\+)/g, codePoint)
    .replace(/ +$/, blanks)
    .replace(/[^ -~]/gu, codePoint)
}
