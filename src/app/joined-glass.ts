// What was done by break-glass while no gate was there, put onto the record with the runner's line as its proof, once; approvers are told.
import { decode } from '../base/decode.ts'
import { glassEvent } from '../seal/glass.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import { linesAfter, proofOf, type Taken, type TakenLine, takenShape } from './journal-lines.ts'
import { readSetting, writeSetting } from './store.ts'

const JOINED = 'glass_joined'
type GlassLine = TakenLine<ReturnType<typeof glassEvent>>

/** Throws runner.*. */
export async function joinGlass(gate: Gate): Promise<void> {
  for (;;) {
    let above = await takenSoFar(gate)
    const { lines, last } = await linesAfter(gate, 'glass', glassEvent, above)
    for (const line of lines) {
      const expected = above?.digest
      // Another look was faster: what it joined is not joined again.
      if (!(await act(gate, 'system', (step) => joinLine(step, line, expected)))) return
      above = line
    }
    if (last) return
  }
}

async function joinLine(step: Act, line: GlassLine, expected: Taken['digest'] | undefined): Promise<boolean> {
  if ((await takenSoFar({ db: step.tx }))?.digest !== expected) return false
  const { seq, digest, body, at } = line
  await writeSetting(step.tx, JOINED, plain({ seq, digest }))
  const { bytes, digest: proof } = proofOf(line)
  await step.blob('journal', bytes)
  const { kind: _, event, ...facts } = body
  await step.record(
    `glass.${event}`,
    `glass/${body.glass.slice(0, 12)}`,
    plain({ ...facts, doneAt: at, journal: proof }),
    [proof],
  )
  if (event === 'opened') await step.tell({ kind: 'glass.opened', values: plain(facts) })
  return true
}

async function takenSoFar({ db }: Pick<Gate, 'db'> | { readonly db: Act['tx'] }): Promise<Taken | undefined> {
  const read = decode(takenShape, await readSetting(db, JOINED))
  return read.ok ? read.value : undefined
}
