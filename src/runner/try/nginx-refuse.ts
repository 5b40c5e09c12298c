// What is refused of an nginx change by reading alone, before anything runs: new code, includes that leave the declared
// tree, private files taken in, files nginx would never read, keys that do not belong to their certificates.

import { type FileChange, type FileView, isUnder, resolvePath } from '../../host/file-view.ts'
import { isEffective, type NginxConfig } from '../../host/nginx-config.ts'
import { readCertificates, samePair } from './dummy-certificate.ts'
import { type Problem, problem } from './problem.ts'

export interface Reading {
  readonly before: NginxConfig
  readonly after: NginxConfig
  readonly live: FileView
  readonly shadow: FileView
  readonly changes: readonly FileChange[]
  /** Of new names that are not looked up. */
  readonly unseen: readonly Problem[]
  /** The declared tree, `/etc/nginx`. */
  readonly tree: string
}

/** Module snippets of the distribution: root's, and only loaded through links that are themselves part of the tree. */
const DISTRIBUTION = '/usr/share/nginx'

/** INVARIANT T2: of a file that the change only tries to take in, nothing comes out: no digest, line, word or existence. */
export interface Refusal {
  readonly problems: readonly Problem[]
  /** Facts of the configuration after the change may be shown. */
  readonly mayShow: boolean
}

export function refuseByReading(reading: Reading): Refusal {
  const hidden = reading.unseen.filter(({ level }) => level === 'red')
  const foreign = [...leavingIncludes(reading), ...privateIncludes(reading), ...hidden]
  if (foreign.length > 0) return { problems: [...foreign, ...newCode(reading)], mayShow: false }
  const problems = [
    ...reading.unseen,
    ...brokenReading(reading),
    ...newCode(reading),
    ...notEffective(reading),
    ...foreignKeys(reading),
  ]
  return { problems, mayShow: true }
}

function brokenReading({ after }: Reading): readonly Problem[] {
  return after.problems.map((found) =>
    problem(found.code, 'red', found.detail, { path: found.path, line: found.line }),
  )
}

function newCode({ before, after, changes }: Reading): readonly Problem[] {
  const problems: Problem[] = []
  for (const text of difference(after.code, before.code))
    problems.push(problem('nginx.loads_code', 'red', `added: ${text}`))
  for (const text of difference(before.code, after.code))
    problems.push(problem('nginx.loads_code', 'red', `removed: ${text}`))
  const loaded = new Set([...before.codeFiles, ...after.codeFiles])
  for (const { path } of changes)
    if (
      [...loaded].some((file) => file !== '/' && isUnder(path, file)) ||
      /\.(so|pm|pl|lua|js|mjs)$/.test(path)
    )
      problems.push(
        problem('nginx.loads_code', 'red', 'the changed file is code that nginx may load', { path }),
      )
  return problems
}

/** Multiset difference of sorted texts. */
function difference(of: readonly string[], without: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const text of without) left.set(text, (left.get(text) ?? 0) + 1)
  return of.filter((text) => {
    const count = left.get(text) ?? 0
    left.set(text, count - 1)
    return count <= 0
  })
}

function leavingIncludes({ before, after, tree }: Reading): readonly Problem[] {
  const inside = (path: string) => isUnder(path, tree) || isUnder(path, DISTRIBUTION)
  const known = new Set(before.includes.map(({ pattern }) => pattern))
  const knownFiles = new Set(before.files.map(({ real }) => real))
  const patterns = after.includes.filter(
    ({ pattern }) => !known.has(pattern) && !inside(withoutDots(pattern)),
  )
  const files = after.files.filter(({ real }) => !knownFiles.has(real) && !inside(real))
  return [
    ...patterns.map((include) => problem('nginx.include_leaves', 'red', include.pattern, include)),
    ...files
      .filter((file) => inside(withoutDots(file.path)))
      .map((file) => problem('nginx.include_leaves', 'red', `leads to ${file.real}`, { path: file.path })),
  ]
}

function withoutDots(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** A file others may not read would come out in nginx's error text word by word. */
function privateIncludes({ before, after, changes, tree }: Reading): readonly Problem[] {
  const known = new Set(before.files.map(({ real }) => real))
  const changed = new Set(changes.map(({ path }) => path))
  return after.files
    .filter((file) => file.isPrivate && isUnder(file.real, tree))
    .filter((file) => !known.has(file.real) && !changed.has(file.real))
    .map((file) =>
      problem('nginx.include_private', 'red', 'only its owner may read this file', { path: file.real }),
    )
}

/** E4: a file that is not included is not tested, and changes nothing. */
function notEffective({ before, after, changes }: Reading): readonly Problem[] {
  return changes
    .filter(({ path, after: state }) => !isEffective(state.kind === 'absent' ? before : after, path))
    .map(({ path }) =>
      problem('nginx.not_effective', 'red', 'nginx does not read this file: no include takes it in', {
        path,
      }),
    )
}

/** Only keys already in force are compared: else the answer would tell what stands in any file. */
function foreignKeys({ before, after, live, shadow, changes }: Reading): readonly Problem[] {
  const changed = new Set(changes.map(({ path }) => path))
  const inForce = new Set(before.pairs.flatMap(({ key }) => resolvePath(live, key)?.real ?? []))
  return after.pairs.flatMap((pair) => {
    const certificate = resolvePath(shadow, pair.certificate)
    const key = resolvePath(shadow, pair.key)
    if (certificate?.look.kind !== 'file' || key?.look.kind !== 'file') return []
    const [leaf] = readCertificates(certificate.look.bytes)
    if (leaf === undefined) return []
    const place = { path: pair.path, line: pair.line }
    if (!inForce.has(key.real) && !changed.has(key.real))
      return [problem('nginx.key_not_compared', 'note', `${pair.key} is not in force yet`, place)]
    const same = samePair(leaf, key.look.bytes)
    if (same === 'same') return []
    return same === 'different'
      ? [problem('nginx.key_mismatch', 'red', `${pair.key} does not belong to ${pair.certificate}`, place)]
      : [problem('nginx.key_not_compared', 'note', `${pair.key} cannot be read as a key`, place)]
  })
}
