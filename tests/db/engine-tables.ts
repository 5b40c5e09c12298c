// The tables in which engine-process.ts counts its acts.

export const ENGINE_TEST_TABLES = {
  id: '0001-acts',
  sql: `CREATE TABLE act (n bigint GENERATED ALWAYS AS IDENTITY, execution text, act text, pid int);
        CREATE TABLE outcome (execution text PRIMARY KEY, outcome text NOT NULL);
        CREATE TABLE ended (execution text PRIMARY KEY, ended text NOT NULL);
        GRANT SELECT, INSERT ON act, outcome, ended TO sk_gate`,
}
