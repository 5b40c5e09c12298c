// A plan is signed as its author at once only where it does nothing but what was typed.
import { expect, test } from 'vitest'
import { CHANGE, fileChange, NOW, planOf, servicePlan } from '../../tests/runner-fixtures/scene.ts'
import type { StageWish } from '../contract/backup.ts'
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

test('a new file is signed with the owner and mode that the playbook gives it, and with no others', () => {
  const SUDOERS = '/etc/sudoers.d/mirai'
  const asked = { ...wish, files: [write(A), write(SUDOERS)] }
  const signed = (path: string, over: object) => {
    const own = fileChange(path)
    const after = { ...own.after, ...over } as typeof own.after
    return doesWhatWasAsked(doing(replace({ ...own, before: { kind: 'absent' }, after })), asked)
  }
  expect(signed(A, {})).toBe(true)
  expect(signed(A, { mode: 0o4755 })).toBe(false)
  expect(signed(A, { uid: 1000 })).toBe(false)
  expect(signed(A, { gid: 1000 })).toBe(false)
  expect(signed(SUDOERS, { mode: 0o440 })).toBe(true)
  expect(signed(SUDOERS, {})).toBe(false)
})

test('a restore is signed where backup, copy and what comes back are those that were typed', () => {
  const [stage, digest] = ['9'.repeat(32), 'd'.repeat(64)]
  const [BACKUP, OTHER] = ['20261125_191200Z', '20261124_191200Z']
  const FILE = '/srv/mirai/data/articles.json'
  const from = (backup: string) => ({ backup, copy: 'nas', manifest: digest, taken: NOW })
  const evidence = { evidence: CHANGE, stage, taken: NOW }
  const file = (over: object = {}) =>
    ({
      kind: 'exchange',
      stage,
      of: 'file',
      item: 'data',
      path: FILE,
      from: from(BACKUP),
      digest,
      ...over,
    }) as Action
  const whole = (over: object = {}) => file({ of: 'directory', path: '/srv/mirai/data', ...over })
  const database = (over: object = {}) => {
    const names = { item: 'mirai', database: 'mirai', port: 5432, beside: 'mirai_9' }
    return { kind: 'renameDatabase', stage, ...names, from: from(BACKUP), digest, ...over } as Action
  }
  const asked: NewChange = { pattern: 'data', service: 'mirai', instruction: wish.instruction, stage }
  const full: StageWish = { kind: 'full', from: BACKUP }
  const one: StageWish = { kind: 'file', from: BACKUP, what: FILE }
  const base: StageWish = { kind: 'database', from: BACKUP, what: 'mirai' }
  const loss: Action = { kind: 'assertLoss', stage, lists: digest }
  const rows: readonly [string, boolean, readonly Action[], StageWish | undefined][] = [
    ['all of it', true, [loss, whole(), database()], full],
    ['all of it, of the copy', true, [whole()], { ...full, copy: 'nas' }],
    ['the file', true, [loss, file()], one],
    ['the database', true, [loss, database()], base],
    ['another backup', false, [whole({ from: from(OTHER) })], full],
    ['another backup of the database', false, [database({ from: from(OTHER) })], base],
    ['another copy', false, [whole()], { ...full, copy: 'usb' }],
    ['what a change has put aside', false, [whole({ from: evidence })], full],
    ['one file in place of all', false, [file()], full],
    ['another file', false, [file({ path: '/srv/mirai/data/users.json' })], one],
    ['all in place of one file', false, [whole()], one],
    ['a database in place of a file', false, [database()], one],
    ['another database', false, [database({ database: 'other' })], base],
    ['a file in place of a database', false, [file()], base],
    ['another stage', false, [whole({ stage: '8'.repeat(32) })], full],
    ['a backup that the gate has chosen', false, [loss, whole()], { ...full, from: 'last-known-good' }],
    ['nothing but the comparison with one', false, [loss], { ...full, from: 'last-known-good' }],
    ['a file that may be salvaged or not', false, [file()], { ...one, kind: 'salvage' }],
    ['a change that is taken back', false, [whole({ from: evidence })], { kind: 'rollback', change: CHANGE }],
    ['no restore was typed', false, [whole()], undefined],
  ]
  for (const [name, isSigned, actions, restore] of rows) {
    const plan = { ...doing(...actions), pattern: 'data' } as const
    expect(doesWhatWasAsked(plan, asked, restore), name).toBe(isSigned)
  }
})
