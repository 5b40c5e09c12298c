// Files of a migration tool in a commit: alone they are placed as any code, beside other code the tool runs with it, and only its newest change goes back.
import { describe, expect, test } from 'vitest'
import { CHANGE, HOST, SERVICE } from '../../../tests/runner-fixtures/scene.ts'
import { SekishoError } from '../../base/error.ts'
import { sha256 } from '../../base/hash.ts'
import type { ChangeId } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { CodeFile } from '../../plans/code.ts'
import type { Migrated } from '../../plans/playbooks/schema.ts'
import type { Service } from '../../plans/policy.ts'
import { ERROR_WORDS, reader } from '../../words/errors.ts'
import type { CodeContext } from './context.ts'
import { databaseOfTurn, refuseOtherBack, toolOf } from './tool-turn.ts'

const ACTION = {
  kind: 'migrateByTool',
  database: 'mirai',
  port: 5432,
  role: 'mirai',
  directory: '/srv/mirai/db',
  files: sha256('files'),
  status: ['status'],
  lockMs: 1000,
  withinMs: 1000,
  catalogue: sha256('catalogue'),
}
const PLAN = {
  v: 1,
  change: CHANGE,
  revision: 1,
  host: HOST,
  service: SERVICE,
  pattern: 'schema',
  playbook: 'schema/1',
  targets: [`${HOST}/schema:5432/mirai`],
  pre: [],
  proof: [],
  diagnostics: false,
  keep: { by: 'proof', seconds: 60 },
}

const service = (deploy: 'in-place' | 'releases', directory: string): Service =>
  ({
    name: 'mirai',
    code: { repo: { path: '/srv/mirai', deploy } },
    databases: [
      { name: 'other', port: 5432, migrations: { role: 'other', dir: 'db/sql' } },
      { name: 'mirai', port: 5432, migrations: { role: 'mirai', tool: { directory } } },
    ],
  }) as unknown as Service
const files = (...paths: readonly string[]) => paths.map((path): CodeFile => ({ path, kind: 'added' }))

test.each([
  ['in-place', '/srv/mirai/db'],
  ['releases', '/srv/mirai/current/db'],
] as const)(
  '%s: a path of the repository below the directory of the tool is its own',
  (deploy, directory) => {
    const of = service(deploy, directory)
    expect(toolOf(of, 'db/versions/a1.py')?.name).toBe('mirai')
    expect(toolOf(of, 'dba/a1.py')).toBeUndefined()
    // Alone they are placed as any other code.
    expect(databaseOfTurn(of, files('db/versions/a1.py', 'db/env.py'))).toBeUndefined()
    expect(databaseOfTurn(of, files('app.py', 'sql/0001.up.sql'))).toBeUndefined()
    expect(databaseOfTurn(of, files('db/versions/a1.py', 'app.py'))?.name).toBe('mirai')
    // A file that leaves the directory counts on both sides.
    expect(databaseOfTurn(of, [{ path: 'app/a.py', from: 'db/a.py', kind: 'renamed' }])?.name).toBe('mirai')
  },
)

test.each([
  ['in-place', '/srv/mirai', 'in the tree'],
  ['in-place', '/srv', 'above it'],
  ['releases', '/srv/mirai/current', 'in the tree'],
  ['releases', '/srv/mirai', 'above it'],
] as const)('%s: of a tool that runs in %s, %s, only migrations are its own', (deploy, directory, where) => {
  const of = service(deploy, directory)
  expect(toolOf(of, 'news/migrations/0002_views.py')?.name).toBe('mirai')
  expect(toolOf(of, 'news/views.py')).toBeUndefined()
  expect(databaseOfTurn(of, files('news/migrations/0002_views.py'))).toBeUndefined()
  expect(databaseOfTurn(of, files('manage.py', 'news/views.py'))).toBeUndefined()
  const both = () => databaseOfTurn(of, files('news/models.py', 'news/migrations/0002_views.py'))?.name
  if (where === 'in the tree') expect(both()).toBe('mirai')
  else
    expect(both).toThrow(
      expect.objectContaining({
        code: 'deploy.tool_migrations',
        detail: {
          path: 'news/migrations/0002_views.py',
          other: 'news/models.py',
          database: 'mirai',
          service: 'mirai',
        },
      }),
    )
})

