// Waiting for a fact, with a limit. On a machine with two processors who waits must not take them from those who are waited for: looks take a quarter of the
// time at most.
const PAUSE_LEAST_MS = 15
const PAUSE_MOST_MS = 250

/** Looks until there is something. Throws after the limit, with what was waited for. */
export async function until<T>(
  what: string | (() => string),
  limitMs: number,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    const began = performance.now()
    const found = await look()
    if (found !== undefined && found !== false) return found
    const now = performance.now()
    if (now > end) throw new Error(`waited ${limitMs} ms for: ${typeof what === 'string' ? what : what()}`)
    const pause = Math.min(PAUSE_MOST_MS, Math.max(PAUSE_LEAST_MS, 3 * (now - began)))
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}
