// The copy of a directory that is run: only we write it, and it is there only where its digest is the one that was approved.
import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Digest } from '../base/hash.ts'
import { takeFiles } from './take-files.ts'

export interface SealedCopy {
  /** Where it comes to lie: in a directory of ours. */
  readonly tree: string
  readonly directory: string
  readonly files: Digest
  /** Paths, as they are declared, that are no part of it. */
  readonly leave: (path: string) => boolean
  /** Others may enter its top: it is seen at the place of the directory. */
  readonly open?: true
}

/** Made once. False: the files are not those that were approved, and there is no copy. */
export async function makeSealedCopy({ tree, directory, files, leave, open }: SealedCopy): Promise<boolean> {
  // What lies there was compared when it was made.
  if ((await lstat(tree).catch(() => undefined)) !== undefined) return true
  const part = `${tree}.part`
  rmSync(part, { recursive: true, force: true })
  mkdirSync(dirname(tree), { recursive: true, mode: 0o700 })
  mkdirSync(part, { mode: 0o700 })
  if ((await takeFiles(directory, { to: part, leave })).digest !== files) {
    rmSync(part, { recursive: true, force: true })
    return false
  }
  if (open === true) chmodSync(part, 0o755)
  renameSync(part, tree)
  return true
}
