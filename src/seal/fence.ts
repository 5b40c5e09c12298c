// Fence tokens: one number for each target that rises by one with each execution. How far one may rise at once, and which marks cannot
// have come about that way. Shared by the runner, which judges and resets, and the gate, which follows.

/**
 * The gate counts in ones; after a database was put back, or the runner's state, one side is behind by the executions in between. A token
 * beyond this is no count: accepted, it would leave no number for those that follow.
 */
export const FENCE_JUMP_MAX = 1_000_000

export interface Fenced {
  readonly execution: string
  readonly token: number
}

/** The highest mark that can be reached in steps of at most the jump, and the executions whose tokens lie beyond it. */
export function reachableMark(seen: readonly Fenced[]): {
  readonly mark: number
  readonly beyond: readonly string[]
} {
  let mark = 0
  const beyond: string[] = []
  for (const { execution, token } of seen.toSorted((a, b) => a.token - b.token))
    if (token <= mark + FENCE_JUMP_MAX) mark = Math.max(mark, token)
    else beyond.push(execution)
  return { mark, beyond }
}
