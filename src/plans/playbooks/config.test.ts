// The plans of the config playbook, written out: the judge compares with what this function makes, so a test must say what that is.
import { expect, test } from 'vitest'
import { sha256 } from '../../base/hash.ts'
import type { ChangeId, ServiceName } from '../../base/id.ts'
import { type Instant } from '../../base/time.ts'
import type { EditEnv } from '../actions/edit-env.ts'
import type { FileChange } from '../file-state.ts'
import type { ConfigFile, Health, Service } from '../policy.ts'
import { type ConfigWork, configDifference, configPlan } from './config.ts'

const POLICY = { rules: { keepSeconds: 60 } }
const PROBE: Health = {
  url: 'http://127.0.0.1/',
  status: 200,
  json: {},
  withinMs: 1,
  good: 1,
  of: 1,
  everyMs: 0,
}
const SITE = '/etc/nginx/sites-available/mirai'
const DROP_IN = '/etc/systemd/system/mirai.service.d/limits.conf'
const ENV = '/srv/mirai/.env'
const SSHD = '/etc/ssh/sshd_config'
const PLAIN = '/srv/mirai/mirai.conf'

const kept = { secret: false, keep: 'proof' } as const
const FILES: readonly ConfigFile[] = [
  { ...kept, path: SITE, kind: 'nginx', activation: 'reload', unit: 'nginx.service' },
  { ...kept, path: DROP_IN, kind: 'systemd', activation: 'restart' },
  { ...kept, path: ENV, kind: 'dotenv', secret: true, activation: 'restart', probe: PROBE },
  { ...kept, path: SSHD, kind: 'sshd', activation: 'reload', unit: 'ssh.service', keep: 'person' },
  { ...kept, path: PLAIN, kind: 'file', activation: 'none' },
]
const SERVICE: Service = {
  name: 'mirai' as ServiceName,
  host: 'web1',
  unit: 'mirai.service',
  health: PROBE,
  files: FILES,
  logs: {},
}

function changeOf(path: string, over: Partial<FileChange> = {}): FileChange {
  const of = (text: string) =>
    ({ kind: 'file', digest: sha256(text), size: text.length, mode: 0o644, uid: 0, gid: 0 }) as const
  return { path, real: path, links: [], before: of('old'), after: of('new'), ...over }
}
const edit: EditEnv = {
  kind: 'editEnv',
  path: ENV,
  real: ENV,
  links: [],
  before: { kind: 'absent' },
  set: [{ key: 'PORT', to: { kind: 'text', value: '81' } }],
  unset: [],
}
const work = (over: Partial<ConfigWork>): ConfigWork => ({
  change: 'CHG-2026-0001' as ChangeId,
  revision: 2,
  files: [],
  env: [],
  reals: [],
  stopTimeoutMs: {},
  down: false,
  inactive: [],
  keepByPerson: false,
  ...over,
})
const HEAD = {
  v: 1,
  change: 'CHG-2026-0001',
  revision: 2,
  host: 'web1',
  service: 'mirai',
  pattern: 'config',
  playbook: 'config/1',
  diagnostics: false,
} as const
const unit = (verb: 'reload' | 'restart', of: string) => ({ kind: 'unit', verb, unit: of }) as const
const PUT_BACK = { kind: 'putBack' } as const

test('a site behind a link, a drop-in and an environment file: one plan, nginx last', () => {
  const site = changeOf(SITE, { real: '/srv/site', links: [{ path: SITE, target: '/srv/site' }] })
  const files = [site, changeOf(DROP_IN)]
  const of = work({
    files,
    env: [edit],
    reals: [site],
    stopTimeoutMs: { 'mirai.service': 5000 },
    window: { from: '2026-11-25T15:00:00.000Z' as Instant, until: '2026-11-25T18:00:00.000Z' as Instant },
  })
  const plan = configPlan(POLICY, SERVICE, of)
  expect(plan).toEqual({
    ...HEAD,
    targets: [
      `web1/file:${SITE}`,
      `web1/file:${DROP_IN}`,
      'web1/file:/srv/mirai/.env',
      'web1/file:/srv/site',
      'web1/nginx',
      'web1/unit:mirai.service',
      'web1/unit:nginx.service',
    ],
    actions: [
      {
        id: '1',
        action: { kind: 'replaceFiles', files },
        undo: [
          PUT_BACK,
          { kind: 'daemonReload' },
          unit('restart', 'mirai.service'),
          unit('reload', 'nginx.service'),
        ],
        timeoutMs: 30_000,
      },
      { id: '2', action: edit, undo: [PUT_BACK], timeoutMs: 30_000 },
      { id: '3', action: { kind: 'daemonReload' }, undo: [], timeoutMs: 60_000 },
      { id: '4', action: unit('restart', 'mirai.service'), undo: [], timeoutMs: 105_000 },
      { id: '5', action: unit('reload', 'nginx.service'), undo: [], timeoutMs: 60_000 },
    ],
    pre: [{ kind: 'unit', unit: 'nginx.service', active: true }, { kind: 'health' }],
    proof: [
      { kind: 'files' },
      { kind: 'nginx', unit: 'nginx.service', errorLog: '/var/log/nginx/error.log', stableMs: 4000 },
      { kind: 'unit', unit: 'mirai.service', restarted: true, stableMs: 2000 },
      { kind: 'running', unit: 'mirai.service', active: true, newer: true, stableMs: 2000 },
      { kind: 'probe', path: ENV },
      { kind: 'health' },
    ],
    keep: { by: 'proof', seconds: 60 },
    window: { from: '2026-11-25T15:00:00.000Z', until: '2026-11-25T18:00:00.000Z' },
  })
  expect(configDifference(plan, POLICY, SERVICE)).toBeUndefined()
})

