// How the readers of configurations see files: a view answers what stands at a path without following anything; links,
// globs and the changes of a plan are worked out here, so that live and shadow are read by the same rules.

export type Look =
  | {
      readonly kind: 'file'
      readonly bytes: Uint8Array
      readonly mode: number
      readonly uid: number
      readonly gid: number
      /** Larger than what is read: `bytes` is empty then. */
      readonly tooLarge?: boolean
      /** The same for every name of one file. */
      readonly inode?: string
    }
  /** `closed`: who is neither owner nor group may not look for names in it. */
  | { readonly kind: 'directory'; readonly names: readonly string[]; readonly closed?: true }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'other' }

export interface FileView {
  /**
   * What stands at exactly this absolute path; a last component that is a link is not followed. `known` keeps what was read of an inode,
   * so that another name of it is not read again.
   */
  look(path: string, known?: ReadInodes): Look | undefined
}

export interface ReadInodes {
  /** The bytes, when this inode was read already. */
  bytes(inode: string): Uint8Array | undefined
  /** Before it is read; may throw. */
  reading(path: string, size: number): void
}

/** One file as a plan leaves it. */
export interface FileChange {
  /** Absolute, with all links of its directory resolved. */
  readonly path: string
  readonly after:
    | {
        readonly kind: 'file'
        readonly bytes: Uint8Array
        readonly mode: number
        readonly uid: number
        readonly gid: number
      }
    | { readonly kind: 'link'; readonly target: string }
    | { readonly kind: 'absent' }
}

/** Somebody who is neither owner nor group may not read it: its content must never come out in a message. */
export function isPrivate(look: Look): boolean {
  return look.kind === 'file' && (look.mode & 0o004) === 0
}

/**
 * The view after the changes; the view itself is not touched. A directory that a new file needs is there too: the first
 * drop-in of a unit makes it.
 */
export function withChanges(view: FileView, changes: readonly FileChange[]): FileView {
  const byPath = new Map(changes.map((change) => [change.path, change.after]))
  const children = childrenOf(changes)
  return {
    look(path) {
      const changed = byPath.get(path)
      if (changed !== undefined) return changed.kind === 'absent' ? undefined : changed
      const look = view.look(path)
      const names = children.get(path)
      if (names === undefined) return look
      const present = [...names].filter(([, there]) => there).map(([name]) => name)
      if (look === undefined) return present.length === 0 ? undefined : { kind: 'directory', names: present }
      if (look.kind !== 'directory') return look
      const kept = look.names.filter((name) => names.get(name) !== false)
      return { ...look, names: [...new Set([...kept, ...present])] }
    },
  }
}

/** Directory → name → is it there: the changed files, and the directories above those that are written. */
function childrenOf(changes: readonly FileChange[]): ReadonlyMap<string, ReadonlyMap<string, boolean>> {
  const children = new Map<string, Map<string, boolean>>()
  for (const { path, after } of changes) {
    const there = after.kind !== 'absent'
    for (let current = path; current !== '/'; current = parentOf(current)) {
      const parent = parentOf(current)
      const names = children.get(parent) ?? new Map<string, boolean>()
      names.set(current.slice(current.lastIndexOf('/') + 1), there)
      children.set(parent, names)
      if (!there) break
    }
  }
  return children
}

export interface Resolved {
  /** The path without any link in it. */
  readonly real: string
  readonly look: Look
}

const MAX_LINKS = 40

/**
 * Where a path leads through a directory that others may not enter: that directory, and the path with the links before it resolved. What
 * comes behind it is not looked at. Undefined where everybody may look for the name.
 */
