// Who imports whom among the source files of a tree, by what they write; packages from outside are no part of it.
import { factsOf } from './source-facts.ts'
import { languageOf } from './source-text.ts'

/** Of each file, the files that it imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

export function importGraph(files: readonly { readonly path: string; readonly text: string }[]): ImportGraph {
  const paths = new Set(files.map(({ path }) => path))
  const modules = pythonModules(paths)
  return new Map(
    files.flatMap(({ path, text }): readonly (readonly [string, readonly string[]])[] => {
      const language = languageOf(path)
      if (language === undefined) return []
      const { imports } = factsOf(language, text)
      const resolved = imports.map((name) =>
        language === 'javascript' ? javascriptFile(path, name, paths) : pythonFile(path, name, modules),
      )
      return [[path, [...new Set(resolved.filter((one) => one !== undefined && one !== path))] as string[]]]
    }),
  )
}

const ENDINGS = ['', '.ts', '.tsx', '.js', '.jsx', '.mjs', '.cjs', '.mts', '.cts']

function javascriptFile(from: string, name: string, paths: ReadonlySet<string>): string | undefined {
  if (!name.startsWith('.')) return undefined
  const base = joined(directoryOf(from), name)
  if (base === undefined) return undefined
  const bare = base.replace(/\.[cm]?js$/, '')
  for (const ending of ENDINGS) {
    if (paths.has(`${base}${ending}`)) return `${base}${ending}`
    if (ending !== '' && paths.has(`${bare}${ending}`)) return `${bare}${ending}`
    if (ending !== '' && paths.has(`${base}/index${ending}`)) return `${base}/index${ending}`
  }
  return undefined
}

/** Modules by their dotted names, also below the directories that usually hold sources. */
function pythonModules(paths: ReadonlySet<string>): ReadonlyMap<string, string> {
  const modules = new Map<string, string>()
  for (const path of paths) {
    if (!path.endsWith('.py')) continue
    const name = path.replace(/(?:\/__init__)?\.py$/, '').replaceAll('/', '.')
    modules.set(name, path)
    const inner = /^(?:src|lib|app|backend)\.(.+)$/.exec(name)?.[1]
    if (inner !== undefined && !modules.has(inner)) modules.set(inner, path)
  }
  return modules
}

function pythonFile(from: string, name: string, modules: ReadonlyMap<string, string>): string | undefined {
  const dots = /^\.*/.exec(name)?.[0].length ?? 0
  if (dots === 0) return modules.get(name) ?? modules.get(`${directoryOf(from).replaceAll('/', '.')}${name}`)
  const parts = from.split('/').slice(0, -dots)
  return modules.get([...parts, ...name.slice(dots).split('.')].filter((part) => part !== '').join('.'))
}

/** Everything that reaches one of `paths`, in order; without `paths`. */
export function importersOf(graph: ImportGraph, paths: readonly string[]): readonly string[] {
  const users = new Map<string, string[]>()
  for (const [path, imports] of graph)
    for (const one of imports) {
      const known = users.get(one)
      if (known === undefined) users.set(one, [path])
      else known.push(path)
    }
  const seen = new Set(paths)
  const waiting = [...paths]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop())
    for (const user of users.get(path) ?? [])
      if (!seen.has(user)) {
        seen.add(user)
        waiting.push(user)
      }
  return [...seen].filter((path) => !paths.includes(path)).toSorted()
}

/** Groups of changed files that have nothing to do with each other: no import between them, and no directory of their own in common (S54). */
export function unrelatedParts(graph: ImportGraph, paths: readonly string[]): readonly (readonly string[])[] {
  const groupOf = new Map(paths.map((path) => [path, new Set([path])]))
  const join = (a: string, b: string) => {
    const [one, other] = [groupOf.get(a), groupOf.get(b)]
    if (one === undefined || other === undefined || one === other) return
    for (const path of other) {
      one.add(path)
      groupOf.set(path, one)
    }
  }
  for (const path of paths) {
    for (const imported of graph.get(path) ?? []) join(path, imported)
    // `src/` alone is no part of a program; `src/users/` is.
    for (const other of paths)
      if (directoryOf(path) === directoryOf(other) && directoryOf(path).split('/').length > 2)
        join(path, other)
  }
  return [...new Set(groupOf.values())].map((group) => [...group])
}

const directoryOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)

function joined(directory: string, name: string): string | undefined {
  const parts = directory.split('/').filter((part) => part !== '')
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}
