// An agent accepts nothing that a migration may lose; a person does, and what was accepted once may go back.
import { expect, test } from 'vitest'
import { sha256 } from '../base/hash.ts'
import type { CodeStaged } from '../plans/code.ts'
import { filesGoingForward } from './code-sides.ts'
import { refuseAcceptance } from './plan-migration.ts'

const refused = (kind: 'agent' | 'person', up: string, down: string, back?: true) => {
  const file = (name: string, sql: string) => ({ name, digest: sha256(sql), size: sql.length })
  const pair = { up: file('2.up.sql', up), down: file('2.down.sql', down), catalogue: sha256('') }
  const schema: CodeStaged['schema'] = { database: 'app', port: 5432, pairs: [pair], checks: [] }
  const bytes = new Map([up, down].map((sql) => [sha256(sql), Buffer.from(sql)]))
  try {
    refuseAcceptance({ kind }, filesGoingForward({ schema, ...(back === undefined ? {} : { back }) }, bytes))
    return undefined
  } catch (error) {
    return error
  }
}
const PLAIN = 'ALTER TABLE a ADD COLUMN b int;\n'
const ACCEPTS = '-- sekisho: accept drop_column: nobody reads it\nALTER TABLE a DROP COLUMN c;\n'

test('the comment of an agent is refused in either file, that of a person and of a way back is not', () => {
  expect(refused('agent', ACCEPTS, PLAIN)).toMatchObject({
    code: 'schema.agent_accepts',
    detail: { file: '2.up.sql' },
  })
  expect(refused('agent', PLAIN, ACCEPTS)).toMatchObject({ detail: { file: '2.down.sql' } })
  expect(refused('agent', PLAIN, '-- SEKISHO: Accept x: y\nSELECT 1;\n')).toBeDefined()
  expect([refused('agent', PLAIN, PLAIN), refused('person', ACCEPTS, ACCEPTS)]).toEqual([
    undefined,
    undefined,
  ])
  expect(refused('agent', ACCEPTS, ACCEPTS, true)).toBeUndefined()
})
