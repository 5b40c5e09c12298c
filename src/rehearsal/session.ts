// The runner's side of the child in a rehearsal room: one order at a time, each with a limit, and an end that leaves nothing.

import { decode } from '../base/decode.ts'
import { parseJson } from '../base/json.ts'
import { watchDisk } from '../room/disk-watch.ts'
import { keepText } from '../room/kept-text.ts'
import type { RoomLimits } from '../room/limits.ts'
import { descriptorsOfOwnCode, launchInRoom, type Walls } from '../room/walls.ts'
import { plainText } from '../sandbox/sandbox.ts'
import type { Mount } from '../sandbox/sandbox-argv.ts'
import { type Order, type OrderAnswer, orderAnswer } from './protocol.ts'

/** Why a room ended before its last order. */
export type SessionEnd = 'time' | 'memory' | 'processes' | 'disk' | 'cancelled' | 'unavailable'

export class SessionEnded extends Error {
  override name = 'SessionEnded'
  readonly why: SessionEnd
  constructor(why: SessionEnd, detail: string) {
    super(detail)
    this.why = why
  }
}

export interface Session {
  /** Throws SessionEnded. */
  order(order: Order): Promise<OrderAnswer>
  /** What the service has said so far: beginning and end, cleaned. */
  said(): string
  readonly limitedBy: string
}

const HEAD = 32_768
const TAIL = 98_304
const LINE_MAX = 131_072

export interface SessionRequest {
  readonly mounts: readonly Mount[]
  readonly limits: RoomLimits
  readonly name: string
  readonly signal?: AbortSignal
  readonly passwd: readonly string[]
  readonly group: readonly string[]
}

/** Nothing of the room runs when this returns, whatever `work` did. */
export async function withSession<T>(
  walls: Walls,
  request: SessionRequest,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const launched = await launchInRoom(walls, {
    argv: ['env', '--', 'rehearse', descriptorsOfOwnCode()],
    mounts: request.mounts,
    limits: request.limits,
    name: request.name,
    own: 'after',
    stdin: 'pipe',
    accounts: { passwd: request.passwd, group: request.group },
  })
  const { child } = launched
  const kept = keepText(HEAD, TAIL)
  let why: SessionEnd | undefined
  let waiting: ((answer: OrderAnswer | undefined) => void) | undefined
  const end = (reason: SessionEnd) => {
    why ??= reason
    launched.kill()
  }
  child.stderr?.on('data', (chunk: Buffer) => kept.add(chunk))
  let line = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    line += chunk.toString('utf8')
    if (line.length > LINE_MAX) return end('unavailable')
    for (let at = line.indexOf('\n'); at >= 0; at = line.indexOf('\n')) {
      const answer = answerOf(line.slice(0, at))
      line = line.slice(at + 1)
      waiting?.(answer)
      waiting = undefined
    }
  })
  child.stdin?.on('error', () => {})
  const timer = setTimeout(() => end('time'), request.limits.seconds * 1000)
  const cancel = () => end('cancelled')
  if (request.signal?.aborted === true) cancel()
  request.signal?.addEventListener('abort', cancel, { once: true })
  const disk = watchDisk(walls.place, request.limits, () => end('disk'))
  let over: SessionEnd | undefined
  const over$ = launched.ended.then((ended) => {
    if (ended.over !== undefined)
      over = ended.over.what === 'memory' || ended.over.what === 'processes' ? ended.over.what : 'disk'
    waiting?.(undefined)
    waiting = undefined
    return ended
  })
  const said = () => plainText(kept.text(walls.ports.redact))
  let isOver = false
  void over$.then(() => {
    isOver = true
  })
  const session: Session = {
    limitedBy: launched.limitedBy,
    said,
    order: async (order) => {
      const answered = new Promise<OrderAnswer | undefined>((resolve) => {
        waiting = resolve
      })
      if (isOver) waiting?.(undefined)
      child.stdin?.write(`${JSON.stringify(order)}\n`)
      const answer = await answered
      if (answer !== undefined) return answer
      launched.kill()
      await over$
      // What may start no more processes waits until its time is over: the limit is what ended it.
      throw new SessionEnded(
        (why === 'time' ? over : undefined) ?? why ?? over ?? 'unavailable',
        said().slice(-500),
      )
    },
  }
  try {
    return await work(session)
  } finally {
    clearTimeout(timer)
    request.signal?.removeEventListener('abort', cancel)
    disk.stop()
    launched.kill()
    await over$
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
}

/** Undefined: it is no answer of ours, and the room ends. */
function answerOf(line: string): OrderAnswer | undefined {
  try {
    const read = decode(orderAnswer, parseJson(line))
    return read.ok ? read.value : undefined
  } catch {
    return undefined
  }
}
