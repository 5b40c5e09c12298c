// The rehearsal of a declared command: the deployed release runs in the room on a clone of its data, the command is run beside it as the service's user, and then
// its way back. What each changes is found by looking at files and tables, and never by what a program says.
import { setTimeout as pause } from 'node:timers/promises'
import { isAtOrBelow } from '../plans/data-directory.ts'
import {
  type AtStep,
  type BesideReceipt,
  type BesideSpec,
  begunReceipt,
  bootedBefore,
  type Growing,
  rehearseBeside,
  requireAsBefore,
  SETTLE_MS,
} from './beside.ts'
import { Found } from './findings.ts'
import type { FurnishedRoom, RehearsalPorts } from './in-room.ts'

export interface CommandSpec extends BesideSpec {
  readonly directory: string
  readonly argv: readonly string[]
  /** Absent: nothing but a restore takes it back. */
  readonly back?: readonly string[]
  readonly withinMs: number
  /** Paths that may be other afterwards: what it may write, and the data that the service writes for it. */
  readonly mayChange: readonly string[]
}

/** What the rehearsal of a command found. */
export interface CommandReceipt extends BesideReceipt {
  readonly commandMs?: number
}

/** Always a receipt: a room that could not be had is one that says `unknown` and why. */
export async function rehearseCommand(
  ports: RehearsalPorts,
  spec: CommandSpec,
): Promise<{ readonly receipt: CommandReceipt; readonly output: string }> {
  const receipt: Growing<CommandReceipt> = begunReceipt(spec)
  const output = await rehearseBeside(ports, spec, receipt, (room, at) => play(room, spec, receipt, at))
  return { receipt, output }
}

async function play(
  room: FurnishedRoom,
  spec: CommandSpec,
  found: Growing<CommandReceipt>,
  at: AtStep,
): Promise<void> {
  const { argv, back, directory, withinMs, mayChange } = spec
  const { service } = room
  const before = await bootedBefore(room, spec, found, at)
  at('command')
  const running = performance.now()
  await service.exec('command', argv, directory, withinMs)
  found.commandMs = Math.max(1, Math.round(performance.now() - running))
  await service.healthy('command')
  await pause(SETTLE_MS)
  const changed = await before.since()
  found.changed = changed.map(({ path }) => path)
  const outside = changed.find(
    ({ path }) => path.startsWith('/') && !mayChange.some((one) => isAtOrBelow(path, one)),
  )
  if (outside !== undefined) throw new Found({ step: 'command', code: 'outside', what: outside.path })
  if (back === undefined) return
  at('back')
  const returning = performance.now()
  await service.exec('back', back, directory, withinMs)
  found.backMs = Math.max(1, Math.round(performance.now() - returning))
  at('back-health')
  await service.healthy('back-health')
  await requireAsBefore(before, found, at)
}
