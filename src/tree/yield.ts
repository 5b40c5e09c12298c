// Cuts long synchronous work into slices: after each slice other work of this process runs, and an abort is noticed.
import { SekishoError } from '../base/error.ts'

/** A slice ends after this time. */
const SLICE_MS = 10

export interface Yielding {
  /** Await the result where it is a promise. Most calls return undefined, because a promise for each file would cost more than the file. */
  next(): Promise<void> | undefined
}

/** `next` throws backup.aborted once the signal is aborted. */
export function yielding(signal?: AbortSignal): Yielding {
  let since = performance.now()
  return {
    next() {
      if (signal?.aborted === true) throw new SekishoError('backup.aborted')
      if (performance.now() - since < SLICE_MS) return undefined
      return new Promise((resolve) => {
        setImmediate(() => {
          since = performance.now()
          resolve()
        })
      })
    },
  }
}
