// Who follows the gate: events are rows written with the state they speak of, and told here after the commit.
import type { ChangeId } from '../base/id.ts'
import type { StoredEvent } from './store.ts'

export interface Events {
  /** Tells everybody who listens now. */
  publish(events: readonly StoredEvent[]): void
  /** Called with each event; returns how to stop. */
  listen(listener: (event: StoredEvent) => void): () => void
  /** Resolves at the next event of this change (or of any), or when the signal ends. */
  next(change: ChangeId | undefined, signal: AbortSignal): Promise<void>
}

export function openEvents(): Events {
  const listeners = new Set<(event: StoredEvent) => void>()
  const listen: Events['listen'] = (listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return {
    publish: (events) => {
      for (const event of events) for (const listener of listeners) listener(event)
    },
    listen,
    next: (change, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const done = () => {
          stop()
          signal.removeEventListener('abort', done)
          resolve()
        }
        const stop = listen((event) => {
          if (change === undefined || event.change === change) done()
        })
        signal.addEventListener('abort', done, { once: true })
      }),
  }
}
