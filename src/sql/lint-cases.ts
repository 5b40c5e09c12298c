// Statements that are unsafe, with the rule that finds each and a piece of the safe form; and a file in which every statement is safe.
export const UNSAFE = [
  ['index_locks', 'CREATE INDEX a_b ON a (b)', 'CREATE INDEX CONCURRENTLY a_b ON a (b)'],
  [
    'index_locks',
    'create unique index a_b on only public.a using btree (b)',
    'create unique INDEX CONCURRENTLY a_b on only public.a using btree (b)',
  ],
  ['drop_index_locks', 'DROP INDEX IF EXISTS a_b', 'DROP INDEX CONCURRENTLY IF EXISTS a_b'],
  [
    'constraint_scans',
    'ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d (e)',
    'ALTER TABLE a VALIDATE CONSTRAINT c',
  ],
  [
    'constraint_scans',
    "ALTER TABLE a ADD CONSTRAINT c CHECK (b <> '')",
    'ALTER TABLE a VALIDATE CONSTRAINT c',
  ],
  [
    'not_null_scans',
    'ALTER TABLE a ALTER COLUMN b SET NOT NULL',
    'ALTER TABLE a VALIDATE CONSTRAINT b_not_null',
  ],
  [
    'unique_builds',
    'ALTER TABLE a ADD CONSTRAINT c UNIQUE (b)',
    'ALTER TABLE a ADD CONSTRAINT c UNIQUE USING INDEX c',
  ],
  [
    'unique_builds',
    'ALTER TABLE a ADD PRIMARY KEY (b)',
    'ALTER TABLE a ADD CONSTRAINT NAME PRIMARY KEY USING INDEX NAME',
  ],
  [
    'column_rewrites',
    'ALTER TABLE a ADD COLUMN b uuid NOT NULL DEFAULT gen_random_uuid()',
    'ALTER TABLE a ADD COLUMN b uuid',
  ],
  ['column_rewrites', 'ALTER TABLE a ADD b bigserial', ''],
  ['column_rewrites', 'ALTER TABLE a ADD COLUMN b int GENERATED ALWAYS AS (c + 1) STORED', ''],
  [
    'column_required',
    'ALTER TABLE a ADD COLUMN IF NOT EXISTS b text NOT NULL',
    'ALTER TABLE a ALTER COLUMN b SET NOT NULL',
  ],
  [
    'type_rewrites',
    'ALTER TABLE a ALTER COLUMN b SET DATA TYPE bigint',
    'ALTER TABLE a ADD COLUMN b_new bigint',
  ],
  ['drop_column', 'ALTER TABLE a DROP COLUMN IF EXISTS b CASCADE', ''],
  ['drop_table', 'DROP TABLE IF EXISTS a', ''],
  ['truncate', 'TRUNCATE TABLE a', ''],
  ['rename', 'ALTER TABLE a RENAME COLUMN b TO c', ''],
  ['rename', 'ALTER TABLE a RENAME TO c', ''],
  ['all_rows', 'UPDATE a SET b = 1', 'UPDATE a SET b = 1 WHERE id BETWEEN 1 AND 10000'],
  ['all_rows', 'DELETE FROM a', ''],
  ['timeout_changed', 'SET LOCAL lock_timeout = 0', ''],
  ['full_rewrite', 'VACUUM (FULL, ANALYZE) a', ''],
  ['full_rewrite', 'REINDEX TABLE a', 'REINDEX TABLE CONCURRENTLY a'],
  ['lock_table', 'LOCK TABLE a IN ACCESS EXCLUSIVE MODE', ''],
] as const

export const SAFE = `
-- a table of its own may be anything
CREATE TABLE tags (id bigserial PRIMARY KEY, name text NOT NULL);
CREATE INDEX tags_name ON tags (name);
ALTER TABLE tags ADD CONSTRAINT tags_unique UNIQUE (name);
ALTER TABLE a ADD COLUMN b int, ADD COLUMN c text NOT NULL DEFAULT 'none', ADD COLUMN d timestamptz DEFAULT now();
ALTER TABLE a ADD CONSTRAINT e CHECK (b > 0) NOT VALID;
ALTER TABLE a VALIDATE CONSTRAINT e;
ALTER TABLE a ADD CONSTRAINT b_not_null CHECK (b IS NOT NULL) NOT VALID;
ALTER TABLE a VALIDATE CONSTRAINT b_not_null;
ALTER TABLE a ALTER COLUMN b SET NOT NULL;
ALTER TABLE a ALTER COLUMN c DROP DEFAULT, ALTER COLUMN c SET STATISTICS 500;
CREATE INDEX CONCURRENTLY a_b ON a (b);
CREATE OR REPLACE VIEW w AS SELECT 'DROP TABLE a' AS "DROP COLUMN", $x$ TRUNCATE a; $x$ AS t FROM a;
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;
UPDATE a SET c = 'x' WHERE b = 1; -- UPDATE a SET c = 1
/* DROP TABLE a; /* nested */ */
COMMENT ON TABLE a IS 'TRUNCATE a; DROP TABLE b';
GRANT SELECT ON a TO reporting;
`
