// Writes a shadow of a tree of files for the sandbox: own directory, bytes from the view, owners shifted into the ids
// inside. Private files that nothing reads come as empty places; private keys never come at all.
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileView, isPrivate, type Look } from '../read/file-view.ts'
import type { SandboxKind } from './sandbox-argv.ts'
import { giveInside } from './sandbox-ids.ts'

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
  readonly needed: ReadonlySet<string>
}

export type Staged =
  | { readonly ok: true; readonly files: number }
  | { readonly ok: false; readonly why: 'too_many' | 'too_large' | 'unreadable'; readonly path: string }

const MAX_FILES = 5000
const MAX_BYTES = 134_217_728
const ROOT = { uid: 0, gid: 0 }

export async function stageTree(options: StageOptions): Promise<Staged> {
  const { view, kind, baseUid } = options
  let files = 0
  let bytes = 0
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
      bytes += content.length
      if (bytes > MAX_BYTES) return { ok: false, why: 'too_large', path }
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
  return Buffer.from(look.bytes).includes('PRIVATE KEY-----') ? new Uint8Array() : look.bytes
}
