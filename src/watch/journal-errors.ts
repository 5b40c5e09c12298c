// The errors of 24 hours that a unit has said to the journal of systemd: journalctl writes them into a file of ours, and a child without
// rights counts. The next count goes on behind the last entry.
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { boolean, type Decoder, decode, integer, list, object, text } from '../base/decode.ts'
import { sha256 } from '../base/hash.ts'
import { isObject } from '../base/json.ts'
import type { ErrorCount } from '../checks/items.ts'
import { countSince } from '../checks/log-state.ts'
import { run, start } from '../sys/process.ts'
import { runChild } from './child.ts'
import type { LookContext } from './looker.ts'

export interface JournalOrder {
  readonly v: 1
  readonly fd: number
}
type Counts = readonly (readonly [second: number, errors: number])[]
export interface JournalAnswer {
  readonly v: 1
  readonly counts: Counts
  /** Of the last entry; empty where there was none. */
  readonly cursor: string
  readonly entries: number
  readonly whole: boolean
}
interface JournalState {
  readonly v: 1
  readonly from: number
  readonly cursor: string
  readonly counts: Counts
}

const one = (value: unknown, at: string) => integer(1, 1)(value, at) as 1
const pair: Decoder<readonly [number, number]> = (value, at) => {
  const [second, errors] = list(integer(), 2)(value, at)
  return [second ?? 0, errors ?? 0]
}
const cursor = text({ max: 500, pattern: /^[\x20-\x7e]*$/, what: 'a cursor of the journal' })
const counts = list(pair, 200_000)
const answer: Decoder<JournalAnswer> = object({
  v: one,
  counts,
  cursor,
  entries: integer(),
  whole: boolean,
})
const state: Decoder<JournalState> = object({ v: one, from: integer(), cursor, counts })

const DAY_MS = 86_400_000
const WITHIN_MS = 40_000
/** More of one look is not read: what was counted is *at least*. */
const BYTES_AT_MOST = 268_435_456

export async function countJournal(
  unit: string,
  { clock, places, signal, self }: Pick<LookContext, 'clock' | 'places' | 'signal' | 'self'>,
): Promise<ErrorCount> {
  const since = clock.now() - DAY_MS
  const key = join(places.state, `journal-${sha256(unit).slice(0, 32)}`)
  const kept = await readState(`${key}.json`)
  const before = kept !== undefined && kept.from <= since && kept.cursor !== '' ? kept : undefined
  const range = [`--since=@${Math.floor(since / 1000)}`]
  const first = await writeEntries(
    unit,
    before === undefined ? range : [`--after-cursor=${before.cursor}`],
    key,
    signal,
  )
  // The entry that was the last one is gone: it is counted from the beginning.
  const isAnew = before !== undefined && first.code === 1
  const written = isAnew ? await writeEntries(unit, range, key, signal) : first
  const known = isAnew ? undefined : before
  let handle: FileHandle | undefined
  try {
    if (written.code !== 0 && !written.isCut) return { state: 'unread', why: written.why }
    handle = await open(`${key}.part`)
    const said = await runChild(self, 'journal', JSON.stringify({ v: 1, fd: 3 } satisfies JournalOrder), {
      descriptors: [handle.fd],
      maxOutput: 16_777_216,
      timeoutMs: WITHIN_MS,
      signal,
    })
    const read = decode(answer, said)
    if (!read.ok) return { state: 'unread', why: 'the reader ended without an answer' }
    const found = read.value
    const all = new Map((known?.counts ?? []).filter(([second]) => second * 1000 + 999 >= since))
    for (const [second, count] of found.counts) all.set(second, (all.get(second) ?? 0) + count)
    const whole = found.whole && !written.isCut
    // What was cut off is counted anew: the next look goes on behind the last whole entry.
    const next: JournalState = {
      v: 1,
      from: known?.from ?? since,
      cursor: found.cursor === '' ? (known?.cursor ?? '') : found.cursor,
      counts: [...all],
    }
    await writeFile(`${key}.tmp`, JSON.stringify(next), { mode: 0o600 })
    await rename(`${key}.tmp`, `${key}.json`)
    const { errors, newest } = countSince(all, since)
    return {
      state: 'counted',
      errors,
      whole: whole && (known !== undefined || (await reachesBack(since, signal))),
      ...(newest === undefined ? {} : { newest }),
    }
  } finally {
    await handle?.close()
    await rm(`${key}.part`, { force: true })
  }
}

interface Written {
  readonly code: number | undefined
  readonly why: string
  /** It wrote more than is read at once, or took too long. */
  readonly isCut: boolean
}

async function writeEntries(
  unit: string,
  range: readonly string[],
  key: string,
  signal: AbortSignal,
): Promise<Written> {
  const file = await open(`${key}.part`, 'w', 0o600)
  try {
    const child = start(
      [
        'prlimit',
        `--fsize=${BYTES_AT_MOST}`,
        '--',
        'journalctl',
        `--unit=${unit}`,
        ...range,
        '--output=json',
        '--output-fields=PRIORITY,MESSAGE',
        '--no-pager',
        '--quiet',
      ],
      { env: {}, stdio: ['ignore', file.fd, 'ignore'] },
    )
    const end = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)])
    const kill = () => child.kill('SIGKILL')
    end.addEventListener('abort', kill, { once: true })
    return await new Promise<Written>((resolve) => {
      child.on('error', (error: NodeJS.ErrnoException) =>
        resolve({ code: undefined, why: `journalctl: ${error.code ?? 'UNKNOWN'}`, isCut: false }),
      )
      child.on('close', (code, by) => {
        end.removeEventListener('abort', kill)
        resolve({
          code: code ?? undefined,
          why: `journalctl ended with ${code ?? by ?? ''}`,
          isCut: by !== null,
        })
      })
    })
  } finally {
    await file.close()
  }
}

/** Does the journal hold the whole window? It does where its first entry is older, or is the first that was ever written to it. */
async function reachesBack(since: number, signal: AbortSignal): Promise<boolean> {
  const shown = await run(
    ['journalctl', '--output=json', '--output-fields=_BOOT_ID', '--no-pager', '--quiet'],
    {
      maxOutput: 8192,
      killOnOverflow: true,
      timeoutMs: 10_000,
      signal,
    },
  )
  try {
    const entry: unknown = JSON.parse(shown.stdout.split('\n')[0] ?? '')
    if (!isObject(entry)) return false
    const at = Number(entry['__REALTIME_TIMESTAMP']) / 1000
    return at <= since || entry['__SEQNUM'] === '1'
  } catch {
    return false // No entry at all.
  }
}

async function readState(path: string): Promise<JournalState | undefined> {
  try {
    const read = decode(state, JSON.parse(await readFile(path, 'utf8')) as unknown)
    return read.ok ? read.value : undefined
  } catch {
    return undefined // Never counted, or damaged: it is counted from the beginning.
  }
}
