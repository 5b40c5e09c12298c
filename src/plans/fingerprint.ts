// Fingerprints of targets: which fields count is fixed here, so that a quiet host never looks changed (no mtime, pid or order).
import { type Digest, labelledDigest } from '../base/hash.ts'
import type { TargetId } from '../base/id.ts'
import type { Json } from '../base/json.ts'
import type { CatalogueEntry } from './catalogue.ts'
import type { FileState, Link } from './file-state.ts'

/** What is read of a target for its baseline. */
export type TargetFacts =
  | {
      readonly kind: 'file'
      readonly path: string
      readonly real: string
      readonly links: readonly Link[]
      readonly state: FileState
      /** Whose the declared name is, where it is a link itself: what is deleted then is the link. */
      readonly link?: { readonly uid: number; readonly gid: number }
    }
  /** Digest of each file of the effective configuration, by path. Certificates and keys by their public part. */
  | { readonly kind: 'nginx'; readonly files: readonly { readonly path: string; readonly digest: Digest }[] }
  /** Which directory it is, and not what is in it: that is the service's, and changes all the time. */
  | { readonly kind: 'data'; readonly directory: string; readonly identity: string }
  /** Which database bears the name: a swap gives it to another one. */
  | { readonly kind: 'database'; readonly port: number; readonly name: string; readonly oid: number }
  /** The catalogue of a database, entry by entry: an ALTER by hand is another target. */
  | {
      readonly kind: 'schema'
      readonly port: number
      readonly name: string
      readonly oid: number
      readonly catalogue: Digest
      /** Of the files of its migration tool, which are entries, too: another file is another target. */
      readonly files?: Digest
      readonly entries: readonly CatalogueEntry[]
    }
  /** Which commit the branch is at, and what the link of the releases leads to. */
  | { readonly kind: 'code'; readonly path: string; readonly commit: string; readonly leads?: string }
  /** The files of a declared command, entry by entry: another file is another target. */
  | {
      readonly kind: 'command'
      readonly directory: string
      readonly files: Digest
      readonly entries: readonly CatalogueEntry[]
    }
  /** The incident for which the host is cut off; empty where it is not. */
  | { readonly kind: 'isolation'; readonly incident: string }
  /** The unit's own files (fragment and drop-ins) by digest: its run state is `pre`, never sealed. */
  | {
      readonly kind: 'unit'
      readonly unit: string
      readonly loaded: boolean
      readonly files: readonly { readonly path: string; readonly digest: Digest }[]
    }

export function fingerprint(target: TargetId, facts: TargetFacts): Digest {
  return labelledDigest('sekisho-fingerprint-v1', { target, facts } as unknown as Json)
}

/** Sealed evidence of the check `baseline`: the fingerprints themselves. The judge reads every target again and compares. */
export function baselineDigest(
  baseline: readonly { readonly target: TargetId; readonly digest: Digest }[],
): Digest {
  return labelledDigest('sekisho-baseline-v1', baseline)
}
