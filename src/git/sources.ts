// Reads the texts that impact and diff look at from a quarantine: both sides of every file that differs, and the sources of the candidate that do not.

import { isLockFile } from '../code/dependencies.ts'
import type { FileChange } from '../code/file-change.ts'
import { languageOf } from '../code/source-text.ts'
import type { ChangedText } from '../code/test-paths.ts'
import type { TreeEntry } from '../code/tree-entry.ts'
import { readBlobs } from './blobs.ts'
import type { Imported } from './import.ts'

export interface Sources {
  readonly changed: readonly ChangedText[]
  readonly others: readonly { readonly path: string; readonly text: string }[]
  /** Paths that differ and are no text, are too large, or are links. */
  readonly notText: readonly string[]
  /** Sources that do not differ, beyond what is read of them together. */
  readonly notReached: readonly string[]
}

const TEXT_BYTES = 1_048_576
const LOCK_BYTES = 8_388_608
/** Of all other sources together: beyond it the rest is not read, and said so. */
const OTHER_BYTES = 67_108_864

export async function readSources({ quarantine, deployed, candidate, changes }: Imported): Promise<Sources> {
  const before = new Map(deployed.entries.map((entry) => [entry.path, entry]))
  const after = new Map(candidate.entries.map((entry) => [entry.path, entry]))
  const wanted = changes.map((change) => ({ change, ...sidesOf(change, before, after) }))
  const readable = wanted.filter(({ sides }) => sides.every(isText))
  const texts = new Map<string, string>()
  const binary = new Set<string>()
  const read = async (entries: readonly TreeEntry[]) => {
    for await (const { entry, bytes } of readBlobs(quarantine, entries)) {
      const text = textOf(bytes)
      if (text === undefined) binary.add(entry.blob)
      else texts.set(entry.blob, text)
    }
  }
  await read(readable.flatMap(({ sides }) => sides))
  const paths = new Set(changes.map(({ path }) => path))
  const { within, beyond } = withinBytes(
    candidate.entries.filter(
      (entry) => !paths.has(entry.path) && languageOf(entry.path) !== undefined && isText(entry),
    ),
  )
  await read(within)
  const isRead = ({ sides }: { readonly sides: readonly TreeEntry[] }) =>
    sides.every((entry) => isText(entry) && !binary.has(entry.blob))
  return {
    changed: wanted.filter(isRead).map(({ change, old, now }) => ({
      path: change.path,
      ...(old === undefined ? {} : { before: texts.get(old.blob) ?? '' }),
      ...(now === undefined ? {} : { after: texts.get(now.blob) ?? '' }),
    })),
    others: within.flatMap(({ path, blob }) => {
      const text = texts.get(blob)
      return text === undefined ? [] : [{ path, text }]
    }),
    notText: wanted.filter((one) => !isRead(one)).map(({ change }) => change.path),
    notReached: beyond,
  }
}

function sidesOf(
  change: FileChange,
  before: ReadonlyMap<string, TreeEntry>,
  after: ReadonlyMap<string, TreeEntry>,
): { readonly old?: TreeEntry; readonly now?: TreeEntry; readonly sides: readonly TreeEntry[] } {
  const old =
    change.kind === 'added' ? undefined : before.get(change.kind === 'renamed' ? change.from : change.path)
  const now = change.kind === 'removed' ? undefined : after.get(change.path)
  return {
    ...(old === undefined ? {} : { old }),
    ...(now === undefined ? {} : { now }),
    sides: [old, now].filter((one) => one !== undefined),
  }
}

function isText({ path, mode, bytes }: TreeEntry): boolean {
  return mode !== '120000' && bytes <= (isLockFile(path) ? LOCK_BYTES : TEXT_BYTES)
}

function withinBytes(entries: readonly TreeEntry[]): {
  readonly within: readonly TreeEntry[]
  readonly beyond: readonly string[]
} {
  const within: TreeEntry[] = []
  const beyond: string[] = []
  let bytes = 0
  for (const entry of entries) {
    bytes += entry.bytes
    if (bytes <= OTHER_BYTES) within.push(entry)
    else beyond.push(entry.path)
  }
  return { within, beyond }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
