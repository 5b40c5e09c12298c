// How far a run is, for people: told at most four times a second, with the rate since its beginning and what is left at that rate.
import type { Clock } from '../../base/time.ts'
import type { Progress } from './request.ts'

const EVERY_MS = 250

export interface Counted {
  readonly entries: number
  readonly bytes: number
}

export function openProgress(
  clock: Clock,
  total: { readonly entries: number; readonly bytes: number },
  counted: () => Counted,
  tell: ((progress: Progress) => void) | undefined,
): () => void {
  if (tell === undefined) return () => {}
  const started = clock.uptime()
  let last = -EVERY_MS
  return () => {
    const elapsed = clock.uptime() - started
    if (elapsed - last < EVERY_MS) return
    last = elapsed
    const { entries, bytes } = counted()
    const rate = elapsed === 0 ? 0 : Math.round((bytes * 1000) / elapsed)
    // What holds a run up is bytes or files, whichever is further from its end.
    const done = Math.min(share(entries, total.entries), share(bytes, total.bytes))
    tell({
      entries,
      bytes,
      entriesTotal: total.entries,
      bytesTotal: total.bytes,
      rate,
      ...(done === 0 || elapsed === 0 ? {} : { leftMs: Math.round((elapsed * (1 - done)) / done) }),
    })
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 1 : Math.min(1, part / whole)
}
