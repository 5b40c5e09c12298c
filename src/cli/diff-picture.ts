// A difference on a terminal: a head for each file, its lines coloured, both sides beside each other where there is room, and large files folded into
// their head with the command that opens them. Pure.
import { shellWord } from '../base/shell-word.ts'
import type { Style } from '../change/card-shapes.ts'
import type { DiffRow, DiffSection } from '../change/diff-shown.ts'
import { DIFF_VIEW } from '../words/diff-view.ts'
import { columns, pad, visibleLine } from '../words/layout.ts'
import type { Language } from '../words/words.ts'

export interface DiffOptions {
  readonly id: string
  readonly language: Language
  readonly width: number
  readonly paint: (style: Style, text: string) => string
  /** These alone. Undefined: what is small enough. */
  readonly files?: readonly string[]
  readonly all?: boolean
}

export interface DiffPicture {
  readonly lines: readonly string[]
  /** Numbers of the sections that are shown whole, counted from 1. */
  readonly opened: readonly number[]
}

/** From here on both sides stand beside each other. */
const WIDE = 160
/** A longer section is folded, and so is what comes after so many lines in all. */
const SECTION_ROWS = 80
const ALL_ROWS = 240

export function diffPicture(sections: readonly DiffSection[], options: DiffOptions): DiffPicture {
  const lines: string[] = []
  const opened: number[] = []
  let rows = 0
  for (const [i, section] of sections.entries()) {
    const isWanted =
      options.files === undefined
        ? options.all === true ||
          (section.rows.length <= SECTION_ROWS && rows + section.rows.length <= ALL_ROWS)
        : options.files.includes(section.path)
    if (!isWanted && options.files !== undefined) continue
    lines.push(...headOf(section, i + 1, sections.length, isWanted, options))
    if (!isWanted) continue
    rows += section.rows.length
    opened.push(i + 1)
    lines.push(
      ...(options.width >= WIDE ? beside(section.rows, options) : oneBelowTheOther(section.rows, options)),
      '',
    )
  }
  return { lines, opened }
}

function headOf(
  { path, becomes, rows }: DiffSection,
  number: number,
  of: number,
  isOpen: boolean,
  { id, language, paint }: DiffOptions,
): readonly string[] {
  const words = DIFF_VIEW[language]
  const count = (mark: string) => rows.filter((row) => row.head === undefined && row.mark === mark).length
  const counts = [`+${count('+')}`, `-${count('-')}`].join(' ')
  const note = becomes === 'changed' ? '' : `  ${words.becomes[becomes]}`
  const head = paint('strong', `${isOpen ? '▾' : '▸'} ${number}/${of}  ${visibleLine(path)}`)
  return [
    `${head}  ${counts}${note}`,
    ...(isOpen ? [] : [`    sekisho change diff ${id} --file ${shellWord(path)}`]),
  ]
}

const STYLES: Readonly<Record<DiffRow['mark'], Style | undefined>> = {
  ' ': undefined,
  '+': 'added',
  '-': 'removed',
  '~': 'look',
}

function painted({ paint }: DiffOptions, mark: DiffRow['mark'], text: string): string {
  const style = STYLES[mark]
  return style === undefined ? text : paint(style, text)
}

function oneBelowTheOther(rows: readonly DiffRow[], options: DiffOptions): readonly string[] {
  const { language, paint } = options
  return rows.flatMap((row) =>
    row.head === undefined
      ? [
          painted(options, row.mark, `${row.mark}${row.shown}`),
          ...(row.open ? [paint('dim', `\\ ${DIFF_VIEW[language].noLineFeed}`)] : []),
        ]
      : [paint('dim', row.head)],
  )
}

/** Removed lines at the left, added ones at the right; a line that is too long goes on in the next row, so that nothing is hidden. */
function beside(rows: readonly DiffRow[], options: DiffOptions): readonly string[] {
  const { width, paint } = options
  const half = Math.floor((width - 3) / 2)
  const lines: string[] = []
  let [left, right]: [DiffRow[], DiffRow[]] = [[], []]
  const flush = () => {
    for (let i = 0; i < Math.max(left.length, right.length); i++)
      lines.push(...pair(left[i], right[i], half, options))
    ;[left, right] = [[], []]
  }
  for (const row of rows) {
    if (row.head !== undefined) {
      flush()
      lines.push(paint('dim', row.head))
    } else if (row.mark === '-') {
      // A removed line after added ones begins a new pair.
      if (right.length > 0) flush()
      left.push(row)
    } else if (row.mark === '+') right.push(row)
    else {
      flush()
      lines.push(...pair(row, row.mark === ' ' ? row : undefined, half, options))
    }
  }
  flush()
  return lines
}

function pair(
  left: DiffRow | undefined,
  right: DiffRow | undefined,
  half: number,
  options: DiffOptions,
): readonly string[] {
  const [a, b] = [left, right].map((row) =>
    row === undefined
      ? []
      : [
          ...chunks(`${row.mark}${row.shown}`, half),
          ...(row.open ? [`\\ ${DIFF_VIEW[options.language].noLineFeed}`] : []),
        ],
  )
  return Array.from({ length: Math.max(a?.length ?? 0, b?.length ?? 0) }, (_, i) =>
    [
      painted(options, left?.mark ?? ' ', pad(a?.[i] ?? '', half)),
      painted(options, right?.mark ?? ' ', b?.[i] ?? ''),
    ]
      .join(' │ ')
      .trimEnd(),
  )
}

/** Pieces of no more than `width` columns; nothing is left off. */
function chunks(text: string, width: number): readonly string[] {
  const pieces: string[] = []
  let piece = ''
  for (const character of text) {
    if (columns(piece + character) > width) {
      pieces.push(piece)
      piece = ` ${character}`
    } else piece += character
  }
  return [...pieces, piece]
}
