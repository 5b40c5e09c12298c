// Which sections of a difference an approver opened: what `change diff` showed that person, and what the card shows whole. Pure.
import type { JsonObject } from '../base/json.ts'
import { readDiff, type ShownFile } from './diff-shown.ts'

/** How many lines of a difference the card shows, and how much of a line. `change diff` shows all. */
export const DIFF_LINES = 24
export const LINE_CHARACTERS = 800

/** Of an approval: how many sections there are, and which of them its approver did not open. */
export interface Unopened {
  readonly of: number
  readonly count: number
  /** The first of them. */
  readonly paths: readonly string[]
}

const NAMED = 20

export const changedLines = ({ lines }: ShownFile) => lines.filter(({ mark }) => mark === '+' || mark === '-')

/** Paths of the sections that were opened, out of texts like `all` or `1,3-5`: numbers count from 1 in the order of the text. */
export function sectionsNamed(text: string, opened: string): readonly string[] {
  const all = readDiff(text).map(({ path }) => path)
  if (opened === 'all') return all
  const numbers = opened.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number)
    return Array.from({ length: Math.max(0, Math.min(to, all.length) - from + 1) }, (_, i) => from + i)
  })
  return numbers.flatMap((number) => all[number - 1] ?? [])
}

/** Undefined where the difference has no sections: the whole of it stands on the card. */
export function unopened(text: string, opened: ReadonlySet<string>): Unopened | undefined {
  const files = readDiff(text)
  if (files.length === 0) return undefined
  const shown = onCard(files)
  const not = files.map(({ path }) => path).filter((path) => !opened.has(path) && !shown.has(path))
  return { of: files.length, count: not.length, paths: not.slice(0, NAMED) }
}

/** Those of which the card shows every changed line, uncut. A change of mode is told by `change diff` alone. */
function onCard(files: readonly ShownFile[]): ReadonlySet<string> {
  const sizes = files.map((file) => {
    const hasHead = files.length > 1 || file.becomes !== 'changed'
    return changedLines(file).length + (hasHead ? 1 : 0)
  })
  const isCut = sizes.reduce((sum, one) => sum + one, 0) > DIFF_LINES
  let left = DIFF_LINES
  const found = new Set<string>()
  for (const [i, file] of files.entries()) {
    left -= sizes[i] ?? 0
    const isWhole = file.lines.every(({ mark, shown }) => mark !== '~' && shown.length <= LINE_CHARACTERS)
    if (isWhole && (!isCut || left >= 0)) found.add(file.path)
  }
  return found
}

/** Sections that the ledger says this person opened of this difference. */
export function openedBy(
  entries: readonly { readonly kind: string; readonly actor: string; readonly payload: JsonObject }[],
  person: string,
  diff: string,
): ReadonlySet<string> {
  return new Set(
    entries.flatMap(({ kind, actor, payload }) => {
      const { sections } = payload
      if (kind !== 'change.opened' || actor !== person || payload['diff'] !== diff) return []
      return Array.isArray(sections) ? sections.filter((one): one is string => typeof one === 'string') : []
    }),
  )
}
