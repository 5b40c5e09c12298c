// Events for those who follow the gate: rows written with the state that they describe, and delivered after the commit.
import type { ChangeId } from '../base/id.ts'
import type { StoredEvent } from './store.ts'

export interface Events {
  /** Delivers events to everybody who listens now. */
  publish(events: readonly StoredEvent[]): void
  /** Calls `listener` with each event. Returns a function that ends this. */
  listen(listener: (event: StoredEvent) => void): () => void
  /** Resolves at the next event of this change (or of any), or when the signal is aborted. */
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
