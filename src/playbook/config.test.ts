import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { CHANGE, PROBE, policyOf } from '../../tests/runner-fixtures/scene.ts'
import { sha256 } from '../base/hash.ts'
import type { FileState } from '../plans/file-state.ts'
import { ERROR_WORDS, reader } from '../words/errors.ts'
import { planConfig } from './config.ts'

const state = { kind: 'file', digest: sha256('old'), size: 3, mode: 0o644, uid: 0, gid: 0 } as const
const path = '/etc/mirai/a.conf'

/** What a deletion of the declared file takes away, where these links lie on the way to `real`. */
function deleted(real: string, links: readonly { path: string; target: string }[], found: FileState = state) {
  const policy = policyOf()
  const [service] = policy.services
  if (service === undefined) throw new Error('no service')
  const wish = { change: CHANGE, revision: 1, files: [{ kind: 'delete', path } as const], env: [] }
  const answer = planConfig(policy, service, wish, {
    files: [{ path, real, links, state: found, link: { uid: 33, gid: 34 } }],
    stopTimeoutMs: {},
  })
  if (!answer.ok) throw new Error(answer.code)
  const [first] = answer.plan.actions
  if (first?.action.kind !== 'replaceFiles') throw new Error('no files')
  const [file] = first.action.files
  return { real: file?.real, links: file?.links, before: file?.before.kind, targets: answer.plan.targets }
}

test('a deletion takes away the declared file, never a link to a directory on the way to it', () => {
  const directory = { path: '/etc/mirai', target: '/srv/mirai' }
  expect(deleted('/srv/mirai/a.conf', [directory])).toMatchObject({
    real: '/srv/mirai/a.conf',
    links: [directory],
    before: 'file',
  })
  const up = [
    { path: '/etc', target: 'usr/../private' },
    { path: '/usr', target: '/other' },
  ]
  expect(deleted('/private/mirai/a.conf', up)).toMatchObject({
    real: '/private/mirai/a.conf',
    before: 'file',
  })
})

test('where the declared name is a link, the link and not the file behind it', () => {
  const own = { path, target: '/srv/a.conf' }
  expect(deleted('/srv/a.conf', [own])).toMatchObject({ real: path, links: [], before: 'link' })
  const directory = { path: '/etc/mirai', target: '/srv' }
  const inside = { path: '/srv/a.conf', target: 'b.conf' }
  expect(deleted('/srv/b.conf', [directory, inside])).toMatchObject({ real: '/srv/a.conf', before: 'link' })
})

test('a link that leads nowhere any more can be removed', () => {
  const own = { path, target: '/srv/gone.conf' }
  expect(deleted('/srv/gone.conf', [own], { kind: 'absent' })).toMatchObject({ real: path, before: 'link' })
  expect(() => deleted(path, [], { kind: 'absent' })).toThrow('plan.already_so')
})

/** What a dotenv setting in the open is answered. */
function set(key: string, value: string): string {
  const policy = policyOf()
  const [service] = policy.services
  if (service === undefined) throw new Error('no service')
  const env = { path: '/srv/.env', kind: 'dotenv', secret: true, activation: 'none', keep: 'proof' } as const
  const setting = { key, to: { kind: 'text', value } } as const
  const wish = {
    change: CHANGE,
    revision: 1,
    files: [],
    env: [{ path: env.path, set: [setting], unset: [] }],
  }
  const secret = { kind: 'secret', keyed: sha256('old'), mode: 0o600, uid: 0, gid: 0 } as const
  const answer = planConfig(policy, { ...service, files: [env] }, wish, {
    files: [{ path: env.path, real: env.path, links: [], state: secret }],
    stopTimeoutMs: {},
  })
  return answer.ok ? 'ok' : answer.code
}

test.each([
  ['LIMIT', '5', 'ok'],
  ['URL', 'https://example.jp/a?b=c', 'ok'],
  ['URL', 'postgres://mirai@localhost/mirai', 'ok'],
  ['DB', 'postgres://mirai:hunter2@localhost/mirai', 'plan.looks_secret'],
  ['HEADER', 'Bearer abcdefgh12345678', 'plan.looks_secret'],
  ['AWS', 'AKIAABCDEFGHIJKLMNOP', 'plan.looks_secret'],
  ['API_TOKEN', 'x', 'plan.looks_secret'],
  ['LIMIT', '5\nEVIL=1', 'plan.value_not_writable'],
  ['LIMIT', '5\rEVIL=1', 'plan.value_not_writable'],
  ['LIMIT', `it's "both"`, 'plan.value_not_writable'],
])('a value set in the open is one line and no secret: %s=%j is %s', (key, value, answer) => {
  expect(set(key, value)).toBe(answer)
})

