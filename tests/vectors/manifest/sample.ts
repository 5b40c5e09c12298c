// Manifests for tests: sound ones of any shape from one number, and ways to damage them.
import { sha256 } from '../../../src/base/hash.ts'
import type { ServiceName } from '../../../src/base/id.ts'
import { canonical, type Json } from '../../../src/base/json.ts'
import type { Instant } from '../../../src/base/time.ts'
import type { BackupId } from '../../../src/backup/level.ts'
import type { EntryPath, ItemKind, ManifestEntry, ManifestHeader } from '../../../src/backup/manifest.ts'
import { entryBytes, entryOrder, manifestLines } from '../../../src/backup/manifest-lines.ts'
import { entryPath, pathBytes } from '../../../src/backup/manifest-path.ts'

export interface Chance {
  /** 0 … below − 1 */
  nat(below: number): number
  of<T>(list: readonly T[]): T
  is(outOf: number): boolean
}

export function chance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const nat = (below: number) => Math.floor(next() * below)
  return { nat, of: (list) => list[nat(list.length)] as never, is: (outOf) => nat(outOf) === 0 }
}

/** Names that sort on either side of `/`, names that are no UTF-8, and names that somebody will have escaped wrongly. */
const NAMES: readonly Uint8Array[] = [
  ...['a', 'a!', 'a0', 'b', '-x', '...', '.env', 'あ', '🚧', 'line\nfeed', 'back\\slash', 'quote"', ' ', 'é', '\u007f', '\ufeff', '\uffff'].map((name) =>
    Buffer.from(name),
  ),
  Buffer.from([0xff]),
  Buffer.from([0xe3, 0x81]),
  Buffer.from([0x61, 0x80, 0x0a]),
]

const ITEMS: readonly { readonly name: string; readonly kind: ItemKind; readonly root: string }[] = [
  { name: 'data', kind: 'data', root: 'data/app' },
  { name: 'データ', kind: 'data', root: 'data/データ' },
  { name: 'config', kind: 'config', root: 'config' },
  { name: 'main', kind: 'database', root: 'db/main.dump' },
  { name: 'cache', kind: 'sqlite', root: 'data/cache.db' },
]

export function sampleManifest(seed: number): { readonly header: ManifestHeader; readonly entries: readonly ManifestEntry[] } {
  const at = chance(seed)
  const chosen = ITEMS.filter(() => !at.is(3)).sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
  const entries = chosen.flatMap((item) => itemEntries(at, item)).sort(entryOrder)
  const header: ManifestHeader = {
    v: 1,
    kind: 'manifest',
    service: 'mirai' as ServiceName,
    host: 'web1',
    id: '20261125_191200Z' as BackupId,
    started: '2026-11-25T19:12:00.000Z' as Instant,
    ended: '2026-11-25T19:12:09.512Z' as Instant,
    engine: 'directory/1',
    version: '0.1.0',
    ...(at.is(2) ? { previous: '20261125_131200Z' as BackupId } : {}),
    items: chosen.map(({ name, kind, root }) => {
      const own = entries.filter((one) => one.item === name)
      return {
        name,
        kind,
        source: kind === 'database' ? 'postgresql:5432/main' : `/srv/${name}`,
        root,
        entries: own.length,
        bytes: own.reduce((sum, one) => sum + entryBytes(one), 0),
        oneMoment: at.is(2),
        ...(kind === 'database' ? { database: DATABASE } : {}),
      }
    }),
    checksums: sha256(`checksums ${seed}`),
    skipped: chosen.length === 0 || at.is(2) ? [] : [{ item: chosen[0]?.name ?? '', path: entryPath(at.of(NAMES)), why: at.of(['mount', 'socket', 'fifo', 'device', 'secret'] as const) }],
  }
  return { header, entries }
}

