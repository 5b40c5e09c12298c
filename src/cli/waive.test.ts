// A waiver is signed for the plan that was shown, and for no other that a broken gate slips under it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sha256 } from '../base/hash.ts'
import type { ActorId } from '../base/id.ts'
import { after, instant } from '../base/time.ts'
import { statementText } from '../seal/statement.ts'
import { run } from '../sys/process.ts'
import { typeThere, VIEW } from './test-gate.ts'

const SHOWN = sha256('the plan that is shown')

async function waived(
  plan: string,
  { key = '/nonexistent', check = 'trial' }: { readonly key?: string; readonly check?: string } = {},
) {
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
    [`/api/v1/changes/${VIEW.id}/decision`]: READY,
    '/api/v1/policy': {
      version: sha256('rules'),
      name: 'test',
      language: 'en',
      zone: 'UTC',
      level: 'guard',
      people: [],
      agents: [],
    },
  }
  return typeThere(
    ['change', 'waive', VIEW.id, check, '--reason', 'no sandbox', '--key', key],
    (path) => answers[path] ?? {},
  )
}

const { envelope: _, ...UNSEALED } = VIEW as typeof VIEW & { readonly envelope?: unknown }
const READY = {
  ...UNSEALED,
  state: 'ready',
  next: [{ command: `sekisho change seal ${VIEW.id}`, by: ['ops1'], code: 'next.seal' }],
}

test('a waiver of another plan than the one that is shown is not signed', async () => {
  expect((await waived(sha256('another plan'))).said).toContain('is not what you asked for')
  // Positive control: this one would be signed. What is wrong with it comes later.
  expect((await waived(SHOWN)).said).not.toContain('is not what you asked for')
})

test('a waiver returns when it was taken, with what can be typed next; a check may be named as the screens show it', {
  timeout: 20_000,
}, async () => {
  const place = await mkdtemp(join(tmpdir(), 'sekisho-waive-'))
  try {
    const key = join(place, 'key')
    expect((await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])).code).toBe(0)
    for (const check of ['trial', 'apply tried', '適用の試行']) {
      const { exit, said, posted } = await waived(SHOWN, { key, check })
      expect({ exit, posted: posted.at(-1) }).toEqual({
        exit: 0,
        posted: `/api/v1/changes/${VIEW.id}/decision`,
      })
      expect(said).toContain(`sekisho change seal ${VIEW.id}`)
    }
  } finally {
    await rm(place, { recursive: true })
  }
})
