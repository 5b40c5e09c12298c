// The client of the gate: HTTP with the token of the user, every answer parsed by the contract's schema.
import type { z } from 'zod'
import { ERRORS, type ErrorCode, EXIT, type ExitCode, SekishoError } from '../base/error.ts'
import { type Problem, problem } from '../contract/gate.ts'
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

const PREFIX = '/api/v1'
const TIMEOUT_MS = 120_000

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

  async get<S extends z.ZodType>(
    path: string,
    schema: S,
    query: Readonly<Record<string, string | undefined>> = {},
  ): Promise<z.infer<S>> {
    return schema.parse(await (await this.#send('GET', path, undefined, query)).json())
  }

  async text(path: string, query: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
    return await (await this.#send('GET', path, undefined, query)).text()
  }

  async post<S extends z.ZodType>(path: string, body: unknown, schema: S): Promise<z.infer<S>> {
    return schema.parse(await (await this.#send('POST', path, body, {})).json())
  }

  async #send(
    method: string,
    path: string,
    body: unknown,
    query: Readonly<Record<string, string | undefined>>,
  ): Promise<Answer> {
    const { url, token, language } = this.#options
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value)
    const address = `${url}${PREFIX}${path}${search.size === 0 ? '' : `?${search}`}`
    let response: Answer
    try {
      response = await this.#options.ask(address, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          'accept-language': language,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(method === 'POST'
            ? { 'content-type': 'application/json', 'idempotency-key': this.#options.key() }
            : {}),
        },
        ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
      })
    } catch (cause) {
      if (cause instanceof SekishoError) throw cause
      throw new SekishoError('gate.unreachable', { url, start: this.#options.start }, { cause })
    }
    if (response.ok) return response
    const parsed = problem.safeParse(await response.json().catch(() => undefined))
    if (parsed.success) throw new GateRefusal(parsed.data)
    throw new SekishoError('gate.unreachable', {
      url,
      start: this.#options.start,
      why: `HTTP ${response.status}`,
    })
  }
}
