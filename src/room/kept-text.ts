// Of the text that a program prints the beginning and the end are kept: what it began with and how it ended. The middle is counted and dropped.

export interface KeptText {
  add(chunk: Uint8Array): void
  /** Bytes that came, kept or not. */
  readonly total: number
  /** With one line of our own where something was dropped. */
  text(): string
  readonly cut: boolean
}

export function keepText(head: number, tail: number): KeptText {
  const first: Buffer[] = []
  let firstSize = 0
  let last: Buffer = Buffer.alloc(0)
  let total = 0
  const dropped = () => total - firstSize - last.length
  return {
    add(chunk) {
      total += chunk.length
      let bytes = Buffer.from(chunk)
      if (firstSize < head) {
        const part = bytes.subarray(0, head - firstSize)
        first.push(part)
        firstSize += part.length
        bytes = bytes.subarray(part.length)
      }
      if (bytes.length === 0) return
      last = Buffer.concat([last, bytes])
      if (last.length > tail) last = Buffer.from(last.subarray(last.length - tail))
    },
    get total() {
      return total
    },
    get cut() {
      return dropped() > 0
    },
    text() {
      const middle = dropped() > 0 ? `\n[… ${dropped()} bytes …]\n` : ''
      return Buffer.concat([...first, Buffer.from(middle), last]).toString('utf8')
    },
  }
}
