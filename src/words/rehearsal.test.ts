import { describe, expect, test } from 'vitest'
import { DIFFERENCES, NOT_COMPARED, REHEARSAL_FAULTS, REHEARSAL_STEPS } from '../plans/receipt.ts'
import { problemLines } from './problem.ts'
import { rehearsalDifference, rehearsalFault, rehearsalNotCompared } from './rehearsal.ts'
import { LANGUAGES } from './words.ts'

describe.each(LANGUAGES)('what a rehearsal found, as sentences (%s)', (language) => {
  test('every step and every fault has words of its own', () => {
    const said = REHEARSAL_STEPS.flatMap((step) =>
      REHEARSAL_FAULTS.map((fault) => rehearsalFault(`${step}: ${fault}`, undefined, language)),
    )
    expect(new Set(said).size).toBe(REHEARSAL_STEPS.length * REHEARSAL_FAULTS.length)
    for (const one of said) expect(one).not.toMatch(/_|deploy-health|back-health/)
    expect(rehearsalFault('back: failed 7', '/usr/bin/undo', language)).toMatch(/7.*\/usr\/bin\/undo/)
    expect(rehearsalFault('something else', 'x', language)).toBe('something else (x)')
  })

  test('every field of a difference and every reason why something was not compared', () => {
    const fields = DIFFERENCES.map((field) => rehearsalDifference(`back ${field} /srv/a b`, language))
    expect(new Set(fields).size).toBe(DIFFERENCES.length)
    for (const one of fields) expect(one).toContain('/srv/a b')
    const reasons = NOT_COMPARED.map((why) => rehearsalNotCompared(`${why} /x`, language))
    expect(new Set(reasons).size).toBe(NOT_COMPARED.length)
    for (const one of reasons) expect(one).not.toMatch(/_/)
  })

  test('stand in the list of problems', () => {
    const red = problemLines({ code: 'rehearsal.red', text: 'deploy-health: ended 3', path: '/x' }, language)
    expect(red.join()).not.toContain('deploy-health')
    const other = problemLines({ code: 'rehearsal.difference', text: 'back owner /srv/x' }, language)
    expect(other).toEqual([rehearsalDifference('back owner /srv/x', language)])
  })
})
