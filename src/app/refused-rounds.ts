// Files of the spool that could not be taken: kept beside the others for a person to look at, a few of them.
import { readdir, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Instant, milliseconds } from '../base/time.ts'

const REFUSED = 'refused-'
const KEPT = 20

export async function putAside(spool: string, name: string): Promise<void> {
  await rename(join(spool, name), join(spool, `${REFUSED}${name}`)).catch(ignoreAbsent)
  for (const one of (await refusedIn(spool)).slice(0, -KEPT))
    await unlink(join(spool, one)).catch(ignoreAbsent)
}

/** How many were written since. */
export async function refusedSince(spool: string, since: Instant): Promise<number> {
  const from = `${REFUSED}checks-${new Date(milliseconds(since)).toISOString().replaceAll(/[-:.]/g, '')}`
  return (await refusedIn(spool)).filter((name) => name >= from).length
}

/** The oldest first. */
async function refusedIn(spool: string): Promise<readonly string[]> {
  const names = await readdir(spool).catch((error: NodeJS.ErrnoException) => {
    ignoreAbsent(error)
    return []
  })
  return names.filter((name) => name.startsWith(REFUSED)).sort()
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
