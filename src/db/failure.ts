// PostgreSQL's words for a failure, and ours: what operates the store is mapped, what a room's own statement did is not.
import { SekishoError } from '../base/error.ts'

/** SQLSTATE of an error or of what caused it; undefined when PostgreSQL did not speak. */
export function sqlState(error: unknown): string | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++)
    if ('code' in e && typeof e.code === 'string' && /^[0-9A-Z]{5}$/.test(e.code)) return e.code
  return undefined
}

const SOCKET_ERRORS = /^(ECONN|EPIPE|ENOENT|EACCES|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/
const LOST =
  /Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|not queryable|Cannot use a pool after/

/**
 * A failure of the store as SekishoError with the original as `cause`; every other error comes back as it is, so that a
 * room can answer to its own constraint (23505) or to a refusing trigger.
 */
export function storeError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof SekishoError) return error
  const state = sqlState(error)
  const why = error.message
  if (state !== undefined) {
    const code = ofState(state)
    if (code === undefined) return error
    // Where it lies only the embedded store knows; it says so itself.
    return code === 'store.full'
      ? new SekishoError(code, { path: 'PostgreSQL', why, state }, { cause: error })
      : new SekishoError(code, { why, state }, { cause: error })
  }
  const errno = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (SOCKET_ERRORS.test(errno) || LOST.test(why))
    return new SekishoError('store.unavailable', { why: errno || why }, { cause: error })
  return error
}

function ofState(state: string) {
  switch (state) {
    case '53100': // disk_full
      return 'store.full'
    case '40001': // serialization_failure
    case '40P01': // deadlock_detected
    case '55P03': // lock_not_available
    case '53200': // out_of_memory
    case '53300': // too_many_connections
      return 'store.busy'
    case '57014': // query_canceled: our own statement_timeout
      return 'store.timeout'
    case '57P01': // admin_shutdown
    case '57P02': // crash_shutdown
    case '57P03': // cannot_connect_now
    case '25P03': // idle_in_transaction_session_timeout
      return 'store.unavailable'
    case '28000':
    case '28P01':
      return 'store.refused_login'
    case '42501':
      return 'store.no_permission'
    case '25006': // read_only_sql_transaction
      return 'store.read_only'
    case 'XX001':
    case 'XX002':
      return 'store.damaged'
    default:
      // 08: connection exceptions. 58: the server's own system errors; a full disk says so in words (58030, XX000).
      return state.startsWith('08') ? 'store.unavailable' : undefined
  }
}

/** May the same transaction be tried again without knowing more? Only before COMMIT was sent (tx.ts). */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error)
  if (state === '40001' || state === '40P01') return true
  return error instanceof SekishoError && error.code === 'store.unavailable'
}
