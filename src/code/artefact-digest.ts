// The digest of what is deployed: every directory, file and link of a release after dependencies and build. docs/spec/artefact-v1.md says how to compute it.
import { type Digest, sha256 } from '../base/hash.ts'

export type ArtefactEntry = { readonly path: string } & (
  | { readonly kind: 'directory'; readonly mode: number }
  | { readonly kind: 'file'; readonly mode: number; readonly sha256: Digest; readonly bytes: number }
  | { readonly kind: 'link'; readonly target: string }
)

const LABEL = 'sekisho artefact v1'

/** `entries` in any order. */
export function artefactDigest(entries: readonly ArtefactEntry[]): Digest {
  const encoder = new TextEncoder()
  const lines = entries.map(lineOf).map((line) => ({ line, bytes: encoder.encode(line) }))
  lines.sort((a, b) => compareBytes(a.bytes, b.bytes))
  return sha256(`${LABEL}\0${lines.map(({ line }) => line).join('')}`)
}

/** Path, kind and what belongs to the kind, each ended by NUL: no name can contain one. */
function lineOf(entry: ArtefactEntry): string {
  switch (entry.kind) {
    case 'directory':
      return `${entry.path}\0directory\0${octal(entry.mode)}\0`
    case 'file':
      return `${entry.path}\0file\0${octal(entry.mode)}\0${entry.sha256}\0`
    case 'link':
      return `${entry.path}\0link\0${entry.target}\0`
  }
}

const octal = (mode: number) => (mode & 0o7777).toString(8).padStart(4, '0')

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
