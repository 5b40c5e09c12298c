// Lines of one kind of the runner's journal come onto the record, in order and once each. What was taken is remembered in the transaction of the entry: a
// kill in between takes it again, and a restored database takes what it has lost.
import { type Decoder, decode } from '../base/decode.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import { type LineKind, linesAfter, type Taken, type TakenLine, takenShape } from './journal-lines.ts'
import { readSetting, writeSetting } from './store.ts'

export interface Joining<B> {
  readonly of: LineKind
  readonly body: Decoder<B>
  /** Under which the last line is remembered. */
  readonly setting: string
  /** Writes the entry, in the transaction that remembers the line. */
  readonly take: (step: Act, line: TakenLine<B>) => Promise<void>
  /** Once the entry is there. */
  readonly taken?: (line: TakenLine<B>) => void
}

/** INVARIANT P5: a line is on the record at most once, and never before one that stands above it. Throws runner.*. */
export async function joinLines<B>(
  gate: Gate,
  { of, body, setting, take, taken }: Joining<B>,
): Promise<void> {
  const soFar = async (db: Gate['db'] | Act['tx']): Promise<Taken | undefined> => {
    const read = decode(takenShape, await readSetting(db, setting))
    return read.ok ? read.value : undefined
  }
  for (;;) {
    let above = await soFar(gate.db)
    const { lines, last } = await linesAfter(gate, of, body, above)
    for (const line of lines) {
      const expected = above?.digest
      const isOurs = await act(gate, 'system', async (step) => {
        // Another look was faster: what it joined is not joined again.
        if ((await soFar(step.tx))?.digest !== expected) return false
        await writeSetting(step.tx, setting, plain({ seq: line.seq, digest: line.digest }))
        await take(step, line)
        return true
      })
      if (!isOurs) return
      taken?.(line)
      above = line
    }
    if (last) return
  }
}
