// A service may rewrite its file between staging and exchange, and the new file again after the exchange. Then neither inode was seen when the
// stage was made. So the identity of what stands at the path is written beside the stage before the exchange, where only root can write.
import { closeSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { decode, object, text } from '../base/decode.ts'
import { parseJson } from '../base/json.ts'
import type { Place } from './exchange.ts'
import { isSame } from './identity.ts'
import { below, lookFor, makeFile, openToRead, openTree } from './openat.ts'
import { syncOne } from './sync.ts'

/** Identities of both. A note belongs to the staged file that it names; another stage may use the place later. */
const note = object({ staged: text({ max: 64 }), original: text({ max: 64 }) })
const NOTE_BYTES = 512

/** Where that is written down of what lies beside. Whoever removes the stage removes it too. */
export const noteOf = (beside: string): string => `${beside}.original`
const nameOf = (name: string) => Buffer.from(noteOf(name))

/** The identity of what stood at the path at the exchange, where it differs from the one at staging. */
export function notedOriginal(beside: string, staged: string): string | undefined {
  const parent = openTree(dirname(beside))
  try {
    const read = readNote(parent, nameOf(basename(beside)))
    return read !== undefined && isSame(read.staged, staged) ? read.original : undefined
  } finally {
    closeSync(parent)
  }
}

/** Durable before the exchange: until then the staged file is still beside, which tells the state. */
export function noteOriginal(
  { fd, name, path }: Place,
  { staged, live }: { readonly staged: string; readonly live: string },
  original: string,
): void {
  const file = nameOf(name)
  const isKnown = lookFor(fd, file) !== undefined
  // Compared as whole text: a freed inode number that is used again has a later birth.
  const isAsSeen = original === live
  if (isAsSeen && !isKnown) return
  if (isKnown) unlinkSync(below(fd, file))
  if (!isAsSeen) {
    const made = makeFile(fd, file)
    try {
      writeSync(made, JSON.stringify({ staged, original }))
      syncOne(made, path)
    } finally {
      closeSync(made)
    }
  }
  syncOne(fd, dirname(path))
}

function readNote(parent: number, name: Buffer) {
  if (lookFor(parent, name)?.isFile() !== true) return undefined
  const fd = openToRead(parent, name)
  try {
    const bytes = Buffer.alloc(NOTE_BYTES)
    const read = decode(note, parsed(bytes.subarray(0, readSync(fd, bytes, 0, NOTE_BYTES, 0)).toString()))
    return read.ok ? read.value : undefined
  } finally {
    closeSync(fd)
  }
}

/** A note that a kill cut off was never used, because the exchange comes after it. */
function parsed(said: string): unknown {
  try {
    return parseJson(said)
  } catch {
    return undefined
  }
}
