import { expect, test } from 'vitest'
import { compileData } from './backup-compile.ts'
import type { ServiceDocument } from './document.ts'

const names = (...dirs: string[]) =>
  compileData({ data: dirs.map((dir) => ({ dir })) } as unknown as ServiceDocument).map(({ name }) => name)

test('an item of a copy has a name of its own, whatever the directory is called', () => {
  expect(names('/srv/a/data', '/srv/b/data', '/srv/c')).toEqual(['data', 'data-2', 'c'])
  // The declared files are the item `config`, a database is `db-NAME`.
  expect(names('/srv/a/config', '/srv/a/db-mirai')).toEqual(['config-2', 'ddb-mirai'])
  // A record of items is a plain object somewhere: these are words of the language.
  expect(names('/srv/a/__proto__', '/srv/a/.hidden', '/srv/a/_x')).toEqual(['d__proto__', 'd.hidden', '_x'])
})
