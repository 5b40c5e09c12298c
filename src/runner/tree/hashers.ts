// Digests of many files on threads of their own, for trees that nobody but us can write: a path below one held directory is given, and the walk
// has looked at each of its directories. A tree that lives is read by its own walk, descriptor by descriptor (read.ts).
import { Worker } from 'node:worker_threads'
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'

export type Hashed =
  | { readonly digest: Digest; readonly size: number; readonly dev: string; readonly ino: string }
  | { readonly failed: string }

export interface Hashers extends AsyncDisposable {
  /** Digests in the order of the paths below the directory that is open as `root`. */
  hash(root: number, paths: readonly Buffer[]): Promise<readonly Hashed[]>
}

/** What one message holds: a thread is told of many small files at once. */
export const BATCH_FILES = 256
export const BATCH_BYTES = 8 * 1_048_576

interface Waiting {
  readonly resolve: (hashed: readonly Hashed[]) => void
  readonly reject: (error: Error) => void
}

/** Runs in the thread: its text is all that goes there, so that it names nothing outside of itself. */
function serve(): void {
  const fs = process.getBuiltinModule('node:fs')
  const crypto = process.getBuiltinModule('node:crypto')
  const { parentPort } = process.getBuiltinModule('node:worker_threads')
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
  const chunk = Buffer.allocUnsafeSlow(1_048_576)
  const one = (path: Buffer) => {
    let fd: number | undefined
    try {
      fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      const stat = fs.fstatSync(fd, { bigint: true })
      if (!stat.isFile()) return { failed: 'EFTYPE' }
      const inode = { dev: String(stat.dev), ino: String(stat.ino) }
      const got = fs.readSync(fd, chunk, 0, chunk.length, 0)
      // Most are small, and one call is half of the price of three.
      if (got < chunk.length && BigInt(got) === stat.size)
        return { digest: crypto.hash('sha256', chunk.subarray(0, got), 'hex'), size: got, ...inode }
      const hash = crypto.createHash('sha256').update(chunk.subarray(0, got))
      let size = got
      for (;;) {
        const more = fs.readSync(fd, chunk, 0, chunk.length, size)
        if (more === 0) return { digest: hash.digest('hex'), size, ...inode }
        hash.update(chunk.subarray(0, more))
        size += more
      }
    } catch (cause) {
      return { failed: (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN' }
    } finally {
      if (fd !== undefined) fs.closeSync(fd)
    }
  }
  parentPort?.on('message', ({ root, paths }: { root: number; paths: readonly Uint8Array[] }) => {
    const start = Buffer.from(`/proc/self/fd/${root}/`)
    parentPort.postMessage(paths.map((path) => one(Buffer.concat([start, path]))))
  })
}

/** `count`: as many as there are processors. */
export function openHashers(count: number): Hashers {
  const threads = Array.from({ length: count }, () => startThread())
  let next = 0
  return {
    hash: (root, paths) => {
      next = (next + 1) % threads.length
      return (threads[next] as ReturnType<typeof startThread>).ask({ root, paths })
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(threads.map((thread) => thread.end()))
    },
  }
}

function startThread() {
  const worker = new Worker(`(${serve.toString()})()`, { eval: true })
  /** Answers come in the order of the questions. */
  const waiting: Waiting[] = []
  const fail = (cause: unknown) => {
    const error = new SekishoError(
      'process.failed',
      { program: 'hash', why: String(cause).slice(0, 200) },
      { cause },
    )
    for (const one of waiting.splice(0)) one.reject(error)
  }
  worker.on('message', (hashed: readonly Hashed[]) => waiting.shift()?.resolve(hashed))
  worker.on('error', fail)
  worker.on('exit', () => fail('the thread ended'))
  return {
    ask: (question: { readonly root: number; readonly paths: readonly Buffer[] }) =>
      new Promise<readonly Hashed[]>((resolve, reject) => {
        waiting.push({ resolve, reject })
        worker.postMessage(question)
      }),
    end: async () => {
      await worker.terminate()
    },
  }
}
