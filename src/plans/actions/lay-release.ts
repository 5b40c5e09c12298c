// A release that was built, tested and rehearsed is opened, and one link is switched to it in one step of the kernel.
import { type Decoder, integer, literal, matching, object } from '../../base/decode.ts'
import { type Digest, isDigest } from '../../base/hash.ts'
import { commitName } from '../code.ts'
import { absolutePath } from '../file-state.ts'
import { absentBefore, stageId } from '../restore.ts'
import type { ActionKind } from './action-kind.ts'

export interface LayRelease {
  readonly kind: 'layRelease'
  readonly stage: string
  readonly link: string
  readonly release: string
  readonly commit: string
  /** Of the release as it was built: path, mode, bytes and link targets. */
  readonly artefact: Digest
  readonly entries: number
  /** No release was linked before. */
  readonly before?: 'absent'
}

const digest: Decoder<Digest> = matching(isDigest, 'a digest')

export const layRelease: ActionKind<LayRelease> = {
  decode: object({
    kind: literal('layRelease'),
    stage: stageId,
    link: absolutePath,
    release: absolutePath,
    commit: commitName,
    artefact: digest,
    entries: integer(),
    before: absentBefore,
  }),
  lines: ({ link, release, artefact }, words) => [words.layRelease(link, release, artefact.slice(0, 12))],
  putBackLines: ({ link, before }, words) => [
    before === 'absent' ? words.unlinkRelease(link) : words.releaseBack(link),
  ],
  summary: ({ kind, link, release, commit }) => ({ kind, link, release, commit }),
  places: ({ link }) => [link],
}
