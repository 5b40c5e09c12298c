// Between the line that is wired into an agent's settings and the hook behind it.

/** How the hook is asked to prove that it has looked, and how it ends when it has nothing against the call. */
export const CLOSED = '--closed'
export const ALIVE = 10