export function closedBelow(
  view: FileView,
  path: string,
): { readonly directory: string; readonly path: string } | undefined {
  let rest = path.split('/').filter((part) => part !== '' && part !== '.')
  let real = ''
  let links = 0
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '..') {
      real = real.slice(0, Math.max(0, real.lastIndexOf('/')))
      continue
    }
    const look = view.look(`${real}/${part}`)
    if (look?.kind === 'link') {
      if (++links > MAX_LINKS) return undefined
      rest = [...look.target.split('/').filter((name) => name !== '' && name !== '.'), ...rest]
      if (look.target.startsWith('/')) real = ''
      continue
    }
    real = `${real}/${part}`
    if (look?.kind !== 'directory') return undefined
    if (look.closed === true && rest.length > 0) return { directory: real, path: `${real}/${rest.join('/')}` }
  }
  return undefined
}

/** Follows every link, as open(2) does. Undefined where nothing stands or the links go round. */
export function resolvePath(view: FileView, path: string): Resolved | undefined {
  let rest = path.split('/').filter((part) => part !== '' && part !== '.')
  let real = ''
  let links = 0
  let look: Look = { kind: 'directory', names: [] }
  while (rest.length > 0) {
    const [part, ...after] = rest
    if (part === undefined) break
    rest = after
    if (part === '..') {
      real = real.slice(0, Math.max(0, real.lastIndexOf('/')))
      look = { kind: 'directory', names: [] }
      continue
    }
    const current = `${real}/${part}`
    const found = view.look(current)
    if (found === undefined) return undefined
    if (found.kind === 'link') {
      if (++links > MAX_LINKS) return undefined
      rest = [...found.target.split('/').filter((name) => name !== '' && name !== '.'), ...rest]
      if (found.target.startsWith('/')) real = ''
      look = { kind: 'directory', names: [] }
      continue
    }
    if (rest.length > 0 && found.kind !== 'directory') return undefined
    real = current
    look = found
  }
  if (real === '') return { real: '/', look: view.look('/') ?? look }
  return { real, look: look.kind === 'directory' ? (view.look(real) ?? look) : look }
}

/** glob(3) without flags: sorted, wildcards never match a leading dot or a slash. */
export function glob(view: FileView, pattern: string): readonly string[] {
  let paths: readonly string[] = ['']
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    paths = paths.flatMap((path) => {
      if (!isPattern(part)) return [`${path}/${part}`]
      const directory = resolvePath(view, path === '' ? '/' : path)
      if (directory?.look.kind !== 'directory') return []
      return directory.look.names.filter((name) => matches(part, name)).map((name) => `${path}/${name}`)
    })
  }
  return paths
    .filter((path) => resolvePath(view, path) !== undefined || view.look(path) !== undefined)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

export function isPattern(text: string): boolean {
  return /[*?[]/.test(text)
}

/** One component against one name. Steps are bounded by pattern × name: only the last star is gone back to. */
export function matches(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false
  let p = 0
  let n = 0
  let star = -1
  let mark = 0
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++
      mark = n
      continue
    }
    const next = step(pattern, p, name[n] ?? '')
    if (next !== undefined) {
      p = next
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++mark
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

/** Where the pattern goes on after it took this character; undefined when it does not take it. */
function step(pattern: string, at: number, char: string): number | undefined {
  const want = pattern[at]
  if (want === undefined) return undefined
  if (want === '?') return at + 1
  if (want === '\\' && at + 1 < pattern.length) return pattern[at + 1] === char ? at + 2 : undefined
  if (want === '[') {
    const negated = pattern[at + 1] === '!' || pattern[at + 1] === '^'
    const from = at + (negated ? 2 : 1)
    const close = pattern.indexOf(']', from + 1)
    if (close > 0) return inClass(pattern.slice(from, close), char) === negated ? undefined : close + 1
  }
  return want === char ? at + 1 : undefined
}

function inClass(text: string, char: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const low = text[i] ?? ''
    if (text[i + 1] === '-' && i + 2 < text.length) {
      const high = text[i + 2] ?? ''
      if (low <= char && char <= high) return true
      i += 2
    } else if (low === char) return true
  }
  return false
}

export function parentOf(path: string): string {
  const at = path.lastIndexOf('/')
  return at <= 0 ? '/' : path.slice(0, at)
}

export function isUnder(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}
