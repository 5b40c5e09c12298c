// What the files of a service's working tree are: data with its format, secrets, what git tracks. It looks at names and first bytes; what
// it answers are proposals for the owner.
import { trackedPaths } from '../base/git-index.ts'
import type { PathLook } from '../policy/host-check.ts'

export interface TreeFile {
  /** Absolute. */
  readonly path: string
  readonly size: number
}

export interface TreeData {
  readonly dir: string
  readonly format: 'json' | 'files' | 'sqlite'
  /** JSON files that do not parse now. */
  readonly broken: readonly string[]
  /** JSON files of which a record has a field that is called like a password. */
  readonly passwords: readonly string[]
  /** How many files below it git tracks. */
  readonly tracked: number
}

export interface TreeView {
  readonly list: (directory: string) => Promise<readonly string[]>
  readonly path: (path: string) => Promise<PathLook>
  readonly bytes: (path: string) => Promise<Uint8Array | undefined>
}

const MAX_ENTRIES = 4000
const MAX_DEPTH = 6
const MAX_READ = 200
const MAX_PARSED = 8_388_608
/** Made by tools, fetched, or code: nothing in them is looked at. */
const SKIPPED =
  /^(?:\.git|\.hg|\.svn|node_modules|\.?venv|env|__pycache__|site-packages|vendor|dist|build|target|\.cache|\.tox|\.mypy_cache|\.pytest_cache|coverage)$/
/** JSON in them belongs to the code. */
const CODE =
  /^(?:tests?|spec|__tests__|fixtures?|static|public|assets|locales?|i18n|translations|migrations|docs?|examples?|schemas?|templates?|src|config|conf|deploy|scripts?|\..*)$/
const DATA_NAMES = /^(?:data|db|database|storage|store|uploads?|media|instance|var)$/
const SETTINGS =
  /^(?:package|package-lock|composer|manifest|tsconfig.*|jsconfig.*|.*\.config|config|settings|.*\.schema|angular|firebase|vercel|biome|renovate|\..*)\.json$/
const SQLITE_NAME = /\.(?:sqlite3?|db3?)$/
const PASSWORD = /^(?:password|passwd|pass_?hash|password_?hash|pwd|secret|api_?key|token|private_?key)$/i

/** Regular files below a directory, without links, in a bounded number. */
export async function filesBelow(directory: string, view: TreeView): Promise<readonly TreeFile[]> {
  const found: TreeFile[] = []
  let left = MAX_ENTRIES
  async function walk(at: string, depth: number): Promise<void> {
    for (const name of await view.list(at)) {
      if (left-- <= 0) return
      const path = `${at}/${name}`
      const look = await view.path(path)
      if (look.kind === 'file' && look.real === path) found.push({ path, size: look.size })
      else if (look.kind === 'directory' && look.real === path && depth < MAX_DEPTH && !SKIPPED.test(name))
        await walk(path, depth + 1)
    }
  }
  await walk(directory, 0)
  return found
}

/** Directories of a tree that look like data. Pure: by the names of its files alone. */
export function dataDirectories(tree: string, files: readonly TreeFile[]): readonly string[] {
  const counts = new Map<string, { json: number; sqlite: number; all: number }>()
  for (const { path } of files) {
    const dir = path.slice(0, path.lastIndexOf('/'))
    const name = path.slice(dir.length + 1)
    if (dir === tree) continue
    if (
      dir
        .slice(tree.length + 1)
        .split('/')
        .some((part) => CODE.test(part))
    )
      continue
    const count = counts.get(dir) ?? { json: 0, sqlite: 0, all: 0 }
    counts.set(dir, count)
    if (!name.startsWith('.')) count.all++
    if (name.endsWith('.json') && !SETTINGS.test(name)) count.json++
    if (SQLITE_NAME.test(name)) count.sqlite++
  }
  const likely = [...counts]
    .filter(([dir, { json, sqlite, all }]) => {
      const isNamed = DATA_NAMES.test(dir.slice(dir.lastIndexOf('/') + 1))
      const hasCode = files.some(
        ({ path }) => path.startsWith(`${dir}/`) && /\.(?:py|js|ts|rb|php|go|java)$/.test(path),
      )
      return !hasCode && (sqlite > 0 || json >= 3 || (isNamed && all > 0))
    })
    .map(([dir]) => dir)
    .sort()
  return likely.filter((dir) => !likely.some((other) => other !== dir && dir.startsWith(`${other}/`)))
}

