// The deployed release, started in a room and asked: nothing is played. What it is started on is handed in.
import type { RehearsalFault, RehearsalStep } from '../plans/receipt.ts'
import { faultOf } from './findings.ts'
import { inTurn, type RehearsalPorts, withRehearsalRoom } from './in-room.ts'
import type { RehearsalSpec, RoomSpec } from './spec.ts'

export interface BootedRoom {
  /** Absent: it is well. */
  readonly fault?: RehearsalFault
  readonly ms: number
  readonly output: string
}

/** Always an answer: a room that could not be had is a fault at its step. */
export function bootRoom(
  ports: RehearsalPorts,
  spec: RoomSpec & Pick<RehearsalSpec, 'smoke'>,
): Promise<BootedRoom> {
  return inTurn(async () => {
    const began = performance.now()
    const ms = () => Math.max(1, Math.round(performance.now() - began))
    let output = ''
    let step: RehearsalStep = 'clone'
    try {
      const limitedBy = await withRehearsalRoom(ports, spec, {
        furnished: () => {},
        said: (text) => {
          output = text
        },
        work: async ({ service, session }) => {
          step = 'boot'
          await service.prepare()
          await service.start('boot')
          await service.healthy('boot')
          step = 'smoke'
          const { smoke } = spec
          if (smoke !== undefined) await service.exec('smoke', smoke.argv, smoke.cwd, smoke.withinMs)
          return session.limitedBy
        },
      })
      if (limitedBy === 'watcher')
        return { fault: { step: 'clone', code: 'unavailable', what: 'cgroup' }, ms: ms(), output }
      return { ms: ms(), output }
    } catch (cause) {
      return { fault: faultOf(cause, step), ms: ms(), output }
    }
  })
}
