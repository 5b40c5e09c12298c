// What the inventory refuses: files that are not declared so, and each plan that is not the config playbook's own around them.
import { describe, expect, test } from 'vitest'
import {
  CHANGE,
  fileChange,
  HOST,
  PROBE,
  playbookPlan,
  policyOf,
  sceneOf,
  UNIT,
} from '../../../tests/runner-fixtures/scene.ts'
import type { DataDirectory } from '../../backup/set.ts'
import { fileTarget, unitTarget } from '../../base/id.ts'
import type { EditEnv } from '../../plans/actions/edit-env.ts'
import type { FileChange, FileState } from '../../plans/file-state.ts'
import type { Plan, UndoStep } from '../../plans/plan.ts'
import type { CompiledPolicy, ConfigFile } from '../../plans/policy.ts'
import type { Proof } from '../../plans/proofs.ts'
import { type FileWanted, planConfig } from '../../playbook/config.ts'
import { ERROR_WORDS, reader } from '../../words/errors.ts'
import { judgeInventory } from './inventory.ts'
import { judge } from './judge.ts'

const A = '/etc/mirai/a.conf'
const ENV = '/etc/mirai/env'
const PATTERN = '/etc/mirai/conf.d/*.conf'

/** The policy of the scene, where its files are declared like this, one after the other. */
function declaring(files: readonly Partial<ConfigFile>[], more: object = {}): CompiledPolicy {
  const policy = policyOf()
  return {
    ...policy,
    services: policy.services.map((one) => ({
      ...one,
      ...more,
      files: one.files.map((file, i) => ({ ...file, ...files[i] })),
    })),
  }
}
function withoutProbe(path: string): CompiledPolicy {
  const policy = policyOf()
  const strip = ({ probe, ...file }: ConfigFile): ConfigFile =>
    file.path === path || probe === undefined ? file : { ...file, probe }
  return {
    ...policy,
    services: policy.services.map((one) => ({ ...one, files: one.files.map(strip) })),
  }
}
/** What the inventory answers: ok, or the place that differs. */
function found(policy: CompiledPolicy, plan: Plan): string {
  const answer = judgeInventory(plan, policy, () => undefined)
  if (answer.ok) return 'ok'
  return answer.code === 'judge.action_outside' ? String(answer.detail['what']) : answer.code
}

const secret: FileState = { kind: 'secret', keyed: 'c'.repeat(64), mode: 0o600, uid: 0, gid: 0 }
const edit: EditEnv = {
  kind: 'editEnv',
  path: ENV,
  real: ENV,
  links: [],
  before: secret,
  set: [{ key: 'PORT', to: { kind: 'text', value: '81' } }],
  unset: [],
}
const env = (policy = policyOf()): Plan => playbookPlan(policy, { files: [], env: [edit] })
const one = (policy = policyOf()): Plan => playbookPlan(policy, { files: [fileChange(A)] })

const PUT_BACK = { kind: 'putBack' } as const
const RELOADED = { kind: 'daemonReload' } as const
const RESTARTED = { kind: 'unit', verb: 'restart', unit: UNIT } as const

/** The plan whose first action is taken back like this. */
function undoing(plan: Plan, ...undo: readonly UndoStep[]): Plan {
  return { ...plan, actions: plan.actions.map((of) => (of.id === '1' ? { ...of, undo } : of)) }
}
const without = (plan: Plan, ...kinds: readonly Proof['kind'][]): Plan => ({
  ...plan,
  proof: plan.proof.filter(({ kind }) => !kinds.includes(kind)),
})
const proving = (plan: Plan, over: (proof: Proof) => Proof): Plan => ({
  ...plan,
  proof: plan.proof.map(over),
})

describe('health, files, nginx and units', () => {
  const healthy = declaring([], { health: PROBE })
  const systemd = declaring([{ kind: 'systemd' }])
  const nginx = declaring([{ kind: 'nginx' }])
  const stable = (stableMs: number) => (proof: Proof) =>
    proof.kind === 'nginx' ? { ...proof, stableMs } : proof
  test('with all of it the plan passes', () => {
    for (const policy of [policyOf(), healthy, systemd, nginx])
      expect(found(policy, playbookPlan(policy))).toBe('ok')
  })
  test.each<[string, string, CompiledPolicy, (plan: Plan) => Plan]>([
    ['health before', 'pre', healthy, (plan) => ({ ...plan, pre: [] })],
    ['health afterwards', 'proof health', healthy, (plan) => without(plan, 'health')],
    ['the look at the files', 'proof files', policyOf(), (plan) => without(plan, 'files')],
    ['the look at the unit', 'proof unit', systemd, (plan) => without(plan, 'unit')],
    ['the look at nginx', 'proof nginx', nginx, (plan) => without(plan, 'nginx')],
    ['nginx looked at at all', 'proof nginx', nginx, (plan) => proving(plan, stable(0))],
    ['nginx looked at long enough', 'proof nginx', nginx, (plan) => proving(plan, stable(3999))],
    ['any proof', 'proof files', policyOf(), (plan) => ({ ...plan, proof: [] })],
  ])('refused without %s', (_, place, policy, over) => {
    expect(found(policy, over(playbookPlan(policy)))).toBe(place)
  })
})

