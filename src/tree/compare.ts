// Compares a tree with its manifest in every field. The level *restored* depends on this; it finds a flipped bit, a wrong owner, an extra file.
import { type BigIntStats, closeSync } from 'node:fs'
import type { ManifestEntry } from '../backup/manifest.ts'
import { pathBytes } from '../backup/manifest-path.ts'
import { SekishoError } from '../base/error.ts'
import { fileError } from '../sys/files.ts'
import type { run } from '../sys/process.ts'
import { BATCH, type Extra, NOTHING_EXTRA, readExtras, whereExtras } from './attributes.ts'
import { ownerHere } from './metadata.ts'
import { openAgain, openDirectory, shown, statOf, targetOf } from './openat.ts'
import type { Owners } from './owners.ts'
import { isSparse, openRegular, readOnce } from './read.ts'
import { type Seen, walk } from './walk.ts'
import type { Yielding } from './yield.ts'

export const FIELDS = [
  'missing',
  'extra',
  'type',
  'size',
  'digest',
  'mode',
  'owner',
  'group',
  'mtime',
  'attributes',
  'acl',
  'target',
  'hard link',
  'sparse',
  'unreadable',
] as const
export type Field = (typeof FIELDS)[number]

export interface Difference {
  readonly path: string
  readonly field: Field
  /** Undefined where the value could be secret or is long. */
  readonly expected?: string
  readonly found?: string
}

export interface Comparison {
  readonly equal: boolean
  /** The first thousand differences. */
  readonly differences: readonly Difference[]
  readonly count: number
  readonly entries: number
  readonly bytes: number
  /** The manifest did not record attributes and ACLs, or they cannot be read here. */
  readonly withoutExtras: boolean
}

export interface CompareOptions {
  readonly run: typeof run
  readonly owners: Owners
  readonly turns: Yielding
  /** Absent: secrets are compared by size and metadata alone. */
  readonly key?: Uint8Array
  /** Secrets that were left out on purpose: their absence is no difference. */
  readonly without?: ReadonlySet<string>
  /** Single files of a host: directories above them are not in the manifest, and no difference. */
  readonly onlyFiles?: boolean
  readonly progress?: (entries: number, bytes: number) => void
}

const SHOWN_MAX = 1000
/** Node gives times as doubles: a quarter of a microsecond is lost. */
const MTIME_GRAIN = 1000n

/** `root`: the restored directory, open. Entries in order, of this one item. */
export async function compareTree(
  root: number,
  entries: Iterable<ManifestEntry> | AsyncIterable<ManifestEntry>,
  options: CompareOptions,
): Promise<Comparison> {
  // One call of each program for the whole tree shows which files have attributes. Only those, and those that should, are read one by one.
  const found = openFindings(options, await whereExtras(options.run, root))
  const tree = walk(root)
  let seen = tree.next()
  try {
    for await (const entry of entries) {
      const path = Buffer.from(pathBytes(entry.at))
      while (!seen.done && Buffer.compare(seen.value.path, path) < 0) {
        found.extra(seen.value)
        seen = tree.next()
      }
      if (seen.done || !seen.value.path.equals(path)) {
        if (options.without?.has(shown(path)) !== true) found.add(path, 'missing')
        continue
      }
      await found.one(entry, seen.value, root)
      seen = tree.next()
      await options.turns.next()
    }
    for (; !seen.done; seen = tree.next()) found.extra(seen.value)
    return await found.end()
  } finally {
    tree.return(undefined)
    found.close()
  }
}

interface Findings {
  add(path: Buffer, field: Field, expected?: string, found?: string): void
  extra(seen: Seen): void
  one(entry: ManifestEntry, seen: Seen, root: number): Promise<void>
  end(): Promise<Comparison>
  close(): void
}

interface Open {
  readonly fd: number
  readonly entry: ManifestEntry
  readonly path: Buffer
}

