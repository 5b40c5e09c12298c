// The files of a commit as a walk over its tree reads them, and the limits under which the walk stays.

/** What a commit may hold: a regular file, an executable one, a link. */
export type EntryMode = '100644' | '100755' | '120000'

export interface TreeEntry {
  readonly path: string
  readonly mode: EntryMode
  /** The id of the blob. */
  readonly blob: string
  /** Of its content, inflated. */
  readonly bytes: number
}

export interface CommitFacts {
  readonly commit: string
  readonly tree: string
  readonly entries: readonly TreeEntry[]
  /** All content together. */
  readonly bytes: number
}

export interface ImportLimits {
  readonly files: number
  /** All content together, inflated. */
  readonly bytes: number
  readonly fileBytes: number
  readonly bundleBytes: number
  /** Of one call of git. */
  readonly milliseconds: number
}

export const IMPORT_LIMITS: ImportLimits = {
  files: 50_000,
  bytes: 1_073_741_824,
  fileBytes: 104_857_600,
  bundleBytes: 268_435_456,
  milliseconds: 60_000,
}

/** Room in the listing for each file: a longer average path is refused as a tree of too many files. */
export const LISTING_BYTES_PER_FILE = 600

export function isCommitId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}
