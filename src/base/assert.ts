// Bugs are assertions: they stop that piece of work, loudly, and are never an answer.

/** Thrown when an invariant of our own does not hold. Exit code 70. */
export class Bug extends Error {
  override name = 'Bug'
}

export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new Bug(`invariant does not hold: ${invariant}`)
}
