// Four words and eight digits of an envelope, and the tier that no author chooses.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeEnvelope, PLANS, TEAM } from '../../tests/vectors/seal/sample.ts'
import { sha256 } from '../base/hash.ts'
import { isTargetId } from '../base/id.ts'
import { canonical, type Json } from '../base/json.ts'
import type { Action } from '../plans/actions.ts'
import { baselineDigest, fingerprint } from '../plans/fingerprint.ts'
import type { Plan } from '../plans/plan.ts'
import { type Envelope, envelopeDigest, sealWords } from './envelope.ts'
import { isStandingWork, tierOf } from './tier.ts'

const plan = (name: string) => PLANS[name] as Plan

describe('封', () => {
  test('four words from the first four bytes, eight digits from the seventeenth on', () => {
    const digest = ['00', '3f', '40', 'ff', '11'.repeat(12), '9f3a12c4', '22'.repeat(12)].join('')
    expect(sealWords(digest as ReturnType<typeof sha256>)).toEqual({ words: '山豆山豆', hex: '9f3a12c4' })
  })
  test('64 different words, all of which are used', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 4000; i++) for (const word of sealWords(sha256(String(i))).words) seen.add(word)
    expect(seen.size).toBe(64)
  })
  test('does not depend on the order in which parts were written', () => {
    const over = makeEnvelope(plan('nginx'), TEAM)
    const turned = Object.fromEntries(Object.entries(over).reverse()) as unknown as Envelope
    expect(envelopeDigest(turned)).toBe(envelopeDigest(over))
  })
})

test('an envelope is hashed under a label of its own, so that nothing else can be read as one', () => {
  const over = makeEnvelope(plan('nginx'), TEAM)
  const text = canonical(over as unknown as Json)
  const of = (label: string) => createHash('sha256').update(`${label}\0${text}`).digest('hex')
  expect(envelopeDigest(over)).toBe(of('sekisho-envelope-v1'))
  expect(envelopeDigest(over)).not.toBe(of('sekisho-plan-v1'))
})

describe('tier', () => {
  test.each([
    ['nginx', 2, false],
    ['dotenv', 2, false],
    ['dropIn', 2, false],
    ['links', 2, false],
    ['restart', 1, true],
  ] as const)('%s: %i', (name, tier, standing) => {
    expect(tierOf(plan(name))).toBe(tier)
    expect(isStandingWork(plan(name))).toBe(standing)
  })
  test('only restart and reload are light, however they are mixed', () => {
    const unit = fc
      .constantFrom('start', 'stop', 'restart', 'reload')
      .map((verb): Action => ({ kind: 'unit', verb, unit: 'mirai.service' }))
    const action = fc.oneof(unit, fc.constant<Action>({ kind: 'daemonReload' }))
    fc.assert(
      fc.property(fc.array(action, { minLength: 1, maxLength: 5 }), (actions) => {
        const of: Plan = {
          ...plan('restart'),
          actions: actions.map((one, i) => ({ id: String(i + 1), action: one, undo: [], timeoutMs: 1000 })),
        }
        const heavy = actions.some(
          (one) => one.kind !== 'unit' || one.verb === 'start' || one.verb === 'stop',
        )
        expect(tierOf(of)).toBe(heavy ? 2 : 1)
        expect(isStandingWork(of)).toBe(!heavy && actions.length === 1)
      }),
    )
  })
})

describe('fingerprints', () => {
  const target = 'web1/nginx'
  const facts = { kind: 'nginx', files: [{ path: '/etc/nginx/nginx.conf', digest: sha256('a') }] } as const
  test('of the same facts are equal, of another target or another byte are not', () => {
    if (!isTargetId(target)) throw new Error(target)
    const other = `web2/nginx`
    if (!isTargetId(other)) throw new Error(other)
    const print = fingerprint(target, facts)
    expect(fingerprint(target, structuredClone(facts))).toBe(print)
    expect(fingerprint(other, facts)).not.toBe(print)
    expect(
      fingerprint(target, { kind: 'nginx', files: [{ path: '/etc/nginx/nginx.conf', digest: sha256('b') }] }),
    ).not.toBe(print)
    expect(baselineDigest([{ target, digest: print }])).not.toBe(baselineDigest([]))
  })
})
