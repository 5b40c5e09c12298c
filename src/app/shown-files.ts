// The files that a declared program runs, as the runner tells them page by page: what changes in them, with its texts, held against one digest of the whole.
import { decode, list } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import { TOOL_FILES_MAX, type ToolFile, toolFile } from '../plans/actions/tool-file.ts'
import type { ReadAnswer } from '../seal/reads.ts'

type Page = Extract<ReadAnswer, { readonly kind: 'toolFiles' | 'commandFiles' }>

const changedFiles = list(toolFile, TOOL_FILES_MAX)

/** `sealed`: what they must be; absent: what the first page says. Throws file.unreadable, runner.protocol. */
export async function readShownFiles(
  directory: string,
  page: (from: number) => Promise<Page>,
  sealed?: Digest,
): Promise<{
  readonly files: Digest
  readonly changed: readonly ToolFile[]
  readonly texts: ReadonlyMap<Digest, Uint8Array>
}> {
  const texts = new Map<Digest, Uint8Array>()
  let files = sealed
  let changed: readonly ToolFile[] = []
  for (let from: number | undefined = 0; from !== undefined; ) {
    const part: Page = await page(from)
    files ??= part.files
    if (part.files !== files)
      throw new SekishoError('file.unreadable', { path: directory, why: 'it changed while it was read' })
    const read = decode(changedFiles, part.changed)
    if (!read.ok) throw new SekishoError('runner.protocol', { why: `files: ${read.at} ${read.why}` })
    changed = read.value
    for (const { digest, base64 } of part.texts) {
      const bytes = Buffer.from(base64, 'base64')
      if (sha256(bytes) !== digest)
        throw new SekishoError('runner.protocol', { why: `a file of ${directory}: ${digest}` })
      texts.set(digest, bytes)
    }
    if (part.next !== undefined && part.next <= from)
      throw new SekishoError('runner.protocol', { why: `files: ${part.next}` })
    from = part.next
  }
  if (files === undefined) throw new SekishoError('runner.protocol', { why: `${directory}: no files` })
  return { files, changed, texts }
}
