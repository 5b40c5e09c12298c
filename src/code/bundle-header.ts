// Reads the head of a git bundle: which commits it needs, which references it brings, and where its pack begins.
import { type Answer, refused } from '../base/error.ts'
import { isCommitId } from './tree-entry.ts'

export interface BundleHeader {
  /** Commits that whoever reads it must have. */
  readonly needs: readonly string[]
  /** Commits that references of the bundle name. */
  readonly tips: readonly string[]
  /** Where the pack begins. */
  readonly packAt: number
}

const HEADER_MAX = 1_048_576
const LINES_MAX = 10_000
const LINE_FEED = 10

export function readBundleHeader(bundle: Uint8Array): Answer<{ readonly header: BundleHeader }> {
  const lines: string[] = []
  let at = 0
  for (;;) {
    const end = bundle.subarray(0, HEADER_MAX).indexOf(LINE_FEED, at)
    if (end === -1 || lines.length > LINES_MAX) return corrupt('its head has no end')
    const line = Buffer.from(bundle.buffer, bundle.byteOffset + at, end - at).toString('latin1')
    at = end + 1
    if (line === '') break
    lines.push(line)
  }
  const [signature, ...rest] = lines
  if (signature !== '# v2 git bundle' && signature !== '# v3 git bundle')
    return corrupt('it is no git bundle')
  const needs: string[] = []
  const tips: string[] = []
  for (const line of rest) {
    if (line.startsWith('@')) {
      // A filtered bundle leaves objects out.
      if (line !== '@object-format=sha1') return corrupt(line.slice(0, 40))
      continue
    }
    const needed = line.startsWith('-')
    const id = line.slice(needed ? 1 : 0).split(' ')[0] ?? ''
    if (!isCommitId(id)) return corrupt('a line of its head is no reference')
    ;(needed ? needs : tips).push(id)
  }
  const pack = Buffer.from(bundle.buffer, bundle.byteOffset + at, Math.min(4, bundle.length - at))
  if (pack.toString('latin1') !== 'PACK') return corrupt('it holds no pack')
  return { ok: true, header: { needs, tips, packAt: at } }
}

const corrupt = (why: string) => refused('code.bundle_corrupt', { why })
