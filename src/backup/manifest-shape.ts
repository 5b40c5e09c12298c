// The shape of a manifest's lines, each for itself. How they follow each other is in manifest-lines.ts.
import {
  boolean,
  DecodeError,
  type Decoder,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  record,
  text,
  union,
} from '../base/decode.ts'
import { isDigest } from '../base/hash.ts'
import { isServiceName } from '../base/id.ts'
import { isInstant } from '../base/time.ts'
import { isBackupId } from './level.ts'
import {
  type DatabaseFacts,
  type DatabaseLocale,
  type ManifestEntry,
  type ManifestHeader,
  type ManifestItem,
  type Skipped,
  TABLES_MAX,
} from './manifest.ts'
import { base64, linkTarget, pathBelow, pathFault } from './manifest-path.ts'

const id = integer(0, 0xffff_ffff)
const name = text({ max: 256, pattern: /^[^\0-\x1f\x7f:]+$/, what: 'a name' })
const itemName = text({ max: 200, pattern: /^[^\0-\x1f\x7f/]+$/, what: 'the name of an item' })
const line = text({ max: 4096, pattern: /^[^\0\n]*$/, what: 'one line' })
const nanoseconds = text({ max: 21, pattern: /^(0|-?[1-9]\d{0,19})$/, what: 'nanoseconds' })
const source = text({ max: 64, pattern: /^\d{1,20}:\d{1,20}:(0|-?[1-9]\d{0,19})$/, what: 'dev:ino:ctime' })
const keyed = text({ max: 64, pattern: /^[0-9a-f]{64}$/, what: 'a keyed hash' })
const digest = matching(isDigest, 'a digest')
const instant = matching(isInstant, 'an instant')
const backup = matching(isBackupId, 'a backup')

const TERM = /(?:d:)?(?:[ug]:\d{0,10}|[mo]:):[r-][w-][x-]/.source
/** `u::rw-,u:1000:r--,g::r--,m::r--,o::---`, then the default terms with `d:`. */
const acl = text({ max: 16_384, pattern: new RegExp(`^${TERM}(?:,${TERM})*$`), what: 'an ACL' })

const root: Decoder<string> = (value, at) => {
  const written = line(value, at)
  const fault = written === '' ? 'empty' : pathFault(Buffer.from(written))
  if (fault !== undefined) throw new DecodeError(at, fault)
  if (!/^(data|db|config)(\/|$)/.test(written)) throw new DecodeError(at, 'not below data, db or config')
  return written
}

const databaseLocale: Decoder<DatabaseLocale> = object({
  provider: text({ max: 20, pattern: /^[a-z]+$/, what: 'a locale provider' }),
  name: optional(line),
  rules: optional(text({ max: 65_536, pattern: /^[^\0]*$/, what: 'rules' })),
})

const databaseFacts: Decoder<DatabaseFacts> = object({
  owner: line,
  encoding: line,
  collate: line,
  ctype: line,
  locale: optional(databaseLocale),
  acl: list(line),
  settings: list(line),
  server: line,
  client: line,
  extensions: list(line),
  passwords: optional(list(line)),
  tables: record(integer(), /^[^\0\n]{1,200}$/, TABLES_MAX),
})

const item: Decoder<ManifestItem> = object({
  name: itemName,
  kind: literal('data', 'database', 'sqlite', 'globals', 'config'),
  source: text({ max: 4096, pattern: /^[^\0\n]+$/, what: 'a source' }),
  root,
  entries: integer(),
  bytes: integer(),
  oneMoment: boolean,
  database: optional(databaseFacts),
})

const skipped: Decoder<Skipped> = object({
  item: itemName,
  path: pathBelow,
  why: literal('mount', 'socket', 'fifo', 'device', 'secret'),
})

export const manifestHeader: Decoder<ManifestHeader> = object({
  v: literal(1),
  kind: literal('manifest'),
  service: matching(isServiceName, 'a service'),
  host: text({ max: 255, pattern: /^[^\0-\x1f\x7f]+$/, what: 'a host' }),
  id: backup,
  started: instant,
  ended: instant,
  engine: literal('directory/1'),
  version: text({ max: 100, pattern: /^[^\0-\x1f\x7f]+$/, what: 'a version' }),
  previous: optional(backup),
  items: list(item, 1000),
  checksums: digest,
  skipped: list(skipped, 10_000),
})

const common = {
  item: itemName,
  at: pathBelow,
  mode: integer(0, 0o7777),
  uid: id,
  gid: id,
  owner: optional(name),
  group: optional(name),
  mtime: nanoseconds,
  attributes: optional(record(base64(90_000), /^user\.[^\0]{1,250}$/, 100)),
  acl: optional(acl),
}

export const manifestEntry: Decoder<ManifestEntry> = union<'type', ManifestEntry>('type', {
  directory: object({ ...common, type: literal('directory') }),
  file: object({
    ...common,
    type: literal('file'),
    size: integer(),
    digest,
    sparse: boolean,
    hardLink: optional(pathBelow),
    source,
  }),
  link: object({ ...common, type: literal('link'), target: linkTarget }),
  secret: object({ ...common, type: literal('secret'), size: integer(), keyed, source }),
})
