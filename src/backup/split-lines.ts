// Bytes as they come to lines, each at most so long: what is longer is handed on cut, for its reader to refuse.

const LINE_FEED = 0x0a

export interface LineSplitter {
  /** The lines that end in this chunk, without their line feeds. */
  push(chunk: Uint8Array): Iterable<Uint8Array>
  /** Are there bytes behind the last line feed? */
  isTorn(): boolean
  /** Those bytes. */
  rest(): Uint8Array
}

/** Holds at most one line of `maxBytes` and one chunk. */
export function lineSplitter(maxBytes: number): LineSplitter {
  let held: Uint8Array[] = []
  let size = 0

  const hold = (bytes: Uint8Array): void => {
    // One byte over the limit is kept, so that the line is seen to be too long.
    const kept = bytes.slice(0, Math.max(0, maxBytes + 1 - size))
    if (kept.length === 0) return
    held.push(kept)
    size += kept.length
  }
  const release = (): Uint8Array => {
    const line = held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held)
    held = []
    size = 0
    return line
  }

  function* push(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const line = chunk.subarray(start, end)
      start = end + 1
      if (size === 0) yield line
      else {
        hold(line)
        yield release()
      }
    }
    hold(chunk.subarray(start))
  }
  return { push, isTorn: () => size > 0, rest: () => Buffer.concat(held) }
}
