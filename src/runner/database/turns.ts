// One role of ours stands for two things, and never for both at once: who reads rows (many may), and who loads a dump (one, alone).
// INVARIANT B9: while a dump is loaded the role may read nothing of anybody; while it may read, nothing of a dump is run by it.
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

/** Waits its turn, then runs; whoever comes meanwhile waits for it. */
async function inTurn<T>(place: Place, work: () => Promise<T>): Promise<T> {
  const mine = place.before.then(work)
  place.before = mine.catch(() => {})
  return await mine
}

export interface Shared {
  /** Run by the first of those who are there together. */
  readonly enter: () => Promise<void>
  /** Run by the last. */
  readonly leave: () => Promise<void>
}

const AGAIN_MS = 50

/** Alone in the place of that name. */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const place = placeOf(name)
  for (;;) {
    const done = await inTurn(place, async () => (place.sharing > 0 ? undefined : { value: await work() }))
    if (done !== undefined) return done.value
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** Together with others who share it; who is inside already may come in once more. */
export async function together<T>(
  name: string,
  { enter, leave }: Shared,
  work: () => Promise<T>,
): Promise<T> {
  const place = placeOf(name)
  await inTurn(place, async () => {
    if (place.sharing === 0) await enter()
    place.sharing++
  })
  try {
    return await work()
  } finally {
    await inTurn(place, async () => {
      place.sharing--
      if (place.sharing === 0) await leave()
    })
  }
}
