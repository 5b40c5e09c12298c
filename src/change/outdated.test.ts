import { expect, test } from 'vitest'
import { PLANS } from '../../tests/vectors/seal/sample.ts'
import { sha256 } from '../base/hash.ts'
import type { ServiceName } from '../base/id.ts'
import type { Plan } from '../plans/plan.ts'
import { playbookDigest } from '../seal/playbooks.ts'
import { endedFor, isOutdated, outdatedFacts } from './outdated.ts'
import type { Standing } from './store.ts'

const { restart, start, nginx } = PLANS as Readonly<Record<string, Plan>>
const standing = (more: Partial<Standing> = {}) =>
  ({
    service: 'mirai',
    unit: 'mirai.service',
    verb: 'restart',
    state: 'live',
    person: 'ops1',
    at: '2026-11-25T05:02:00.000Z',
    playbookDigest: sha256('what an earlier release did'),
    ...more,
  }) as Standing
const current = standing({ playbookDigest: playbookDigest('service/1') })
const change = (plan: Plan | undefined) =>
  ({
    state: 'awaiting_approval',
    service: 'mirai' as ServiceName,
    ...(plan === undefined ? {} : { plan }),
  }) as const

test('a statement that was signed for what an earlier release did is outdated, a revoked one is revoked', () => {
  expect(isOutdated(standing())).toBe(true)
  expect(isOutdated(current)).toBe(false)
  expect(isOutdated(standing({ state: 'revoked' }))).toBe(false)
  expect(isOutdated(standing({ verb: 'backup', playbookDigest: playbookDigest('service/1') }))).toBe(true)
  expect(isOutdated(standing({ verb: 'backup', playbookDigest: playbookDigest('backup/1') }))).toBe(false)
})

test('a restart that waits for approval because its standing statement has ended says so', () => {
  expect(endedFor(change(restart), [standing()])).toEqual({
    by: 'ops1',
    at: '2026-11-25T05:02:00.000Z',
    verb: 'restart',
  })
})

test.each([
  ['nothing was ever signed', change(restart), []],
  ['a newer one is in force (it may be used up)', change(restart), [standing(), current]],
  ['it was revoked', change(restart), [standing({ state: 'revoked' })]],
  ['it was for another verb', change(restart), [standing({ verb: 'reload' })]],
  ['it was for another service', change(restart), [standing({ service: 'other' })]],
  ['no standing statement covers a start', change(start), [standing()]],
  ['no standing statement covers a configuration', change(nginx), [standing()]],
  ['there is no plan', change(undefined), [standing()]],
  ['it waits no more', { ...change(restart), state: 'closed' as const }, [standing()]],
] as const)('nothing is said of an ended statement where %s', (_, of, all) => {
  expect(endedFor(of, all)).toBeUndefined()
})

test('without a statement for this release no backup is made, which is red; a restart is asked for instead', () => {
  const all = [
    standing(),
    current,
    standing({ verb: 'backup' }),
    standing({ verb: 'backup', state: 'revoked' }),
  ]
  expect(outdatedFacts(all).map(({ state, values }) => [state, values['verb']])).toEqual([
    ['warn', 'restart'],
    ['bad', 'backup'],
  ])
})