test('a plan for a service that is down asserts no health, says so, and proves health afterwards', () => {
  const policy = policyOf()
  const [service] = policy.services
  if (service === undefined) throw new Error('no service')
  const planned = (down: boolean, health = true) => {
    const of = health ? { ...service, health: PROBE } : service
    const files = [{ kind: 'write', path, digest: sha256('new'), size: 3 } as const]
    const facts = { files: [{ path, real: path, links: [], state }], stopTimeoutMs: {}, down }
    const answer = planConfig(policy, of, { change: CHANGE, revision: 1, files, env: [] }, facts)
    if (!answer.ok) throw new Error(answer.code)
    const { pre, proof, startsFrom } = answer.plan
    const has = (list: readonly { readonly kind: string }[]) => list.some(({ kind }) => kind === 'health')
    return { before: has(pre), after: has(proof), startsFrom }
  }
  expect(planned(true)).toEqual({ before: false, after: true, startsFrom: 'down' })
  expect(planned(false)).toEqual({ before: true, after: true, startsFrom: undefined })
  expect(planned(true, false)).toEqual({ before: false, after: false, startsFrom: undefined })
})

test('every path that is not declared is told at once, with the lines for sekisho.yaml that declare them', () => {
  const policy = policyOf()
  const [service] = policy.services
  if (service === undefined) throw new Error('no service')
  const files = ['/etc/nginx/sites-available/wiki', '/etc/a: b'].map(
    (one) => ({ kind: 'delete', path: one }) as const,
  )
  const wish = { change: CHANGE, revision: 1, files: [...files, { kind: 'delete', path } as const], env: [] }
  const answer = planConfig(policy, service, wish, { files: [], stopTimeoutMs: {} })
  if (answer.ok || answer.code !== 'plan.path_not_declared') throw new Error('not refused')
  for (const language of ['en', 'ja'] as const) {
    const { next = [] } = ERROR_WORDS[answer.code][language](reader(answer.detail))
    const [comment, ...rest] = next
    expect(comment).toMatch(/^# .*sekisho\.yaml/)
    expect(rest.at(-1)).toBe('sekisho config apply')
    const yaml = rest.slice(0, -1).join('\n')
    expect(parse(yaml)).toEqual({
      services: { [service.name]: { configs: ['/etc/nginx/sites-available/wiki', '/etc/a: b'] } },
    })
  }
})

test('a unit that does not run is started by the repair of a service that is down, and else reloaded as declared', () => {
  const policy = policyOf()
  const [service] = policy.services
  if (service === undefined) throw new Error('no service')
  const file = { ...service.files[0], path, activation: 'reload' as const } as (typeof service.files)[number]
  const planned = (down: boolean, inactive: readonly string[]) => {
    const files = [{ kind: 'write', path, digest: sha256('new'), size: 3 } as const]
    const facts = { files: [{ path, real: path, links: [], state }], stopTimeoutMs: {}, down, inactive }
    const of = { ...service, health: PROBE, files: [file] }
    const answer = planConfig(policy, of, { change: CHANGE, revision: 1, files, env: [] }, facts)
    if (!answer.ok) throw new Error(answer.code)
    const { actions, pre } = answer.plan
    return {
      verbs: actions.flatMap(({ action }) => (action.kind === 'unit' ? [action.verb] : [])),
      back: actions[0]?.undo.flatMap((step) => (step.kind === 'unit' ? [step.verb] : [])),
      pre: pre.map(({ kind }) => kind),
    }
  }
  const unit = service.unit ?? ''
  expect(planned(true, [unit])).toEqual({ verbs: ['restart'], back: ['restart'], pre: [] })
  expect(planned(true, [])).toEqual({ verbs: ['reload'], back: ['reload'], pre: ['unit'] })
  expect(planned(false, [unit])).toEqual({ verbs: ['reload'], back: ['reload'], pre: ['unit', 'health'] })
})
