// The facts of a declared file for its baseline: the chain of links, what stands at its end, and why it cannot be changed.

import { readFileSync } from 'node:fs'
import { SekishoError } from '../base/error.ts'
import { kindRow } from '../plans/config-kinds/registry.ts'
import { type Link } from '../plans/file-state.ts'
import { type TargetFacts } from '../plans/fingerprint.ts'
import { ownNameOf } from '../plans/own-name.ts'
import { type CompiledPolicy, type ConfigFile, declaredFile } from '../plans/policy.ts'
import { type run } from '../sys/process.ts'
import { isImmutable } from '../tree/immutable.ts'
import { type Found, type Naming, PLAIN, stateAt } from './file-state.ts'
import { lookAt, resolveLinks } from './walk.ts'

export interface FileFactsContext {
  readonly run: typeof run
  readonly policy: CompiledPolicy
  readonly keyed: (bytes: Uint8Array) => string
}

export type FileFacts = Extract<TargetFacts, { readonly kind: 'file' }>

/** The declaration of a path in the runner's own inventory. */
export function declared(policy: CompiledPolicy, path: string): ConfigFile | undefined {
  for (const service of policy.services) {
    const file = declaredFile(service, path)
    if (file !== undefined) return file
  }
  return undefined
}

/** A file is secret when any declaration of any of its names says so: another name of it does not make it public. */
export function isSecret(policy: CompiledPolicy, ...names: readonly string[]): boolean {
  return policy.services.some((service) =>
    names.some((name) => {
      const file = declaredFile(service, name)
      return file !== undefined && (file.secret || kindRow(file.kind).byKey === true)
    }),
  )
}

/** How the bytes are named that stand at `real` under the declared name `path`. */
export function namingOf(path: string, real: string, c: Omit<FileFactsContext, 'run'>): Naming {
  return isSecret(c.policy, path, real) ? { secret: true, keyed: c.keyed } : PLAIN
}

/** A declared file as it was read once: its facts, and the bytes that they are of. */
export interface DeclaredFile {
  readonly facts: FileFacts
  /** Only of a regular file. */
  readonly bytes?: Buffer
}

export async function readFileFacts(path: string, c: FileFactsContext): Promise<FileFacts> {
  return (await readDeclaredFile(path, c)).facts
}

/**
 * Reads a declared file, facts and bytes from one descriptor. Throws SekishoError: `file.not_declared`, `file.link_leaves`,
 * `file.not_regular`, `file.too_large`, `file.hard_links`, `file.immutable`, `file.mounted`.
 */
export async function readDeclaredFile(path: string, c: FileFactsContext): Promise<DeclaredFile> {
  const file = declared(c.policy, path)
  if (file === undefined) throw new SekishoError('file.not_declared', { path })
  const { real, links } = await resolveLinks(path)
  if (real !== path && !(await mayLead(c.policy, file, real)))
    throw new SekishoError('file.link_leaves', { path, to: real })
  const found = await stateAt(real, namingOf(path, real, c))
  // What was looked at before by its name may have been another file than the one that was read.
  if (declared(c.policy, real) === undefined && isKeptFromOthers(found.state))
    throw new SekishoError('file.link_leaves', { path, to: real })
  if (found.state.kind !== 'absent') await refuseUnchangeable(real, found.hardLinks, c.run)
  const link = await ownLink(path, links)
  return {
    facts: { kind: 'file', path, real, links, state: found.state, ...(link === undefined ? {} : { link }) },
    ...(found.bytes === undefined ? {} : { bytes: found.bytes }),
  }
}

function isKeptFromOthers(state: Found['state']): boolean {
  return (state.kind === 'file' || state.kind === 'secret') && (state.mode & READ_BY_OTHERS) === 0
}

/** The owner of the declared name where that is a link: another one than the file's at its end, perhaps. */
async function ownLink(path: string, links: readonly Link[]): Promise<FileFacts['link']> {
  const own = ownNameOf(path, links)
  const seen = own?.target === undefined ? undefined : await lookAt(own.path)
  return seen === undefined ? undefined : { uid: seen.uid, gid: seen.gid }
}

/**
 * Where the links of a declared file may end: at a declared path, and for nginx below /etc/nginx too (sites-enabled points at
 * sites-available) unless it is kept from others there (a key, a password file). Anything else is a door to every file of the host.
 */
export async function mayLead(
  policy: CompiledPolicy,
  file: ConfigFile,
  real: string,
  below = kindRow(file.kind).linksBelow,
): Promise<boolean> {
  if (declared(policy, real) !== undefined) return true
  if (below === undefined || !real.startsWith(`${below}/`)) return false
  const seen = await lookAt(real)
  return seen === undefined || (seen.mode & READ_BY_OTHERS) !== 0
}
const READ_BY_OTHERS = 0o004

/** A rename over it would break something or fail: more names, the immutable flag, a mount on the file itself. */
export async function refuseUnchangeable(real: string, hardLinks: number, exec: typeof run): Promise<void> {
  await refuseRenameOver(real, hardLinks)
  if (await isImmutable(real, exec)) throw new SekishoError('file.immutable', { path: real })
}

/** What a rename would do to others without failing by itself. The immutable flag makes it fail, and nothing has changed then. */
export async function refuseRenameOver(real: string, hardLinks: number): Promise<void> {
  if (hardLinks > 1) throw new SekishoError('file.hard_links', { path: real, count: hardLinks })
  if (mountPoints(readFileSync('/proc/self/mountinfo', 'utf8')).includes(real))
    throw new SekishoError('file.mounted', { path: real })
}

/** Mount points of /proc/self/mountinfo, with its octal escapes undone. */
export function mountPoints(mountinfo: string): string[] {
  return mountinfo
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .map((point) =>
      point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
}