function openFindings(options: CompareOptions, hint: ReadonlySet<string> | undefined): Findings {
  const differences: Difference[] = []
  const total = { count: 0, entries: 0, bytes: 0, withoutExtras: false }
  const groups = new Map<string, { stat: BigIntStats; names: bigint; path: Buffer }>()
  let pending: Open[] = []

  const add: Findings['add'] = (at, field, expected, found) => {
    total.count += 1
    if (differences.length >= SHOWN_MAX) return
    differences.push({
      path: shown(at),
      field,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
    })
  }
  const same = (at: Buffer, field: Field, expected: string | number, found: string | number) => {
    if (expected !== found) add(at, field, String(expected), String(found))
  }

  const metadata = (entry: ManifestEntry, stat: BigIntStats, at: Buffer) => {
    const { uid, gid } = ownerHere(entry, options.owners)
    same(at, 'owner', uid, Number(stat.uid))
    same(at, 'group', gid, Number(stat.gid))
    if (entry.type !== 'link') same(at, 'mode', octal(entry.mode), octal(Number(stat.mode & 0o7777n)))
    const apart = stat.mtimeNs - BigInt(entry.mtime)
    if (apart > MTIME_GRAIN || apart < -MTIME_GRAIN) add(at, 'mtime', entry.mtime, String(stat.mtimeNs))
  }

  const links = (entry: ManifestEntry, stat: BigIntStats, at: Buffer) => {
    const group = entry.type === 'file' ? entry.hardLink : undefined
    if (group === undefined) {
      if (stat.nlink !== 1n) add(at, 'hard link', '1', String(stat.nlink))
      return
    }
    const name = Buffer.from(pathBytes(group)).toString('latin1')
    const known = groups.get(name) ?? { stat, names: 0n, path: at }
    groups.set(name, { ...known, names: known.names + 1n })
    if (known.stat.ino !== stat.ino) add(at, 'hard link', shown(known.path), 'another file')
  }

  const bytes = async (entry: ManifestEntry, fd: number, stat: BigIntStats, at: Buffer) => {
    if (entry.type !== 'file' && entry.type !== 'secret') return
    if (Number(stat.size) !== entry.size) {
      add(at, 'size', String(entry.size), String(stat.size))
      return
    }
    const isSecret = entry.type === 'secret'
    if (isSecret && options.key === undefined) return
    const wantsHoles = entry.type === 'file' && entry.sparse && !isSparse(stat)
    const read = await readOnce(fd, stat, {
      turns: options.turns,
      ...(isSecret && options.key !== undefined ? { key: options.key } : {}),
      zeros: wantsHoles,
    })
    total.bytes += entry.size
    const expected = entry.type === 'secret' ? entry.keyed : entry.digest
    if (String(read?.digest) !== expected)
      if (isSecret) add(at, 'digest')
      else add(at, 'digest', expected, String(read?.digest ?? ''))
    // A block of zeros that was not written as a hole. A file without such a block looked sparse for another reason (compression, data in the inode).
    if (wantsHoles && read?.zeros === true) add(at, 'sparse', 'true', 'false')
  }

  const mayHaveExtras = (entry: ManifestEntry, at: Buffer) =>
    hint === undefined ||
    hint.has(at.toString('latin1')) ||
    entry.acl !== undefined ||
    Object.keys(entry.attributes ?? {}).length > 0

  const extras = async () => {
    const files = pending
    pending = []
    try {
      const read = await readExtras(
        options.run,
        files.map(({ fd }) => fd),
      )
      if (read === undefined) total.withoutExtras = true
      else for (const [i, file] of files.entries()) compareExtra(file, read[i] as Extra)
    } finally {
      for (const { fd } of files) closeSync(fd)
    }
  }
  const compareExtra = ({ entry, path: at }: Open, extra: Extra) => {
    if (entry.attributes === undefined) {
      // Attributes were not recorded: the tree is not known to be equal (backup.md §8).
      total.withoutExtras = true
      if (Object.keys(extra.attributes).length > 0) add(at, 'attributes')
      if (extra.acl !== undefined) add(at, 'acl')
      return
    }
    if (sorted(entry.attributes) !== sorted(extra.attributes)) add(at, 'attributes')
    if (entry.acl !== extra.acl) add(at, 'acl', entry.acl ?? '', extra.acl ?? '')
  }

  const one: Findings['one'] = async (entry, seen, root) => {
    total.entries += 1
    const at = seen.path
    const type = entry.type === 'secret' ? 'file' : entry.type
    if (seen.type !== type) {
      add(at, 'type', type, seen.type)
      return
    }
    try {
      if (entry.type === 'link') {
        metadata(entry, seen.stat, at)
        const target = targetOf(seen.parent, seen.name)
        const expected = Buffer.from(pathBytes(entry.target))
        if (!target.equals(expected)) add(at, 'target', shown(expected), shown(target))
        return
      }
      const fd = openSeen(seen, root)
      const open = { fd, entry, path: at }
      const isAsked = mayHaveExtras(entry, at)
      if (isAsked) pending.push(open)
      try {
        const stat = statOf(fd)
        metadata(entry, stat, at)
        if (entry.type !== 'directory') links(entry, stat, at)
        await bytes(entry, fd, stat, at)
        if (!isAsked) compareExtra(open, NOTHING_EXTRA)
      } finally {
        if (!isAsked) closeSync(fd)
      }
    } catch (cause) {
      if (cause instanceof SekishoError && cause.code === 'backup.aborted') throw cause
      add(at, 'unreadable', undefined, fileError(shown(at), cause).code)
    }
    options.progress?.(total.entries, total.bytes)
    if (pending.length >= BATCH) await extras()
  }
  const extra = (seen: Seen) => {
    if (options.onlyFiles !== true || seen.type !== 'directory') add(seen.path, 'extra')
  }
  return {
    add,
    extra,
    one,
    end: async () => {
      await extras()
      for (const { stat, names, path } of groups.values())
        same(path, 'hard link', String(names), String(stat.nlink))
      return { ...total, differences, equal: total.count === 0 }
    },
    close: () => {
      for (const { fd } of pending) closeSync(fd)
      pending = []
    },
  }
}

function openSeen(seen: Seen, root: number): number {
  if (seen.type === 'file') return openRegular(seen.parent, seen.name).fd
  // The caller closes the root's descriptor.
  return seen.parent === -1 ? openAgain(root) : openDirectory(seen.parent, seen.name)
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

function sorted(attributes: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)))
}
