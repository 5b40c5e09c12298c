// Whether the rules file can be trusted: whoever can write it, or a directory above it, decides the rules.
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { type Untrusted, untrustedComponent } from '../sys/files.ts'

/** The first part of the path that others than `owner` and root can change. Undefined where there is none, or no such file. */
export async function untrustedRules(source: string, owner: number): Promise<Untrusted | undefined> {
  try {
    // The directory may be reached through a link. The file itself is never read through one.
    return await untrustedComponent(join(await realpath(dirname(source)), basename(source)), owner)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined
    throw error
  }
}

/** INVARIANT P4: rules that others can write are neither applied nor edited. Throws config.untrusted. */
export async function requireOwnRules(source: string, owner: number): Promise<void> {
  const untrusted = await untrustedRules(source, owner)
  if (untrusted === undefined) return
  throw new SekishoError('config.untrusted', await whatToMend(untrusted, owner))
}

/** The path, and the command that restores its owner and mode. */
export async function whatToMend(
  { path, why }: Untrusted,
  owner: number,
): Promise<{ path: string; mend: string }> {
  const directory = (await stat(path).catch(() => undefined))?.isDirectory() ?? false
  const chown = owner === 0 ? 'chown root:' : `sudo chown ${owner}`
  return { path, mend: why === 'owner' ? `${chown} ${path}` : `chmod ${directory ? 'go-w' : '0640'} ${path}` }
}
