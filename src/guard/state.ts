// What a shell knows at one point of a text: directory, variables, functions, files it has written. Forked by branches and
// subshells, joined again; everything in it is immutable, so a fork is a few maps.
import type { Path } from './path.ts'
import { either, type Stream } from './stream.ts'
import type { Node, Span } from './tree.ts'
import { distinct, type Value } from './value.ts'

export interface Variable {
  readonly values: readonly Value[]
  /** Elements, for an array; then `values` is the first. */
  readonly elements?: readonly Value[]
  readonly exported?: boolean
  /** `declare -n`: the name that it stands for. */
  readonly reference?: string
  /** `unset`: known to be no variable at all. */
  readonly unset?: boolean
  /** It may be unset as well. */
  readonly maybeUnset?: boolean
}

/** Where output goes. */
export type Sink =
  | { readonly to: 'pipe' }
  | { readonly to: 'file'; readonly paths: readonly Path[]; readonly append: boolean }
  | { readonly to: 'network' }
  | { readonly to: 'nowhere' }

export interface Descriptor {
  readonly read?: Stream
  readonly write?: Sink
}

export interface Alias {
  readonly from: Path
  readonly to: Path
  /** A link that was there before: taking it away takes away nothing behind it. */
  readonly symbolic?: true
}

export interface State {
  readonly cwd: readonly Path[]
  readonly before: readonly Path[] | undefined
  readonly variables: ReadonlyMap<string, Variable>
  readonly functions: ReadonlyMap<string, Node>
  readonly aliases: ReadonlyMap<string, string>
  readonly positional: readonly Value[] | undefined
  readonly files: ReadonlyMap<string, Stream>
  /** Later names of files: links, copies, mounts made by the text itself. */
  readonly links: readonly Alias[]
  readonly descriptors: ReadonlyMap<number | string, Descriptor>
  /** Programs between the shell and what runs: sudo, xargs, python. */
  readonly via: readonly string[]
  readonly user: string | undefined
  readonly host: string | undefined
  /** The container or pod that it runs in, whose variables are those of a service. */
  readonly within?: { readonly platform: string; readonly name: Value }
  /** What runs here is one of many programs that it may be: whatever it does is not certain. */
  readonly doubtful?: true
  /** Scripts that are being run: one that starts itself anew is not followed again. */
  readonly scripts?: readonly string[]
  /** Functions that are running, with how many background commands were around each when it began. */
  readonly calls?: readonly { readonly name: string; readonly forks: number }[]
  readonly forks?: number
  /** In a pipe: the words of the program that alone reads what the command at this place writes. */
  readonly into?: { readonly at: Span; readonly words: readonly string[] } | undefined
  /** The text made a named pipe. */
  readonly fifos?: true
}

export const put = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> =>
  new Map(map).set(key, value)

export function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const all = new Map(map)
  all.delete(key)
  return all
}

/** After a branch that may or may not have been taken. */
export function join(a: State, b: State): State {
  if (a === b) return a
  return {
    ...b,
    cwd: distinctPaths([...a.cwd, ...b.cwd]),
    variables: joinMaps(a.variables, b.variables, joinVariables),
    functions: a.functions === b.functions ? a.functions : new Map([...a.functions, ...b.functions]),
    aliases: a.aliases === b.aliases ? a.aliases : new Map([...a.aliases, ...b.aliases]),
    files: joinMaps(a.files, b.files, joinStreams),
    links: a.links === b.links ? a.links : [...a.links, ...b.links.filter((one) => !a.links.includes(one))],
    descriptors:
      a.descriptors === b.descriptors ? a.descriptors : new Map([...a.descriptors, ...b.descriptors]),
  }
}

function joinStreams(a: Stream | undefined, b: Stream | undefined): Stream {
  if (a === undefined || b === undefined) return a ?? b ?? { origins: [] }
  return either(a, b)
}

function joinVariables(a: Variable | undefined, b: Variable | undefined): Variable {
  if (a === b && a !== undefined) return a
  const one = a ?? b
  if (one === undefined) return { values: [[]] }
  if (a === undefined || b === undefined) return { ...one, maybeUnset: true }
  return {
    values: distinct([...a.values, ...b.values]),
    exported: a.exported === true || b.exported === true,
    ...(a.elements !== undefined && b.elements !== undefined
      ? { elements: [...a.elements, ...b.elements] }
      : {}),
    ...(a.maybeUnset === true || b.maybeUnset === true ? { maybeUnset: true } : {}),
    ...(b.reference === undefined ? {} : { reference: b.reference }),
  }
}

function joinMaps<V>(
  a: ReadonlyMap<string, V>,
  b: ReadonlyMap<string, V>,
  one: (a: V | undefined, b: V | undefined) => V,
): ReadonlyMap<string, V> {
  if (a === b) return a
  const all = new Map<string, V>()
  for (const key of new Set([...a.keys(), ...b.keys()])) all.set(key, one(a.get(key), b.get(key)))
  return all
}

/** Prefix assignments and redirections hold for one command; those of `exec` stay. */
export function restored(now: State, before: State, names: readonly string[], stays: boolean): State {
  const variables = new Map(names.length === 0 ? [] : now.variables)
  for (const name of names) {
    const old = before.variables.get(name)
    if (old === undefined) variables.delete(name)
    else variables.set(name, old)
  }
  return {
    ...now,
    variables: names.length === 0 ? now.variables : variables,
    descriptors: stays ? now.descriptors : keptOpen(now.descriptors, before.descriptors),
  }
}

/** `{fd}>file` stays open with any command. */
function keptOpen(now: State['descriptors'], before: State['descriptors']): State['descriptors'] {
  if (now === before) return before
  const named = [...now].filter(([key, one]) => typeof key === 'string' && before.get(key) !== one)
  return named.length === 0 ? before : new Map([...before, ...named])
}

const CWD_LIMIT = 8

function distinctPaths(paths: readonly Path[]): readonly Path[] {
  const seen = new Map<string, Path>()
  for (const one of paths) seen.set(JSON.stringify(one), one)
  const all = [...seen.values()]
  return all.length > CWD_LIMIT ? [{ segments: ['tree'], loose: true }] : all
}

/** At the start of a text. */
export function freshState(cwd: Path): State {
  return {
    cwd: [cwd],
    before: undefined,
    variables: new Map(),
    functions: new Map(),
    aliases: new Map(),
    positional: undefined,
    files: new Map(),
    links: [],
    descriptors: new Map(),
    via: [],
    user: undefined,
    host: undefined,
  }
}
