// What gate and watch process do with notices, for a scene whose checks nobody looks at: files in the directory of the scene, real sending.
import { join } from 'node:path'
import { exchangeNotices, noticeMemory } from '../../src/app/notice-files.ts'
import { startNotices } from '../../src/deliver/start.ts'
import { systemClock } from '../../src/sys/clock.ts'
import type { Scene } from '../app/scene.ts'

const LOOK_MS = 300

/** Runs until the returned function is called. */
export function watchNotices(scene: Scene): () => Promise<void> {
  const over = new AbortController()
  const silent = () => {}
  const directory = join(scene.directory, 'watch')
  const at = (name: string) => join(directory, name)
  const sending = startNotices({
    directory,
    policy: () => scene.gate.policy(),
    isWell: () => true,
    clock: systemClock,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    signal: over.signal,
  })
  const exchanging = async () => {
    const memory = noticeMemory()
    while (!over.signal.aborted) {
      await exchangeNotices(
        scene.gate,
        { outbox: at('outbox'), sent: at('sent'), raised: at('raised') },
        memory,
      )
      await systemClock.sleep(LOOK_MS, over.signal).catch(() => undefined)
    }
  }
  const running = Promise.all([sending, exchanging()])
  return async () => {
    over.abort()
    await running
  }
}
