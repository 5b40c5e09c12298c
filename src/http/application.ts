// The HTTP door as a function of requests, testable without a socket: who asks, what shape, which operation, which sentence.
// It knows no table and no rule; everything it may do is an operation of app/.
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { AGENTS_SEE, failureSeenBy, seenBy } from '../app/agents-see.ts'
import type { Gate } from '../app/gate.ts'
import { whoAsks } from '../app/login.ts'
import { seeRunner } from '../app/see-runner.ts'
import { SekishoError } from '../base/error.ts'
import type { Operation } from '../contract/operation.ts'
import { OPERATIONS, type OperationName } from '../contract/operations.ts'
import type { Language } from '../words/words.ts'
import { isOpenPath, jsonOnly, knownHost } from './admission.ts'
import type { Asked, Env, Handler, Handlers } from './handler.ts'
import { CHANGE_HANDLERS } from './handlers/change.ts'
import { INCIDENT_HANDLERS } from './handlers/incident.ts'
import { INSTALLATION_HANDLERS } from './handlers/installation.ts'
import { LEDGER_HANDLERS } from './handlers/ledger.ts'
import { loginHandlers } from './handlers/login.ts'
import { noticeHandlers } from './handlers/notice.ts'
import { SERVICE_HANDLERS } from './handlers/service.ts'
import { once } from './idempotency.ts'
import { invalidInput } from './invalid.ts'
import { languageOf, PROBLEM_TYPE, problemFor } from './problem.ts'
import { routeOf } from './routes.ts'

/** Ten changed files of 1 MiB each in base64, and room. */
const MAX_BODY = 16 * 1_048_576

export interface DoorOptions {
  readonly gate: Gate
  /** Names under which we answer, besides loopback addresses. */
  readonly hosts?: readonly string[]
  /** Ends streams and long waits. */
  readonly closing: AbortSignal
}

export function openDoor({ gate, hosts = [], closing }: DoorOptions): OpenAPIHono<Env> {
  const door = new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(result.error.issues, 'data' in result ? result.data : undefined)
    },
  })
  const fallback = (): Language => {
    try {
      return gate.policy().language
    } catch (error) {
      if (error instanceof SekishoError) return 'ja'
      throw error
    }
  }
  door.onError((error, c) => {
    const language = languageOf(c.req.header('accept-language'), fallback())
    const cause = isOfStatus(error, 400)
      ? new SekishoError('input.invalid', { field: 'body', expected: 'json' })
      : isOfStatus(error, 415)
        ? new SekishoError('http.not_json', { type: c.req.header('content-type')?.slice(0, 100) ?? '-' })
        : failureSeenBy(c.get('actor') as Env['Variables']['actor'] | undefined, error)
    const problem = problemFor(cause, language, gate.log)
    return new Response(JSON.stringify(problem), {
      status: problem.status,
      headers: {
        'content-type': PROBLEM_TYPE,
        ...(problem.status === 429 ? { 'retry-after': String(problem.values['seconds'] ?? 1) } : {}),
      },
    })
  })
  door.notFound((c) => {
    const language = languageOf(c.req.header('accept-language'), fallback())
    const problem = problemFor(new SekishoError('http.no_route', { path: c.req.path }), language, gate.log)
    return new Response(JSON.stringify(problem), { status: 404, headers: { 'content-type': PROBLEM_TYPE } })
  })
  door.use(knownHost(hosts))
  door.get('/healthz', async (c) => c.json({ ok: true, runner: (await seeRunner(gate)).reachable }))
  door.use(
    '/api/*',
    bodyLimit({
      maxSize: MAX_BODY,
      onError: () => {
        throw new SekishoError('input.too_large', { what: 'body', limit: '16 MiB' })
      },
    }),
  )
  door.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  door.doc31('/api/v1/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Sekisho', version: '1' },
  })
  const api = apiOf(gate, fallback, closing)
  door.route('/api/v1', api)
  return door
}

/** What hono says of a body: 400 of JSON that cannot be read, 415 of one without a type. */
const isOfStatus = (error: unknown, status: number) =>
  error instanceof Error && error.name === 'Error' && 'status' in error && error.status === status

function apiOf(gate: Gate, fallback: () => Language, closing: AbortSignal): OpenAPIHono<Env> {
  const api = new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(result.error.issues, 'data' in result ? result.data : undefined)
    },
  })
  api.use(jsonOnly)
  api.use(async (c, next) => {
    c.set('language', languageOf(c.req.header('accept-language'), fallback()))
    if (!isOpenPath(c.req.path)) c.set('actor', await whoAsks(gate, c.req.header('authorization')))
    await next()
  })
  api.use(async (c, next) => {
    const key = c.req.header('idempotency-key')
    if (
      c.req.method !== 'POST' ||
      key === undefined ||
      isOpenPath(c.req.path) ||
      c.req.path.endsWith('/token')
    )
      return next()
    const request = {
      actor: c.get('actor').id,
      key,
      method: c.req.method,
      path: c.req.path,
      body: await c.req.text(),
    }
    c.res = await once(gate, request, async () => {
      await next()
      return c.res
    })
    return undefined
  })
  const handlers = {
    ...loginHandlers(gate.clock),
    ...CHANGE_HANDLERS,
    ...LEDGER_HANDLERS,
    ...SERVICE_HANDLERS,
    ...INCIDENT_HANDLERS,
    ...INSTALLATION_HANDLERS,
    ...noticeHandlers(gate.clock),
  } satisfies Handlers<typeof OPERATIONS>
  for (const [name, row] of Object.entries<Operation>(OPERATIONS))
    serve(api, name as OperationName, row, handlers[name as OperationName] as Handler<Operation>, {
      gate,
      closing,
    })
  return api
}

/** The route of a row, and behind it its handler. */
function serve(
  api: OpenAPIHono<Env>,
  name: OperationName,
  row: Operation,
  handler: Handler<Operation>,
  door: { readonly gate: Gate; readonly closing: AbortSignal },
): void {
  const route = routeOf(row)
  const asked = (context: Context<Env>, input: object): Asked<Operation> => ({
    ...door,
    actor: context.get('actor'),
    language: context.get('language'),
    input: input as never,
    context,
  })
  const { output } = row
  if (typeof output === 'object' && !('text' in output)) {
    api.openAPIRegistry.registerPath(route)
    const path = row.path.replaceAll(/\{(\w+)\}/g, ':$1')
    api.on(row.method, path, async (c) => {
      const answer: unknown = await handler(asked(c, { ...c.req.query(), ...c.req.param() }))
      return answer as Response
    })
    return
  }
  api.openapi(route, async (c) => {
    const read = (part: 'param' | 'query' | 'json', isThere: boolean): object =>
      isThere ? c.req.valid(part as never) : {}
    const { params, query, body } = route.request ?? {}
    const answer: unknown = await handler(
      asked(c, {
        ...read('json', body !== undefined),
        ...read('query', query !== undefined),
        ...read('param', params !== undefined),
      }),
    )
    if (typeof output !== 'string') return c.text(answer as string, 200)
    return c.json((AGENTS_SEE[name] === 'values' ? seenBy(c.get('actor'), answer) : answer) as object, 200)
  })
}
