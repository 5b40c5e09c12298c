import { expect } from 'vitest'
import type { IncidentView } from '../../src/contract/incident.ts'
import type { World } from '../world/world.ts'

/** An incident of one service, opened by a person and followed by itself to its recovery. */
export async function recovered(w: World, service: string, because: string): Promise<IncidentView> {
  const view = await w.json<IncidentView>('ops1', [
    'incident',
    'open',
    '--service',
    service,
    '--because',
    because,
  ])
  expect(view.state, JSON.stringify(view)).toBe('monitoring')
  return view
}

/** Closed without waiting whether health stays green. */
export async function closedIncident(
  w: World,
  { id }: Pick<IncidentView, 'id'>,
  cause: string,
): Promise<void> {
  const argv = ['incident', 'close', id, '--cause', cause, '--without-soak', 'a test']
  const closed = await w.sekisho('ops1', argv)
  expect(closed.code, closed.stdout + closed.stderr).toBe(0)
}
