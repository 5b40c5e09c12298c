// The declared health of a service (E5): status, fields and latency of a typed request with a pinned CA, N of M. Pure: how it is asked is
// handed in. A shell's `curl` exits 0 on a 500 and fails on a self-signed certificate for the wrong reason; this says which it was.
import { isObject } from '../base/json.ts'
import type { Health } from '../plans/policy.ts'
import type { HealthFacts } from '../seal/protocol.ts'
import type { ProbeAnswer } from '../sys/net.ts'

type Attempt = HealthFacts['attempts'][number]

export interface HealthPorts {
  readonly probe: () => Promise<ProbeAnswer>
  readonly sleep: (ms: number) => Promise<void>
  readonly signal?: AbortSignal
}

/** Asks until the verdict is decided: enough good answers, or too few left to have enough. */
export async function askHealth(spec: Health, { probe, sleep, signal }: HealthPorts): Promise<HealthFacts> {
  const attempts: Attempt[] = []
  while (!isDecided(attempts, spec) && signal?.aborted !== true) {
    if (attempts.length > 0) await sleep(spec.everyMs)
    attempts.push(judge(await probe(), spec))
  }
  return { verdict: healthVerdict(attempts, spec), attempts }
}

function isDecided(attempts: readonly Attempt[], { good, of }: Health): boolean {
  const answered = attempts.filter((one) => one.ok).length
  return answered >= good || attempts.length - answered > of - good || attempts.length >= of
}

export function healthVerdict(attempts: readonly Attempt[], { good }: Health): HealthFacts['verdict'] {
  return attempts.filter((one) => one.ok).length >= good ? 'green' : 'red'
}

/** One attempt, judged in the order in which people look: is it there, is it itself, does it say yes, is it in time. */
export function judge(answer: ProbeAnswer, spec: Health): Attempt {
  const { milliseconds } = answer
  if (answer.kind === 'failed') return { ok: false, milliseconds, why: `${answer.why} ${answer.code}` }
  const { status } = answer
  const red = (why: string): Attempt => ({ ok: false, status, milliseconds, why })
  if (status !== spec.status) return red(status >= 300 && status < 400 ? 'redirect' : 'status')
  const field = wrongField(answer.body, answer.truncated, spec.json)
  if (field !== undefined) return red(`field ${field}`)
  if (milliseconds > spec.withinMs) return red('late')
  return { ok: true, status, milliseconds }
}

function wrongField(body: Buffer, truncated: boolean, wanted: Health['json']): string | undefined {
  const fields = Object.entries(wanted)
  if (fields.length === 0) return undefined
  const value = truncated ? undefined : parsed(body)
  return fields.find(([path, text]) => scalar(at(value, path)) !== text)?.[0]
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** The field itself, else a path with dots: `checks.database`. */
function at(value: unknown, path: string): unknown {
  if (isObject(value) && Object.hasOwn(value, path)) return value[path]
  let here = value
  for (const name of path.split('.'))
    here = isObject(here) && Object.hasOwn(here, name) ? here[name] : undefined
  return here
}

function scalar(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

/** What a probe saw, in the code that words/health.ts has a sentence for. An answer of another status says which. */
export function seenBy({ why, status }: Attempt): string {
  return why === 'status' ? `status ${status ?? ''}` : `${why ?? status ?? ''}`
}
