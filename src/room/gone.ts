// Which processes of a room are still there. Each room has user ids of its own, so what runs as one of them belongs to it, whatever it has become.
import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { FIRST_UID } from '../sandbox/sandbox-ids.ts'
import { kernelText } from '../sys/kernel-text.ts'

const RANGE = 65_536
const STEP_MS = 10

/** Process ids whose real user lies in the range of a room, or in that of any room where no base is given. */
export function processesOf(baseUid?: number): readonly number[] {
  const found: number[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const status = kernelText(`/proc/${name}/status`)
    const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? -1)
    // A zombie holds nothing any more: who started it reads its end.
    if (/^State:\s+[ZX]/m.test(status)) continue
    const isOurs = baseUid === undefined ? uid >= FIRST_UID : uid >= baseUid && uid < baseUid + RANGE
    if (isOurs) found.push(Number(name))
  }
  return found
}

/** Ends whatever is left of a room and waits until it is gone. False where something stays. */
export async function endAll(baseUid: number, withinMs = 10_000): Promise<boolean> {
  const until = performance.now() + withinMs
  for (;;) {
    const left = processesOf(baseUid)
    if (left.length === 0) return true
    for (const pid of left)
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    if (performance.now() > until) return false
    await pause(STEP_MS)
  }
}
