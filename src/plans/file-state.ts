// What stands (or shall stand) at a declared path, and one change of it. Shared by every kind of action that writes files.
import { type Decoder, integer, list, literal, matching, object, text, union } from '../base/decode.ts'
import { type Digest, isDigest } from '../base/hash.ts'
import type { PlanWords } from '../words/plan.ts'

/** What stands (or shall stand) at a path. `keyed` instead of a digest for secret files: an HMAC by the runner's own key. */
export type FileState =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'file'
      readonly digest: Digest
      readonly size: number
      readonly mode: number
      readonly uid: number
      readonly gid: number
    }
  | {
      readonly kind: 'secret'
      readonly keyed: string
      readonly mode: number
      readonly uid: number
      readonly gid: number
    }
  | { readonly kind: 'link'; readonly target: string; readonly uid: number; readonly gid: number }

/** Mode and owner of a file that is made where none stood, unless its kind says otherwise (`owned`). */
export const NEW_FILE = { mode: 0o644, uid: 0, gid: 0 } as const

export interface Link {
  readonly path: string
  readonly target: string
}

/** A declared file as it was read before a change. */
export interface TouchedFile {
  /** As declared in the inventory. */
  readonly path: string
  /** The file that is really replaced: the end of the chain of links, which is part of the baseline. */
  readonly real: string
  readonly links: readonly Link[]
  readonly before: FileState
}

export interface FileChange extends TouchedFile {
  readonly after: FileState
}

/** `after` is absent where the runner alone works out what will stand there. */
export interface PlannedFile extends TouchedFile {
  readonly after?: FileState
}

export const absolutePath = text({ max: 4096, pattern: /^\/[^\0\n]*$/, what: 'an absolute path' })
const digest: Decoder<Digest> = matching(isDigest, 'a digest')
export const keyedHash = text({ max: 64, pattern: /^[0-9a-f]{64}$/, what: 'a keyed hash' })
const mode = integer(0, 0o7777)
const id = integer(0, 0xffff_ffff)

export const fileState: Decoder<FileState> = union<'kind', FileState>('kind', {
  absent: object({ kind: literal('absent') }),
  file: object({ kind: literal('file'), digest, size: integer(0, 1_048_576), mode, uid: id, gid: id }),
  secret: object({ kind: literal('secret'), keyed: keyedHash, mode, uid: id, gid: id }),
  link: object({ kind: literal('link'), target: text({ max: 4096 }), uid: id, gid: id }),
})
export const links: Decoder<readonly Link[]> = list(
  object({ path: absolutePath, target: text({ max: 4096 }) }),
  40,
)
export const fileChange: Decoder<FileChange> = object({
  path: absolutePath,
  real: absolutePath,
  links,
  before: fileState,
  after: fileState,
})

/** Digest, size, mode and owner on one line. */
export function stateText(state: FileState, words: PlanWords): string {
  switch (state.kind) {
    case 'absent':
      return words.absent
    case 'file':
      return `sha256 ${state.digest.slice(0, 12)} ${words.bytes(state.size)} ${octal(state.mode)} ${state.uid}:${state.gid}`
    case 'secret':
      return `${words.secret(state.keyed.slice(0, 12))} ${octal(state.mode)} ${state.uid}:${state.gid}`
    case 'link':
      return words.linkTo(state.target)
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
