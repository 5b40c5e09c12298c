// What the runner did and found of backups comes onto the record, line by line, once each, with the line itself as its proof: the gate copies
// levels and makes none (backup.md §0).
import type { BackupEvent } from '../backup/events.ts'
import { backupEvent } from '../backup/events.ts'
import { decode } from '../base/decode.ts'
import { lookAgain } from './check-due.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import { linesAfter, proofOf, type Taken, type TakenLine, takenShape } from './journal-lines.ts'
import { readSetting, writeSetting } from './store.ts'

const JOINED = 'backups_joined'

/** What begins and ends is seen in `backup list`; the record holds what was made, found, and taken away. */
const RECORDED: Readonly<Record<BackupEvent['event'], boolean>> = {
  started: false,
  ended: false,
  written: true,
  imported: true,
  level: true,
  refused: true,
  suspect: true,
  failed: true,
  held: true,
  released: true,
  cleared: true,
  pruned: true,
  place: true,
}

/** INVARIANT P5 holds for these lines too. Throws runner.*. */
export async function joinBackups(gate: Gate): Promise<void> {
  for (;;) {
    let above = await takenSoFar(gate)
    const { lines, last } = await linesAfter(gate, 'backup', backupEvent, above)
    for (const line of lines) {
      const expected = above?.digest
      // Another look was faster: what it joined is not joined again.
      if (!(await act(gate, 'system', (step) => joinLine(step, line, expected)))) return
      if (RECORDED[line.body.event]) lookAgain(gate, line.body.service)
      above = line
    }
    if (last) return
  }
}

async function joinLine(
  step: Act,
  line: TakenLine<BackupEvent>,
  expected: Taken['digest'] | undefined,
): Promise<boolean> {
  if ((await takenSoFar({ db: step.tx }))?.digest !== expected) return false
  const { seq, digest, at, body } = line
  await writeSetting(step.tx, JOINED, plain({ seq, digest }))
  if (!RECORDED[body.event]) return true
  const proof = proofOf(line)
  await step.blob('journal', proof.bytes)
  const { kind: _, event, ...facts } = body
  const subject = `backup:${body.service}`
  await step.record(`backup.${event}`, subject, plain({ ...facts, foundAt: at, journal: proof.digest }), [
    proof.digest,
  ])
  await step.tell({ kind: `backup.${event}`, values: { service: body.service } })
  return true
}

async function takenSoFar({ db }: Pick<Gate, 'db'> | { readonly db: Act['tx'] }): Promise<Taken | undefined> {
  const setting = await readSetting(db, JOINED)
  const read = decode(takenShape, setting)
  return read.ok ? read.value : undefined
}