const DATABASE = {
  owner: 'mirai',
  encoding: 'UTF8',
  collate: 'C.UTF-8',
  ctype: 'C.UTF-8',
  locale: { provider: 'icu', name: 'de-AT', rules: '&V << w <<< W' },
  acl: ['=Tc/mirai'],
  settings: ['TimeZone=Asia/Tokyo'],
  server: '17.6',
  client: '17.6',
  extensions: ['pg_trgm'],
  tables: { 'public.users': 51 },
}

function itemEntries(at: Chance, { name, kind }: { readonly name: string; readonly kind: ItemKind }): readonly ManifestEntry[] {
  if (kind === 'database' || kind === 'sqlite') return [file(at, name, { path: '' })]
  const entries: ManifestEntry[] = []
  const fill = (parent: Uint8Array, depth: number): void => {
    for (const last of NAMES) {
      if (!at.is(6)) continue
      const bytes = parent.length === 0 ? last : Buffer.concat([parent, Buffer.from('/'), last])
      const path = entryPath(bytes)
      const type = at.nat(10)
      if (type < 3 && depth < 4) {
        entries.push({ ...common(at, name, path), type: 'directory' })
        fill(bytes, depth + 1)
      } else if (type === 3) entries.push({ ...common(at, name, path), type: 'link', target: at.of([{ path: '../../etc/passwd' }, { base64: '/w==' }]) })
      else if (type === 4) entries.push({ ...common(at, name, path), type: 'secret', size: 40, keyed: sha256(`key ${at.nat(9)}`), source: '65025:12:1764097920123456789' })
      else entries.push(file(at, name, path))
    }
  }
  if (kind === 'data') entries.push({ ...common(at, name, { path: '' }), type: 'directory' })
  fill(Buffer.alloc(0), 0)
  return withLinks(at, entries.sort(entryOrder))
}

function common(at: Chance, item: string, path: EntryPath) {
  return {
    item,
    at: path,
    mode: at.of([0o600, 0o644, 0o755, 0o2775, 0o1777, 0o4755]),
    uid: at.of([0, 33, 4_294_967_295]),
    gid: 33,
    mtime: at.of(['0', '1764097920123456789', '-1000000000']),
    ...(at.is(2) ? { owner: 'mirai', group: 'www-data' } : {}),
    ...(at.is(5) ? { attributes: { 'user.note': 'aGVsbG8=', 'user.empty': '' } } : {}),
    ...(at.is(5) ? { acl: 'u::rw-,u:1000:r--,g::r--,m::rw-,o::---,d:u::rwx' } : {}),
  }
}

function file(at: Chance, item: string, path: EntryPath): ManifestEntry & { readonly type: 'file' } {
  const size = at.of([0, 1, 2345, 3_000_000_000])
  return { ...common(at, item, path), type: 'file', size, digest: sha256(`content ${at.nat(5)}`), sparse: at.is(9), source: `65025:${at.nat(99)}:1764097920123456789` }
}

/** Some neighbours become names of one file. */
function withLinks(at: Chance, entries: readonly ManifestEntry[]): readonly ManifestEntry[] {
  let first: (ManifestEntry & { readonly type: 'file' }) | undefined
  return entries.map((entry) => {
    if (entry.type !== 'file' || !at.is(4)) return entry
    first ??= { ...entry, hardLink: entry.at }
    return { ...first, at: entry.at }
  })
}

export function sampleLines(seed: number): readonly string[] {
  const { header, entries } = sampleManifest(seed)
  return [...manifestLines(header, entries)].map((line) => line.slice(0, -1))
}

export const asBytes = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''))

type Loose = Record<string, Json>