describe('what shows that a plain file or an environment file is in effect', () => {
  const changed = (over: (running: Extract<Proof, { kind: 'running' }>) => Proof) =>
    proving(env(), (proof) => (proof.kind === 'running' ? over(proof) : proof))

  test('with the probe of each file both plans pass', () => {
    expect(found(policyOf(), playbookPlan())).toBe('ok')
    expect(found(policyOf(), env())).toBe('ok')
  })
  test.each<[string, string, Plan]>([
    ['no probe of any file', 'proof probe', without(playbookPlan(), 'probe')],
    [
      'the probe of one of two files',
      'proof probe',
      {
        ...playbookPlan(),
        proof: playbookPlan().proof.filter((proof) => proof.kind !== 'probe' || proof.path !== A),
      },
    ],
    ['no probe of an environment file', 'proof probe', without(env(), 'probe')],
    [
      'the probe of another file',
      'proof probe',
      proving(env(), (proof) => (proof.kind === 'probe' ? { ...proof, path: A } : proof)),
    ],
    ['no restart after the write', 'actions', { ...env(), actions: env().actions.slice(0, 1) }],
    [
      'a restart before the write',
      'actions.1.action',
      {
        ...env(),
        actions: env()
          .actions.toReversed()
          .map((of, i) => ({ ...of, id: String(i + 1) })),
      },
    ],
    [
      'a reload where a restart is declared',
      'actions.2.action.verb',
      {
        ...env(),
        actions: env().actions.map((of) =>
          of.id === '2' ? { ...of, action: { kind: 'unit', verb: 'reload', unit: UNIT } } : of,
        ),
      },
    ],
    ['nothing that shows the restart', 'proof running', without(env(), 'running')],
    [
      'a look that an old process satisfies',
      'proof running',
      changed((proof) => ({ ...proof, newer: false })),
    ],
    [
      'a look too short to see a restart loop',
      'proof running',
      changed((proof) => ({ ...proof, stableMs: 0 })),
    ],
  ])('refused: %s', (_, place, plan) => {
    expect(found(policyOf(), plan)).toMatch(new RegExp(`^${place}`))
  })

  test('I14 without a declared probe it is not proven: only a person keeps it', () => {
    const byProof = { by: 'proof', seconds: 60 } as const
    for (const [path, plan] of [
      ['/etc/mirai/b.conf', playbookPlan(withoutProbe('/etc/mirai/b.conf'))],
      [ENV, env(withoutProbe(ENV))],
    ] as const) {
      expect(plan.keep.by).toBe('person')
      expect(found(withoutProbe(path), plan)).toBe('ok')
      expect(found(withoutProbe(path), { ...plan, keep: byProof })).toBe('keep.by')
    }
  })
  test('I14 an environment file that nothing restarts is kept by a person, probe or not', () => {
    const policy = declaring([{}, {}, {}, { activation: 'none' }])
    expect(found(policy, env(policy))).toBe('ok')
    expect(found(policy, { ...env(policy), keep: { by: 'proof', seconds: 60 } })).toBe('keep.by')
  })
  test('a person may be asked although the rules ask for none', () => {
    expect(found(policyOf(), { ...playbookPlan(), keep: { by: 'person', seconds: 60 } })).toBe('ok')
  })
  test('a file of a declared directory is looked at by the probe of the directory', () => {
    const policy = declaring([{ path: PATTERN }])
    const plan = playbookPlan(policy, { files: [fileChange('/etc/mirai/conf.d/x.conf')] })
    expect(plan.proof).toContainEqual({ kind: 'probe', path: PATTERN })
    expect(found(policy, plan)).toBe('ok')
    expect(found(policy, without(plan, 'probe'))).toBe('proof probe')
  })
})

