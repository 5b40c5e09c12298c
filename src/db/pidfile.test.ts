// What may be believed of a process that a pid file names (INVARIANT D1).
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judge, parsePidFile, type Seen, seeProcess, type Verdict } from './pidfile.ts'

const CLUSTER = '/srv/sekisho/pg/cluster'
const alive = (more: Partial<Extract<Seen, { state: 'alive' }>>): Seen => ({
  state: 'alive',
  uid: 70,
  argv: ['/bin/postgres', '-D', CLUSTER],
  ...more,
})

test.each<[string, Seen, Verdict]>([
  ['no such process', { state: 'dead' }, 'stale'],
  ['a zombie', { state: 'zombie' }, 'stale'],
  ['our server', alive({ cwd: CLUSTER }), 'ours'],
  ['another user in our directory', alive({ cwd: CLUSTER, uid: 0 }), 'unknown'],
  ['the server of another directory', alive({ cwd: '/srv/other/pg/cluster' }), 'stale'],
  ['an editor that got the number', alive({ cwd: '/root', argv: ['vi'] }), 'stale'],
  ['a server whose directory we may not see', alive({}), 'unknown'],
  ['some postgres we may not see', alive({ argv: ['postgres'] }), 'unknown'],
  ['another program we may not see into', alive({ argv: ['/usr/sbin/sshd'] }), 'stale'],
  ['a process that /proc hides', { state: 'hidden' }, 'unknown'],
])('%s', (_, seen, verdict) => {
  expect(judge(seen, CLUSTER, 70)).toBe(verdict)
})

describe('the file', () => {
  test('of a ready server', () => {
    const text = `4711\n${CLUSTER}\n1700000000\n5432\n/srv/s\n\n  1 2\nready   \n`
    expect(parsePidFile(text)).toEqual({ pid: 4711, directory: CLUSTER, status: 'ready' })
  })
  test('half written', () => {
    expect(parsePidFile(`4711\n${CLUSTER}\n`)).toEqual({ pid: 4711, directory: CLUSTER })
    expect(parsePidFile('47')).toBeUndefined()
  })
  test('any text gives a value or nothing, and never a number that would signal everybody', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.integer().map((n) => `${n}\n/x\n`),
        ),
        (text) => {
          const file = parsePidFile(text)
          expect(file === undefined || file.pid > 1).toBe(true)
        },
      ),
    )
  })
})

test('we see ourselves', async () => {
  expect(await seeProcess(process.pid)).toMatchObject({ state: 'alive', cwd: process.cwd() })
})
