// May the file of the rules be believed? Who can write it, or a directory above it, writes the rules.
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { type Untrusted, untrustedComponent } from '../sys/files.ts'

/** The first part of the path that is not `owner`'s or root's alone; undefined where there is none, or no such file. */
export async function untrustedRules(source: string, owner: number): Promise<Untrusted | undefined> {
  try {
    // The directory may be reached by a link; the file itself is never read through one.
    return await untrustedComponent(join(await realpath(dirname(source)), basename(source)), owner)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined
    throw error
  }
}

/** INVARIANT P4: rules that others can write are not applied, nor edited as if they were ours. Throws config.untrusted. */
export async function requireOwnRules(source: string, owner: number): Promise<void> {
  const untrusted = await untrustedRules(source, owner)
  if (untrusted === undefined) return
  throw new SekishoError('config.untrusted', await whatToMend(untrusted, owner))
}

/** For the sentence: the path, and what makes it ours again. */
export async function whatToMend(
  { path, why }: Untrusted,
  owner: number,
): Promise<{ path: string; mend: string }> {
  const directory = (await stat(path).catch(() => undefined))?.isDirectory() ?? false
  const chown = owner === 0 ? 'chown root:' : `sudo chown ${owner}`
  return { path, mend: why === 'owner' ? `${chown} ${path}` : `chmod ${directory ? 'go-w' : '0640'} ${path}` }
}
