// Frames between gate and runner: u32 big-endian length, then RFC 8785 JSON of at most 1 MiB. Nothing else crosses (spine §2).
import { canonical, type Json, JsonError, parseCanonical } from '../base/json.ts'

export const MAX_FRAME = 1_048_576
// A byte order mark is kept, and is then no JSON: one text has one sequence of bytes.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function encodeFrame(message: Json): Uint8Array {
  const body = Buffer.from(canonical(message), 'utf8')
  if (body.length > MAX_FRAME) throw new RangeError(`a frame of ${body.length} bytes`)
  const frame = Buffer.alloc(4 + body.length)
  frame.writeUInt32BE(body.length, 0)
  body.copy(frame, 4)
  return frame
}

export type Frames =
  | { readonly ok: true; readonly messages: readonly Json[] }
  | { readonly ok: false; readonly why: string }

/** Takes bytes as they come and gives whole messages. After an answer that is not ok the connection must be closed. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)
  push(chunk: Uint8Array): Frames {
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk])
    const messages: Json[] = []
    while (this.#rest.length >= 4) {
      const length = this.#rest.readUInt32BE(0)
      if (length > MAX_FRAME) return { ok: false, why: `a frame of ${length} bytes` }
      if (this.#rest.length < 4 + length) break
      const body = this.#rest.subarray(4, 4 + length)
      this.#rest = this.#rest.subarray(4 + length)
      try {
        messages.push(parseCanonical(UTF8.decode(body)))
      } catch (error) {
        if (error instanceof JsonError || error instanceof TypeError) return { ok: false, why: error.message }
        throw error
      }
    }
    return { ok: true, messages }
  }
}
