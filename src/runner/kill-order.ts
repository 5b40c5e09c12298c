// A test's order to die, in a file that is read anew at every place passed: a runner that `up` starts again needs no other environment,
// and one order is one death. `NAME#3 kill` dies there; `NAME#3 hold` stands still there until the file of the hit is taken away.
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { type KillPoint, killAt } from '../base/kill-point.ts'

/** The order is moved to this name before it is carried out. */
export const HIT = '.hit'
const LOOK_MS = 5

export function killByOrder(path: string, kill: () => void): KillPoint {
  let order = ''
  let point: KillPoint = () => {}
  return (name) => {
    const text = orderIn(path)
    if (text !== order) {
      order = text
      const [wanted = '', how = ''] = text.split(' ')
      point = killAt(wanted, () => {
        renameSync(path, path + HIT)
        if (how === 'kill') kill()
        else standStill(path + HIT)
      })
    }
    point(name)
  }
}

function orderIn(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return '' // No order.
  }
}

/** Nothing of this process goes on, so that a test can kill others at exactly this place. */
function standStill(hit: string): void {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  while (existsSync(hit)) Atomics.wait(cell, 0, 0, LOOK_MS)
}
