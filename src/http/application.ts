// The HTTP door as a function of requests, testable without a socket: who asks, what shape, which operation, which sentence.
// It knows no table and no rule; everything it may do is an operation of app/.
import { OpenAPIHono, type RouteConfig, type RouteHandler } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { allow, subjectOf, WHOLE } from '../app/authorize.ts'
import { backupsOf, orderBackup, pruningOf } from '../app/backup.ts'
import { checkChange, tryChange } from '../app/change-check.ts'
import { createChange, reviseChange } from '../app/change-create.ts'
import {
  cardOf,
  diffOf,
  envelopeOf,
  evidenceOf,
  linesOf,
  planText,
  recordOf,
} from '../app/change-documents.ts'
import { abortChange, rollbackChange, withdrawChange } from '../app/change-end.ts'
import { sealAndStart } from '../app/change-seal.ts'
import { changesFound, recordsFound } from '../app/change-search.ts'
import { decide } from '../app/decide.ts'
import { doctorFacts } from '../app/doctor-facts.ts'
import { acceptFork, askFork } from '../app/fork.ts'
import type { Gate } from '../app/gate.ts'
import { resumeAgent } from '../app/guard-spool.ts'
import { checkpoint, exportLedger, ledgerHead, verifyLedger } from '../app/ledger.ts'
import { agentLogin, finishLogin, isSignedByItsPerson, logout, startLogin, whoAsks } from '../app/login.ts'
import { statusOf } from '../app/overview.ts'
import { routineCheck } from '../app/routine.ts'
import { policyOf, serviceShown, servicesOf } from '../app/services.ts'
import { cancelStage, layOut, stageOf } from '../app/stage.ts'
import { askRevoke, askStanding, revokeStanding, showStanding, signStanding } from '../app/standing.ts'
import { runChange } from '../app/start.ts'
import { askStatement } from '../app/statement.ts'
import { wholeViewOf } from '../app/view.ts'
import { SekishoError } from '../base/error.ts'
import { type ChangeId, isChangeId } from '../base/id.ts'
import { listStanding, loadChange, type StoredChange } from '../change/store.ts'
import type { Actor } from '../identity/actor.ts'
import { agentOf, personOf } from '../plans/policy.ts'
import type { Language } from '../words/words.ts'
import { jsonOnly, knocks, knownHost, OPEN_PATHS } from './admission.ts'
import { once } from './idempotency.ts'
import { invalidInput } from './invalid.ts'
import { languageOf, PROBLEM_TYPE, problemFor } from './problem.ts'
import { ROUTES } from './routes.ts'
import { eventStream } from './stream.ts'

/** Ten changed files of 1 MiB each in base64, and room. */
const MAX_BODY = 16 * 1_048_576
const DEFAULT_WAIT_S = 25
/** All names that are nobody's, and all who did not sign, share what is left to them. */
const NOBODY = ''

