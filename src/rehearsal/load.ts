// Requests at a steady rate, each on a connection of its own: how many are lost while a service is replaced.
import { request } from 'node:http'

export interface Load {
  /** Waits for what was sent since the last count, and tells it. Sending goes on. */
  count(): Promise<{ readonly sent: number; readonly lost: number }>
  stop(): void
}

const TICK_MS = 5
const PATIENCE_MS = 10_000
/** A client that waits for more is not a client that sends at a rate: the rest is not sent, and not counted. */
const PENDING_MAX = 2_000

export function startLoad(url: string, perSecond: number): Load {
  const began = performance.now()
  let due = 0
  let phase = newPhase()
  let pending = 0
  const send = () => {
    const now = phase
    now.sent += 1
    pending += 1
    now.open.add(
      one(url).then((isAnswered) => {
        pending -= 1
        if (!isAnswered) now.lost += 1
      }),
    )
  }
  const timer = setInterval(() => {
    const wanted = Math.floor(((performance.now() - began) / 1000) * perSecond)
    for (; due < wanted; due++) if (pending < PENDING_MAX) send()
  }, TICK_MS)
  return {
    count: async () => {
      const counted = phase
      phase = newPhase()
      await Promise.all(counted.open)
      return { sent: counted.sent, lost: counted.lost }
    },
    stop: () => clearInterval(timer),
  }
}

function newPhase() {
  return { sent: 0, lost: 0, open: new Set<Promise<void>>() }
}

/** Whether an answer came whole, and is none of a server that failed. */
function one(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(url, { agent: false, headers: { connection: 'close' } }, (answer) => {
      answer.resume()
      answer.once('end', () => resolve((answer.statusCode ?? 500) < 500))
      answer.once('error', () => resolve(false))
      answer.once('close', () => resolve(false))
    })
    call.setTimeout(PATIENCE_MS, () => call.destroy())
    call.once('error', () => resolve(false))
    call.end()
  })
}
