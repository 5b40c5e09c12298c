// The small life `runner gunzip`: descriptor 3 is a gzip file, descriptor 4 takes its bytes. It runs as nobody, without a network: bytes that somebody
// else has packed are never decoded by root.
import { createReadStream, createWriteStream, readFileSync, writeFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { EXIT } from '../base/error-codes.ts'
import type { GunzipAnswer, GunzipTask } from '../snapshot/archive/gunzip.ts'

/** A path is not opened where there is a descriptor. */
const FROM = 3
const INTO = 4
/** What zlib says: the end is missing, or the bytes are wrong. */
const WHY: Readonly<Record<string, GunzipAnswer['why']>> = {
  Z_BUF_ERROR: 'truncated',
  Z_DATA_ERROR: 'damaged',
}

export async function gunzipLife(): Promise<number> {
  const { limit } = JSON.parse(readFileSync(0, 'utf8')) as GunzipTask // The runner wrote it a moment ago.
  let bytes = 0
  let why: GunzipAnswer['why']
  const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > limit) {
        why = 'limit'
        return
      }
      yield chunk
    }
  }
  try {
    await pipeline(
      createReadStream('/proc/self/fd/3', { fd: FROM, autoClose: false, start: 0, highWaterMark: 1_048_576 }),
      createGunzip({ chunkSize: 1_048_576 }),
      counted,
      createWriteStream('/proc/self/fd/4', { fd: INTO }),
    )
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    why ??= WHY[code]
    if (why === undefined) {
      writeFileSync(
        2,
        `${JSON.stringify({ room: 'runner', message: 'the archive was not read', why: code })}\n`,
      )
      return EXIT.bug
    }
  }
  writeFileSync(1, JSON.stringify({ bytes, ...(why === undefined ? {} : { why }) } satisfies GunzipAnswer))
  return EXIT.done
}
