// Exit codes, and what most rows of the table of codes (error-codes.ts) are made of.

/** Exit codes of the command line (terminal §2). */
export const EXIT = {
  done: 0,
  failed: 1,
  blocked: 2,
  waiting: 3,
  usage: 64,
  bug: 70,
  later: 75,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export interface ErrorRow {
  readonly http: number
  readonly exit: ExitCode
  /** Can the same call succeed later without anybody changing anything? */
  readonly retry: boolean
}

export const bad = { http: 400, exit: EXIT.usage, retry: false } as const
export const blocked = { http: 403, exit: EXIT.blocked, retry: false } as const
export const conflict = { http: 409, exit: EXIT.blocked, retry: false } as const
export const missing = { http: 404, exit: EXIT.failed, retry: false } as const
export const failed = { http: 500, exit: EXIT.failed, retry: false } as const
export const later = { http: 503, exit: EXIT.later, retry: true } as const
