// The store as a process of its own: for the unit of an installation, where systemd and not `up` watches over the parts.
import type { Clock, Random } from '../../base/time.ts'
import { GATE } from '../../db/layout.ts'
import { migrate } from '../../db/migrate.ts'
import { serveEmbedded } from '../../db/serving.ts'
import type { Log } from '../../sys/log.ts'
import { migrations } from '../migrations.ts'
import { ensureAccounts } from './accounts.ts'
import { tellReady } from './notify.ts'

/** Serves until the signal. Throws store.served beside another one. Tells systemd when it is ready, where it asked for it. */
export async function serveStore(
  data: string,
  clock: Clock,
  random: Random,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const accounts = process.getuid?.() === 0 ? await ensureAccounts() : undefined
  const store = await serveEmbedded({
    dataDirectory: data,
    ...(accounts === undefined ? {} : { server: accounts.store, gate: accounts.gate }),
    clock,
    random,
    log,
  })
  try {
    await migrate(store.ownerUrl, migrations(GATE))
    await tellReady()
    await new Promise<void>((resolve, reject) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
      store.onExit(reject)
    })
  } finally {
    await store.stop()
  }
}
