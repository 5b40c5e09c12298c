// What restic says in JSON, parsed at the door: only the fields that are used, each of the form that was seen.
import { SekishoError } from '../../base/error.ts'

export interface Listed {
  readonly id: string
  readonly tags: readonly string[]
  readonly hostname: string
}

const ID = /^[0-9a-f]{64}$/

/** Of `snapshots --json`. Throws backup.repository_failed. */
export function snapshotsIn(answer: unknown, to: string): readonly Listed[] {
  if (!Array.isArray(answer)) throw odd(to, 'snapshots')
  return answer.map((one: unknown) => {
    const { id, tags = [], hostname } = fields(one, to)
    if (typeof id !== 'string' || !ID.test(id) || typeof hostname !== 'string' || !Array.isArray(tags))
      throw odd(to, 'snapshots')
    return { id, hostname, tags: tags.filter((tag) => typeof tag === 'string') }
  })
}

/** The id in the summary of `backup --json`. Throws backup.repository_failed. */
export function madeIn(text: string, to: string): string {
  const last = text.trim().split('\n').at(-1) ?? ''
  let id: unknown
  try {
    id = fields(JSON.parse(last), to)['snapshot_id']
  } catch {
    throw odd(to, 'backup')
  }
  if (typeof id !== 'string' || !ID.test(id)) throw odd(to, 'backup')
  return id
}

export interface Counted {
  /** Directories, files, links: everything that has a name. */
  readonly entries: number
  /** Of regular files; what has several names is counted once. */
  readonly bytes: number
}

/** Of `stats --mode restore-size`. A snapshot that is not there counts nothing. */
export function countedIn(answer: unknown, to: string): Counted {
  const { total_file_count: entries = 0, total_size: bytes } = fields(answer, to)
  if (typeof entries !== 'number' || typeof bytes !== 'number') throw odd(to, 'stats')
  return { entries, bytes }
}

function fields(value: unknown, to: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw odd(to, 'answer')
  return value as Readonly<Record<string, unknown>>
}

function odd(to: string, what: string): SekishoError {
  return new SekishoError('backup.repository_failed', { to, why: `an unknown answer (${what})` })
}
