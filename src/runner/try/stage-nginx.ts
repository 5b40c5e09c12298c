// The shadow of nginx for the sandbox: its whole tree with the changes, dummies for certificates and keys, and scratch
// at every place nginx would write to.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileView, isPrivate, isUnder, type Look, parentOf, resolvePath } from '../read/file-view.ts'
import type { NginxConfig } from '../read/nginx-config.ts'
import { dummyCertificate, dummyKey, keyPem, readCertificates } from './dummy-certificate.ts'
import type { Mount, SandboxKind } from './sandbox-argv.ts'
import { giveInside } from './sandbox-ids.ts'
import { type Staged, stageTree } from './stage-tree.ts'

export interface NginxStage {
  readonly config: NginxConfig
  readonly shadow: FileView
  readonly live: FileView
  readonly tree: string
  /** Compiled-in places that nginx writes to besides those the configuration names. */
  readonly written: readonly string[]
  /** Directory of ours. */
  readonly into: string
  readonly kind: SandboxKind
  readonly baseUid: number
}

/** Made by the sandbox itself, writable. */
const SCRATCH = ['/tmp', '/run', '/var/log', '/var/lib/nginx', '/var/cache', '/dev/shm']

export async function stageNginx(
  stage: NginxStage,
): Promise<Exclude<Staged, { ok: true }> | { readonly ok: true; readonly mounts: readonly Mount[] }> {
  const dummies = makeDummies(stage)
  const treeInto = join(stage.into, 'tree')
  await mkdir(treeInto)
  const staged = await stageTree({
    view: stage.shadow,
    tree: stage.tree,
    into: treeInto,
    kind: stage.kind,
    baseUid: stage.baseUid,
    instead: (real) => dummies.get(real),
    needed: new Set(stage.config.files.map(({ real }) => real)),
  })
  if (!staged.ok) return staged
  const mounts: Mount[] = [{ kind: 'bind', from: treeInto, to: stage.tree }]
  let count = 0
  for (const file of outside(stage)) {
    const from = join(stage.into, `file-${count++}`)
    await writeFile(from, dummies.get(file.real) ?? contentOutside(stage, file.real, file.look), {
      mode: 0o600,
    })
    await giveInside(from, stage.kind, stage.baseUid, { uid: 0, gid: 0 })
    mounts.push({ kind: 'bind', from, to: file.to })
  }
  return { ok: true, mounts: [...mounts, ...scratch(stage)] }
}

function contentOutside(stage: NginxStage, real: string, look: Look & { kind: 'file' }): Uint8Array {
  const needed = stage.config.files.some((file) => file.real === real)
  const secret = Buffer.from(look.bytes).includes('PRIVATE KEY-----')
  return secret || (isPrivate(look) && !needed) ? new Uint8Array() : look.bytes
}

interface OutsideFile {
  readonly real: string
  /** Where it is bound inside. */
  readonly to: string
  readonly look: Look & { readonly kind: 'file' }
}

/** Files that the configuration reads and that neither the tree nor /usr brings along. */
function outside(stage: NginxStage): readonly OutsideFile[] {
  const found = new Map<string, OutsideFile>()
  const names = [...stage.config.files.map(({ path }) => path), ...stage.config.named.map(({ file }) => file)]
  for (const path of names) {
    const resolved = resolvePath(stage.shadow, path)
    if (resolved?.look.kind !== 'file') continue
    if (isUnder(resolved.real, stage.tree) || isUnder(resolved.real, '/usr')) continue
    // A link of the tree leads inside to the same real path; a path that starts outside is bound as it is named.
    const to = isUnder(path, stage.tree) ? resolved.real : path
    found.set(to, { real: resolved.real, to, look: resolved.look })
  }
  return [...found.values()]
}

/** Bytes by real path: one fresh key for all certificates that share a key file, of the kind the certificate shows. */
function makeDummies(stage: NginxStage): ReadonlyMap<string, Uint8Array> {
  const dummies = new Map<string, Uint8Array>()
  const real = (path: string) => resolvePath(stage.shadow, path)
  for (const { key, certificate } of stage.config.pairs) {
    const certificateFile = real(certificate)
    const keyFile = real(key)
    if (certificateFile?.look.kind !== 'file' || keyFile?.look.kind !== 'file') continue
    const certificates = readCertificates(certificateFile.look.bytes)
    const [leaf] = certificates
    const fresh = leaf === undefined ? undefined : dummyKey(leaf)
    const text = fresh === undefined ? undefined : dummyCertificate(certificates, fresh)
    // What is no certificate stays none: nginx says so itself.
    if (fresh === undefined || text === undefined) continue
    const pem = Buffer.from(keyPem(fresh))
    const both = certificateFile.real === keyFile.real
    dummies.set(keyFile.real, both ? Buffer.concat([Buffer.from(text), pem]) : pem)
    if (!both) dummies.set(certificateFile.real, Buffer.from(text))
  }
  for (const { role, file } of stage.config.named) {
    const found = real(file)
    if (found?.look.kind !== 'file' || dummies.has(found.real)) continue
    if (role === 'ticket') dummies.set(found.real, Buffer.alloc(found.look.bytes.length, 0x5a))
    else if (role === 'password') dummies.set(found.real, Buffer.from('dummy\n'))
    else if (role === 'key') dummies.set(found.real, new Uint8Array())
    else if (isPrivate(found.look)) dummies.set(found.real, publicBlocks(found.look.bytes))
  }
  return dummies
}

const PUBLIC_PEM =
  /-----BEGIN (CERTIFICATE|TRUSTED CERTIFICATE|X509 CRL|DH PARAMETERS|X9\.42 DH PARAMETERS|EC PARAMETERS)-----[\s\S]*?-----END \1-----/g

/** Of a private file that is named but not included: what is public in it. */
function publicBlocks(bytes: Uint8Array): Uint8Array {
  return Buffer.from(
    (Buffer.from(bytes).toString('latin1').match(PUBLIC_PEM) ?? []).map((pem) => `${pem}\n`).join(''),
  )
}

/** The directory of every file nginx writes, where the live system has it; else nginx fails inside as it would live. */
function scratch(stage: NginxStage): readonly Mount[] {
  const mounts = new Map<string, Mount>()
  const paths = [...stage.config.written.map(({ file }) => file), ...stage.written]
  for (const path of paths) {
    const parent = parentOf(path)
    const resolved = resolvePath(stage.live, parent)
    if (resolved?.look.kind !== 'directory' || isUnder(resolved.real, stage.tree)) continue
    if (SCRATCH.some((directory) => parent === directory)) continue
    const inScratch = SCRATCH.some((directory) => isUnder(parent, directory))
    mounts.set(parent, inScratch ? { kind: 'directory', to: parent } : { kind: 'tmpfs', to: parent })
  }
  return [...mounts.values()]
    .filter(({ to }) => to !== '/' && !/^\/(usr|etc|proc|sys|dev)?$/.test(to))
    .sort((a, b) => (a.to < b.to ? -1 : 1))
}
