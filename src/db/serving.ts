// One process serves an embedded store: it watches over the server and ends it. Whoever comes second is refused, and leaves it alone; what a
// killed one has left running is adopted by the next, for the kernel frees the lock with its holder.
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { run } from '../sys/process.ts'
import { type Embedded, type EmbeddedOptions, startEmbedded } from './embedded.ts'
import { layout } from './layout.ts'

/** Throws store.served, and what startEmbedded throws. */
export async function serveEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const store = await startEmbedded(options)
  let lock: FileHandle
  try {
    lock = await takeLock(await realpath(options.dataDirectory), store)
  } catch (error) {
    store.release()
    throw error
  }
  return {
    ...store,
    stop: async () => {
      try {
        return await store.stop()
      } finally {
        await lock.close()
      }
    },
  }
}

async function takeLock(data: string, store: Embedded): Promise<FileHandle> {
  const path = join(layout(data).directory, 'served.lock')
  const handle = await open(path, 'a', 0o600)
  try {
    const locked = await run(['flock', '-x', '-n', '3'], { descriptors: [handle.fd] })
    if (locked.code === 0) return handle
    if (locked.code !== 1)
      throw new SekishoError('process.missing', {
        program: 'flock',
        why: locked.notStarted ?? locked.stderr,
      })
    throw new SekishoError('store.served', { path: data, pid: store.pid() })
  } catch (error) {
    await handle.close()
    throw error
  }
}
