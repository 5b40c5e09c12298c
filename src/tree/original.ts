// A service may write its file anew between lay-out and exchange, and what was exchanged into its place once more: then neither inode is one that was seen
// when it was laid out. So what stood there is noted beside before it is exchanged, where nobody but root can write.
import { closeSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { decode, object, text } from '../base/decode.ts'
import { parseJson } from '../base/json.ts'
import type { Place } from './exchange.ts'
import { isSame } from './identity.ts'
import { below, lookFor, makeFile, openToRead, openTree } from './openat.ts'
import { syncOne } from './sync.ts'

/** Identities of both. The place may be exchanged for another stage later: a note is of that which was laid out. */
const note = object({ staged: text({ max: 64 }), original: text({ max: 64 }) })
const NOTE_BYTES = 512

const nameOf = (name: string) => Buffer.from(`${name}.original`)

/** What stood at the path when this was exchanged into it, if that was another one than when it was laid out. */
export function notedOriginal(beside: string, staged: string): string | undefined {
  const parent = openTree(dirname(beside))
  try {
    const read = readNote(parent, nameOf(basename(beside)))
    return read !== undefined && isSame(read.staged, staged) ? read.original : undefined
  } finally {
    closeSync(parent)
  }
}

/** Durable before the exchange is done: until then what was laid out lies beside, and that says all. */
export function noteOriginal(
  { fd, name, path }: Place,
  { staged, live }: { readonly staged: string; readonly live: string },
  original: string,
): void {
  const file = nameOf(name)
  const isKnown = lookFor(fd, file) !== undefined
  // By the whole text: an inode that was freed and taken anew is another one, born later.
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

/** Cut off by a kill, it was never relied on: the exchange comes after it. */
function parsed(said: string): unknown {
  try {
    return parseJson(said)
  } catch {
    return undefined
  }
}
