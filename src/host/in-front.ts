// Which other service stands before one: it listens where the health of that one is asked, as a proxy does.
import type { Service } from '../plans/policy.ts'
import type { ReadContext } from './context.ts'
import { listenersOf } from './nginx-listeners.ts'
import { readUnitState } from './unit-facts.ts'

export interface InFront {
  readonly service: Service['name']
  /** Its error log. */
  readonly error: string
}

/** Undefined where none is declared with a log, where none listens there, and where that cannot be read. */
export async function serviceInFront(
  { name, host, health }: Service,
  c: ReadContext,
): Promise<InFront | undefined> {
  const port = health === undefined ? undefined : portOf(health.url)
  if (port === undefined) return undefined
  for (const other of c.policy.services) {
    const { unit } = other
    const { error } = other.logs
    if (other.name === name || other.host !== host || unit === undefined || error === undefined) continue
    const state = await readUnitState(unit, c).catch(() => undefined)
    const held = state === undefined || state.mainPid === 0 ? undefined : listenersOf(state.mainPid)
    if (held?.some((one) => one.proto === 'tcp' && one.port === port) === true)
      return { service: other.name, error }
  }
  return undefined
}

function portOf(url: string): number | undefined {
  if (!URL.canParse(url)) return undefined
  const { port, protocol } = new URL(url)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}
