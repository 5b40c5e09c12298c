// What differs between two trees, file by file. A file that went away and came back elsewhere with the same content was renamed.
import type { EntryMode, TreeEntry } from './tree-entry.ts'

interface Before {
  readonly modeBefore: EntryMode
  readonly blobBefore: string
}
interface After {
  readonly modeAfter: EntryMode
  readonly blobAfter: string
}

export type FileChange = { readonly path: string } & (
  | ({ readonly kind: 'added' } & After)
  | ({ readonly kind: 'removed' } & Before)
  /** Content, mode or both. */
  | ({ readonly kind: 'changed' } & Before & After)
  | ({ readonly kind: 'renamed'; readonly from: string } & Before & After)
)

/** In the order of paths. */
export function changesBetween(
  before: readonly TreeEntry[],
  after: readonly TreeEntry[],
): readonly FileChange[] {
  const old = new Map(before.map((entry) => [entry.path, entry]))
  const now = new Map(after.map((entry) => [entry.path, entry]))
  const gone = new Map<string, TreeEntry[]>()
  for (const entry of before)
    if (!now.has(entry.path)) gone.set(entry.blob, [...(gone.get(entry.blob) ?? []), entry])
  const changes: FileChange[] = []
  for (const entry of after) {
    const was = old.get(entry.path)
    if (was === undefined) {
      const from = gone.get(entry.blob)?.shift()
      changes.push(
        from === undefined
          ? { path: entry.path, kind: 'added', ...afterOf(entry) }
          : { path: entry.path, kind: 'renamed', from: from.path, ...beforeOf(from), ...afterOf(entry) },
      )
    } else if (was.blob !== entry.blob || was.mode !== entry.mode)
      changes.push({ path: entry.path, kind: 'changed', ...beforeOf(was), ...afterOf(entry) })
  }
  for (const entry of [...gone.values()].flat())
    changes.push({ path: entry.path, kind: 'removed', ...beforeOf(entry) })
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

const beforeOf = ({ mode, blob }: TreeEntry): Before => ({ modeBefore: mode, blobBefore: blob })
const afterOf = ({ mode, blob }: TreeEntry): After => ({ modeAfter: mode, blobAfter: blob })
