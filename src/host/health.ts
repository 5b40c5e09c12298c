// The declared health of a service (E5): status, fields and latency of a typed request with a pinned CA, N of M.
// A shell's `curl` exits 0 on a 500 and fails on a self-signed certificate for the wrong reason; this says which it was.
import { isObject } from '../base/json.ts'
import type { Clock } from '../base/time.ts'
import type { Health } from '../plans/policy.ts'
import type { HealthFacts } from '../seal/protocol.ts'
import { type ProbeAnswer, probeHttp } from '../sys/net.ts'
import { readThroughLinks } from './walk.ts'

export interface HealthContext {
  readonly clock: Clock
  readonly signal?: AbortSignal
  /** An answer that is late is still waited for a little, so that the record says how late. */
  readonly patienceMs?: number
}

type Attempt = HealthFacts['attempts'][number]

const PATIENCE_MS = 2000
const GLANCE_MS = 3000
/** The bundle of a whole distribution is a quarter of this. */
const CA_LIMIT = 1_048_576

/** Once, for a person who looks: they know within seconds that nobody answers. Proof and checks ask as often as declared. */
export function glanceAtHealth(spec: Health | undefined, c: HealthContext): Promise<HealthFacts> {
  if (spec === undefined) return readHealth(spec, c)
  const once = { ...spec, good: 1, of: 1, withinMs: Math.min(spec.withinMs, GLANCE_MS) }
  return readHealth(once, { ...c, patienceMs: 0 })
}

/** Asks until the verdict is decided: enough good answers, or too few left to have enough. No declaration means no data. */
export async function readHealth(spec: Health | undefined, c: HealthContext): Promise<HealthFacts> {
  if (spec === undefined) return { verdict: 'no_data', attempts: [] }
  const ca = await pinned(spec)
  if (ca === 'unreadable')
    return { verdict: 'no_data', attempts: [{ ok: false, milliseconds: 0, why: 'ca_unreadable' }] }
  const attempts: Attempt[] = []
  while (!isDecided(attempts, spec) && c.signal?.aborted !== true) {
    if (attempts.length > 0) await c.clock.sleep(spec.everyMs)
    const answer = await probeHttp(spec.url, {
      timeoutMs: spec.withinMs + (c.patienceMs ?? PATIENCE_MS),
      ...(ca === undefined ? {} : { ca }),
      ...(c.signal === undefined ? {} : { signal: c.signal }),
    })
    attempts.push(judge(answer, spec))
  }
  return { verdict: healthVerdict(attempts, spec), attempts }
}

async function pinned(spec: Health): Promise<Buffer | undefined | 'unreadable'> {
  if (spec.ca === undefined) return undefined
  return (await readThroughLinks(spec.ca, CA_LIMIT).catch(() => undefined)) ?? 'unreadable'
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