describe('the way back makes the old files effective again', () => {
  const reload = { kind: 'unit', verb: 'reload', unit: UNIT } as const
  const reloads = declaring([{ activation: 'reload' }, { activation: 'reload' }])
  const systemd = declaring([{ kind: 'systemd' }])
  const otherUnit = declaring([{ unit: 'other.service' }])
  test.each<[string, CompiledPolicy, Plan]>([
    ['putting the files back', policyOf(), undoing(playbookPlan(), RESTARTED)],
    ['a restart that is declared', policyOf(), undoing(playbookPlan(), PUT_BACK)],
    ['a restart where a reload does not do', policyOf(), undoing(playbookPlan(), PUT_BACK, reload)],
    ['a reload that is declared', reloads, undoing(playbookPlan(reloads), PUT_BACK)],
    ['the restart of an environment file', policyOf(), undoing(env(), PUT_BACK)],
    ['one unit of two', otherUnit, undoing(playbookPlan(otherUnit), PUT_BACK, RESTARTED)],
    ['daemon-reload of a systemd file', systemd, undoing(playbookPlan(systemd), PUT_BACK, RESTARTED)],
    [
      'daemon-reload before the restart',
      systemd,
      undoing(playbookPlan(systemd), PUT_BACK, RESTARTED, RELOADED),
    ],
  ])('spine §6 refused without %s', (_, policy, plan) => {
    expect(found(policy, plan)).toMatch(/^actions\.1\.undo/)
  })
  test.each<[string, CompiledPolicy, readonly UndoStep[]]>([
    [
      'a restart of one file covers the reload of another',
      declaring([{ activation: 'reload' }]),
      [PUT_BACK, RESTARTED],
    ],
    ['daemon-reload, then the restart', systemd, [PUT_BACK, RELOADED, RESTARTED]],
    ['nothing is declared', declaring([{ activation: 'none' }, { activation: 'none' }]), [PUT_BACK]],
  ])('passes where %s', (_, policy, undo) => {
    const plan = playbookPlan(policy)
    expect(plan.actions[0]?.undo).toEqual(undo)
    expect(found(policy, plan)).toBe('ok')
  })
  test('what runs is reloaded as declared and not restarted, unless the service is down', () => {
    const policy = declaring([{ activation: 'reload' }, { activation: 'reload' }], { health: PROBE })
    expect(found(policy, { ...playbookPlan(policyOf()) })).not.toBe('ok')
    const repair = playbookPlan(policy, { down: true, inactive: [UNIT] })
    expect(repair.actions[1]?.action).toEqual(RESTARTED)
    expect(found(policy, repair)).toBe('ok')
    const { startsFrom: _, ...up } = repair
    expect(found(policy, up)).not.toBe('ok')
  })
})

describe('time-outs', () => {
  const lasting = (id: string, timeoutMs: number, plan: Plan): Plan => ({
    ...plan,
    actions: plan.actions.map((of) => (of.id === id ? { ...of, timeoutMs } : of)),
  })
  test('facts of the host decide that of a restart, between the shortest and the longest; all others are fixed', () => {
    const reloads = declaring([{ activation: 'reload' }, { activation: 'reload' }])
    const of = (id: string, policy: CompiledPolicy) => (timeoutMs: number) =>
      found(policy, lasting(id, timeoutMs, playbookPlan(policy)))
    expect([100_000, 190_000, 3_600_000].map(of('2', policyOf()))).toEqual(['ok', 'ok', 'ok'])
    const place = 'actions.2.timeoutMs'
    expect([1, 99_999, 3_600_001].map(of('2', policyOf()))).toEqual([place, place, place])
    expect([60_000, 59_999, 190_000].map(of('2', reloads))).toEqual(['ok', place, place])
    expect([30_000, 30_001].map(of('1', policyOf()))).toEqual(['ok', 'actions.1.timeoutMs'])
  })
})

