// The client of the gate: HTTP with the token of the user, every answer parsed by the contract's schema.
import type { z } from 'zod'
import { SekishoError } from '../base/error.ts'
import { ERRORS, type ErrorCode, EXIT, type ExitCode } from '../base/error-codes.ts'
import type { Problem } from '../contract/gate.ts'
import type { GivenTo, Operation, OutputOf, ShapeName } from '../contract/operation.ts'
import { OPERATIONS, type OperationName } from '../contract/operations.ts'
import type { Language } from '../words/words.ts'
import type { Answer, Ask } from './gate-socket.ts'

/** The gate refused with an RFC 9457 problem; its sentence is in the reader's language. */
export class GateRefusal extends Error {
  override name = 'GateRefusal'
  readonly problem: Problem
  constructor(of: Problem) {
    super(of.title)
    this.problem = of
  }
  get exit(): ExitCode {
    const { code, status } = this.problem
    if (Object.hasOwn(ERRORS, code)) return ERRORS[code as ErrorCode].exit
    return status >= 500 ? EXIT.failed : EXIT.blocked
  }
}

export interface ClientOptions {
  readonly url: string
  readonly token?: string
  readonly language: Language
  readonly ask: Ask
  /** What to type when the gate does not answer. */
  readonly start: string
  /** A new key for each act, so that a repeated request is answered and not done twice. */
  readonly key: () => string
}

/** May be left out where an operation asks for nothing. */
type Inputs<I> = Record<never, never> extends I ? readonly [input?: I] : readonly [input: I]

/** Loaded when an answer has to be read: a command that asks no gate starts without them. */
const SHAPES = {
  backup: () => import('../contract/backup.ts'),
  change: () => import('../contract/change.ts'),
  check: () => import('../contract/check.ts'),
  gate: () => import('../contract/gate.ts'),
  incident: () => import('../contract/incident.ts'),
  notice: () => import('../contract/notice.ts'),
} satisfies Readonly<Record<FileOf<ShapeName>, () => Promise<object>>>
/** Each file that a shape of an operation lies in: one that is left out does not compile. */
type FileOf<N> = N extends `${infer F}.${string}` ? F : never

async function shapeOf(name: ShapeName): Promise<z.ZodType> {
  const [file, shape] = name.split('.') as [keyof typeof SHAPES, string]
  const shapes: Readonly<Record<string, unknown>> = await SHAPES[file]()
  return shapes[shape] as z.ZodType
}

function searchOf(query: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? '' : `?${search}`
}

const PREFIX = '/api/v1'
const TIMEOUT_MS = 120_000
/** A migration is rehearsed on a clone of all the data. */
const TRY_TIMEOUT_MS = 3_600_000

export class Client {
  readonly #options: ClientOptions
  constructor(options: ClientOptions) {
    this.#options = options
  }

  get url(): string {
    return this.#options.url
  }

  /** True where something answers. Nothing of ours is sent. */
  async answers(): Promise<boolean> {
    const { url, ask } = this.#options
    return await ask(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      () => false,
    )
  }

  /** The operation of this name. What it answers is read by the shape of its row. */
  async call<N extends OperationName>(
    name: N,
    ...[input]: Inputs<GivenTo<(typeof OPERATIONS)[N]>>
  ): Promise<OutputOf<(typeof OPERATIONS)[N]>> {
    const { method, path, output }: Operation = OPERATIONS[name]
    const rest: Record<string, unknown> = { ...(input as object | undefined) }
    const place = path.replaceAll(/\{(\w+)\}/g, (_, one: string) => {
      const value = encodeURIComponent(String(rest[one]))
      delete rest[one]
      return value
    })
    // Loaded while the gate works.
    const shape = typeof output === 'string' ? shapeOf(output) : undefined
    const answer = await (method === 'get'
      ? this.#send('GET', `${place}${searchOf(rest)}`, undefined)
      : this.#send('POST', place, rest))
    const read = shape === undefined ? await answer.text() : (await shape).parse(await answer.json())
    return read as OutputOf<(typeof OPERATIONS)[N]>
  }

  async #send(method: 'GET' | 'POST', place: string, body: object | undefined): Promise<Answer> {
    const { url, token, language } = this.#options
    const address = `${url}${PREFIX}${place}`
    let response: Answer
    try {
      response = await this.#options.ask(address, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(place.endsWith('/try') ? TRY_TIMEOUT_MS : TIMEOUT_MS),
        headers: {
          'accept-language': language,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body !== undefined
            ? { 'content-type': 'application/json', 'idempotency-key': this.#options.key() }
            : {}),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch (cause) {
      if (cause instanceof SekishoError) throw cause
      throw new SekishoError('gate.unreachable', { url, start: this.#options.start }, { cause })
    }
    if (response.ok) return response
    const { problem } = await import('../contract/gate.ts')
    const parsed = problem.safeParse(await response.json().catch(() => undefined))
    if (parsed.success) throw new GateRefusal(parsed.data)
    throw new SekishoError('gate.unreachable', {
      url,
      start: this.#options.start,
      why: `HTTP ${response.status}`,
    })
  }
}
