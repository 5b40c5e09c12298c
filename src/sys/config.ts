// The one reader of process.env.

export type Environment = Readonly<Record<string, string | undefined>>

/** The environment as it was at the start, frozen. */
export const environment: Environment = Object.freeze({ ...process.env })
