// Digests of many files on threads of their own, for trees that nobody but us can write: a path below one held directory is given, and the walk
// has looked at each of its directories. A tree that lives is read by its own walk, descriptor by descriptor (read.ts).
import type { Digest } from '../base/hash.ts'
import { openThreads, packed } from './threads.ts'

export type Hashed =
  | { readonly digest: Digest; readonly size: number; readonly dev: bigint; readonly ino: bigint }
  | { readonly failed: string }

export interface Hashers extends AsyncDisposable {
  /** Digests in the order of the paths below the directory that is open as `root`. */
  hash(root: number, paths: readonly Uint8Array[]): Promise<readonly Hashed[]>
}

interface Question {
  readonly root: number
  readonly count: number
  /** Each ended by a NUL. */
  readonly paths: Uint8Array
}
interface Answer {
  /** 64 signs of each; of one that failed, spaces. */
  readonly digests: string
  /** Size, device and inode of each. */
  readonly stats: BigUint64Array
  readonly failed: ReadonlyMap<number, string>
}

/** Runs in the thread. */
function hasher() {
  const fs = process.getBuiltinModule('node:fs')
  const crypto = process.getBuiltinModule('node:crypto')
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
  const chunk = Buffer.allocUnsafeSlow(1_048_576)
  const read = (fd: number, expected: bigint) => {
    const got = fs.readSync(fd, chunk, 0, chunk.length, 0)
    // Most are small, and one call is half of the price of three.
    if (got < chunk.length && BigInt(got) === expected)
      return { digest: crypto.hash('sha256', chunk.subarray(0, got), 'hex'), size: got }
    const hash = crypto.createHash('sha256').update(chunk.subarray(0, got))
    for (let size = got; ; ) {
      const more = fs.readSync(fd, chunk, 0, chunk.length, size)
      if (more === 0) return { digest: hash.digest('hex'), size }
      hash.update(chunk.subarray(0, more))
      size += more
    }
  }
  return ({ root, count, paths }: Question) => {
    const bytes = Buffer.from(paths.buffer, paths.byteOffset, paths.length)
    const start = Buffer.from(`/proc/self/fd/${root}/`)
    const stats = new BigUint64Array(3 * count)
    const failed = new Map<number, string>()
    let digests = ''
    for (let i = 0, from = 0; i < count; i++) {
      const end = bytes.indexOf(0, from)
      const path = Buffer.concat([start, bytes.subarray(from, end)])
      from = end + 1
      let fd: number | undefined
      try {
        fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        const stat = fs.fstatSync(fd, { bigint: true })
        if (!stat.isFile()) throw Object.assign(new Error('not a file'), { code: 'EFTYPE' })
        const { digest, size } = read(fd, stat.size)
        digests += digest
        stats[3 * i] = BigInt(size)
        stats[3 * i + 1] = stat.dev
        stats[3 * i + 2] = stat.ino
      } catch (cause) {
        digests += ' '.repeat(64)
        failed.set(i, (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN')
      } finally {
        if (fd !== undefined) fs.closeSync(fd)
      }
    }
    return { answer: { digests, stats, failed }, give: [stats.buffer] }
  }
}

/** `count`: as many as there are processors. */
export function openHashers(count: number): Hashers {
  const threads = openThreads<Question, Answer>(count, hasher)
  return {
    hash: async (root, paths) => {
      const { digests, stats, failed } = await threads.ask({
        root,
        count: paths.length,
        paths: packed(paths),
      })
      return paths.map((_, i) => {
        const why = failed.get(i)
        if (why !== undefined) return { failed: why }
        const digest = digests.slice(64 * i, 64 * i + 64) as Digest
        const [size = 0n, dev = 0n, ino = 0n] = stats.subarray(3 * i, 3 * i + 3)
        return { digest, size: Number(size), dev, ino }
      })
    },
    [Symbol.asyncDispose]: () => threads[Symbol.asyncDispose](),
  }
}
