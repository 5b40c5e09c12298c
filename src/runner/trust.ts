// A root runner never runs code, keys, policy or state that another user can change, at any component of the path (spine §1).
import { lstat, readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { untrustedComponent } from '../sys/files.ts'

/** Each untrusted path with its reason; empty when all may be trusted. Missing paths are judged by their nearest parent. */
export async function untrustedPaths(paths: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const path of paths) {
    for (const one of new Set([path, await real(path)])) {
      const bad = await untrustedComponent(await existing(one))
      if (bad !== undefined) found.add(`${bad.path} (${bad.why})`)
    }
  }
  return [...found]
}

/** Throws runner.untrusted_path naming the first one. */
export async function requireTrusted(paths: readonly string[]): Promise<void> {
  const [first] = await untrustedPaths(paths)
  if (first !== undefined) throw untrusted(first)
}

/** One answer of `untrustedPaths` as the error that names it. */
export function untrusted(one: string): SekishoError {
  const [, path = one, why = 'writable'] = /^(.*) \((\w+)\)$/.exec(one) ?? []
  return new SekishoError('runner.untrusted_path', { path, why })
}

/** Every file and directory below, without following links. */
export async function everythingBelow(directory: string): Promise<readonly string[]> {
  const stat = await lstat(directory).catch(() => undefined)
  if (stat === undefined) return []
  if (!stat.isDirectory()) return [directory]
  const names = await readdir(directory)
  const below = await Promise.all(names.map((name) => everythingBelow(join(directory, name))))
  return [directory, ...below.flat()]
}

async function real(path: string): Promise<string> {
  return realpath(path).catch(() => path)
}

async function existing(path: string): Promise<string> {
  let current = path
  for (;;) {
    const there = await lstat(current).catch(() => undefined)
    if (there !== undefined || current === '/') return current
    current = dirname(current)
  }
}
