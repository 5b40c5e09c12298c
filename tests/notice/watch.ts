// What the watch process does with notices, for a scene: its rules as `config apply` wrote them, its files in the directory of the scene.
import { join } from 'node:path'
import { startNotices } from '../../src/deliver/start.ts'
import { systemClock } from '../../src/sys/clock.ts'
import type { Scene } from '../app/scene.ts'

/** Runs until the returned function is called. */
export function watchNotices(scene: Scene): () => Promise<void> {
  const over = new AbortController()
  const silent = () => {}
  const running = startNotices({
    directory: join(scene.directory, 'data', 'watch'),
    policy: () => scene.gate.policy(),
    isWell: () => true,
    clock: systemClock,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    signal: over.signal,
  })
  return async () => {
    over.abort()
    await running
  }
}
