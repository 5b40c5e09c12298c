// How long what was staged of code counts.

/** As long as its evidence. */
export const CODE_LIFE_MS = 24 * 3_600_000
