// Between the line that is wired into an agent's settings and the hook behind it.

/** Followed by a number: the hook is asked to write LOOKED with that number to its stdout, once it has answered on ANSWER_DESCRIPTOR. */
export const PROOF = '--proof'
/** Followed by a file as /proc/PID/environ: the environment that the agent's commands have; the hook is started without it. */
export const ENVIRONMENT = '--environment'
/** The stdout of the line, which the agent reads. */
export const ANSWER_DESCRIPTOR = 3
export const looked = (number: string) => `sekisho ${number} has looked`

/** Lines of earlier releases ask for the exit code ALIVE in this way. They are red in `doctor`, and still answered. */
export const CLOSED = '--closed'
export const ALIVE = 10
