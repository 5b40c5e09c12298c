// How the bytes of a snapshot are read again: one after the other here, or on threads where there are processors for it. Each inode is read once.
import type { BigIntStats } from 'node:fs'
import { SekishoError } from '../../base/error.ts'
import { fileError } from '../../sys/files.ts'
import { type Hashed, openHashers } from '../../tree/hashers.ts'
import { close, shown } from '../../tree/openat.ts'
import { openRegular, readOnce } from '../../tree/read.ts'
import { BATCH_BYTES, BATCH_FILES } from '../../tree/threads.ts'
import type { Seen } from '../../tree/walk.ts'
import type { Yielding } from '../../tree/yield.ts'
import type { ReadInode, ReadInodes } from './read-inodes.ts'

export type ReadAgain = ReadInode | { readonly failed: string }

export interface Reading extends AsyncDisposable {
  /** Tells `take` what the file holds, now or later. */
  file(seen: Seen, take: (read: ReadAgain) => void): Promise<void>
  /** Everything was told. */
  end(): Promise<void>
}

/** `known`: what was read already; is added to. */
export function readHere(turns: Yielding, known: ReadInodes): Reading {
  return {
    file: async (seen, take) => {
      const before = known.find(seen.stat)
      take(before ?? (await readOne(seen, turns, known)))
    },
    end: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

async function readOne(seen: Seen, turns: Yielding, known: ReadInodes): Promise<ReadAgain> {
  try {
    const { fd, stat } = openRegular(seen.parent, seen.name)
    try {
      const read = await readOnce(fd, stat, { turns })
      if (read === undefined) throw new SekishoError('file.changed', { path: shown(seen.path), why: 'size' })
      return remembered(known, read, stat)
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
export function readOnThreads(root: number, count: number, known: ReadInodes): Reading {
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
      const before = known.find(seen.stat)
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

function answerOf(seen: Seen, hashed: Hashed | undefined, known: ReadInodes): ReadAgain {
  if (hashed === undefined) return { failed: 'process.failed' }
  if ('failed' in hashed) return { failed: fileError('', { code: hashed.failed }).code }
  const { stat } = seen
  if (hashed.dev !== stat.dev || hashed.ino !== stat.ino) return { failed: 'file.changed' }
  return remembered(known, hashed, stat)
}

function remembered(known: ReadInodes, { digest, size }: ReadInode, stat: BigIntStats): ReadInode {
  known.add(stat, { digest, size })
  return { digest, size }
}