describe('files and their order', () => {
  test('files stand in one action, in the order of their paths', () => {
    const files = [fileChange(A), fileChange('/etc/mirai/b.conf')]
    const plan = playbookPlan()
    const writing = (...groups: readonly (readonly FileChange[])[]): Plan => {
      const [first, ...rest] = plan.actions
      if (first === undefined) throw new TypeError('no action')
      const writes = groups.map((group, i) => ({
        ...first,
        action: { kind: 'replaceFiles', files: group } as const,
        undo: i === 0 ? first.undo : [PUT_BACK],
      }))
      return { ...plan, actions: [...writes, ...rest].map((of, i) => ({ ...of, id: String(i + 1) })) }
    }
    expect(found(policyOf(), writing(files))).toBe('ok')
    expect(found(policyOf(), writing(files.toReversed()))).toMatch(/^actions\.1\.action\.files/)
    expect(found(policyOf(), writing(files.slice(0, 1), files.slice(1)))).toBe('actions')
    expect(found(policyOf(), writing([]))).toBe('no file')
  })
  test('more may be locked, and nothing less', () => {
    const plan = one()
    const more = [...plan.targets, fileTarget(HOST, '/etc/mirai/ssh.conf')]
    expect(found(policyOf(), { ...plan, targets: more })).toBe('ok')
    for (const target of plan.targets)
      expect(found(policyOf(), { ...plan, targets: more.filter((of) => of !== target) })).toBe(
        `targets ${target}`,
      )
    expect(plan.targets).toEqual([fileTarget(HOST, A), unitTarget(HOST, UNIT)])
  })
})

describe('what lies inside of declared data', () => {
  const inside = (change: DataDirectory['change']): CompiledPolicy =>
    declaring([], {
      data: [{ name: 'data', dir: '/srv/data', change, format: 'json', secret: [], invariants: {} }],
    })
  const uid = { uid: 0, gid: 0 }
  /** `/etc/mirai` leads into the data, and the name there is a link that leads out of it. */
  const deletion = (policy: CompiledPolicy) => {
    const [service] = policy.services
    if (service === undefined) throw new TypeError('no service')
    const links = [
      { path: '/etc/mirai', target: '/srv/data' },
      { path: '/srv/data/a.conf', target: '/srv/other.conf' },
    ]
    const read = { path: A, real: '/srv/other.conf', links, state: fileChange(A).before, link: uid }
    const files: FileWanted[] = [{ kind: 'delete', path: A }]
    const wish = { change: CHANGE, revision: 1, files, env: [] }
    return planConfig(policy, service, wish, { files: [read], stopTimeoutMs: {} })
  }
  test('a link that lies there is data, wherever it leads: its deletion asks for a backup', () => {
    const answer = deletion(inside('gate'))
    if (!answer.ok) throw new Error(answer.code)
    expect(answer.plan.pre).toContainEqual({ kind: 'backup', level: 'content' })
    expect(found(inside('gate'), answer.plan)).toBe('ok')
    expect(found(inside('gate'), { ...answer.plan, pre: [] })).toBe('pre')
    expect(deletion(inside('api-only'))).toMatchObject({ ok: false, code: 'plan.data_api_only' })
  })
})

test('a plan of declared files that is not the playbook’s own is told so, with where it differs', () => {
  const plan = undoing(playbookPlan(), PUT_BACK)
  const answer = judge(sceneOf({ plan }))
  if (answer.ok || answer.code !== 'judge.action_outside') throw new Error('not refused')
  expect(answer.detail).toEqual({
    what: 'actions.1.undo',
    service: 'mirai',
    playbook: 'config/1',
    change: CHANGE,
  })
  for (const language of ['ja', 'en'] as const) {
    const { what, next } = ERROR_WORDS[answer.code][language](reader(answer.detail))
    expect(what).toContain('config/1')
    expect(what).toContain('actions.1.undo')
    expect(next).toEqual([`sekisho change revise ${CHANGE}`])
  }
})

