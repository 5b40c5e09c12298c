// A runner that is root never runs code that somebody else can change: what an installation or `up` from a shared checkout runs is a copy
// of root's own. What is copied is always bundles, which need no package but the database's programs: where a checkout's are not of its
// sources as they lie there, or somebody else could have touched them, they are made anew, straight into the copy.
import { createHash } from 'node:crypto'
import { cp, lstat, mkdir, readdir, readFile, readlink, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { BUILT, isCurrent, readBuilt } from '../../sys/built.ts'
import { digestOfFile, PACKAGES, readPackages } from '../../sys/built-packages.ts'
import { syncDirectory, type Untrusted, untrustedComponent } from '../../sys/files.ts'
import { run } from '../../sys/process.ts'
import { type Code, codeIn } from './code.ts'
import { copyNode } from './copy-node.ts'

/** The first part of what runs that somebody else can change. */
export async function untrustedPart(code: Code): Promise<Untrusted | undefined> {
  const bundles = code.isBundle
    ? (readBuilt(join(code.root, 'dist'))?.files ?? []).map((name) => join(code.root, 'dist', name))
    : []
  const packages = join(code.root, 'node_modules')
  for (const path of [code.runner, code.server, code.node, packages, ...bundles]) {
    const untrusted = await untrustedComponent(path).catch(() => undefined)
    if (untrusted !== undefined) return untrusted
  }
  return undefined
}

/** Why this code may not run as root as it lies here; undefined when it may. */
export async function whyCopy(code: Code, gateUid: number): Promise<string | undefined> {
  const untrusted = await untrustedPart(code)
  if (untrusted !== undefined) return untrusted.path
  const readable = await run(['test', '-r', code.server], { uid: gateUid, gid: gateUid })
  return readable.code === 0 ? undefined : code.root
}

/** A copy of what runs below `into`, once a state of the code. Returns the copy. */
export async function ownCopy(code: Code, into: string): Promise<Code> {
  const target = join(into, `code-${(await digestOf(code)).slice(0, 16)}`)
  if ((await lstat(target).catch(() => undefined)) === undefined) await copyCode(code, target)
  return codeIn(target, true)
}

/** Wholly there or not at all: `target` must not exist. Throws process.failed, host.node_differs, host.package_differs, runner.untrusted_path. */
export async function copyCode(code: Code, target: string): Promise<void> {
  const fresh = `${target}.new`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(join(fresh, 'bin'), { recursive: true, mode: 0o755 })
  const node = join(fresh, 'bin/node')
  await copyNode(code, node)
  await placeBundles(code, node, join(fresh, 'dist'))
  for (const path of ['bin/sekisho', 'bin/sekisho-verify', 'package.json'])
    await cp(join(code.root, path), join(fresh, path), { verbatimSymlinks: true })
  await placePackages(code.root, fresh)
  await own(fresh)
  await rename(fresh, target)
  await syncDirectory(join(target, '..'))
}

/** The files that the build has listed, and no other of the packages. Throws host.package_differs. */
async function placePackages(root: string, fresh: string): Promise<void> {
  const packages = readPackages(join(fresh, 'dist'))
  if (packages === undefined) throw new SekishoError('host.package_differs', { path: PACKAGES })
  for (const [path, digest] of Object.entries(packages.files)) {
    await mkdir(join(fresh, path, '..'), { recursive: true, mode: 0o755 })
    await cp(join(root, path), join(fresh, path), { verbatimSymlinks: true }).catch(() => {
      throw new SekishoError('host.package_differs', { path: join(root, path) })
    })
    // Of the copy, which nobody else can change any more.
    const isSame = (await lstat(join(fresh, path))).isFile() && digestOfFile(join(fresh, path)) === digest
    if (!isSame) throw new SekishoError('host.package_differs', { path: join(root, path) })
  }
}

async function placeBundles(code: Code, node: string, dist: string): Promise<void> {
  if (code.isBundle || (await areReady(code))) {
    await mkdir(dist, { mode: 0o755 })
    const built = readBuilt(join(code.root, 'dist'))
    for (const name of [...(built?.files ?? []), BUILT])
      await cp(join(code.root, 'dist', name), join(dist, name))
    return
  }
  const made = await run([node, join(code.root, 'build.ts'), '--out', dist], { timeoutMs: 120_000 })
  if (made.code !== 0)
    throw new SekishoError('process.failed', {
      program: 'build.ts',
      why: (made.notStarted ?? made.stderr).trim().slice(0, 300),
    })
}

/** Made of the sources as they lie there, plain files, and nobody but root can have touched them. */
async function areReady({ root }: Code): Promise<boolean> {
  if (!isCurrent(root)) return false
  for (const name of [...(readBuilt(join(root, 'dist'))?.files ?? []), BUILT]) {
    const path = join(root, 'dist', name)
    if (!(await lstat(path)).isFile() || (await untrustedComponent(path)) !== undefined) return false
  }
  return true
}

/** Of the code and the lock: another state is another copy. */
export async function digestOf(code: Code): Promise<string> {
  const hash = createHash('sha256')
  const add = async (path: string) =>
    hash.update(`${path}\0`).update(await readFile(join(code.root, path)).catch(() => ''))
  const walk = async (path: string): Promise<void> => {
    const entries = await readdir(join(code.root, path), { withFileTypes: true })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const one = join(path, entry.name)
      if (entry.isDirectory()) await walk(one)
      else if (entry.isFile()) await add(one)
    }
  }
  if (code.isBundle)
    for (const name of readBuilt(join(code.root, 'dist'))?.files ?? []) await add(join('dist', name))
  else await walk('src')
  for (const file of ['package.json', 'package-lock.json']) await add(file)
  return hash.digest('hex')
}

/** Of a copy as it lies there: names, modes, what links and files hold; without its own mark. */
export async function treeDigest(root: string, mark: string): Promise<string> {
  const hash = createHash('sha256')
  const walk = async (directory: string): Promise<void> => {
    const entries = await readdir(join(root, directory), { withFileTypes: true })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(directory, entry.name)
      if (path === mark) continue
      const { mode } = await lstat(join(root, path))
      hash.update(`${path}\0${mode}\0`)
      if (entry.isDirectory()) await walk(path)
      else if (entry.isSymbolicLink()) hash.update(await readlink(join(root, path)))
      else if (entry.isFile())
        hash.update(
          createHash('sha256')
            .update(await readFile(join(root, path)))
            .digest(),
        )
    }
  }
  await walk('')
  return hash.digest('hex')
}

/** Root's, and nobody else may write. */
async function own(directory: string): Promise<void> {
  const owned = await run(['chown', '-R', '-h', 'root:root', directory], { timeoutMs: 120_000 })
  const closed = await run(['chmod', '-R', 'u=rwX,go=rX', directory], { timeoutMs: 120_000 })
  if (owned.code !== 0 || closed.code !== 0)
    throw new SekishoError('process.failed', {
      program: 'chown',
      why: (owned.stderr || closed.stderr).slice(0, 300),
    })
}
