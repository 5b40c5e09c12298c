// Of the text that a program prints the beginning and the end are kept: what it began with and how it ended. The middle is counted and dropped.

/** So much beside the gap is not shown, at most: what stands there may be a part of a secret, which nobody recognizes. */
const EDGE = 4096

export interface KeptText {
  add(chunk: Uint8Array): void
  /** Bytes that came, kept or not. */
  readonly total: number
  /** With one line of our own where something was dropped. `clean` takes secrets out; of one that was cut there nothing is shown. */
  text(clean?: (text: string) => string): string
  readonly cut: boolean
}

export function keepText(head: number, tail: number): KeptText {
  const edge = Math.min(EDGE, head >> 3, tail >> 3)
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
    text(clean = (text) => text) {
      const [begun, ended] = [Buffer.concat(first), last]
      if (dropped() === 0) return clean(Buffer.concat([begun, ended]).toString('utf8'))
      const [before, after] = [clean(begun.toString('utf8')), clean(ended.toString('utf8'))]
      const shown = before.slice(0, Math.max(0, before.length - edge))
      return `${shown}\n[… ${dropped() + 2 * edge} bytes …]\n${after.slice(edge)}`
    },
  }
}
