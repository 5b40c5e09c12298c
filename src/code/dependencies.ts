// Which packages a change adds, removes or moves to another version, by the lock files of npm, pip, Poetry and Go. Where a manifest changes and its lock file
// does not, that is a finding.
import { isObject, parseJson } from '../base/json.ts'
import { type Finding, finding } from './finding.ts'
import { visible } from './path-rules.ts'
import type { ChangedText } from './test-paths.ts'

export interface DependencyChange {
  readonly name: string
  readonly before?: string
  readonly after?: string
}

type Versions = ReadonlyMap<string, string>

const READERS: readonly (readonly [RegExp, (text: string) => Versions])[] = [
  [/(?:^|\/)(?:package-lock|npm-shrinkwrap)\.json$/, npmLock],
  [/(?:^|\/)requirements[\w.-]*\.txt$/, requirements],
  [/(?:^|\/)(?:poetry|uv|Cargo)\.lock$/, tomlLock],
  [/(?:^|\/)go\.mod$/, goModule],
]
/** Read by nobody here: they are named as files. */
const OTHER_LOCKS =
  /(?:^|\/)(?:yarn\.lock|pnpm-lock\.yaml|Pipfile\.lock|Gemfile\.lock|composer\.lock|bun\.lockb?)$/

export function isLockFile(path: string): boolean {
  return OTHER_LOCKS.test(path) || READERS.some(([pattern]) => pattern.test(path))
}

export function dependencyChanges(changed: readonly ChangedText[]): {
  readonly changes: readonly DependencyChange[]
  readonly findings: readonly Finding[]
  readonly notRead: readonly string[]
} {
  const changes: DependencyChange[] = []
  const notRead: string[] = []
  for (const { path, before, after } of changed) {
    if (OTHER_LOCKS.test(path)) notRead.push(path)
    const read = READERS.find(([pattern]) => pattern.test(path))?.[1]
    if (read === undefined) continue
    const [was, is] = [read(before ?? ''), read(after ?? '')]
    for (const name of [...new Set([...was.keys(), ...is.keys()])].toSorted()) {
      const [old, now] = [was.get(name), is.get(name)]
      if (old === now) continue
      changes.push({
        name: visible(name),
        ...(old === undefined ? {} : { before: visible(old) }),
        ...(now === undefined ? {} : { after: visible(now) }),
      })
    }
  }
  return { changes, findings: withoutLock(changed), notRead }
}

function withoutLock(changed: readonly ChangedText[]): readonly Finding[] {
  const locked = new Set(changed.filter(({ path }) => isLockFile(path)).map(({ path }) => directoryOf(path)))
  return changed.flatMap(({ path, before, after }) => {
    if (!/(?:^|\/)package\.json$/.test(path) || locked.has(directoryOf(path))) return []
    const [was, is] = [declared(before), declared(after)]
    const names = [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name))
    return names.length === 0
      ? []
      : [finding('impact.dependency_without_lock', visible(firstOf(names).join(', ')), { path })]
  })
}

/** As many as a line holds. */
const firstOf = (names: readonly string[]): readonly string[] =>
  names.length <= 10 ? names : [...names.slice(0, 10), `… + ${names.length - 10}`]

const directoryOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)

function declared(text: string | undefined): Versions {
  const root = parsed(text ?? '')
  const found = new Map<string, string>()
  for (const key of ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']) {
    const group = root?.[key]
    if (isObject(group)) for (const [name, version] of Object.entries(group)) found.set(name, String(version))
  }
  return found
}

function npmLock(text: string): Versions {
  const found = new Map<string, string>()
  const packages = parsed(text)?.['packages']
  if (!isObject(packages)) return found
  for (const [path, value] of Object.entries(packages)) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    if (path === '' || !path.includes('node_modules/') || !isObject(value)) continue
    const version = value['version']
    if (typeof version === 'string' && !found.has(name)) found.set(name, version)
  }
  return found
}

function requirements(text: string): Versions {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;#]*)/.exec(line)
    if (match?.[1] !== undefined)
      found.set(match[1].toLowerCase(), (match[2] ?? '').replace(/^==/, '').trim() || '*')
  }
  return found
}

function tomlLock(text: string): Versions {
  const found = new Map<string, string>()
  let name: string | undefined
  for (const line of text.split('\n')) {
    if (line.startsWith('[')) name = undefined
    const match = /^(name|version)\s*=\s*"([^"]*)"/.exec(line)
    if (match?.[1] === 'name') name = match[2]
    else if (match?.[1] === 'version' && name !== undefined) found.set(name, match[2] ?? '')
  }
  return found
}

function goModule(text: string): Versions {
  const found = new Map<string, string>()
  for (const [, name = '', version = ''] of text.matchAll(
    /^\s*(?:require\s+)?([\w.~-]+(?:\/[\w.~-]+)+)\s+(v[\w.+-]+)/gm,
  ))
    found.set(name, version)
  return found
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const root = parseJson(text)
    return isObject(root) ? root : undefined
  } catch {
    return undefined
  }
}
