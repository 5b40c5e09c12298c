// Pings that go out while gate, runner and watch are well. Whoever receives them learns of a dead machine by their absence, so a ping is
// never sent because somebody waits for it.
import { readFile } from 'node:fs/promises'
import type { Clock } from '../base/time.ts'
import type { PingOut } from '../notify/rules.ts'
import type { Log } from '../sys/log.ts'
import { post, type Resolve } from '../sys/outbound.ts'

export interface PingParts {
  readonly rules: () => readonly PingOut[]
  readonly isWell: () => boolean
  readonly clock: Clock
  readonly log: Log
  readonly resolve?: Resolve
}

const TIMEOUT_MS = 10_000

export interface Pings {
  /** Sends what is due. Returns at once. */
  look(): void
  /** Until what was begun has ended. */
  idle(): Promise<void>
}

export function pingOut({ rules, isWell, clock, log, resolve }: PingParts): Pings {
  /** By the time since boot: a clock that is set back must not silence a ping. */
  const lastAt = new Map<string, number>()
  const underWay = new Map<string, Promise<void>>()

  const send = async ({ url, private: isPrivate, ca: caPath }: PingOut) => {
    const ca = caPath === undefined ? undefined : await readFile(caPath)
    const answer = await post({
      url,
      method: 'GET',
      private: isPrivate,
      timeoutMs: TIMEOUT_MS,
      ...(ca === undefined ? {} : { ca }),
      ...(resolve === undefined ? {} : { resolve }),
    })
    if (answer.kind === 'failed' || answer.status >= 300)
      log.warn(
        { host: new URL(url).host, ...(answer.kind === 'failed' ? answer : { status: answer.status }) },
        'a ping was not taken',
      )
  }

  return {
    look: () => {
      if (!isWell()) return
      for (const one of rules()) {
        const last = lastAt.get(one.url)
        const now = clock.uptime()
        if (underWay.has(one.url) || (last !== undefined && now - last < one.everySeconds * 1000)) continue
        lastAt.set(one.url, now)
        const sending = send(one)
          .catch((error: unknown) => log.warn({ why: String(error) }, 'a ping was not sent'))
          .finally(() => underWay.delete(one.url))
        underWay.set(one.url, sending)
      }
    },
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay.values())
    },
  }
}
