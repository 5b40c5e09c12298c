// Of a work tree the bytes of the commit are placed: what a build makes of a changed file would be tested and never deployed.
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import type { CodeFile } from '../../plans/code.ts'
import { digestAt } from './places.ts'

/** `built`: the tree after dependencies and build. Throws deploy.rewritten with the first changed file that is not as committed there. */
export async function refuseRewritten(files: readonly CodeFile[], built: string): Promise<void> {
  for (const { path, after } of files)
    if (after !== undefined && (await digestAt(join(built, path))) !== after.digest)
      throw new SekishoError('deploy.rewritten', { path })
}
