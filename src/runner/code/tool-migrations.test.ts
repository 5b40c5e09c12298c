// Files of a migration tool in a commit: alone they pass, beside other code they are refused with what to do.
import { expect, test } from 'vitest'
import type { CodeFile } from '../../plans/code.ts'
import type { Service } from '../../plans/policy.ts'
import { ERROR_WORDS, reader } from '../../words/errors.ts'
import { refuseToolFiles, toolOf } from './migrations.ts'

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
    expect(() => refuseToolFiles(of, files('db/versions/a1.py', 'db/env.py'))).not.toThrow()
    expect(() => refuseToolFiles(of, files('app.py', 'sql/0001.up.sql'))).not.toThrow()
    expect(() => refuseToolFiles(of, files('db/versions/a1.py', 'app.py'))).toThrow(
      expect.objectContaining({
        code: 'deploy.tool_migrations',
        detail: { path: 'db/versions/a1.py', other: 'app.py', database: 'mirai', service: 'mirai' },
      }),
    )
    // A file that leaves the directory counts on both sides.
    expect(() => refuseToolFiles(of, [{ path: 'app/a.py', from: 'db/a.py', kind: 'renamed' }])).toThrow(
      'deploy.tool_migrations',
    )
  },
)

test.each([
  ['in-place', '/srv/mirai'],
  ['in-place', '/srv'],
  ['releases', '/srv/mirai/current'],
  ['releases', '/srv/mirai'],
] as const)('%s: of a tool that runs in %s only migrations are its own', (deploy, directory) => {
  const of = service(deploy, directory)
  expect(toolOf(of, 'news/migrations/0002_views.py')?.name).toBe('mirai')
  expect(toolOf(of, 'news/views.py')).toBeUndefined()
  expect(() => refuseToolFiles(of, files('news/migrations/0002_views.py'))).not.toThrow()
  expect(() => refuseToolFiles(of, files('manage.py', 'news/views.py'))).not.toThrow()
  expect(() => refuseToolFiles(of, files('news/models.py', 'news/migrations/0002_views.py'))).toThrow(
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
