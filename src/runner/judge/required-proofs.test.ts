// What a plan of the config playbook may not leave out: each look taken out of a whole plan alone, and the plan with all of it passes.
import { describe, expect, test } from 'vitest'
import { CHANGE, HOST, PROBE, planOf, policyOf, sceneOf, UNIT } from '../../../tests/runner-fixtures/scene.ts'
import { fileTarget, nginxTarget, unitTarget } from '../../base/id.ts'
import type { FileState } from '../../plans/file-state.ts'
import type { Plan, UndoStep } from '../../plans/plan.ts'
import type { CompiledPolicy, ConfigFile } from '../../plans/policy.ts'
import type { Proof } from '../../plans/proofs.ts'
import { planConfig } from '../../playbook/config.ts'
import { judgeInventory } from './inventory.ts'
import { judge } from './judge.ts'

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
const judged = (policy: CompiledPolicy, plan: Plan) => {
  const answer = judge(sceneOf({ policy, plan }))
  return answer.ok ? 'ok' : `${answer.code} ${String(answer.detail['what'] ?? '')}`
}
const without = (...kinds: readonly Proof['kind'][]) =>
  planOf().proof.filter(({ kind }) => !kinds.includes(kind))

const secret: FileState = { kind: 'secret', keyed: 'c'.repeat(64), mode: 0o600, uid: 0, gid: 0 }
const env = (over: Partial<Plan> = {}): Plan =>
  planOf({
    targets: [fileTarget(HOST, ENV), unitTarget(HOST, UNIT)],
    actions: [
      {
        id: '1',
        action: {
          kind: 'editEnv',
          path: ENV,
          real: ENV,
          links: [],
          before: secret,
          set: [{ key: 'PORT', to: { kind: 'text', value: '81' } }],
          unset: [],
        },
        undo: [{ kind: 'putBack' }, { kind: 'unit', verb: 'restart', unit: UNIT }],
        timeoutMs: 1000,
      },
      { id: '2', action: { kind: 'unit', verb: 'restart', unit: UNIT }, undo: [], timeoutMs: 1000 },
    ],
    proof: [...without('probe'), { kind: 'probe', path: ENV }],
    ...over,
  })

const PUT_BACK = { kind: 'putBack' } as const
const RELOADED = { kind: 'daemonReload' } as const
const RESTARTED = { kind: 'unit', verb: 'restart', unit: UNIT } as const

/** The plan whose first action is taken back like this. */
function undoing(plan: Plan, ...undo: readonly UndoStep[]): Plan {
  return { ...plan, actions: plan.actions.map((one) => (one.id === '1' ? { ...one, undo } : one)) }
}

describe('health, files, nginx and units', () => {
  const healthy = declaring([], { health: PROBE })
  const whole = planOf({
    pre: [...planOf().pre, { kind: 'health' }],
    proof: [...planOf().proof, { kind: 'health' }],
  })
  test('with all of it the plan passes', () => {
    expect(judged(healthy, whole)).toBe('ok')
  })
  test.each<[string, CompiledPolicy, Plan]>([
    ['health_before', healthy, { ...whole, pre: planOf().pre }],
    ['health', healthy, { ...whole, proof: planOf().proof }],
    ['files', policyOf(), planOf({ proof: without('files') })],
    ['unit', declaring([{ kind: 'systemd' }]), undoing(planOf(), PUT_BACK, RELOADED, RESTARTED)],
  ])('%s', (what, policy, plan) => {
    expect(judged(policy, plan)).toBe(`judge.look_missing ${what}`)
  })
  test.each([undefined, 0, 3999])('nginx that is looked at for %s ms', (stableMs) => {
    const policy = declaring([{ kind: 'nginx' }])
    const nginx = { kind: 'nginx', unit: UNIT, errorLog: '/var/log/nginx/error.log' } as const
    const proof = stableMs === undefined ? [] : [{ ...nginx, stableMs }]
    const answer = judgeInventory(
      planOf({ targets: [...planOf().targets, nginxTarget(HOST)], proof: [...planOf().proof, ...proof] }),
      policy,
      () => undefined,
    )
    expect(answer).toMatchObject({ ok: false, code: 'judge.look_missing', detail: { what: 'nginx' } })
  })
})

