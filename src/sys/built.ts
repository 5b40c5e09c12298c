// Was a bundle made from exactly the sources that lie here now? Told from the directory entries alone (name, size, time of the last change
// of the inode), which takes a few milliseconds and needs no file to be read.
// INVARIANT B1: a bundle never runs in a checkout whose sources are others than those it was made from. The time is the inode's own
// (ctime): no copy, no archive and no `touch` can set it back.
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject } from '../base/json.ts'

/** Beside the bundles: what they were made from, and which files they are. */
export const BUILT = 'built.json'

export interface Built {
  readonly v: 1
  /** As `sourcesIn` said before and after the build. */
  readonly sources: string
  /** Names in the same directory; anything else there is of an earlier build. */
  readonly files: readonly string[]
}

/** Everything that a bundle is made of: our sources, the packages as the lock installed them, the build itself. */
export function sourcesIn(root: string): string {
  const lines: string[] = []
  const add = (path: string) => {
    const { size, ctimeMs } = lstatSync(`${root}/${path}`)
    lines.push(`${path} ${size} ${ctimeMs}`)
  }
  const walk = (directory: string) => {
    for (const entry of readdirSync(`${root}/${directory}`, { withFileTypes: true })) {
      const path = `${directory}/${entry.name}`
      if (entry.isDirectory()) walk(path)
      else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts')) add(path)
    }
  }
  walk('src')
  for (const path of ['build.ts', 'build-hook.ts', 'package-lock.json', 'node_modules/.package-lock.json'])
    add(path)
  return lines.sort().join('\n')
}

/** What lies in this directory of bundles; undefined where none was finished. */
export function readBuilt(dist: string): Built | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(dist, BUILT), 'utf8'))
    if (!isObject(value) || value['v'] !== 1) return undefined
    const { sources, files } = value
    if (typeof sources !== 'string' || !Array.isArray(files)) return undefined
    const names = files.filter((one): one is string => typeof one === 'string' && /^[\w.-]+$/.test(one))
    return names.length === files.length ? { v: 1, sources, files: names } : undefined
  } catch {
    return undefined // None, or one of another version: then the sources run.
  }
}

/** INVARIANT B1. */
export function isCurrent(root: string): boolean {
  const built = readBuilt(join(root, 'dist'))
  if (built === undefined) return false
  try {
    return sourcesIn(root) === built.sources
  } catch {
    return false // A file went away while we looked.
  }
}
