// A file or the standard input as lines, a chunk at a time: what is long is never in memory as a whole.
import { createReadStream } from 'node:fs'
import { fileError } from './files.ts'

export interface Lines {
  /** Without their line feeds; `undefined` stands for a line over the limit. */
  readonly lines: readonly (Uint8Array | undefined)[]
  /** Set on the last one: bytes were left after the last line feed. */
  readonly cut: boolean
}

/** `-` is the standard input. Throws SekishoError file.*. */
export async function* readLines(path: string, limit: number): AsyncGenerator<Lines> {
  let rest: Buffer[] = []
  let size = 0
  const take = (tail: Buffer): Buffer | undefined => {
    const line =
      size + tail.length > limit ? undefined : rest.length === 0 ? tail : Buffer.concat([...rest, tail])
    rest = []
    size = 0
    return line
  }
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 20 })
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk as Uint8Array)
      const lines: (Buffer | undefined)[] = []
      let from = 0
      for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
        lines.push(take(bytes.subarray(from, to)))
        from = to + 1
      }
      if (from < bytes.length) {
        if (size <= limit) rest.push(bytes.subarray(from))
        size += bytes.length - from
      }
      if (lines.length > 0) yield { lines, cut: false }
    }
  } catch (cause) {
    throw fileError(path, cause)
  }
  yield { lines: [], cut: size > 0 }
}
