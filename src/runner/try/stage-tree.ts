// Writes a shadow of a tree of files for the sandbox: own directory, bytes from the view, owners shifted into the ids
// inside. Private files that nothing reads come as empty places; private keys never come at all.
import { chmod, link, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileView, isPrivate, type Look } from '../../host/file-view.ts'
import type { TrialBudget } from '../../sandbox/budget.ts'
import type { SandboxKind } from '../../sandbox/sandbox-argv.ts'
import { giveInside } from '../../sandbox/sandbox-ids.ts'

export interface StageOptions {
  readonly view: FileView
  /** Absolute path of the tree on the live system. */
  readonly tree: string
  /** Directory of ours that becomes the tree. */
  readonly into: string
  readonly kind: SandboxKind
  readonly baseUid: number
  /** Other bytes for a real path (dummies); undefined leaves what the view says. */
  readonly instead: (real: string, look: Look & { kind: 'file' }) => Uint8Array | undefined
  /** Real paths whose content is needed although it is private. */
  readonly needed: Pick<ReadonlySet<string>, 'has'>
  readonly budget: TrialBudget
}

export type Staged =
  | { readonly ok: true; readonly files: number }
  | { readonly ok: false; readonly why: 'too_many' | 'too_large' | 'unreadable'; readonly path: string }

const MAX_FILES = 5000
const ROOT = { uid: 0, gid: 0 }

export async function stageTree(options: StageOptions): Promise<Staged> {
  const { view, kind, baseUid } = options
  let files = 0
  /** Where the content of an inode was written, by what is the same for all of its names. */
  const written = new Map<string, string>()
  const pending = ['']
  for (let relative = pending.pop(); relative !== undefined; relative = pending.pop()) {
    const path = relative === '' ? options.tree : `${options.tree}/${relative}`
    const to = join(options.into, relative)
    const look = view.look(path)
    if (++files > MAX_FILES) return { ok: false, why: 'too_many', path }
    if (look === undefined || look.kind === 'other') continue
    if (look.kind === 'link') await symlink(look.target, to)
    else if (look.kind === 'directory') {
      await mkdir(to, { recursive: true })
      await chmod(to, 0o755)
      await giveInside(to, kind, baseUid, ROOT)
      for (const name of look.names) pending.push(relative === '' ? name : `${relative}/${name}`)
    } else {
      if (look.tooLarge) return { ok: false, why: 'too_large', path }
      const content = contentOf(options, path, look)
      const inode = content === look.bytes ? look.inode : undefined
      const first = inode === undefined ? undefined : written.get(inode)
      if (first !== undefined) {
        await link(first, to)
        continue
      }
      if (inode !== undefined) written.set(inode, to)
      options.budget.write(path, content.length)
      await writeFile(to, content, { mode: 0o600 })
      await giveInside(to, kind, baseUid, look)
      await chmod(to, look.mode & 0o777)
    }
  }
  return { ok: true, files }
}

function contentOf(options: StageOptions, path: string, look: Look & { kind: 'file' }): Uint8Array {
  const instead = options.instead(path, look)
  if (instead !== undefined) return instead
  if (isPrivate(look) && !options.needed.has(path)) return new Uint8Array()
  // A key that nobody named as one (a stray backup) is still a secret.
  return holdsPrivateKey(look.bytes) ? new Uint8Array() : look.bytes
}

/** Nothing is copied for the look. */
export function holdsPrivateKey({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  return Buffer.from(buffer, byteOffset, byteLength).includes('PRIVATE KEY-----')
}
