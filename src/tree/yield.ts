// Long work of synchronous calls is cut into slices: after each, whoever else waits in this process has a turn, and an end that was asked for
// is noticed.
import { SekishoError } from '../base/error.ts'

/** Longer than this nobody waits for us, but for one call of the kernel. */
const SLICE_MS = 10

export interface Yielding {
  /** To be awaited where it answers a promise: most of the time it does not, and a promise for each file would cost more than the file. */
  next(): Promise<void> | undefined
}

/** Throws backup.aborted from `next` once the signal is given. */
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