describe('what the playbook itself makes', () => {
  const made = (policy: CompiledPolicy, path: string) => {
    const [service] = policy.services
    if (service === undefined) throw new Error('no service')
    const base = { change: CHANGE, revision: 1 }
    const wish =
      path === ENV
        ? {
            ...base,
            files: [],
            env: [{ path, set: [{ key: 'PORT', to: { kind: 'text', value: '81' } } as const], unset: [] }],
          }
        : { ...base, files: [{ kind: 'delete', path } as const], env: [] }
    const state = path === ENV ? secret : factsOfFile
    const answer = planConfig(policy, service, wish, {
      files: [{ path, real: path, links: [], state }],
      stopTimeoutMs: {},
    })
    if (!answer.ok) throw new Error(answer.code)
    return answer.plan
  }
  const factsOfFile: FileState = {
    kind: 'file',
    digest: 'a'.repeat(64) as never,
    size: 1,
    mode: 0o644,
    uid: 0,
    gid: 0,
  }

  test.each(['/etc/mirai/a.conf', ENV])(
    'passes for %s, and asks a person where nothing can be proven',
    (path) => {
      for (const [policy, by] of [
        [policyOf(), 'proof'],
        [withoutProbe(path), 'person'],
      ] as const) {
        const plan = made(policy, path)
        expect(found(policy, plan)).toBe('ok')
        expect(plan.keep.by).toBe(by)
      }
    },
  )

  describe('for a file that is read anew at each use', () => {
    const path = '/etc/mirai/a.conf'
    const digest = 'b'.repeat(64) as never
    const asKind = (kind: ConfigFile['kind']) => {
      const policy = withoutProbe(path)
      const files = (all: readonly ConfigFile[]) =>
        all.map((file): ConfigFile => (file.path === path ? { ...file, kind, activation: 'none' } : file))
      return { ...policy, services: policy.services.map((one) => ({ ...one, files: files(one.files) })) }
    }
    const written = (policy: CompiledPolicy, state: FileState) => {
      const [service] = policy.services
      if (service === undefined) throw new Error('no service')
      const wish = {
        change: CHANGE,
        revision: 1,
        files: [{ kind: 'write', path, digest, size: 9 } as const],
        env: [],
      }
      const files = [{ path, real: path, links: [], state }]
      const answer = planConfig(policy, service, wish, { files, stopTimeoutMs: {} })
      if (!answer.ok) throw new Error(answer.code)
      return answer.plan
    }
    const afterOf = (plan: Plan, after: FileState): Plan => ({
      ...plan,
      actions: plan.actions.map((one) =>
        one.action.kind === 'replaceFiles'
          ? { ...one, action: { ...one.action, files: one.action.files.map((file) => ({ ...file, after })) } }
          : one,
      ),
    })

    test.each(['logrotate', 'sudoers', 'crontab'] as const)(
      'of the kind %s the file in its place is the proof, and no unit is touched',
      (kind) => {
        const policy = asKind(kind)
        const plan = written(policy, factsOfFile)
        expect(plan.proof[0]).toEqual({ kind: 'files' })
        expect(plan.actions).toHaveLength(1)
        expect(found(policy, { ...plan, proof: [] })).toBe('proof files')
      },
    )

    test('of the kind sshd a reload, the answer of its ports, and a restart on the way back', () => {
      const policy = ((base) => ({
        ...base,
        services: base.services.map((one) => ({
          ...one,
          files: one.files.map(
            (file): ConfigFile =>
              file.kind === 'sshd' ? { ...file, activation: 'reload', unit: 'ssh.service' } : file,
          ),
        })),
      }))(asKind('sshd'))
      const inventory = (of: Plan) => found(policy, of)
      const plan = written(policy, factsOfFile)
      const [write] = plan.actions
      if (write === undefined) throw new Error('no action')
      const ssh = { kind: 'unit', unit: 'ssh.service' } as const
      expect(write.undo).toEqual([{ kind: 'putBack' }, { ...ssh, verb: 'restart' }])
      expect(plan.actions[1]?.action).toEqual({ ...ssh, verb: 'reload' })
      expect(inventory(plan)).toBe('ok')
      // One that ended in the reload is not there to be reloaded.
      expect(inventory(undoing(plan, { kind: 'putBack' }, { ...ssh, verb: 'reload' }))).toBe(
        'actions.1.undo.2.verb',
      )
      const answers = plan.proof.find(({ kind }) => kind === 'answers')
      if (answers?.kind !== 'answers') throw new Error('no proof')
      const others = plan.proof.filter((one) => one !== answers)
      for (const weaker of [
        [],
        [{ ...answers, unit: UNIT }],
        [{ ...answers, unit: 'other.service' }],
        [{ ...answers, greeting: 'S' }],
        [{ ...answers, stableMs: 0 }],
      ])
        expect(inventory({ ...plan, proof: [...others, ...weaker] })).toBe('proof answers')
    })

    test('sudoers become files of root with mode 0440, whatever they were, and nothing else passes', () => {
      const policy = asKind('sudoers')
      const wanted = { kind: 'file', digest, size: 9, mode: 0o440, uid: 0, gid: 0 } as const
      for (const state of [{ ...factsOfFile, mode: 0o666, uid: 33 }, { kind: 'absent' } as const]) {
        const plan = written(policy, state)
        expect(plan.actions[0]?.action).toMatchObject({ files: [{ after: wanted }] })
        for (const after of [
          { ...wanted, mode: 0o640 },
          { ...wanted, uid: 1000 },
          { ...wanted, gid: 4 },
          { kind: 'link', target: path, uid: 0, gid: 0 } as const,
        ])
          expect(judgeInventory(afterOf(plan, after), policy, () => undefined)).toMatchObject({
            ok: false,
            code: 'judge.action_outside',
            detail: { what: path },
          })
      }
    })
  })
})
