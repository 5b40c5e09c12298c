// A named place at which a test may end this process. The list of the places stands where they are used.

export type KillPoint = (name: string) => void

/** Outside of tests nothing dies here. */
export const noKillPoint: KillPoint = () => {}

/** `name` or `name#3` (the third time): kills this process there, as a power cut would. `seen` learns of every place passed. */
export function killAt(wanted: string, kill: () => void, seen: (name: string) => void = () => {}): KillPoint {
  const [name, nth = '1'] = wanted.split('#')
  let left = Number(nth)
  return (here) => {
    seen(here)
    if (here !== name) return
    left -= 1
    if (left === 0) kill()
  }
}
