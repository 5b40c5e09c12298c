// Checks that are to be looked at again at once, because what they look at has just changed, and since when this gate looks.
import type { CheckId } from '../checks/result.ts'
import type { Gate } from './gate.ts'

const due = new WeakMap<Gate, Set<CheckId>>()
const began = new WeakMap<Gate, number>()

/** A backup that has just ended is looked at now, not when its check is due. */
export function lookAgain(gate: Gate, service: string): void {
  const ids = due.get(gate) ?? new Set()
  due.set(gate, ids)
  for (const item of ['backup', 'restored', 'integrity']) ids.add(`${service}/${item}` as CheckId)
}

/** Taken once. */
export function takeDue(gate: Gate): ReadonlySet<CheckId> {
  const ids = due.get(gate) ?? new Set()
  due.delete(gate)
  return ids
}

export function beginChecks(gate: Gate): void {
  began.set(gate, gate.clock.uptime())
}

/** For how long this gate has looked: what it did not see in its first seconds says nothing. */
export function looksForMs(gate: Gate): number {
  const from = began.get(gate)
  return from === undefined ? Number.POSITIVE_INFINITY : gate.clock.uptime() - from
}

const healthDue = new WeakSet<Gate>()

/** Something that bears on the health of a service has just changed: its stored health is looked at anew at the next round. */
export function lookAtHealthSoon(gate: Gate): void {
  healthDue.add(gate)
}

/** Taken once. */
export function takeHealthDue(gate: Gate): boolean {
  return healthDue.delete(gate)
}
