import { describe, expect, test } from 'vitest'
import type { Digest } from '../base/hash.ts'
import { sha256 } from '../base/hash.ts'
import type { ActorId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import { CHECKS } from '../seal/checks.ts'
import type { CheckResult, Waiver } from './change.ts'
import { blockedBy, checklist, earliestExpiry, sealedEvidence } from './checklist.ts'

const NOW = '2026-11-25T12:00:00.000Z' as Instant
const LATER = '2026-11-25T18:00:00.000Z' as Instant
const BEFORE = '2026-11-25T11:59:59.999Z' as Instant

const green = (check: CheckResult['check'], expires: Instant = LATER): CheckResult => ({
  check,
  verdict: 'green',
  collector: 'runner',
  facts: {},
  problems: [],
  at: NOW,
  expires,
  evidence: sha256(check) as Digest,
})
const ALL = CHECKS.filter(({ needed }) => needed.config).map(({ name }) => green(name))
const waiver = (check: Waiver['check'], expires: Instant = LATER): Waiver => ({
  check,
  by: 'ops1' as ActorId,
  reason: 'known',
  at: NOW,
  expires,
  statement: sha256('w') as Digest,
  signed: { text: '', signature: '' },
})

describe('N03 checklist items are probes with an expiry', () => {
  test('all green may be sealed; one missing, red, unknown, not tried or expired check blocks', () => {
    expect(blockedBy(checklist('config', ALL, [], NOW))).toEqual([])
    expect(
      blockedBy(
        checklist(
          'config',
          ALL.filter(({ check }) => check !== 'trial'),
          [],
          NOW,
        ),
      ),
    ).toEqual(['trial'])
    for (const verdict of ['red', 'unknown', 'not_tried'] as const)
      expect(
        blockedBy(
          checklist(
            'config',
            ALL.map((one) => (one.check === 'undo' ? { ...one, verdict } : one)),
            [],
            NOW,
          ),
        ),
      ).toEqual(['undo'])
    expect(
      blockedBy(
        checklist(
          'config',
          ALL.map((one) => (one.check === 'baseline' ? green('baseline', BEFORE) : one)),
          [],
          NOW,
        ),
      ),
    ).toEqual(['baseline'])
  })

  test('a waiver covers its own check, for its own time, and never a green one', () => {
    const red = ALL.map(
      (one): CheckResult =>
        one.check === 'trial' || one.check === 'undo' ? { ...one, verdict: 'red' } : one,
    )
    expect(blockedBy(checklist('config', red, [waiver('trial')], NOW))).toEqual(['undo'])
    expect(blockedBy(checklist('config', red, [waiver('trial', BEFORE), waiver('undo')], NOW))).toEqual([
      'trial',
    ])
    expect(
      checklist('config', ALL, [waiver('trial')], NOW).find(({ check }) => check === 'trial')?.verdict,
    ).toBe('green')
  })

  test('what a pattern does not need is printed as not applicable, and never sealed', () => {
    const service = checklist('service', [], [], NOW)
    expect(service.filter(({ verdict }) => verdict === 'not_applicable').map(({ check }) => check)).toContain(
      'trial',
    )
    expect(sealedEvidence('service', ALL).map(({ check }) => check)).toEqual(['baseline', 'notification'])
  })

  test('health that nothing declares is not applicable, which is not green and blocks nothing', () => {
    const checks = ALL.map((one) => (one.check === 'health' ? { ...one, facts: { declared: false } } : one))
    const lines = checklist('config', checks, [], NOW)
    expect(lines.find(({ check }) => check === 'health')?.verdict).toBe('not_applicable')
    expect(blockedBy(lines)).toEqual([])
  })
  test('the envelope ends with its earliest evidence', () => {
    const evidence = sealedEvidence(
      'config',
      ALL.map((one) => (one.check === 'undo' ? green('undo', '2026-11-25T13:00:00.000Z' as Instant) : one)),
    )
    expect(earliestExpiry(evidence, LATER)).toBe('2026-11-25T13:00:00.000Z')
  })
})
