// Which databases of the local PostgreSQL a service uses, by what its unit and its env files say, else by its sessions.
import { expect, test } from 'vitest'
import { addressesIn, findDatabases, variablesIn } from './database-scan.ts'
import type { ScanView } from './inventory-findings.ts'

test.each([
  ['postgresql:///mirai?host=/run/postgresql', [{ name: 'mirai', port: 5432 }]],
  [
    'A=1 DATABASE_URL="postgres://app:s3cret@localhost:5433/shop" B=2',
    [{ name: 'shop', port: 5433, role: 'app' }],
  ],
  ['URL=postgresql+psycopg://app@%2Frun%2Fpostgresql/shop', [{ name: 'shop', port: 5432, role: 'app' }]],
  ['postgresql://db.example.com/shop', []],
  ['mysql://localhost/shop', []],
  ['postgresql://localhost/', []],
] as const)('the address in %s', (text, found) => {
  expect(addressesIn(text)).toEqual(found)
  expect(JSON.stringify(addressesIn(text))).not.toContain('s3cret')
})

test('the variables of libpq, of this host alone', () => {
  expect(variablesIn('PGDATABASE=shop\nPGPORT=5433\nPGUSER="app"\n')).toEqual([
    { name: 'shop', port: 5433, role: 'app' },
  ])
  expect(variablesIn('PGDATABASE=shop\nPGHOST=db.example.com\n')).toEqual([])
  expect(variablesIn('PGPORT=5433\n')).toEqual([])
})

function view(processes: string, sockets: readonly string[] = ['.s.PGSQL.5432', '.s.PGSQL.5433']): ScanView {
  return {
    list: async (path) => (path === '/run/postgresql' ? sockets : []),
    read: async (path) =>
      path === '/etc/postgresql/15/second/postgresql.conf' ? 'port = 5433\n' : undefined,
    bytes: async () => undefined,
    path: async () => ({ kind: 'unreadable', why: 'ENOENT' }),
    run: async () => processes,
    answer: async () => undefined,
  }
}
const SESSIONS = [
  'postgres: 15/second: mirai mirai [local] idle',
  'postgres: 15/second: mirai mirai [local] idle in transaction',
  'postgres: 15/second: other books [local] idle',
  'postgres: 15/second: walwriter',
].join('\n')

test('without an address the open sessions of the account tell it, and another one is nobody’s', async () => {
  expect(await findDatabases(['MIRAI_STORAGE=postgresql'], 'mirai', view(SESSIONS))).toEqual([
    { name: 'mirai', port: 5433, role: 'mirai' },
  ])
  expect(await findDatabases([''], 'nobody', view(SESSIONS))).toEqual([])
  expect(await findDatabases([''], undefined, view(SESSIONS))).toEqual([])
})

test('an address of a server that is not here is left out', async () => {
  const text = ['postgresql:///mirai']
  expect(await findDatabases(text, 'mirai', view(''))).toEqual([{ name: 'mirai', port: 5432 }])
  expect(await findDatabases(text, 'mirai', view('', []))).toEqual([])
})
