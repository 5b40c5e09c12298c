// A waiver is signed for the plan that was shown, and for no other that a broken gate slips under it.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sha256 } from '../base/hash.ts'
import type { ActorId, ChangeId } from '../base/id.ts'
import { after, instant } from '../base/time.ts'
import { statementText } from '../seal/statement.ts'
import { main } from './main.ts'
import { written } from './test-streams.ts'

const VIEW = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../tests/fixtures/card/view.json'), 'utf8'),
) as { id: ChangeId }
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
  const gate = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers[request.url ?? ''] ?? {}))
  })
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve))
  try {
    const to = written()
    await main(
      ['change', 'waive', VIEW.id, 'trial', '--reason', 'no sandbox', '--key', '/nonexistent', '--json'],
      {
        environment: {
          SEKISHO_URL: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
          SEKISHO_TOKEN: 'x',
          HOME: '/nonexistent',
          LANG: 'en_US.UTF-8',
        },
        streams: to.streams,
        stdin: async () => Buffer.alloc(0),
        uid: 1000,
        interrupted: new AbortController().signal,
      },
    )
    return to.out() + to.err()
  } finally {
    gate.close()
  }
}

test('S15 a waiver of another plan than the one that is shown is not signed', async () => {
  expect(await waived(sha256('another plan'))).toContain('cli.statement_differs')
  // Positive control: this one would be signed. What is wrong with it comes later.
  expect(await waived(SHOWN)).not.toContain('cli.statement_differs')
})