describe('what shows that a plain file or an environment file is in effect', () => {
  const b = planOf().proof.filter((one) => one.kind !== 'probe' || one.path.endsWith('b.conf'))

  test('with the probe of each file both plans pass', () => {
    expect(judged(policyOf(), planOf())).toBe('ok')
    expect(judged(policyOf(), env())).toBe('ok')
  })
  test.each<[string, string, Plan]>([
    ['no probe of any file', 'probe', planOf({ proof: without('probe') })],
    ['the probe of one of two files', 'probe', planOf({ proof: b })],
    ['no probe of an environment file', 'probe', env({ proof: without('probe') })],
    [
      'the probe of another file',
      'probe',
      env({ proof: [...without('probe'), { kind: 'probe', path: '/etc/mirai/a.conf' }] }),
    ],
    [
      'no restart after the write',
      'activation',
      env({ targets: [fileTarget(HOST, ENV)], actions: env().actions.slice(0, 1) }),
    ],
    [
      'a restart before the write',
      'activation',
      env({
        actions: env()
          .actions.toReversed()
          .map((one, i) => ({ ...one, id: String(i + 1) })),
      }),
    ],
    [
      'a reload where a restart is declared',
      'activation',
      env({
        actions: env().actions.map((one) =>
          one.id === '2' ? { ...one, action: { kind: 'unit', verb: 'reload', unit: UNIT } } : one,
        ),
      }),
    ],
    [
      'nothing that shows the restart',
      'restarted',
      env({ proof: env().proof.filter(({ kind }) => kind !== 'running') }),
    ],
    [
      'a look that an old process satisfies',
      'restarted',
      env({ proof: env().proof.map((one) => (one.kind === 'running' ? { ...one, newer: false } : one)) }),
    ],
    [
      'a look too short to see a restart loop',
      'restarted',
      env({ proof: env().proof.map((one) => (one.kind === 'running' ? { ...one, stableMs: 0 } : one)) }),
    ],
  ])('refused: %s', (_, what, plan) => {
    expect(judged(policyOf(), plan)).toBe(`judge.look_missing ${what}`)
  })

  test('I14 without a declared probe it is not proven: only a person keeps it', () => {
    const person = { by: 'person', seconds: 60 } as const
    for (const [path, plan] of [
      ['/etc/mirai/b.conf', planOf()],
      [ENV, env()],
    ] as const) {
      expect(judged(withoutProbe(path), plan)).toBe('judge.look_missing person')
      expect(judged(withoutProbe(path), { ...plan, keep: person })).toBe('ok')
    }
  })
  test('I14 an environment file that nothing restarts is kept by a person, probe or not', () => {
    const policy = declaring([{}, {}, {}, { activation: 'none' }])
    expect(judged(policy, env())).toBe('judge.look_missing person')
    expect(judged(policy, env({ keep: { by: 'person', seconds: 60 } }))).toBe('ok')
  })
  test('a file of a declared directory is looked at by the probe of the directory', () => {
    const policy = declaring([{ path: PATTERN }])
    const path = '/etc/mirai/conf.d/x.conf'
    const [write, restart] = planOf().actions
    if (write?.action.kind !== 'replaceFiles' || restart === undefined) throw new Error('no write')
    const files = write.action.files.slice(0, 1).map((one) => ({ ...one, path, real: path }))
    const plan = planOf({
      targets: [fileTarget(HOST, path), unitTarget(HOST, UNIT)],
      actions: [{ ...write, action: { kind: 'replaceFiles', files } }, restart],
    })
    expect(judged(policy, { ...plan, proof: without('probe') })).toBe('judge.look_missing probe')
    expect(judged(policy, { ...plan, proof: [...without('probe'), { kind: 'probe', path: PATTERN }] })).toBe(
      'ok',
    )
  })
})

