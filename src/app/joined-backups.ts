// What the runner did and found of backups comes onto the record, line by line, once each, with the line itself as its proof: the gate copies
// levels and makes none (backup.md §0).
import type { BackupEvent } from '../backup/events.ts'
import { backupEvent } from '../backup/events.ts'
import { lookAgain } from './check-due.ts'
import { type Act, type Gate, plain } from './gate.ts'
import { joinLines } from './join-lines.ts'
import { proofOf, type TakenLine } from './journal-lines.ts'

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
export function joinBackups(gate: Gate): Promise<void> {
  return joinLines(gate, {
    of: 'backup',
    body: backupEvent,
    setting: JOINED,
    take: joinLine,
    taken: ({ body }) => {
      if (RECORDED[body.event]) lookAgain(gate, body.service)
    },
  })
}

async function joinLine(step: Act, line: TakenLine<BackupEvent>): Promise<void> {
  const { at, body } = line
  if (!RECORDED[body.event]) return
  const proof = proofOf(line)
  await step.blob('journal', proof.bytes)
  const { kind: _, event, ...facts } = body
  const subject = `backup:${body.service}`
  await step.record(`backup.${event}`, subject, plain({ ...facts, foundAt: at, journal: proof.digest }), [
    proof.digest,
  ])
  await step.tell({ kind: `backup.${event}`, values: { service: body.service } })
}
