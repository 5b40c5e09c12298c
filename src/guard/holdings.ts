// What the files hold that a text has written, and under which other names they are found.
import { literalPath, type Path, pathKey, pathOfKey } from './path.ts'
import type { State } from './state.ts'
import { ENDLESS, either, follow, fromFiles, NO_TEXT, NOTHING, type Stream } from './stream.ts'
import { literal, sameValue } from './value.ts'

export function contentsOf(state: State, paths: readonly Path[], recursive: boolean): Stream {
  let all: Stream | undefined
  for (const one of paths) {
    const stream = held(state, one) ?? fromFiles([one], recursive)
    all = all === undefined ? stream : either(all, stream)
  }
  return all ?? NOTHING
}

const ENDLESS_DEVICE = /^\/dev\/(?:zero|u?random)$/

/** What this text put there, under this name or another one; `/dev/fd/3` is what 3 reads. */
function held(state: State, one: Path): Stream | undefined {
  const key = pathKey(one)
  if (key === '/dev/null') return NO_TEXT
  if (ENDLESS_DEVICE.test(key)) return { origins: [...fromFiles([one]).origins, ...ENDLESS.origins] }
  const found = state.files.get(key)
  if (found !== undefined) return found
  const descriptor = /^\/(?:dev|proc\/self)\/(?:fd\/(\w+)|stdin)$/.exec(key)
  if (descriptor !== null) {
    const name = descriptor[1] ?? '0'
    const read = state.descriptors.get(/^\d+$/.test(name) ? Number(name) : name)?.read
    if (read !== undefined) return read
  }
  for (const other of state.links.length === 0 ? [] : laterNames(state, one)) {
    const stream = state.files.get(pathKey(other))
    if (stream !== undefined) return stream
  }
  return undefined
}

/** The files after a stream was written to one of these. */
export function written(
  before: State['files'],
  paths: readonly Path[],
  stream: Stream,
  append: boolean,
): State['files'] {
  const files = new Map(before)
  for (const one of paths) {
    const key = pathKey(one)
    const old = files.get(key)
    if (append && old !== undefined) files.set(key, follow(old, stream))
    // Several are "one of them": each may still hold what it held.
    else files.set(key, paths.length > 1 && old !== undefined ? either(old, stream) : stream)
  }
  return files
}

/** Below a directory into which this text has unpacked an archive from afar. */
export function liesInFetched({ files }: State, { segments, loose }: Path): boolean {
  if (files.size === 0 || loose) return false
  for (let end = Math.min(segments.length, DEEPEST); end >= 0; end--) {
    const tree = files.get(pathKey({ segments: [...segments.slice(0, end), 'tree'], loose: false }))
    if (tree?.origins.some(({ from }) => from === 'network') === true) return true
  }
  return false
}
const DEEPEST = 32

/** Files and links of this text that are called so, in whatever directory they lie. */
export function laidAs({ files, links }: State, name: string): readonly Path[] {
  const keys = [...files.keys()].filter((key) => key.includes(name))
  return [...keys.map(pathOfKey), ...links.map(({ from }) => from)].filter(({ segments }) => {
    const last = segments.at(-1)
    return last !== undefined && last !== 'tree' && literal(last) === name
  })
}

const MOST = 128

/** Links, copies and mounts made earlier in the text, and links of the machine. `named`: a link itself is meant, not what it leads to. */
export function laterNames({ links }: State, one: Path, named = false): readonly Path[] {
  if (links.length === 0) return []
  // The newest ones: more than that nobody writes by hand.
  const all: Path[] = []
  for (const { from, to, symbolic } of links.slice(-MOST)) {
    const rest = behind(one, from)
    if (rest !== undefined && !(named && symbolic === true && rest.length === 0))
      all.push({ segments: [...to.segments, ...rest], loose: one.loose || to.loose })
  }
  return all
}

/** What is left of a path behind the directory that it begins with. */
function behind({ segments }: Path, start: Path): Path['segments'] | undefined {
  if (literalPath(start) === undefined || segments.length < start.segments.length) return undefined
  for (const [i, one] of start.segments.entries()) {
    const mine = segments[i]
    if (mine === undefined || mine === 'tree' || one === 'tree' || !sameValue(mine, one)) return undefined
  }
  return segments.slice(start.segments.length)
}