interface Env {
  Variables: { actor: Exclude<Actor, { kind: 'timer' }>; language: Language }
}

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
        : error
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
  door.get('/healthz', (c) => c.json({ ok: true }))
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
    if (!OPEN_PATHS.has(c.req.path)) c.set('actor', await whoAsks(gate, c.req.header('authorization')))
    await next()
  })
  api.use(async (c, next) => {
    const key = c.req.header('idempotency-key')
    if (
      c.req.method !== 'POST' ||
      key === undefined ||
      OPEN_PATHS.has(c.req.path) ||
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
  const on = <R extends RouteConfig>(route: R, handler: RouteHandler<R, Env>) => api.openapi(route, handler)
  const id = (c: Context): ChangeId => changeIdOf(c.req.param('id'))
  const shown = (stored: StoredChange) => wholeViewOf(gate, stored)

  // who is at the keyboard
  const starts = knocks(gate.clock)
  const finishes = knocks(gate.clock)
  on(ROUTES.loginStart, async (c) => {
    const { person } = c.req.valid('json')
    await starts.admit(c, personOf(gate.policy(), person as never) === undefined ? NOBODY : person)
    return c.json(await startLogin(gate, person), 200)
  })
  on(ROUTES.loginFinish, async (c) => {
    const input = c.req.valid('json')
    // Who has signed has shown who he is: whatever others try, he is let in.
    if (!isSignedByItsPerson(gate, input)) await finishes.admit(c, NOBODY)
    return c.json(await finishLogin(gate, input), 200)
  })
  on(ROUTES.logout, async (c) => {
    await logout(gate, c.get('actor'), c.req.header('authorization'))
    return c.json({ revoked: true as const }, 200)
  })
  on(ROUTES.agentToken, async (c) =>
    c.json(await agentLogin(gate, c.get('actor'), c.req.valid('json').agent), 200),
  )
  on(ROUTES.who, (c) => {
    const policy = gate.policy()
    const actor = c.get('actor')
    const person = personOf(policy, actor.id)
    const name = person?.name ?? agentOf(policy, actor.id)?.name ?? actor.id
    return c.json({ id: actor.id, name, kind: actor.kind, roles: [...(person?.roles ?? [])] }, 200)
  })

  // changes
  on(ROUTES.changeCreate, async (c) =>
    c.json(await shown(await createChange(gate, c.get('actor'), c.req.valid('json'))), 200),
  )
  on(ROUTES.changeList, async (c) =>
    c.json(await changesFound(gate, c.get('actor'), c.req.valid('query')), 200),
  )
  on(ROUTES.recordSearch, async (c) =>
    c.json(await recordsFound(gate, c.get('actor'), c.req.valid('query')), 200),
  )
  on(ROUTES.changeShow, async (c) => {
    const stored = await loadChange(gate.db, id(c))
    allow(gate, c.get('actor'), 'change.read', subjectOf(stored.change))
    return c.json(await shown(stored), 200)
  })
  on(ROUTES.changeCheck, async (c) =>
    c.json(await shown(await checkChange(gate, c.get('actor'), id(c))), 200),
  )
  on(ROUTES.changeTry, async (c) => c.json(await shown(await tryChange(gate, c.get('actor'), id(c))), 200))
  on(ROUTES.changeSeal, async (c) =>
    c.json(await shown(await sealAndStart(gate, c.get('actor'), id(c))), 200),
  )
  on(ROUTES.changeRevise, async (c) =>
    c.json(await shown(await reviseChange(gate, c.get('actor'), id(c), c.req.valid('json'))), 200),
  )
  on(ROUTES.changeRun, async (c) => c.json(await shown(await runChange(gate, c.get('actor'), id(c))), 200))
  on(ROUTES.changeAbort, async (c) =>
    c.json(await shown(await abortChange(gate, c.get('actor'), id(c))), 200),
  )
  on(ROUTES.changeWithdraw, async (c) =>
    c.json(await shown(await withdrawChange(gate, c.get('actor'), id(c))), 200),
  )
  on(ROUTES.changeRollback, async (c) =>
    c.json(await shown(await rollbackChange(gate, c.get('actor'), id(c), c.req.valid('json'))), 200),
  )
  on(ROUTES.changeStatement, async (c) =>
    c.json(await askStatement(gate, c.get('actor'), id(c), c.req.valid('json')), 200),
  )
  on(ROUTES.changeDecision, async (c) =>
    c.json(await shown(await decide(gate, c.get('actor'), id(c), c.req.valid('json'))), 200),
  )
  on(ROUTES.changeWait, async (c) => {
    const { state, seen, seconds } = c.req.valid('query')
    const wanted = state === undefined ? undefined : new Set(state.split(','))
    const stored = await waitFor(
      gate,
      id(c),
      c.get('actor'),
      closing,
      (seconds ?? DEFAULT_WAIT_S) * 1000,
      (one) => (wanted === undefined ? one.version > (seen ?? 0) : wanted.has(one.change.state)),
    )
    return c.json(await shown(stored), 200)
  })
  on(ROUTES.changePlan, async (c) =>
    c.text(await planText(gate, c.get('actor'), id(c), c.get('language')), 200),
  )
  on(ROUTES.changeDiff, async (c) => c.text(await diffOf(gate, c.get('actor'), id(c)), 200))
  on(ROUTES.changeCard, async (c) =>
    c.json(
      await cardOf(gate, c.get('actor'), id(c), c.req.valid('query').language ?? c.get('language')),
      200,
    ),
  )
  on(ROUTES.changeEvidence, async (c) =>
    c.json(await evidenceOf(gate, c.get('actor'), id(c), c.req.valid('param').digest), 200),
  )
  on(ROUTES.changeEnvelope, async (c) => c.json(await envelopeOf(gate, c.get('actor'), id(c)), 200))
  on(ROUTES.changeLines, async (c) =>
    c.json(await linesOf(gate, c.get('actor'), id(c), c.req.valid('query').from ?? 0), 200),
  )
  on(ROUTES.changeRecord, async (c) =>
    c.json(
      await recordOf(gate, c.get('actor'), id(c), c.req.valid('query').language ?? c.get('language')),
      200,
    ),
  )
  api.openAPIRegistry.registerPath(ROUTES.changeEvents)
  api.get('/changes/:id/events', async (c) => {
    const change = id(c)
    allow(gate, c.get('actor'), 'change.read', subjectOf((await loadChange(gate.db, change)).change))
    return eventStream(gate, change, c.req.header('last-event-id'), closing)
  })

  // standing statements
  on(ROUTES.standingList, async (c) => {
    const policy = allow(gate, c.get('actor'), 'service.read', WHOLE)
    const all = await listStanding(gate.db)
    return c.json({ standing: await Promise.all(all.map((one) => showStanding(gate, one, policy))) }, 200)
  })
  on(ROUTES.standingStatement, async (c) =>
    c.json(await askStanding(gate, c.get('actor'), c.req.valid('json')), 200),
  )
  on(ROUTES.standingSign, async (c) => {
    const one = await signStanding(gate, c.get('actor'), c.req.valid('json').signed)
    return c.json(await showStanding(gate, one, gate.policy()), 200)
  })
  on(ROUTES.standingRevokeStatement, async (c) =>
    c.json(await askRevoke(gate, c.get('actor'), c.req.valid('json').digest), 200),
  )
  on(ROUTES.standingRevoke, async (c) => {
    const one = await revokeStanding(gate, c.get('actor'), c.req.valid('json').signed)
    return c.json(await showStanding(gate, one, gate.policy()), 200)
  })

  // ledger
  on(ROUTES.ledgerHead, async (c) => {
    allow(gate, c.get('actor'), 'ledger.read', WHOLE)
    return c.json(await ledgerHead(gate), 200)
  })
  api.openAPIRegistry.registerPath(ROUTES.ledgerExport)
  api.get('/ledger/export', async (c) => {
    allow(gate, c.get('actor'), 'ledger.read', WHOLE)
    const change = c.req.query('change')
    return await lineStream(exportLedger(gate, change === undefined ? undefined : changeIdOf(change)))
  })
  on(ROUTES.ledgerVerify, async (c) => {
    allow(gate, c.get('actor'), 'ledger.read', WHOLE)
    return c.json(await verifyLedger(gate), 200)
  })
  on(ROUTES.forkStatement, async (c) => c.json(await askFork(gate, c.get('actor')), 200))
  on(ROUTES.forkAccept, async (c) =>
    c.json(await acceptFork(gate, c.get('actor'), c.req.valid('json').signed), 200),
  )
  on(ROUTES.ledgerCheckpoint, async (c) => {
    allow(gate, c.get('actor'), 'ledger.read', WHOLE)
    const { note, size, root, at } = await checkpoint(gate)
    return c.json({ note, size, root, at }, 200)
  })

  // the guard
  on(ROUTES.guardResume, async (c) =>
    c.json(await resumeAgent(gate, c.get('actor'), c.req.valid('json').who), 200),
  )

  // everything else that is read
  on(ROUTES.serviceList, async (c) => c.json({ services: await servicesOf(gate, c.get('actor')) }, 200))
  on(ROUTES.serviceShow, async (c) =>
    c.json(await serviceShown(gate, c.get('actor'), c.req.valid('param').name), 200),
  )
  on(ROUTES.backups, async (c) =>
    c.json(await backupsOf(gate, c.get('actor'), c.req.valid('param').name), 200),
  )
  on(ROUTES.pruning, async (c) =>
    c.json(await pruningOf(gate, c.get('actor'), c.req.valid('param').name), 200),
  )
  on(ROUTES.backupOrder, async (c) =>
    c.json(await orderBackup(gate, c.get('actor'), c.req.valid('param').name, c.req.valid('json')), 200),
  )
  on(ROUTES.stageStart, async (c) =>
    c.json(await layOut(gate, c.get('actor'), c.req.valid('param').name, c.req.valid('json')), 200),
  )
  on(ROUTES.stageCancel, async (c) =>
    c.json(await cancelStage(gate, c.get('actor'), c.req.valid('param').name), 200),
  )
  on(ROUTES.stageShow, async (c) => {
    const { name, stage } = c.req.valid('param')
    return c.json(await stageOf(gate, c.get('actor'), name, stage), 200)
  })
  on(ROUTES.checkRun, async (c) =>
    c.json(
      await routineCheck(gate, c.get('actor'), c.req.valid('param').check, c.req.valid('query').service),
      200,
    ),
  )
  on(ROUTES.policy, (c) => c.json(policyOf(gate, c.get('actor')), 200))
  on(ROUTES.status, async (c) => c.json(await statusOf(gate, c.get('actor')), 200))
  on(ROUTES.doctor, async (c) => c.json({ facts: [...(await doctorFacts(gate, c.get('actor')))] }, 200))
  api.openAPIRegistry.registerPath(ROUTES.events)
  api.get('/events', (c) => {
    allow(gate, c.get('actor'), 'status.read', WHOLE)
    return eventStream(gate, undefined, c.req.header('last-event-id'), closing)
  })
  return api
}

function changeIdOf(text: string | undefined): ChangeId {
  if (!isChangeId(text)) throw new SekishoError('change.unknown', { change: (text ?? '').slice(0, 40) })
  return text
}

/** Waits for a fact with a limit; the answer says how things stand either way. */
async function waitFor(
  gate: Gate,
  id: ChangeId,
  actor: Actor,
  closing: AbortSignal,
  limitMs: number,
  isThere: (stored: StoredChange) => boolean,
): Promise<StoredChange> {
  const over = AbortSignal.any([closing, AbortSignal.timeout(limitMs)])
  for (;;) {
    // Listening begins before looking, so that no change is missed between the two.
    const again = new AbortController()
    const next = gate.events.next(id, AbortSignal.any([over, again.signal]))
    const stored = await loadChange(gate.db, id)
    allow(gate, actor, 'change.read', subjectOf(stored.change))
    if (isThere(stored) || over.aborted) {
      again.abort()
      return stored
    }
    await next
  }
}

/** The first line is awaited: what refuses the whole is answered with its cause. */
async function lineStream(lines: AsyncGenerator<string>): Promise<Response> {
  const encoder = new TextEncoder()
  let first: IteratorResult<string, unknown> | undefined = await lines.next()
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = first ?? (await lines.next())
      first = undefined
      if (done === true) controller.close()
      else controller.enqueue(encoder.encode(`${value}\n`))
    },
    cancel: async () => {
      await lines.return(undefined)
    },
  })
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } })
}
