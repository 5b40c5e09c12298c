// A waiver is signed for the plan that was shown, and for no other that a broken gate slips under it.
import { expect, test } from 'vitest'
import { sha256 } from '../base/hash.ts'
import type { ActorId } from '../base/id.ts'
import { after, instant } from '../base/time.ts'
import { statementText } from '../seal/statement.ts'
import { typeThere, VIEW } from './test-gate.ts'

const SHOWN = sha256('the plan that is shown')

async function waived(plan: string): Promise<string> {
  const at = instant(Date.now())
  const text = statementText({
    v: 1,
    type: 'waive',
    approver: 'ops1' as ActorId,
    role: 'approver',
    nonce: 'a'.repeat(32),
    at,
    expires: after(at, 60_000),
    change: VIEW.id,
    plan: plan as typeof SHOWN,
    check: 'trial',
    reason: 'no sandbox',
  })
  const answers: Readonly<Record<string, object>> = {
    '/api/v1/who': { id: 'ops1', name: 'ops1', kind: 'person', roles: ['approver'] },
    [`/api/v1/changes/${VIEW.id}/statement`]: { text, expires: after(at, 60_000) },
    [`/api/v1/changes/${VIEW.id}`]: { ...VIEW, plan: SHOWN },
    '/api/v1/policy': {},
  }
  const { said } = await typeThere(
    ['change', 'waive', VIEW.id, 'trial', '--reason', 'no sandbox', '--key', '/nonexistent', '--json'],
    (path) => answers[path] ?? {},
  )
  return said
}

test('S15 a waiver of another plan than the one that is shown is not signed', async () => {
  expect(await waived(sha256('another plan'))).toContain('cli.statement_differs')
  // Positive control: this one would be signed. What is wrong with it comes later.
  expect(await waived(SHOWN)).not.toContain('cli.statement_differs')
})
