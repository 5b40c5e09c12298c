import { describe, expect, test } from 'vitest'
import type { Digest } from '../base/hash.ts'
import { sha256 } from '../base/hash.ts'
import type { ActorId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import { CHECKS, isNeeded } from '../seal/checks.ts'
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
const CONFIG = { pattern: 'config' } as const
const ALL = CHECKS.filter((row) => isNeeded(row, CONFIG)).map(({ name }) => green(name))
const waiver = (check: Waiver['check'], expires: Instant = LATER): Waiver => ({
  check,
  by: 'ops1' as ActorId,
  reason: 'known',
  at: NOW,
  expires,
  statement: sha256('w') as Digest,
  signed: { text: '', signature: '' },
})

test('a change of a service that is down does without the check of its health, and seals nothing of it', () => {
  const repair = { pattern: 'config', startsFrom: 'down' } as const
  const others = ALL.filter(({ check }) => check !== 'health')
  expect(blockedBy(checklist(repair, others, [], NOW))).toEqual([])
  expect(blockedBy(checklist(CONFIG, others, [], NOW))).toEqual(['health'])
  expect(sealedEvidence(repair, ALL).map(({ check }) => check)).not.toContain('health')
})

describe('part of N03: checklist items are probes with an expiry', () => {
  test('all green may be sealed; one missing, red, unknown, not tried or expired check blocks', () => {
    expect(blockedBy(checklist(CONFIG, ALL, [], NOW))).toEqual([])
    expect(
      blockedBy(
        checklist(
          CONFIG,
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
            CONFIG,
            ALL.map((one) => (one.check === 'undo' ? { ...one, verdict } : one)),
            [],
            NOW,
          ),
        ),
      ).toEqual(['undo'])
    expect(
      blockedBy(
        checklist(
          CONFIG,
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
    expect(blockedBy(checklist(CONFIG, red, [waiver('trial')], NOW))).toEqual(['undo'])
    expect(blockedBy(checklist(CONFIG, red, [waiver('trial', BEFORE), waiver('undo')], NOW))).toEqual([
      'trial',
    ])
    expect(
      checklist(CONFIG, ALL, [waiver('trial')], NOW).find(({ check }) => check === 'trial')?.verdict,
    ).toBe('green')
  })

  test('what a pattern does not need is printed as not applicable, and never sealed', () => {
    const service = checklist({ pattern: 'service' }, [], [], NOW)
    expect(service.filter(({ verdict }) => verdict === 'not_applicable').map(({ check }) => check)).toContain(
      'trial',
    )
    expect(sealedEvidence({ pattern: 'service' }, ALL).map(({ check }) => check)).toEqual([
      'baseline',
      'notification',
    ])
  })

  test('part of S06: what changes data needs a backup, which says by itself how long it is young enough', () => {
    const data = { ...CONFIG, pre: [{ kind: 'backup', level: 'content' }] } as const
    expect(blockedBy(checklist(data, ALL, [], NOW))).toEqual(['backup'])
    expect(checklist(CONFIG, ALL, [], NOW).find(({ check }) => check === 'backup')?.verdict).toBe(
      'not_applicable',
    )
    const young = [...ALL, green('backup', NOW)]
    expect(blockedBy(checklist(data, young, [], NOW))).toEqual([])
    expect(blockedBy(checklist(data, young, [], LATER))).toEqual(['backup'])
    expect(sealedEvidence(data, young).map(({ check }) => check)).toContain('backup')
    expect(sealedEvidence(CONFIG, young).map(({ check }) => check)).not.toContain('backup')
  })

  test('health that nothing declares is not applicable, which is not green and blocks nothing', () => {
    const checks = ALL.map((one) => (one.check === 'health' ? { ...one, facts: { declared: false } } : one))
    const lines = checklist(CONFIG, checks, [], NOW)
    expect(lines.find(({ check }) => check === 'health')?.verdict).toBe('not_applicable')
    expect(blockedBy(lines)).toEqual([])
  })
  test('files of a kind that no validator reads are no pass, and block nothing; a part that was read is one', () => {
    const withFacts = (facts: CheckResult['facts']) =>
      checklist(
        CONFIG,
        ALL.map((one) => (one.check === 'validation' ? { ...one, facts } : one)),
        [],
        NOW,
      )
    const verdict = (facts: CheckResult['facts']) =>
      withFacts(facts).find(({ check }) => check === 'validation')?.verdict
    expect(verdict({ noValidator: ['/etc/logrotate.d/app'] })).toBe('no_validator')
    expect(blockedBy(withFacts({ noValidator: ['/etc/logrotate.d/app'] }))).toEqual([])
    expect(verdict({ validator: 'nginx -t', noValidator: ['/etc/logrotate.d/app'] })).toBe('green')
    expect(verdict({ data: [{ path: '/d/a.json' }], noValidator: ['/etc/x'] })).toBe('green')
    expect(verdict({ validator: 'nginx -t' })).toBe('green')
  })
  test('the envelope ends with its earliest evidence', () => {
    const evidence = sealedEvidence(
      CONFIG,
      ALL.map((one) => (one.check === 'undo' ? green('undo', '2026-11-25T13:00:00.000Z' as Instant) : one)),
    )
    expect(earliestExpiry(evidence, LATER)).toBe('2026-11-25T13:00:00.000Z')
  })
})
