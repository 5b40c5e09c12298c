// One role of ours stands for two things, and never for both at once: who reads rows (many may), and who loads a dump (one, alone).
// INVARIANT B9: while a dump is loaded the role may read nothing of anybody; while it may read, nothing of a dump is run by it.
import { SekishoError } from '../base/error.ts'

interface Place {
  sharing: number
  /** Ends when the one who is alone has ended, and when the first who shares has made what all share. */
  before: Promise<unknown>
}

const places = new Map<string, Place>()

function placeOf(name: string): Place {
  const known = places.get(name)
  if (known !== undefined) return known
  const made = { sharing: 0, before: Promise.resolve() }
  places.set(name, made)
  return made
}

/** Waits its turn, then runs; whoever comes meanwhile waits for it. Who waits is let go at the signal; who is in comes to its own end. */
async function inTurn<T>(place: Place, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  let isIn = false
  const mine = place.before.then(() => {
    if (signal?.aborted === true) throw new SekishoError('backup.aborted')
    isIn = true
    return work()
  })
  place.before = mine.catch(() => {})
  if (signal === undefined) return await mine
  let leave = () => {}
  const left = new Promise<never>((_, reject) => {
    leave = () => {
      if (!isIn) reject(new SekishoError('backup.aborted'))
    }
    signal.addEventListener('abort', leave)
  })
  try {
    return await Promise.race([mine, left])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

export interface Shared {
  /** Run by the first of those who are there together. */
  readonly enter: () => Promise<void>
  /** Run by the last. */
  readonly leave: () => Promise<void>
}

const AGAIN_MS = 50

/** Alone in the place of that name. Throws backup.aborted where the signal comes before its turn, and what the work throws. */
export async function alone<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const place = placeOf(name)
  for (;;) {
    const mine = async () => (place.sharing > 0 ? undefined : { value: await work() })
    const done = await inTurn(place, mine, signal)
    if (done !== undefined) return done.value
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** Together with others who share it; who is inside already may come in once more. Throws as `alone`. */
export async function together<T>(
  name: string,
  { enter, leave }: Shared,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const place = placeOf(name)
  const comeIn = async () => {
    if (place.sharing === 0) await enter()
    place.sharing++
  }
  await inTurn(place, comeIn, signal)
  try {
    return await work()
  } finally {
    await inTurn(place, async () => {
      place.sharing--
      if (place.sharing === 0) await leave()
    })
  }
}