test('one commit has files of one tool beside other code', () => {
  const of = service('in-place', '/srv/mirai/db')
  const others = {
    ...of.databases?.[1],
    name: 'second',
    migrations: { tool: { directory: '/srv/mirai/db2' } },
  }
  const two = { ...of, databases: [...(of.databases ?? []), others] } as unknown as Service
  expect(() => databaseOfTurn(two, files('db/a.py', 'db2/b.py', 'app.py'))).toThrow(
    'deploy.migration_databases',
  )
})

describe('only the newest change by the tool goes back, as the change that it was', () => {
  const database = service('in-place', '/srv/mirai/db').databases?.[1] as Migrated
  const turn = (change: string, tool: 'up' | 'down', outcome = 'kept') => ({ change, tool, outcome })
  /** Executions in the order in which they ended; each has a plan with a turn of the tool. */
  const parts = (turns: readonly ReturnType<typeof turn>[]) => {
    const words = { up: ['up'], down: ['down'] }
    const plans = turns.map(({ change, tool }) => {
      const action = {
        ...ACTION,
        argv: words[tool],
        back: words[tool === 'up' ? 'down' : 'up'],
      }
      return canonical({
        ...PLAN,
        change,
        actions: [{ id: '1', action, undo: [{ kind: 'putBack' }], timeoutMs: 1000 }],
      } as unknown as Json)
    })
    const executions = turns.map(({ change }) => `${change}/1`)
    return {
      journal: {
        index: {
          closed: new Map(executions.map((one, i) => [one, { outcome: turns[i]?.outcome }])),
          accepted: new Map(executions.map((one, i) => [one, { plan: sha256(plans[i] ?? '') }])),
        },
      },
      objects: {
        read: async (_: string, digest: string) => {
          const found = plans.find((one) => sha256(one) === digest)
          if (found === undefined) throw new Error('gone')
          return Buffer.from(found)
        },
      },
    } as unknown as CodeContext['parts']
  }
  const asked = (takesBack: string | undefined, turns: readonly ReturnType<typeof turn>[]) =>
    refuseOtherBack(database, {
      wish: {
        kind: 'code',
        commit: 'c'.repeat(40),
        ...(takesBack === undefined ? {} : { takesBack: takesBack as ChangeId }),
      },
      parts: parts(turns),
    }).then(
      () => 'goes back',
      (cause: unknown) => (cause instanceof SekishoError ? { code: cause.code, ...cause.detail } : cause),
    )
  const [A, B, C] = ['CHG-2026-0001', 'CHG-2026-0002', 'CHG-2026-0003'] as const

  test.each([
    ['the newest', A, [turn(A, 'up')]],
    ['what is newest since another was taken back', A, [turn(A, 'up'), turn(B, 'up'), turn(C, 'down')]],
    ['what is newest for another was rolled back', A, [turn(A, 'up'), turn(B, 'up', 'rolled_back')]],
  ])('%s', async (_, change, turns) => {
    expect(await asked(change, turns)).toBe('goes back')
  })

  test('a newer one stands before it, and is named', async () => {
    const refused = { code: 'deploy.tool_back', database: 'mirai', newest: B }
    expect(await asked(A, [turn(A, 'up'), turn(B, 'up')])).toEqual(refused)
    expect(await asked(undefined, [turn(A, 'up'), turn(B, 'up')])).toEqual(refused)
  })

  test('where no change by the tool stands, nothing is run', async () => {
    const refused = { code: 'deploy.tool_back_none', database: 'mirai' }
    expect(await asked(A, [])).toEqual(refused)
    expect(await asked(A, [turn(A, 'up'), turn(B, 'down')])).toEqual(refused)
  })

  test('what goes forward asks nothing', async () => {
    const wish = { kind: 'code', commit: 'c'.repeat(40), bundle: sha256('bundle') } as const
    await expect(refuseOtherBack(database, { wish, parts: parts([]) })).resolves.toBeUndefined()
  })
})

test('a directory beside the tree of the service is no part of a commit', () => {
  expect(toolOf(service('in-place', '/srv/migrations'), 'db/a.py')).toBeUndefined()
})

test.each(['ja', 'en'] as const)('%s: the refusal names both files and the three steps', (language) => {
  const detail = { path: 'db/a.py', other: 'app.py', database: 'mirai', service: 'mirai' }
  const { what, next = [] } = ERROR_WORDS['deploy.tool_migrations'][language](reader(detail))
  for (const one of ['db/a.py', 'app.py']) expect(what).toContain(one)
  expect(next).toHaveLength(3)
  expect(next[1]).toBe('sekisho do schema --service mirai --database mirai --by-tool --instruction "…"')
})