/** What the files of a data directory are, by looking into them. */
export async function lookAtData(
  dir: string,
  files: readonly TreeFile[],
  tracked: readonly string[],
  view: TreeView,
): Promise<TreeData> {
  const inside = files.filter(({ path }) => path.startsWith(`${dir}/`))
  const broken: string[] = []
  const passwords: string[] = []
  let json = 0
  let sqlite = 0
  for (const { path, size } of inside.slice(0, MAX_READ)) {
    const isJson = path.endsWith('.json')
    // A large file tells its kind by its name: it is not read for a proposal.
    if (size > MAX_PARSED) {
      if (isJson) json++
      else if (SQLITE_NAME.test(path)) sqlite++
      continue
    }
    if (!isJson && !SQLITE_NAME.test(path)) continue
    const bytes = await view.bytes(path)
    if (bytes === undefined) continue
    if (new TextDecoder().decode(bytes.subarray(0, 15)) === 'SQLite format 3') sqlite++
    else if (isJson) {
      json++
      const value = parsed(bytes)
      if (value === undefined) broken.push(path)
      else if (hasPassword(value)) passwords.push(path)
    }
  }
  return {
    dir,
    format: sqlite > 0 ? 'sqlite' : json > 0 ? 'json' : 'files',
    broken,
    passwords,
    tracked: tracked.filter((path) => path.startsWith(`${dir}/`)).length,
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** In the first record of a list, or of an object's values. */
function hasPassword(value: unknown): boolean {
  const first: unknown = typeof value === 'object' && value !== null ? Object.values(value)[0] : undefined
  return typeof first === 'object' && first !== null && Object.keys(first).some((name) => PASSWORD.test(name))
}

/** Absolute paths that git tracks in the tree of `repository`; none where its index cannot be read. */
export async function trackedIn(repository: string, view: TreeView): Promise<readonly string[]> {
  let directory = `${repository}/.git`
  if ((await view.path(directory)).kind === 'file') {
    const pointer = new TextDecoder().decode((await view.bytes(directory)) ?? new Uint8Array())
    const named = /^gitdir: (.+?)\s*$/.exec(pointer)?.[1]
    if (named === undefined) return []
    directory = named.startsWith('/') ? named : `${repository}/${named}`
  }
  const bytes = await view.bytes(`${directory}/index`)
  return ((bytes === undefined ? undefined : trackedPaths(bytes)) ?? []).map(
    (path) => `${repository}/${path}`,
  )
}

/** Env files, by name; their examples are none. */
export function isEnvFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return (
    /^(?:\.env(?:\..+)?|.+\.env)$/.test(name) && !/(?:example|sample|template|dist|defaults?)/i.test(name)
  )
}

/** Is it a private key, as its text says? */
export function isPrivateKey(bytes: Uint8Array): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(new TextDecoder().decode(bytes.subarray(0, 65_536)))
}

/** Private keys in a tree: by name first, then by what stands in the file. */
export async function privateKeysOf(files: readonly TreeFile[], view: TreeView): Promise<readonly string[]> {
  const found: string[] = []
  for (const { path, size } of files) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (size > 65_536 || !/\.(?:pem|key)$|^id_(?:rsa|dsa|ecdsa|ed25519)$/.test(name)) continue
    const bytes = await view.bytes(path)
    if (bytes !== undefined && isPrivateKey(bytes)) found.push(path)
  }
  return found
}
