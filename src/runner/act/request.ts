// A declared request is sent once and never again by itself: whether an answer that did not come had an effect nobody can tell, so a person says.
import { sha256 } from '../../base/hash.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Request, Sent } from '../../plans/actions/request.ts'
import { GONE } from '../../plans/read-back.ts'
import { type ProbeAnswer, probeHttp } from '../../sys/net.ts'
import { type ActContext, type ActResult, applied, failed, type ProbeResult } from './context.ts'

/** What the answer was, without what it said: its bytes are data of users. */
export function answerFacts(answer: ProbeAnswer): JsonObject {
  return answer.kind === 'failed'
    ? { failed: answer.why, code: answer.code, milliseconds: answer.milliseconds }
    : { status: answer.status, answer: sha256(answer.body), milliseconds: answer.milliseconds }
}

async function authorization(
  { credential }: Pick<Request, 'credential'>,
  c: Pick<ActContext, 'secret'>,
): Promise<Readonly<Record<string, string>>> {
  if (credential === undefined) return {}
  const value = await c.secret(credential.reference, credential.version)
  return { authorization: `Bearer ${value.toString('utf8').trim()}` }
}

async function send(
  { method, url, body }: Sent,
  action: Request,
  key: string,
  c: ActContext,
  timeoutMs: number,
): Promise<ProbeAnswer> {
  return probeHttp(url, {
    method,
    ...(body === undefined ? {} : { body }),
    timeoutMs: Math.min(timeoutMs, action.withinMs),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      'idempotency-key': key,
      ...(await authorization(action, c)),
    },
    signal: c.signal,
  })
}

const isDone = ({ method }: Sent, status: number) =>
  (status >= 200 && status < 300) || (method === 'DELETE' && GONE.includes(status))

/** Nobody was reached, or not who was meant. */
const NEVER_SENT: ReadonlySet<string> = new Set(['refused', 'name', 'bad_url', 'certificate'])

export async function applyRequest(action: Request, c: ActContext, timeoutMs: number): Promise<ActResult> {
  const answer = await send(action, action, c.execution, c, timeoutMs)
  c.killPoint('request.sent.after')
  const facts = answerFacts(answer)
  if (answer.kind === 'failed')
    return NEVER_SENT.has(answer.why)
      ? failed('request.not_sent', facts)
      : { result: 'uncertain', detail: facts }
  // What is to be deleted and is not there is deleted: nothing is to be taken back of that.
  return isDone(action, answer.status) ? applied(facts) : failed('request.refused', facts)
}

/** Sent, or on the way, or neither: the service alone knows. */
export async function probeRequest(action: Request, c: ActContext): Promise<ProbeResult> {
  const answer = await readAgain(action, c)
  return { found: 'unknown', detail: { read: action.read, ...answerFacts(answer) } }
}

/** What stands there now. */
export async function readAgain(
  action: Request,
  c: Pick<ActContext, 'secret' | 'signal'>,
): Promise<ProbeAnswer> {
  return probeHttp(action.read, {
    timeoutMs: action.withinMs,
    headers: await authorization(action, c),
    signal: c.signal,
  })
}

/** The declared inverse. What is not there any more needs none, unless it was this call that deleted it. */
export async function putRequestBack(action: Request, c: ActContext, timeoutMs: number): Promise<ActResult> {
  const { inverse } = action
  if (inverse === undefined) return failed('request.no_inverse', { call: action.call })
  const answer = await send(inverse, action, `${c.execution}/back`, c, timeoutMs)
  const facts = answerFacts(answer)
  if (answer.kind === 'failed') return failed('request.no_answer', facts)
  const isBack =
    isDone(inverse, answer.status) || (action.method !== 'DELETE' && GONE.includes(answer.status))
  return isBack ? applied(facts) : failed('request.refused', facts)
}
