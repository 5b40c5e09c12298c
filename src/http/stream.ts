// Answers that are sent as they are made. Live events: what was missed since Last-Event-ID from the rows, then each as it is committed;
// the stream ends with the reader, or when the gate ends. Lines of an export.

import { seenBy } from '../app/agents-see.ts'
import type { Gate } from '../app/gate.ts'
import { eventsAfter, type StoredEvent } from '../app/store.ts'
import type { ChangeId } from '../base/id.ts'
import type { Actor } from '../identity/actor.ts'

const BEAT_MS = 15_000
const MAX_QUEUED = 10_000

export function eventStream(
  gate: Gate,
  reader: Pick<Actor, 'kind'>,
  change: ChangeId | undefined,
  lastSeen: string | undefined,
  closing: AbortSignal,
): Response {
  const encoder = new TextEncoder()
  let stop = () => {}
  const body = new ReadableStream<Uint8Array>({
    start: async (controller) => {
      let last = -1
      let queue: StoredEvent[] | undefined = []
      const send = (event: StoredEvent) => {
        if (event.id <= last || (change !== undefined && event.change !== change)) return
        last = event.id
        controller.enqueue(encoder.encode(frame(seenBy(reader, event))))
      }
      const unlisten = gate.events.listen((event) => {
        if (queue === undefined) send(event)
        else if (queue.length < MAX_QUEUED) queue.push(event)
      })
      const beat = setInterval(() => controller.enqueue(encoder.encode(': \n\n')), BEAT_MS)
      const end = () => {
        stop()
        try {
          controller.close()
        } catch {
          // The reader went first.
        }
      }
      stop = () => {
        unlisten()
        clearInterval(beat)
        closing.removeEventListener('abort', end)
      }
      closing.addEventListener('abort', end, { once: true })
      if (closing.aborted) return end()
      controller.enqueue(encoder.encode('retry: 1000\n\n'))
      // Who has seen none yet is told what comes from now on: whatever is committed after the answer has begun.
      if (/^\d{1,15}$/.test(lastSeen ?? '')) {
        // Listening began before the rows are read: nothing falls between, and ids keep it from coming twice.
        last = Number(lastSeen)
        for (;;) {
          const missed = await eventsAfter(gate.db, last, change)
          for (const event of missed) send(event)
          if (missed.length === 0) break
        }
      }
      for (const event of queue) send(event)
      queue = undefined
    },
    cancel: () => stop(),
  })
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  })
}

/** The first line is awaited: what refuses the whole is answered with its cause. */
export async function lineStream(lines: AsyncGenerator<string>): Promise<Response> {
  const encoder = new TextEncoder()
  let first: IteratorResult<string, unknown> | undefined = await lines.next()
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = first ?? (await lines.next())
      first = undefined
      if (done === true) controller.close()
      else controller.enqueue(encoder.encode(`${value}\n`))
    },
    cancel: async () => {
      await lines.return(undefined)
    },
  })
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } })
}

function frame(event: StoredEvent): string {
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`
}
