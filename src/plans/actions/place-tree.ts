// The changed paths of a work tree are exchanged with what was laid out beside, each in one step of the kernel. What is declared as data, secret or
// configuration is none of them.
import { type Decoder, integer, literal, matching, object } from '../../base/decode.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import { commitName } from '../code.ts'
import { absolutePath } from '../file-state.ts'
import { stageId } from '../restore.ts'
import type { ActionKind } from './action-kind.ts'

export interface PlaceTree {
  readonly kind: 'placeTree'
  readonly stage: string
  readonly path: string
  readonly commit: string
  /** Of what was laid out: every changed path with its mode, bytes or link target. */
  readonly artefact: Digest
  readonly entries: number
}

const digest: Decoder<Digest> = matching(isDigest, 'a digest')

export const placeTree: ActionKind<PlaceTree> = {
  decode: object({
    kind: literal('placeTree'),
    stage: stageId,
    path: absolutePath,
    commit: commitName,
    artefact: digest,
    entries: integer(),
  }),
  lines: ({ path, entries, artefact }, words) => [words.placeTree(path, entries, artefact.slice(0, 12))],
  putBackLines: ({ path, entries }, words) => [words.treeBack(path, entries)],
  summary: ({ kind, path, commit, entries }) => ({ kind, path, commit, entries }),
  places: ({ path }) => [path],
}
