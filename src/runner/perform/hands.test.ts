// The fake hands and the real ones keep the same contract, or the tests of the loop would prove nothing.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { fakeHands, World } from '../../../tests/runner-fixtures/fake-hands.ts'
import { type ContractWorld, LAWS } from '../../../tests/runner-fixtures/hands-contract.ts'
import { EXECUTION, planOf, policyOf } from '../../../tests/runner-fixtures/scene.ts'
import { keyedHash, sha256 } from '../../base/hash.ts'
import type { Clock } from '../../base/time.ts'
import { declaredFile, type Service } from '../../plans/policy.ts'
import { systemClock } from '../../sys/clock.ts'
import { run } from '../../sys/process.ts'
import { realHands } from './real-hands.ts'

function fake(): ContractWorld {
  const plan = planOf()
  const world = new World(plan)
  const clock: Clock = { now: () => 0, uptime: () => 0, boot: () => 'x', sleep: async () => {} }
  const [first = '', last = ''] = world.files.keys()
  return {
    hands: fakeHands({ plan, world, clock, killPoint: () => {} }),
    first: () => world.files.get(first) ?? '',
    last: () => world.files.get(last) ?? '',
    write: (which, content) => world.files.set(which === 'first' ? first : last, content),
  }
}

function real(root: string): ContractWorld {
  const state = join(root, 'state')
  mkdirSync(state)
  const paths = ['a.conf', 'b.conf'].map((name) => join(root, name))
  const [first = '', last = ''] = paths
  for (const path of paths) writeFileSync(path, 'old', { mode: 0o644 })
  const { uid, gid } = statSync(first)
  const of = (content: string) =>
    ({ kind: 'file', digest: sha256(content), size: content.length, mode: 0o644, uid, gid }) as const
  const plan = planOf({
    actions: [
      {
        id: '1',
        action: {
          kind: 'replaceFiles',
          files: paths.map((path) => ({ path, real: path, links: [], before: of('old'), after: of('new') })),
        },
        undo: [{ kind: 'putBack' }],
        timeoutMs: 30_000,
      },
    ],
  })
  const base = policyOf()
  const service: Service = {
    ...(base.services[0] as Service),
    files: paths.map((path) => ({ path, kind: 'file', secret: false, activation: 'none', keep: 'proof' })),
  }
  const policy = { ...base, services: [service] }
  if (declaredFile(service, first) === undefined) throw new Error('not declared')
  const hands = realHands(EXECUTION, {
    plan,
    act: {
      run,
      clock: systemClock,
      policy,
      keyed: (bytes) => keyedHash(Buffer.from('key'), bytes),
      signal: new AbortController().signal,
      systemctl: false,
      execution: EXECUTION,
      copies: join(state, 'copies', 'x'),
      blob: async () => Buffer.from('new'),
      secret: async () => Buffer.from(''),
      killPoint: () => {},
    },
    state,
    adminPath: false,
    // A keeper that has nothing to wait for: what it does is tested in revert/.
    waker: { run, startApart: async () => {}, systemctl: false, command: ['/bin/true'] },
    check: async () => ({ ok: true }),
    keepText: async () => ({ digest: sha256(''), size: 0 }),
    clean: async (detail) => detail,
    trial: undefined,
    lines: () => [],
    releaseReserve: async () => false,
  })
  return {
    hands,
    first: () => readFileSync(first, 'utf8'),
    last: () => readFileSync(last, 'utf8'),
    write: (which, content) => writeFileSync(which === 'first' ? first : last, content),
  }
}

describe.each(Object.entries(LAWS))('%s', (_, law) => {
  test('the fake', () => law(fake()))
  test('the real', async () => {
    const root = mkdtempSync(join(tmpdir(), 'runner-hands-'))
    try {
      await law(real(root))
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
