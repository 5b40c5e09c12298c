// Which tables a migration names.
import { expect, test } from 'vitest'
import { statementsOf } from './statements.ts'
import { tablesNamed } from './tables.ts'

test.each<[string, readonly string[]]>([
  ['ALTER TABLE IF EXISTS ONLY public.a ADD COLUMN b int', ['a']],
  ['CREATE TABLE IF NOT EXISTS shop.a (id int)', ['shop.a']],
  ['CREATE UNLOGGED TABLE "A" (id int)', ['A']],
  ['DROP TABLE IF EXISTS a, public.b CASCADE', ['a', 'b']],
  ['TRUNCATE TABLE ONLY a, b', ['a', 'b']],
  ['CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY a (b)', ['a']],
  ['CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()', ['a']],
  ['UPDATE ONLY a SET b = 1 FROM c', ['a']],
  ['DELETE FROM a WHERE b = 1', ['a']],
  ["INSERT INTO a VALUES ('FROM b')", ['a']],
  ["COMMENT ON TABLE a IS 'x'; CREATE SEQUENCE s", []],
])('%s', (sql, tables) => {
  expect(tablesNamed(statementsOf(sql))).toEqual({ tables, notRead: [] })
})

test('what its words do not say is listed by its line', () => {
  const sql = 'ALTER TABLE a ADD COLUMN b int;\nDO $$ BEGIN DELETE FROM c; END $$;\nSELECT f();\n'
  expect(tablesNamed(statementsOf(sql))).toEqual({ tables: ['a'], notRead: [2, 3] })
})
