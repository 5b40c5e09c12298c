// How the bytes of a snapshot are read again: one after the other here, or on threads where there are processors for it. Each inode is read once.
import type { BigIntStats } from 'node:fs'
import { SekishoError } from '../../../base/error.ts'
import type { Digest } from '../../../base/hash.ts'
import { fileError } from '../../../sys/files.ts'
import { close, shown } from '../../tree/beneath.ts'
import { type Hashed, openHashers } from '../../tree/hashers.ts'
import { openRegular, readOnce } from '../../tree/read.ts'
import { BATCH_BYTES, BATCH_FILES } from '../../tree/threads.ts'
import type { Turns } from '../../tree/turns.ts'
import type { Seen } from '../../tree/walk.ts'

/** Of a snapshot whose files have names in others there is one for each: no more of it is kept than says whether it is still the same. */
export interface ReadInode {
  readonly digest: Digest
  readonly size: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

export type ReadAgain = ReadInode | { readonly failed: string }

export interface Reading extends AsyncDisposable {
  /** Tells `take` what the file holds, now or later. */
  file(seen: Seen, take: (read: ReadAgain) => void): Promise<void>
  /** Everything was told. */
  end(): Promise<void>
}

/** `known`: what was read already, by inode; is added to. */
export function readHere(turns: Turns, known: Map<string, ReadInode>): Reading {
  return {
    file: async (seen, take) => {
      const before = knownOf(known, seen)
      take(before ?? (await readOne(seen, turns, known)))
    },
    end: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

async function readOne(seen: Seen, turns: Turns, known: Map<string, ReadInode>): Promise<ReadAgain> {
  try {
    const { fd, stat } = openRegular(seen.parent, seen.name)
    try {
      const read = await readOnce(fd, stat, { turns })
      if (read === undefined) throw new SekishoError('file.changed', { path: shown(seen.path), why: 'size' })
      return remember(known, read, stat)
    } finally {
      close(fd)
    }
  } catch (cause) {
    if (cause instanceof SekishoError && cause.code === 'backup.aborted') throw cause
    return { failed: fileError('', cause).code }
  }
}

interface Asked {
  readonly seen: Seen
  readonly take: (read: ReadAgain) => void
}

/** `root`: the snapshot, open. Nobody but us can write there, and the walk has looked at each directory on the way. */
export function readOnThreads(root: number, count: number, known: Map<string, ReadInode>): Reading {
  const hashers = openHashers(count)
  let batch: Asked[] = []
  let bytes = 0
  const flying: Promise<void>[] = []

  const send = () => {
    const asked = batch
    batch = []
    bytes = 0
    if (asked.length === 0) return
    const answered = hashers
      .hash(
        root,
        asked.map(({ seen }) => seen.path),
      )
      .then((all) => {
        for (const [i, { seen, take }] of asked.entries()) take(answerOf(seen, all[i], known))
      })
    // Somebody awaits it in order; until then a failure is no unhandled one.
    answered.catch(() => {})
    flying.push(answered)
  }
  return {
    file: async (seen, take) => {
      const before = knownOf(known, seen)
      if (before !== undefined) {
        take(before)
        return
      }
      batch.push({ seen, take })
      bytes += Number(seen.stat.size)
      if (batch.length < BATCH_FILES && bytes < BATCH_BYTES) return
      send()
      while (flying.length > 2 * count) await flying.shift()
    },
    end: async () => {
      send()
      for (const one of flying.splice(0)) await one
    },
    [Symbol.asyncDispose]: () => hashers[Symbol.asyncDispose](),
  }
}

function answerOf(seen: Seen, hashed: Hashed | undefined, known: Map<string, ReadInode>): ReadAgain {
  if (hashed === undefined) return { failed: 'process.failed' }
  if ('failed' in hashed) return { failed: fileError('', { code: hashed.failed }).code }
  const { stat } = seen
  if (hashed.dev !== stat.dev || hashed.ino !== stat.ino) return { failed: 'file.changed' }
  return remember(known, hashed, stat)
}

/** A file of one name is met once. */
function remember(
  known: Map<string, ReadInode>,
  { digest, size }: Pick<ReadInode, 'digest' | 'size'>,
  stat: BigIntStats,
): ReadInode {
  const { mtimeNs, ctimeNs, nlink } = stat
  const read = { digest, size, mtimeNs, ctimeNs }
  if (nlink > 1n) known.set(keyOf(stat), read)
  return read
}

function knownOf(known: Map<string, ReadInode>, { stat }: Seen): ReadInode | undefined {
  const before = known.get(keyOf(stat))
  if (before === undefined) return undefined
  const isStill =
    BigInt(before.size) === stat.size && before.mtimeNs === stat.mtimeNs && before.ctimeNs === stat.ctimeNs
  return isStill ? before : undefined
}

function keyOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}