describe('the way back makes the old files effective again', () => {
  const stays = { kind: 'unit', verb: 'reload', unit: UNIT } as const
  const reloads = declaring([{ activation: 'reload' }, { activation: 'reload' }])
  const systemd = declaring([{ kind: 'systemd' }])
  const looked = planOf({
    proof: [...planOf().proof, { kind: 'unit', unit: UNIT, restarted: true, stableMs: 2000 }],
  })
  const otherUnit = declaring([{ unit: 'other.service' }])
  const both = planOf({
    targets: [...planOf().targets, unitTarget(HOST, 'other.service')],
    actions: [
      ...planOf().actions,
      {
        id: '3',
        action: { kind: 'unit', verb: 'restart', unit: 'other.service' },
        undo: [],
        timeoutMs: 1000,
      },
    ],
  })
  test.each<[string, CompiledPolicy, Plan]>([
    ['a restart that is declared', policyOf(), undoing(planOf(), PUT_BACK)],
    ['a reload where a restart is declared', policyOf(), undoing(planOf(), PUT_BACK, stays)],
    ['a reload that is declared', reloads, undoing(planOf(), PUT_BACK)],
    ['the restart of an environment file', policyOf(), undoing(env(), PUT_BACK)],
    ['one unit of two', otherUnit, undoing(both, PUT_BACK, RESTARTED)],
    ['daemon-reload of a systemd file', systemd, undoing(looked, PUT_BACK, RESTARTED)],
    ['daemon-reload before the restart', systemd, undoing(looked, PUT_BACK, RESTARTED, RELOADED)],
  ])('spine §6 refused without %s', (_, policy, plan) => {
    const answer = judgeInventory(plan, policy, () => undefined)
    expect(answer).toMatchObject({ ok: false, code: 'judge.undo_incomplete', detail: { action: '1' } })
  })
  test.each<[string, CompiledPolicy, Plan]>([
    ['a restart covers a declared reload', reloads, planOf()],
    ['daemon-reload, then the restart', systemd, undoing(looked, PUT_BACK, RELOADED, RESTARTED)],
    [
      'nothing is declared',
      declaring([{ activation: 'none' }, { activation: 'none' }]),
      undoing(planOf(), PUT_BACK),
    ],
  ])('passes where %s', (_, policy, plan) => {
    expect(judgeInventory(plan, policy, () => undefined)).toEqual({ ok: true })
  })
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
        expect(judged(policy, plan)).toBe('ok')
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
        expect(judged(policy, { ...plan, proof: [] })).toBe('judge.action_outside no proof')
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
      const inventory = (plan: Plan) => {
        const answer = judgeInventory(plan, policy, () => undefined)
        return answer.ok ? 'ok' : `${answer.code} ${String(answer.detail['what'] ?? '')}`
      }
      const plan = written(policy, factsOfFile)
      const [write] = plan.actions
      if (write === undefined) throw new Error('no action')
      const ssh = { kind: 'unit', unit: 'ssh.service' } as const
      expect(write.undo).toEqual([{ kind: 'putBack' }, { ...ssh, verb: 'restart' }])
      expect(plan.actions[1]?.action).toEqual({ ...ssh, verb: 'reload' })
      expect(inventory(plan)).toBe('ok')
      // One that ended in the reload is not there to be reloaded.
      expect(inventory(undoing(plan, { kind: 'putBack' }, { ...ssh, verb: 'reload' }))).toContain(
        'judge.undo_incomplete',
      )
      const answers = plan.proof.find(({ kind }) => kind === 'answers')
      if (answers?.kind !== 'answers') throw new Error('no proof')
      const others = plan.proof.filter((one) => one !== answers)
      for (const weaker of [
        [],
        [{ ...answers, unit: UNIT }],
        [{ ...answers, greeting: 'S' }],
        [{ ...answers, stableMs: 0 }],
      ])
        expect(inventory({ ...plan, proof: [...others, ...weaker] })).toBe('judge.look_missing answers')
      expect(inventory({ ...plan, proof: [...others, { ...answers, unit: 'other.service' }] })).toBe(
        'judge.action_outside other.service',
      )
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
