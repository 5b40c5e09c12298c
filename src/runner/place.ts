// Where the runner keeps what, under one data directory. Everything but the sockets is 0700 and the runner's alone.
import { join } from 'node:path'
import type { ExecutionId } from '../base/id.ts'

export interface Place {
  readonly data: string
  /** Sockets; others may pass through. */
  readonly run: string
  /** Everything below is the runner's own. `armed/` lies directly in it. */
  readonly state: string
  readonly journal: string
  readonly objects: string
  readonly policies: string
  readonly secrets: string
  readonly keys: string
  readonly evidence: string
  readonly scratch: string
  /** Repositories and trees of code that nobody has approved; others may pass through. */
  readonly code: string
  /** Rooms in which such code runs; the same. */
  readonly rooms: string
}

export function placeOf(data: string): Place {
  const state = join(data, 'runner')
  return {
    data,
    run: join(data, 'run'),
    state,
    journal: join(state, 'journal'),
    objects: join(state, 'objects'),
    policies: join(state, 'policies'),
    secrets: join(state, 'secrets'),
    evidence: join(state, 'evidence'),
    keys: join(state, 'keys'),
    scratch: join(state, 'scratch'),
    code: join(data, 'code'),
    rooms: join(data, 'rooms'),
  }
}

/** `CHG-2026-0001/1` as a file name. */
export function executionFile(execution: ExecutionId): string {
  return execution.replace('/', '.')
}

export function copiesOf(place: Place, execution: ExecutionId): string {
  return join(place.state, 'copies', executionFile(execution))
}
