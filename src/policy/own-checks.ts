// The words of sekisho.yaml about the owner's own checks (`checks:`), what can be wrong with them although each value is right, and what
// they compile to.
import { byteOrder, isServiceName, type ServiceName } from '../base/id.ts'
import type { OwnCheck, OwnLook } from '../plans/own-check.ts'
import type { Note } from './note.ts'
import { fields, list, named } from './reading.ts'
import { duration, formed, isPlain, plainPath, size, text, url, whole } from './values.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 86_400_000

const serviceName = formed((value, place, reading) =>
  isServiceName(value) ? value : reading.wrong(place, 'value.name', { value }),
)
/** One statement: what follows a semicolon would stand outside of the transaction that only reads. */
const statement = formed((value, place, reading) =>
  /^\s*(?:select|with|values|table|show)\b[^;]*;?\s*$/i.test(value)
    ? value.replace(/;\s*$/, '').trim()
    : reading.wrong(place, 'check.one_statement'),
)

/** A file of this machine, or where it is fetched from. */
const archive = formed((value, place, reading) =>
  isPlain(value) || /^https?:\/\/[^\s/]+\/\S*$/.test(value)
    ? value
    : reading.wrong(place, 'path.not_plain', { value }),
)

const KINDS = ['argv', 'url', 'file', 'sql', 'lock_files'] as const
const check = fields(
  {
    service: serviceName,
    every: duration(5 * SECOND, 7 * DAY),
    within: duration(100, MINUTE),
    argv: list(text(4096), 100),
    url,
    status: whole(100, 599),
    ca: plainPath,
    file: plainPath,
    newer_than: duration(SECOND, 3660 * DAY),
    at_least_bytes: size,
    sql: statement,
    database: text(63),
    port: whole(1, 65_535),
    user: text(63),
    at_least: whole(-1_000_000_000_000, 1_000_000_000_000),
    at_most: whole(-1_000_000_000_000, 1_000_000_000_000),
    lock_files: list(plainPath, 100),
    advisories: list(archive, 20),
    stale_after: duration(DAY, 365 * DAY),
  },
  {},
)
type CheckDocument = NonNullable<ReturnType<typeof check>>
/** Names of shipped items are theirs. */
const TAKEN =
  /^(?:service|disk|memory|errors|backup|data|api|restored|rotation|integrity|updates|inodes|certificate|clock|watch|ledger|guard|daily|weekly|host)$/
const isCheckName = (value: string) => /^[a-z0-9][a-z0-9_-]{0,62}$/.test(value) && !TAKEN.test(value)
export const ownChecks = named(check, isCheckName, 'check.name')

type OwnChecks = NonNullable<ReturnType<typeof ownChecks>>

const NEEDS: Readonly<Record<(typeof KINDS)[number], readonly (keyof CheckDocument)[]>> = {
  argv: [],
  url: [],
  file: ['newer_than'],
  sql: ['database'],
  lock_files: ['advisories'],
}

export function checkOwnChecks(checks: OwnChecks, services: readonly string[], note: Note): void {
  for (const { id, value } of checks) {
    const at = `checks.${id}`
    const kinds = KINDS.filter((kind) => value[kind] !== undefined)
    const [kind, second] = kinds
    if (kind === undefined || second !== undefined) note(at, 'check.one_kind', { value: kinds.join(', ') })
    else {
      for (const key of NEEDS[kind]) if (value[key] === undefined) note(at, 'key.missing', { key, in: at })
      if (kind === 'sql' && value.at_least === undefined && value.at_most === undefined)
        note(at, 'key.missing', { key: 'at_most', in: at })
      if (kind === 'argv' && value.argv?.[0]?.startsWith('/') !== true)
        note(`${at}.argv`, 'path.not_plain', { value: value.argv?.[0] ?? '' })
    }
    if (value.service !== undefined && !services.includes(value.service))
      note(`${at}.service`, 'service.unknown', { value: value.service, known: [...services] })
  }
}

export function compileOwnChecks(checks: OwnChecks): readonly OwnCheck[] {
  return checks
    .map(({ id, value }): OwnCheck => {
      const { service, every, within } = value
      return {
        name: id,
        ...(service === undefined ? {} : { service: service as ServiceName }),
        everyMs: every ?? (value.lock_files === undefined ? 5 * MINUTE : DAY),
        withinMs: within ?? 10 * SECOND,
        look: lookOf(value),
      }
    })
    .sort((a, b) => byteOrder(a.name, b.name))
}

function lookOf(value: CheckDocument): OwnLook {
  const { argv, url: address, file, sql, lock_files: lockFiles = [], ca, port, user } = value
  if (argv !== undefined) return { kind: 'argv', argv }
  if (address !== undefined)
    return { kind: 'url', url: address, status: value.status ?? 200, ...(ca === undefined ? {} : { ca }) }
  if (file !== undefined)
    return {
      kind: 'file',
      path: file,
      maxAgeMs: value.newer_than ?? DAY,
      minBytes: value.at_least_bytes ?? 1,
    }
  if (sql !== undefined)
    return {
      kind: 'sql',
      database: value.database ?? '',
      sql,
      ...(port === undefined ? {} : { port }),
      ...(user === undefined ? {} : { user }),
      ...(value.at_least === undefined ? {} : { atLeast: value.at_least }),
      ...(value.at_most === undefined ? {} : { atMost: value.at_most }),
    }
  return {
    kind: 'locks',
    lockFiles,
    advisories: value.advisories ?? [],
    staleAfterMs: value.stale_after ?? 7 * DAY,
    ...(ca === undefined ? {} : { ca }),
  }
}
