// Lines that are written as they come, with their digest: a manifest of a million entries is never in memory.

import { createHash, type Hash } from 'node:crypto'
import { closeSync } from 'node:fs'
import type { Digest } from '../../base/hash.ts'
import { readAt, writeAll } from '../../tree/read.ts'

const CHUNK = 1_048_576

export interface Spool {
  readonly fd: number
  add(bytes: Uint8Array | string): void
  /** Everything of another, from its beginning. */
  addAll(other: Spool): void
  /** All that was added is with the kernel, and this is its digest. */
  end(): Digest
  close(): void
}

/** `fd`: a new file, open for reading and writing. */
export function openSpool(fd: number): Spool {
  const buffer = Buffer.allocUnsafe(CHUNK)
  const hash: Hash = createHash('sha256')
  let used = 0
  let position = 0
  let digest: Digest | undefined

  const flush = () => {
    const bytes = buffer.subarray(0, used)
    hash.update(bytes)
    writeAll(fd, bytes, position)
    position += used
    used = 0
  }
  const add = (bytes: Uint8Array | string) => {
    const length = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length
    if (used + length > CHUNK) flush()
    if (length > CHUNK) {
      hash.update(bytes)
      position += typeof bytes === 'string' ? writeText(fd, bytes, position) : writeBytes(fd, bytes, position)
      return
    }
    used += typeof bytes === 'string' ? buffer.write(bytes, used) : copy(bytes, buffer, used)
  }
  return {
    fd,
    add,
    addAll: (other) => {
      const chunk = Buffer.allocUnsafe(CHUNK)
      for (let at = 0; ; ) {
        const got = readAt(other.fd, chunk, at)
        if (got === 0) return
        add(chunk.subarray(0, got))
        at += got
      }
    },
    end: () => {
      if (digest !== undefined) return digest
      flush()
      digest = hash.digest('hex') as Digest
      return digest
    },
    close: () => closeSync(fd),
  }
}

function copy(bytes: Uint8Array, into: Buffer, at: number): number {
  into.set(bytes, at)
  return bytes.length
}

function writeBytes(fd: number, bytes: Uint8Array, position: number): number {
  writeAll(fd, bytes, position)
  return bytes.length
}

function writeText(fd: number, text: string, position: number): number {
  return writeBytes(fd, Buffer.from(text), position)
}
