// The small life `runner reports`: reads what a test runner has written, from stdin, and answers figures on stdout. It runs as nobody, without a network, with
// a bound on its memory: what candidate code has written is never parsed by root.
import { readFileSync, writeFileSync } from 'node:fs'
import { EXIT } from '../base/error-codes.ts'
import { readCoverage } from '../code/coverage.ts'
import { readResults } from '../code/test-results.ts'
import type { ReportsAnswer, ReportsTask } from './reports.ts'

/** Answers the exit code. */
export function reportsLife(): number {
  try {
    const input = readFileSync(0)
    const end = input.indexOf(10)
    const task = JSON.parse(input.subarray(0, end).toString('utf8')) as ReportsTask // The runner wrote it a moment ago.
    let at = end + 1
    const take = (size: number) => input.subarray(at, (at += size))
    const files = task.results?.sizes.map(take)
    const answer: ReportsAnswer = {
      ...(task.results === undefined || files === undefined
        ? {}
        : { results: readResults(task.results.format, files) }),
      ...(task.coverage === undefined
        ? {}
        : { coverage: readCoverage(task.coverage.format, take(task.coverage.size), task.coverage.root) }),
    }
    writeFileSync(1, JSON.stringify(answer))
    return EXIT.done
  } catch (error) {
    // No word of the report: it may say anything.
    writeFileSync(
      2,
      `${JSON.stringify({ room: 'runner', message: 'the report was not read', why: error instanceof Error ? error.name : 'unknown' })}\n`,
    )
    return EXIT.bug
  }
}
