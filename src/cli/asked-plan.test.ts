// A plan is signed as its author at once only where it does nothing but what was typed.
import { expect, test } from 'vitest'
import { fileChange, planOf, servicePlan } from '../../tests/runner-fixtures/scene.ts'
import type { NewChange } from '../contract/change.ts'
import type { Action } from '../plans/actions.ts'
import type { Plan } from '../plans/plan.ts'
import { doesWhatWasAsked } from './asked-plan.ts'

const base64 = Buffer.from('new\n').toString('base64')
const write = (path: string) => ({ kind: 'write', path, base64 }) as const
const [A, B] = ['/etc/mirai/a.conf', '/etc/mirai/b.conf']
const wish: NewChange = {
  pattern: 'config',
  service: 'mirai',
  instruction: { text: 'new' },
  files: [write(A), write(B)],
}
const doing = (...actions: readonly Action[]): Plan =>
  planOf({
    actions: actions.map((action, i) => ({ id: `${i + 1}`, action, undo: [], timeoutMs: 1000 })),
  })
const replace = (...files: readonly ReturnType<typeof fileChange>[]): Action => ({
  kind: 'replaceFiles',
  files,
})
const env = (over: object = {}): Action => ({
  kind: 'editEnv',
  path: '/etc/mirai/env',
  real: '/etc/mirai/env',
  links: [],
  before: { kind: 'absent' },
  set: [{ key: 'LIMIT', to: { kind: 'text', value: '20' } }],
  unset: [],
  ...over,
})

test('what was typed is signed, also where a part of it is so already', () => {
  expect(doesWhatWasAsked(planOf(), wish)).toBe(true)
  expect(doesWhatWasAsked(doing(replace(fileChange(A))), wish)).toBe(true)
  const restart = {
    pattern: 'service',
    service: 'mirai',
    instruction: wish.instruction,
    verb: 'restart',
  } as const
  expect(doesWhatWasAsked(servicePlan(), restart)).toBe(true)
  const asked = {
    ...wish,
    files: undefined,
    env: { set: [{ key: 'LIMIT', value: '20' }], secret: [], unset: [] },
  }
  expect(doesWhatWasAsked(doing(env()), asked as NewChange)).toBe(true)
})

test('a plan that does anything else is not signed', () => {
  const own = fileChange(A)
  const after = own.after as Extract<typeof own.after, { kind: 'file' }>
  const others: readonly [string, Plan, NewChange][] = [
    ['another file too', planOf(), { ...wish, files: [write(A)] }],
    ['other bytes', planOf(), { ...wish, files: [write(A), { ...write(B), base64: 'bmV2ZXIK' }] }],
    ['another mode', doing(replace({ ...own, after: { ...after, mode: 0o666 } })), wish],
    ['another owner', doing(replace({ ...own, after: { ...after, uid: 1000 } })), wish],
    ['a deletion', doing(replace({ ...own, after: { kind: 'absent' } })), wish],
    ['a link', doing(replace({ ...own, after: { kind: 'link', target: '/x', uid: 0, gid: 0 } })), wish],
    ['another service', planOf({ service: 'other' as Plan['service'] }), wish],
    ['another pattern', servicePlan(), wish],
    ['a window', planOf({ window: { from: planOf().change, until: planOf().change } as never }), wish],
    ['a stop', doing({ kind: 'unit', verb: 'stop', unit: 'mirai.service' }), wish],
    ['a variable', doing(env()), wish],
    ['a restore', doing({ kind: 'assertLoss', stage: '9'.repeat(32), lists: after.digest }), wish],
    [
      'another value',
      doing(env()),
      { ...wish, env: { set: [{ key: 'LIMIT', value: '10' }], secret: [], unset: [] } },
    ],
    [
      'a variable taken out',
      doing(env({ unset: ['TOKEN'] })),
      { ...wish, env: { set: [{ key: 'LIMIT', value: '20' }], secret: [], unset: [] } },
    ],
  ]
  for (const [name, plan, asked] of others) expect(doesWhatWasAsked(plan, asked), name).toBe(false)
})
