// The store as a process of its own, under an account of its own: started by systemd or by an `up` of root, who has made its directories.

import { migrations } from '../../app/migrations.ts'
import { SekishoError } from '../../base/error.ts'
import type { Clock, Random } from '../../base/time.ts'
import { GATE } from '../../db/layout.ts'
import { migrate } from '../../db/migrate.ts'
import { serveEmbedded } from '../../db/serving.ts'
import type { Log } from '../../sys/log.ts'
import { tellReady } from '../../sys/notify.ts'

/** What it tells who started it, once it serves. */
export interface StoreReady {
  readonly store: { readonly version: string; readonly adopted: boolean }
}

/**
 * Serves until the signal. Tells systemd or its parent when it is ready. Without its parent it ends and leaves the server running, which
 * the next start adopts. Throws store.as_root, store.served.
 */
export async function serveStore(
  data: string,
  clock: Clock,
  random: Random,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  // INVARIANT D2: nothing of the store runs as root, neither the server nor this process, which loads a package.
  if (process.getuid?.() === 0) throw new SekishoError('store.as_root')
  let isLeft = false
  const left = new Promise<void>((resolve) => {
    process.once('disconnect', () => {
      isLeft = true
      resolve()
    })
  })
  const store = await serveEmbedded({ dataDirectory: data, isPrepared: true, clock, random, log })
  try {
    await migrate(store.ownerUrl, migrations(GATE))
    await tellReady()
    const { version, adopted } = store
    if (process.send !== undefined && process.connected)
      process.send({ store: { version, adopted } } satisfies StoreReady)
    const ended = new Promise<void>((resolve, reject) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
      store.onExit(reject)
    })
    await Promise.race([ended, left])
  } finally {
    if (isLeft && !signal.aborted) store.release()
    else await store.stop()
  }
}
