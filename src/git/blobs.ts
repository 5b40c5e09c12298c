// Reads content by its id from a quarantine, some megabytes at a time, and lays a tree into a directory.
import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import type { CommitFacts, TreeEntry } from '../code/tree-entry.ts'
import { fileError } from '../sys/files.ts'
import { gitSaid, type Owner } from './git.ts'
import type { Quarantine } from './quarantine.ts'

const BATCH_BYTES = 33_554_432
const BATCH_FILES = 5_000
const HEAD_BYTES = 128
const LINE_FEED = 10

export interface Blob {
  readonly entry: TreeEntry
  readonly bytes: Uint8Array
}

/** In the order of `entries`. Throws code.object_unreadable. */
export async function* readBlobs(
  quarantine: Quarantine,
  entries: readonly TreeEntry[],
): AsyncGenerator<Blob> {
  for (const batch of batches(entries)) {
    const size = batch.reduce((sum, { bytes }) => sum + bytes + HEAD_BYTES, 0)
    const said = await quarantine.git(['cat-file', '--batch', '--buffer'], {
      input: batch.map(({ blob }) => `${blob}\n`).join(''),
      maxOutput: size,
    })
    if (said.code !== 0) throw new SekishoError('code.object_unreadable', { why: gitSaid(said) })
    let at = 0
    for (const entry of batch) {
      const end = said.stdoutBytes.indexOf(LINE_FEED, at)
      const head = Buffer.from(said.stdoutBytes.subarray(at, end)).toString('latin1')
      if (end === -1 || head !== `${entry.blob} blob ${entry.bytes}`)
        throw new SekishoError('code.object_unreadable', { why: head.slice(0, 100) })
      yield { entry, bytes: said.stdoutBytes.subarray(end + 1, end + 1 + entry.bytes) }
      at = end + entry.bytes + 2
    }
  }
}

function* batches(entries: readonly TreeEntry[]): Generator<readonly TreeEntry[]> {
  let batch: TreeEntry[] = []
  let size = 0
  for (const entry of entries) {
    if (batch.length > 0 && (size + entry.bytes > BATCH_BYTES || batch.length >= BATCH_FILES)) {
      yield batch
      batch = []
      size = 0
    }
    batch.push(entry)
    size += entry.bytes
  }
  if (batch.length > 0) yield batch
}

const DIRECTORY = 0o755

/**
 * Writes the files and links of a commit below `directory`, which is empty and which nobody else can write. They belong to `owner`, else to this process.
 * Throws file.*, code.object_unreadable.
 */
export async function layTree(
  quarantine: Quarantine,
  { entries }: Pick<CommitFacts, 'entries'>,
  directory: string,
  owner?: Owner,
): Promise<void> {
  const give = async (path: string) => {
    if (owner !== undefined) await chown(path, owner.uid, owner.gid)
  }
  const made = new Set<string>(['.'])
  const makeParents = async (path: string): Promise<void> => {
    if (made.has(path)) return
    await makeParents(dirname(path))
    await mkdir(join(directory, path))
    await chmod(join(directory, path), DIRECTORY)
    await give(join(directory, path))
    made.add(path)
  }
  // Links last, so that nothing is written through one.
  const links: { readonly path: string; readonly target: string }[] = []
  try {
    for await (const { entry, bytes } of readBlobs(quarantine, entries)) {
      await makeParents(dirname(entry.path))
      const path = join(directory, entry.path)
      if (entry.mode === '120000') {
        links.push({ path, target: Buffer.from(bytes).toString('utf8') })
        continue
      }
      await writeFile(path, bytes, { flag: 'wx' })
      await chmod(path, entry.mode === '100755' ? 0o755 : 0o644)
      await give(path)
    }
    for (const { path, target } of links) await symlink(target, path)
  } catch (cause) {
    throw cause instanceof SekishoError ? cause : fileError(directory, cause)
  }
}
