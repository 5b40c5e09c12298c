// The shadow of nginx for the sandbox: its whole tree with the changes, dummies for certificates and keys, and scratch
// at every place nginx would write to.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileView, isPrivate, isUnder, type Look, parentOf, resolvePath } from '../../host/file-view.ts'
import type { NginxConfig } from '../../host/nginx-config.ts'
import { OverBudget, type TrialBudget } from '../../sandbox/budget.ts'
import type { Mount, SandboxKind } from '../../sandbox/sandbox-argv.ts'
import { giveInside } from '../../sandbox/sandbox-ids.ts'
import { dummyCertificate, dummyKey, keyPem, readCertificates } from './dummy-certificate.ts'
import { holdsPrivateKey, type Staged, stageTree } from './stage-tree.ts'

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
  readonly budget: TrialBudget
}

/** Each is a mount of its own inside. */
const MAX_OUTSIDE = 1_000
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
    budget: stage.budget,
  })
  if (!staged.ok) return staged
  const mounts: Mount[] = [{ kind: 'bind', from: treeInto, to: stage.tree }]
  const files = outside(stage)
  const [tooMany] = files.slice(MAX_OUTSIDE)
  if (tooMany !== undefined) throw new OverBudget('names', MAX_OUTSIDE, tooMany.to)
  /** Where each content lies: several names of one file are several mounts of one copy. */
  const written = new Map<Uint8Array, string>()
  for (const file of files) {
    const content = dummies.get(file.real) ?? contentOutside(stage, file.real, file.look)
    let from = written.get(content)
    if (from === undefined) {
      from = join(stage.into, `file-${written.size}`)
      written.set(content, from)
      stage.budget.write(file.real, content.length)
      await writeFile(from, content, { mode: 0o600 })
      await giveInside(from, stage.kind, stage.baseUid, { uid: 0, gid: 0 })
    }
    mounts.push({ kind: 'bind', from, to: file.to })
  }
  return { ok: true, mounts: [...mounts, ...scratch(stage)] }
}

function contentOutside(stage: NginxStage, real: string, look: Look & { kind: 'file' }): Uint8Array {
  const needed = stage.config.files.some((file) => file.real === real)
  return holdsPrivateKey(look.bytes) || (isPrivate(look) && !needed) ? new Uint8Array() : look.bytes
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
  const keep = (path: string, bytes: Uint8Array) => {
    stage.budget.write(path, bytes.length)
    dummies.set(path, bytes)
  }
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
    keep(keyFile.real, both ? Buffer.concat([Buffer.from(text), pem]) : pem)
    if (!both) keep(certificateFile.real, Buffer.from(text))
  }
  for (const { role, file } of stage.config.named) {
    const found = real(file)
    if (found?.look.kind !== 'file' || dummies.has(found.real)) continue
    if (role === 'ticket') keep(found.real, Buffer.alloc(found.look.bytes.length, 0x5a))
    else if (role === 'password') keep(found.real, Buffer.from('dummy\n'))
    else if (role === 'key') keep(found.real, new Uint8Array())
    else if (isPrivate(found.look)) keep(found.real, publicBlocks(found.look.bytes))
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
