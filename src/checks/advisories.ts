// Packages of lock files (npm, pip, go) against records of advisories in the OSV format. Pure. Versions are compared by the rules of their
// ecosystem; a version that cannot be read is not called safe.
import { isObject } from '../base/json.ts'
import { compareVersions, isVersion } from './versions.ts'

export type Ecosystem = 'npm' | 'PyPI' | 'Go'
export interface Locked {
  readonly ecosystem: Ecosystem
  readonly name: string
  readonly version: string
}

/** Undefined where the file is no lock file that can be read. Lines without an exact version are `loose`. */
export function lockedIn(
  fileName: string,
  text: string,
): { readonly packages: readonly Locked[]; readonly loose: number } | undefined {
  if (/package-lock\.json$|npm-shrinkwrap\.json$/.test(fileName)) return npmLock(text)
  if (fileName.endsWith('go.sum')) return goSum(text)
  if (/requirements[^/]*\.txt$|constraints[^/]*\.txt$/.test(fileName)) return requirements(text)
  return undefined
}

function npmLock(text: string) {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const packages = isObject(value) ? value['packages'] : undefined
  if (!isObject(packages)) return undefined // Version 1 of npm 6 and before has no such field.
  const found: Locked[] = []
  for (const [path, one] of Object.entries(packages)) {
    const at = path.lastIndexOf('node_modules/')
    if (at === -1 || !isObject(one) || one['link'] === true) continue
    const name = typeof one['name'] === 'string' ? one['name'] : path.slice(at + 'node_modules/'.length)
    const version = one['version']
    if (typeof version === 'string') found.push({ ecosystem: 'npm', name, version })
  }
  return { packages: found, loose: 0 }
}

function goSum(text: string) {
  const found = new Map<string, Locked>()
  for (const [, name = '', version = ''] of text.matchAll(/^(\S+) v([^\s/]+)(?:\/go\.mod)? h1:\S+$/gm))
    found.set(`${name}@${version}`, { ecosystem: 'Go', name, version })
  return { packages: [...found.values()], loose: 0 }
}

function requirements(text: string) {
  const found: Locked[] = []
  let loose = 0
  for (const raw of text.replace(/\\\n/g, ' ').split('\n')) {
    const line = raw.replace(/(^|\s)#.*$/, '').trim()
    // What another file or a directory asks for is not read here.
    if (/^(?:-r|--requirement|-e|--editable)\b/.test(line)) loose++
    if (line === '' || line.startsWith('-')) continue
    const exact = /^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;,]+)/.exec(line)
    if (exact === null) loose++
    else found.push({ ecosystem: 'PyPI', name: normal(exact[1] ?? ''), version: exact[2] ?? '' })
  }
  return { packages: found, loose }
}

/** PEP 503. */
const normal = (name: string) => name.toLowerCase().replace(/[-_.]+/g, '-')
const ECOSYSTEMS: readonly string[] = ['npm', 'PyPI', 'Go'] satisfies readonly Ecosystem[]

export interface Affected {
  readonly id: string
  readonly ecosystem: Ecosystem
  readonly name: string
  readonly versions: ReadonlySet<string>
  readonly ranges: readonly (readonly {
    readonly introduced?: string
    readonly fixed?: string
    readonly last?: string
  }[])[]
}

/** What one record says; withdrawn ones say nothing. `modified` is when it was written last. */
export function affectedBy(record: unknown): {
  readonly affected: readonly Affected[]
  readonly modified?: number
} {
  if (!isObject(record) || typeof record['id'] !== 'string') return { affected: [] }
  const id = record['id']
  const modified = Date.parse(String(record['modified'] ?? ''))
  const when = Number.isNaN(modified) ? {} : { modified }
  if (record['withdrawn'] !== undefined || !Array.isArray(record['affected']))
    return { affected: [], ...when }
  const affected = (record['affected'] as readonly unknown[]).flatMap((one): Affected[] => {
    const of = isObject(one) ? one['package'] : undefined
    if (!isObject(one) || !isObject(of)) return []
    const ecosystem = String(of['ecosystem'])
    if (!ECOSYSTEMS.includes(ecosystem)) return []
    const named = String(of['name'])
    return [
      {
        id,
        ecosystem: ecosystem as Ecosystem,
        name: ecosystem === 'PyPI' ? normal(named) : named,
        versions: new Set(Array.isArray(one['versions']) ? one['versions'].map(String) : []),
        ranges: Array.isArray(one['ranges']) ? one['ranges'].map(eventsOf) : [],
      },
    ]
  })
  return { affected, ...when }
}

function eventsOf(range: unknown): Affected['ranges'][number] {
  if (!isObject(range) || range['type'] === 'GIT' || !Array.isArray(range['events'])) return []
  return (range['events'] as readonly unknown[]).flatMap((event): Affected['ranges'][number] => {
    if (!isObject(event)) return []
    const { introduced, fixed, last_affected: last } = event
    if (typeof introduced === 'string') return [{ introduced }]
    if (typeof fixed === 'string') return [{ fixed }]
    return typeof last === 'string' ? [{ last }] : []
  })
}

/** Undefined: the version cannot be compared, so it is not known. */
export function isAffected({ ecosystem, version }: Locked, by: Affected): boolean | undefined {
  if (by.versions.has(version)) return true
  // Ranges of commits alone say nothing of a version.
  if (by.ranges.every((events) => events.length === 0)) return by.versions.size > 0 ? false : undefined
  if (!isVersion(ecosystem, version)) return undefined
  const compare = (other: string) => compareVersions(ecosystem, version, other)
  return by.ranges.some((events) => {
    let inside = false
    for (const { introduced, fixed, last } of events) {
      if (introduced !== undefined) inside = inside || introduced === '0' || compare(introduced) >= 0
      if (fixed !== undefined && compare(fixed) >= 0) inside = false
      if (last !== undefined && compare(last) > 0) inside = false
    }
    return inside
  })
}