test('sshd of a service that is down: started where it does not run, no health asserted, kept by a person', () => {
  const files = [changeOf(SSHD)]
  const plan = configPlan(POLICY, SERVICE, work({ files, down: true, inactive: ['ssh.service'] }))
  expect(plan).toEqual({
    ...HEAD,
    targets: [`web1/file:${SSHD}`, 'web1/unit:ssh.service'],
    actions: [
      {
        id: '1',
        action: { kind: 'replaceFiles', files },
        undo: [PUT_BACK, unit('restart', 'ssh.service')],
        timeoutMs: 30_000,
      },
      { id: '2', action: unit('restart', 'ssh.service'), undo: [], timeoutMs: 190_000 },
    ],
    pre: [],
    proof: [
      { kind: 'files' },
      { kind: 'running', unit: 'ssh.service', active: true, newer: true, stableMs: 2000 },
      { kind: 'answers', unit: 'ssh.service', greeting: 'SSH-2.0-', stableMs: 2000 },
      { kind: 'health' },
    ],
    keep: { by: 'person', seconds: 60 },
    startsFrom: 'down',
  })
  expect(configDifference(plan, POLICY, SERVICE)).toBeUndefined()
  const up = configPlan(POLICY, SERVICE, work({ files, inactive: ['ssh.service'] }))
  expect(up.actions[0]?.undo).toEqual([PUT_BACK, unit('restart', 'ssh.service')])
  expect(up.actions[1]).toEqual({
    id: '2',
    action: unit('reload', 'ssh.service'),
    undo: [],
    timeoutMs: 60_000,
  })
  expect(up.pre).toEqual([{ kind: 'unit', unit: 'ssh.service', active: true }, { kind: 'health' }])
  expect(configDifference(up, POLICY, SERVICE)).toBeUndefined()
})

test('a plain file without a probe inside of data: a backup is asked for, and a person keeps it', () => {
  const data = [
    { name: 'data', dir: '/srv/mirai', change: 'gate', format: 'json', secret: [], invariants: {} },
  ] as const
  const { health: _, ...service } = { ...SERVICE, data }
  const plan = configPlan(POLICY, service, work({ files: [changeOf(PLAIN)] }))
  expect(plan).toEqual({
    ...HEAD,
    targets: [`web1/file:${PLAIN}`],
    actions: [
      {
        id: '1',
        action: { kind: 'replaceFiles', files: [changeOf(PLAIN)] },
        undo: [PUT_BACK],
        timeoutMs: 30_000,
      },
    ],
    pre: [{ kind: 'backup', level: 'content' }],
    proof: [{ kind: 'files' }, { kind: 'probe', path: PLAIN }],
    keep: { by: 'person', seconds: 60 },
  })
  expect(configDifference(plan, POLICY, service)).toBeUndefined()
})

test('where a plan differs is said by its place, lists counted from 1, proofs by their kind', () => {
  const plan = configPlan(POLICY, SERVICE, work({ files: [changeOf(SITE), changeOf(DROP_IN)] }))
  const [write, ...rest] = plan.actions
  if (write === undefined) throw new TypeError('no action')
  const at = (over: object) => configDifference({ ...plan, ...over }, POLICY, SERVICE)
  expect(at({ proof: plan.proof.toReversed() })).toBeUndefined()
  expect(at({ proof: [...plan.proof, { kind: 'files' }] })).toBe('proof files')
  expect(at({ actions: [{ ...write, undo: [PUT_BACK] }, ...rest] })).toBe('actions.1.undo')
  expect(at({ actions: [{ ...write, timeoutMs: 1 }, ...rest] })).toBe('actions.1.timeoutMs')
  expect(at({ actions: [write, ...rest.toReversed()] })).toMatch(/^actions\.2\./)
  expect(at({ targets: plan.targets.slice(1) })).toBe(`targets ${plan.targets[0]}`)
  expect(at({ diagnostics: true })).toBe('diagnostics')
  expect(at({ startsFrom: 'down' })).toMatch(/^pre/)
  expect(at({ keep: { ...plan.keep, seconds: 61 } })).toBe('keep.seconds')
})
