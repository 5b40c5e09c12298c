// A runner that is root never runs code that somebody else can change: from such a checkout the code is copied into a place of root's
// own, once for each state of the sources, and that copy is what runs.

import { createHash } from 'node:crypto'
import { cp, lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { isObject } from '../../base/json.ts'
import { syncDirectory, untrustedComponent } from '../../sys/files.ts'
import { run } from '../../sys/process.ts'
import { type Code, codeIn } from './code.ts'

/** Why this code may not run as root as it lies here; undefined when it may. */
export async function whyCopy(code: Code, gateUid: number): Promise<string | undefined> {
  for (const path of [code.runner, code.server, code.node, join(code.root, 'node_modules')]) {
    const untrusted = await untrustedComponent(path).catch(() => undefined)
    if (untrusted !== undefined) return untrusted.path
  }
  const readable = await run(['test', '-r', code.server], { uid: gateUid, gid: gateUid })
  return readable.code === 0 ? undefined : code.root
}

/** Copies what runs (sources, packages without those of development, node) below `into`, once a state. Returns the copy. */
export async function ownCopy(code: Code, into: string): Promise<Code> {
  const target = join(into, `code-${(await digestOf(code)).slice(0, 16)}`)
  if ((await lstat(target).catch(() => undefined)) === undefined) await copyCode(code, target)
  return codeIn(target, code.isCheckout)
}

/** Wholly there or not at all: `target` must not exist. */
export async function copyCode(code: Code, target: string): Promise<void> {
  const fresh = `${target}.new`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true, mode: 0o755 })
  for (const path of await partsOf(code)) {
    const to = join(fresh, path)
    await mkdir(join(to, '..'), { recursive: true, mode: 0o755 })
    await cp(join(code.root, path), to, { recursive: true, dereference: false, verbatimSymlinks: true })
  }
  await own(fresh)
  await rename(fresh, target)
  await syncDirectory(join(target, '..'))
}

/** Relative paths of everything that runs. */
async function partsOf(code: Code): Promise<readonly string[]> {
  if (!code.isCheckout) return ['bin', 'dist', 'package.json', 'node_modules']
  const lock: unknown = JSON.parse(await readFile(join(code.root, 'package-lock.json'), 'utf8'))
  const packages = isObject(lock) && isObject(lock['packages']) ? lock['packages'] : {}
  const needed: string[] = []
  for (const [path, one] of Object.entries(packages)) {
    if (path === '' || !isObject(one)) continue
    const runtime =
      one['dev'] !== true || path === 'node_modules/node' || path.startsWith('node_modules/node-bin-')
    if (!runtime) continue
    if ((await lstat(join(code.root, path)).catch(() => undefined)) !== undefined) needed.push(path)
  }
  return ['src', 'bin', 'package.json', 'package-lock.json', ...needed]
}

/** Of the sources and the lock: another state is another copy. */
export async function digestOf(code: Code): Promise<string> {
  const hash = createHash('sha256')
  const walk = async (path: string): Promise<void> => {
    for (const entry of (await readdir(join(code.root, path), { withFileTypes: true })).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const one = join(path, entry.name)
      if (entry.isDirectory()) await walk(one)
      else if (entry.isFile()) hash.update(`${one}\0`).update(await readFile(join(code.root, one)))
    }
  }
  await walk(code.isCheckout ? 'src' : 'dist')
  for (const file of ['package.json', 'package-lock.json'])
    hash.update(await readFile(join(code.root, file)).catch(() => ''))
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
