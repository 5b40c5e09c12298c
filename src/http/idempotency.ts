// The same key with the same request gets the same answer for 24 hours: a caller whose connection broke may ask again.

import { type Gate, now } from '../app/gate.ts'
import { rememberAnswer, rememberRequest } from '../app/store.ts'
import { SekishoError } from '../base/error.ts'
import { sha256 } from '../base/hash.ts'
import { after } from '../base/time.ts'
import { write } from '../db/tx.ts'

/** A request that was left without an answer (the gate died) may be made again after this time. */
const LEFT_MS = 120_000

export interface Keyed {
  readonly actor: string
  readonly key: string
  readonly method: string
  readonly path: string
  readonly body: string
}

/** Runs `work` once for a key. Answers that say "try again" are not kept. */
export async function once(gate: Gate, request: Keyed, work: () => Promise<Response>): Promise<Response> {
  const { actor, key } = request
  const digest = sha256(`${request.method} ${request.path}\n${request.body}`)
  const at = now(gate)
  const there = await write(gate.db, (tx) =>
    rememberRequest(tx, { actor, key, request: digest }, at, after(at, -LEFT_MS)),
  )
  switch (there.kind) {
    case 'other_request':
      throw new SekishoError('idempotency.other_body', { key })
    case 'under_way':
      throw new SekishoError('idempotency.under_way', { key })
    case 'answered':
      return new Response(there.body, {
        status: there.status,
        headers: {
          'content-type': there.status < 400 ? 'application/json' : 'application/problem+json',
          'idempotent-replayed': 'true',
        },
      })
    case 'new':
      break
  }
  let kept: { readonly status: number; readonly body: string } | undefined
  try {
    const response = await work()
    const body = await response.clone().text()
    if (response.status < 500) kept = { status: response.status, body }
    return response
  } finally {
    await write(gate.db, (tx) => rememberAnswer(tx, actor, key, kept))
  }
}