/** One way in which a manifest goes wrong. Some leave some manifests as sound as they were. */
export const DAMAGES: Readonly<Record<string, (lines: readonly string[], at: Chance) => Uint8Array>> = {
  flip: (lines, at) => {
    const bytes = asBytes(lines)
    const place = at.nat(bytes.length)
    bytes[place] = (bytes[place] ?? 0) ^ (1 << at.nat(8))
    return bytes
  },
  truncate: (lines, at) => asBytes(lines).subarray(0, at.nat(asBytes(lines).length)),
  dropLine: (lines, at) => asBytes(lines.toSpliced(at.nat(lines.length), 1)),
  twice: (lines, at) => {
    const which = at.nat(lines.length)
    return asBytes(lines.toSpliced(which, 0, lines[which] ?? ''))
  },
  swap: (lines, at) => {
    const [one, two] = [at.nat(lines.length), at.nat(lines.length)]
    return asBytes(lines.with(one, lines[two] ?? '').with(two, lines[one] ?? ''))
  },
  mark: (lines) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), asBytes(lines)]),
  space: (lines, at) => asBytes(changed(lines, at, (line) => line.replace(':', ': '))),
  noFeed: (lines) => asBytes(lines).subarray(0, -1),
  more: (lines, at) => asBytes(edited(lines, at, (one) => ({ ...one, more: 1 }))),
  less: (lines, at) =>
    asBytes(
      edited(lines, at, (one) => {
        const field = at.of(Object.keys(one))
        const { [field]: _, ...rest } = one
        return rest
      }),
    ),
  null: (lines, at) => asBytes(edited(lines, at, (one) => ({ ...one, [at.of(Object.keys(one))]: null }))),
  path: (lines, at) => {
    const bad = at.of(['../x', '/etc/passwd', 'a//b', 'a/./b', 'a/', 'a\0b', 'a/..', '.', 'x'.repeat(256), 'x/'.repeat(2100), 'b/c', 'zz'])
    return asBytes(edited(lines, at, (one) => ({ ...one, at: { path: bad } })))
  },
  spelling: (lines, at) =>
    asBytes(
      edited(lines, at, (one) => {
        const bytes = pathBytes(one['at'] as unknown as EntryPath)
        return { ...one, at: { base64: Buffer.from(bytes).toString('base64') } }
      }),
    ),
  item: (lines, at) => asBytes(edited(lines, at, (one) => ({ ...one, item: 'elsewhere' }))),
  type: (lines, at) =>
    asBytes(
      edited(lines, at, ({ item, at: path, mode, uid, gid, mtime }) => ({ item, at: path, mode, uid, gid, mtime, type: 'link', target: { path: '/etc' } }) as Loose),
    ),
  size: (lines, at) => asBytes(edited(lines, at, (one) => (one['type'] === 'file' ? { ...one, size: at.of([0, 1, 9_007_199_254_740_991]) } : one))),
  group: (lines, at) => asBytes(edited(lines, at, (one) => (one['type'] === 'file' ? { ...one, hardLink: at.of([{ path: 'b' }, one['at'] as Json]) } : one))),
  counts: (lines, at) =>
    asBytes(
      header(lines, (one) => {
        const items = one['items'] as unknown as readonly Loose[]
        const field = at.of(['entries', 'bytes'])
        return { ...one, items: items.map((item, i) => (i === 0 ? { ...item, [field]: Math.max(0, Number(item[field]) + at.of([-1, 1])) } : item)) }
      }),
    ),
  roots: (lines, at) =>
    asBytes(
      header(lines, (one) => {
        const items = one['items'] as unknown as readonly Loose[]
        return { ...one, items: items.map((item) => ({ ...item, root: at.of(['data', 'data/app', '../x', 'etc', 'data/app/x', 'db']) })) }
      }),
    ),
}

function changed(lines: readonly string[], at: Chance, change: (line: string) => string): readonly string[] {
  const which = at.nat(lines.length)
  return lines.with(which, change(lines[which] ?? ''))
}

/** An entry, written again in canonical form. */
function edited(lines: readonly string[], at: Chance, change: (entry: Loose) => Loose): readonly string[] {
  if (lines.length < 2) return lines
  const which = 1 + at.nat(lines.length - 1)
  return lines.with(which, canonical(change(JSON.parse(lines[which] ?? '') as Loose)))
}

function header(lines: readonly string[], change: (header: Loose) => Loose): readonly string[] {
  return lines.with(0, canonical(change(JSON.parse(lines[0] ?? '') as Loose)))
}
