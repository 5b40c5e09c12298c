// The small life `runner impact`: reads the sources of a change from stdin and answers on stdout what it touches. As nobody, without a network, bounded in memory
// and time: candidate code is never parsed by root.
import { readFileSync, writeFileSync } from 'node:fs'
import { EXIT } from '../base/error-codes.ts'
import { type ImpactInput, impactOf } from '../code/impact.ts'

/** Answers the exit code. */
export function impactLife(): number {
  try {
    const input = JSON.parse(readFileSync(0, 'utf8')) as ImpactInput // The runner wrote it a moment ago.
    writeFileSync(1, JSON.stringify(impactOf(input)))
    return EXIT.done
  } catch (error) {
    // No word of the source: it may say anything.
    const why = error instanceof Error ? error.name : 'unknown'
    writeFileSync(2, `${JSON.stringify({ room: 'runner', message: 'the sources were not read', why })}\n`)
    return EXIT.bug
  }
}
