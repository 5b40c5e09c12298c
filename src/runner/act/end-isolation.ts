// Ends the isolation of this host: the record says so first, then the table goes (isolate/settle.ts).
import type { EndIsolation } from '../../plans/actions/end-isolation.ts'
import { type ActContext, type ActResult, applied, failed, failedOr, type ProbeResult } from './context.ts'

export async function applyEndIsolation({ incident }: EndIsolation, c: ActContext): Promise<ActResult> {
  if (c.isolation === undefined) return failed('isolation.none', { incident })
  try {
    const ended = await c.isolation.end(incident, c.execution)
    return ended === 'ended'
      ? applied({ incident })
      : failed(ended === 'none' ? 'isolation.none' : 'isolation.other_incident', { incident })
  } catch (cause) {
    return failedOr(cause, 'nft', { incident })
  }
}

/** Over in the record is over: whoever looks next takes the table away. */
export async function probeEndIsolation({ incident }: EndIsolation, c: ActContext): Promise<ProbeResult> {
  if (c.isolation === undefined) return { found: 'unknown', detail: { incident } }
  const stands = await c.isolation.incident()
  const table = await c.isolation.table()
  return { found: stands === incident ? 'not_applied' : 'applied', detail: { incident, table } }
}
