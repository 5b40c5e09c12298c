// A standing statement lets work run without anybody being asked: where nobody can be asked for it, it is signed only by who has said so on the line.
import { expect, test } from 'vitest'
import { EXIT } from '../base/error-codes.ts'
import { sha256 } from '../base/hash.ts'
import type { ActorId, ServiceName } from '../base/id.ts'
import { after, instant } from '../base/time.ts'
import { statementText } from '../seal/statement.ts'
import { typeThere } from './test-gate.ts'

async function signing(...more: readonly string[]) {
  const at = instant(Date.now())
  const text = statementText({
    v: 1,
    type: 'standing',
    approver: 'boss' as ActorId,
    role: 'owner',
    nonce: 'a'.repeat(32),
    at,
    expires: after(at, 60_000),
    playbook: 'backup/1',
    playbookDigest: sha256('the playbook'),
    service: 'app' as ServiceName,
    verb: 'backup',
    unit: 'app',
    perHour: 3,
  })
  const answers: Readonly<Record<string, object>> = {
    '/api/v1/who': { id: 'boss', name: 'boss', kind: 'person', roles: ['owner'] },
    '/api/v1/standing/statement': { text, expires: after(at, 60_000) },
  }
  return await typeThere(
    ['standing', 'sign', 'app', 'backup', '--per-hour', '3', '--key', '/nonexistent', ...more],
    (path) => answers[path] ?? {},
  )
}

test('without a terminal nothing is signed that was not said, and the line to type is named whole', async () => {
  const { exit, said } = await signing()
  expect(exit).toBe(EXIT.waiting)
  expect(said).toContain('sekisho standing sign app backup --per-hour 3 --yes')
  // Positive control: with it the signing begins, and stops for the key that is not there.
  const told = await signing('--yes')
  expect(told.exit).not.toBe(EXIT.waiting)
  expect(told.said).not.toContain('there is no terminal')
})
