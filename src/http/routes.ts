// Every way into the gate over HTTP: path, method, shapes. The handlers and the OpenAPI page are made from this table, and the
// command line is written against it. Paths are below /api/v1.
import { createRoute, type RouteConfig } from '@hono/zod-openapi'
import { z } from 'zod'
import {
  changeId,
  changeList,
  changeQuery,
  changeView,
  decisionInput,
  digest,
  newChange,
  recordHits,
  recordQuery,
  revision,
  rollbackWish,
  statementRequest,
  statementToSign,
} from '../contract/change.ts'
import {
  agentToken,
  blobText,
  cardText,
  checkpointView,
  doctor,
  event,
  exportedEnvelope,
  forkView,
  journalLines,
  ledgerHead,
  ledgerVerdict,
  loginChallenge,
  loginFinish,
  loginStart,
  policyView,
  recordView,
  resumed,
  resumeRequest,
  signedInput,
  standingList,
  standingRequest,
  standingRevoke,
  standingView,
  status,
  tokenIssued,
  who,
} from '../contract/gate.ts'
import { SERVICE_ROUTES } from './service-routes.ts'
import { bearer, body, failure, idempotent, ok, text } from './shapes.ts'

const ofChange = z.object({ id: changeId })
const language = z.object({ language: z.enum(['ja', 'en']).optional() })
const change = (method: 'get' | 'post', path: string, what: string) =>
  ({
    method,
    path,
    security: bearer,
    request: { params: ofChange, ...(method === 'post' ? { headers: idempotent } : {}) },
    responses: ok(changeView, what),
  }) satisfies RouteConfig

export const ROUTES = {
  // who is at the keyboard
  loginStart: createRoute({
    method: 'post',
    path: '/login/start',
    request: body(loginStart),
    responses: ok(
      loginChallenge,
      'The text to sign with `ssh-keygen -Y sign -n sekisho-login`; lives five minutes.',
    ),
  }),
  loginFinish: createRoute({
    method: 'post',
    path: '/login/finish',
    request: body(loginFinish),
    responses: ok(tokenIssued, 'A bearer token of the person. It approves nothing.'),
  }),
  logout: createRoute({
    method: 'post',
    path: '/logout',
    security: bearer,
    responses: ok(z.object({ revoked: z.literal(true) }), 'The token used is revoked.'),
  }),
  agentToken: createRoute({
    method: 'post',
    path: '/agents/token',
    security: bearer,
    request: body(agentToken),
    responses: ok(tokenIssued, 'A token for an agent; issued to its sponsor or an owner, shown once.'),
  }),
  who: createRoute({
    method: 'get',
    path: '/who',
    security: bearer,
    responses: ok(who, 'Whose token this is.'),
  }),

  // changes
  changeCreate: createRoute({
    method: 'post',
    path: '/changes',
    security: bearer,
    request: { headers: idempotent, ...body(newChange) },
    responses: ok(changeView, 'The new change, planned.'),
  }),
  changeList: createRoute({
    method: 'get',
    path: '/changes',
    security: bearer,
    request: { query: changeQuery },
    responses: ok(changeList, 'Newest first; `next` where there is more.'),
  }),
  recordSearch: createRoute({
    method: 'get',
    path: '/records',
    security: bearer,
    request: { query: recordQuery },
    responses: ok(recordHits, 'Lines of the records of changes that hold the text, newest entry first.'),
  }),
  changeShow: createRoute(change('get', '/changes/{id}', 'The change.')),
  changeCheck: createRoute(
    change('post', '/changes/{id}/check', 'Every check is collected anew, without a trial.'),
  ),
  changeTry: createRoute(
    change('post', '/changes/{id}/try', 'Validation and trial in the shadow; the change with its checks.'),
  ),
  changeSeal: createRoute(
    change(
      'post',
      '/changes/{id}/seal',
      'The envelope is made; with a standing statement the change starts.',
    ),
  ),
  changeRevise: createRoute({
    ...change('post', '/changes/{id}/revise', 'The next revision; what is not given is kept.'),
    request: { params: ofChange, headers: idempotent, ...body(revision) },
  }),
  changeRun: createRoute(
    change('post', '/changes/{id}/run', 'Starts an approved change; revalidates first.'),
  ),
  changeAbort: createRoute(
    change('post', '/changes/{id}/abort', 'Asks the runner to stop between actions and undo.'),
  ),
  changeWithdraw: createRoute(
    change('post', '/changes/{id}/withdraw', 'Ends a change that has not started.'),
  ),
  changeRollback: createRoute({
    ...change(
      'post',
      '/changes/{id}/rollback',
      'After the end: a new change that restores what was there before.',
    ),
    request: { params: ofChange, headers: idempotent, ...body(rollbackWish) },
  }),
  changeStatement: createRoute({
    method: 'post',
    path: '/changes/{id}/statement',
    security: bearer,
    request: { params: ofChange, ...body(statementRequest) },
    responses: ok(
      statementToSign,
      'The exact text to sign with `ssh-keygen -Y sign -n sekisho`: approve, reject, waive, keep, continue. Lives 15 minutes.',
    ),
  }),
  changeDecision: createRoute({
    method: 'post',
    path: '/changes/{id}/decision',
    security: bearer,
    request: { params: ofChange, headers: idempotent, ...body(decisionInput) },
    responses: ok(
      changeView,
      'The signed statement is taken. The last approval starts the change when it is still valid (state executing), or voids it (state void, `moved`).',
    ),
  }),
  changeWait: createRoute({
    method: 'get',
    path: '/changes/{id}/wait',
    security: bearer,
    request: {
      params: ofChange,
      query: z.object({
        /** Comma-separated states; left out: any change after `seen`. */
        state: z.string().max(400).optional(),
        /** Version last seen (`version` of the view). */
        seen: z.coerce.number().int().min(0).optional(),
        /** At most 55. */
        seconds: z.coerce.number().int().min(0).max(55).optional(),
      }),
    },
    responses: ok(changeView, 'Answers when the state is reached or the time is over: look at `state`.'),
  }),
  changePlan: createRoute({
    method: 'get',
    path: '/changes/{id}/plan',
    security: bearer,
    request: { params: ofChange },
    responses: text('text/plain', 'Exactly what will be run, one line each.'),
  }),
  changeDiff: createRoute({
    method: 'get',
    path: '/changes/{id}/diff',
    security: bearer,
    request: { params: ofChange },
    responses: text('text/plain', 'The text whose digest is sealed.'),
  }),
  changeCard: createRoute({
    method: 'get',
    path: '/changes/{id}/card',
    security: bearer,
    request: { params: ofChange, query: language },
    responses: ok(cardText, 'The card: 80 columns, no colours. Its SHA-256 is `shown` of an approval.'),
  }),
  changeEvidence: createRoute({
    method: 'get',
    path: '/changes/{id}/evidence/{digest}',
    security: bearer,
    request: { params: z.object({ id: changeId, digest }) },
    responses: ok(blobText, 'A blob that the change names: evidence, plan, envelope, statement, card.'),
  }),
  changeEnvelope: createRoute({
    method: 'get',
    path: '/changes/{id}/envelope',
    security: bearer,
    request: { params: ofChange },
    responses: ok(exportedEnvelope, 'Envelope and plan as canonical text, for signing on another machine.'),
  }),
  changeLines: createRoute({
    method: 'get',
    path: '/changes/{id}/lines',
    security: bearer,
    request: { params: ofChange, query: z.object({ from: z.coerce.number().int().min(0).optional() }) },
    responses: ok(journalLines, 'Lines of the runner’s journal for the last execution.'),
  }),
  changeRecord: createRoute({
    method: 'get',
    path: '/changes/{id}/record',
    security: bearer,
    request: { params: ofChange, query: language },
    responses: ok(recordView, 'The record, made from the ledger alone.'),
  }),
  changeEvents: createRoute({
    method: 'get',
    path: '/changes/{id}/events',
    security: bearer,
    request: { params: ofChange, headers: z.object({ 'last-event-id': z.string().optional() }) },
    responses: {
      200: {
        content: { 'text/event-stream': { schema: event } },
        description:
          'Server-sent events of one change; `id` for Last-Event-ID, `event` = kind, `data` = JSON.',
      },
      default: failure,
    },
  }),

  // standing statements
  standingList: createRoute({
    method: 'get',
    path: '/standing',
    security: bearer,
    responses: ok(standingList, 'All, newest first.'),
  }),
  standingStatement: createRoute({
    method: 'post',
    path: '/standing/statement',
    security: bearer,
    request: body(standingRequest),
    responses: ok(statementToSign, 'The text an owner signs once.'),
  }),
  standingSign: createRoute({
    method: 'post',
    path: '/standing',
    security: bearer,
    request: body(signedInput),
    responses: ok(standingView, 'In force.'),
  }),
  standingRevokeStatement: createRoute({
    method: 'post',
    path: '/standing/revoke/statement',
    security: bearer,
    request: body(standingRevoke),
    responses: ok(statementToSign, 'The text to sign to revoke it.'),
  }),
  standingRevoke: createRoute({
    method: 'post',
    path: '/standing/revoke',
    security: bearer,
    request: body(signedInput),
    responses: ok(standingView, 'Revoked.'),
  }),

  // ledger
  ledgerHead: createRoute({
    method: 'get',
    path: '/ledger',
    security: bearer,
    responses: ok(ledgerHead, 'Size, root, the latest signed checkpoint and the key that signs.'),
  }),
  ledgerExport: createRoute({
    method: 'get',
    path: '/ledger/export',
    security: bearer,
    request: { query: z.object({ change: changeId.optional() }) },
    responses: text(
      'application/x-ndjson',
      'Entries and the blobs they name, with the checkpoint: docs/spec/ledger-v1.md.',
    ),
  }),
  ledgerVerify: createRoute({
    method: 'post',
    path: '/ledger/verify',
    security: bearer,
    responses: ok(ledgerVerdict, 'The ledger of the store, read from its first entry.'),
  }),
  forkStatement: createRoute({
    method: 'post',
    path: '/ledger/fork/statement',
    security: bearer,
    responses: ok(statementToSign, 'The text to sign so that the ledger goes on from its head as it is.'),
  }),
  forkAccept: createRoute({
    method: 'post',
    path: '/ledger/fork',
    security: bearer,
    request: body(signedInput),
    responses: ok(forkView, 'Handed to the runner, which decides.'),
  }),
  ledgerCheckpoint: createRoute({
    method: 'post',
    path: '/ledger/checkpoint',
    security: bearer,
    responses: ok(checkpointView, 'A checkpoint signed now by the runner.'),
  }),

  // the guard
  guardResume: createRoute({
    method: 'post',
    path: '/guard/resume',
    security: bearer,
    request: { headers: idempotent, ...body(resumeRequest) },
    responses: ok(resumed, 'The agent of this account goes on.'),
  }),

  ...SERVICE_ROUTES,

  // everything else that is read
  policy: createRoute({
    method: 'get',
    path: '/policy',
    security: bearer,
    responses: ok(policyView, 'The rules in force.'),
  }),
  status: createRoute({
    method: 'get',
    path: '/status',
    security: bearer,
    responses: ok(status, 'What waits for whom, what runs, what is uncertain.'),
  }),
  doctor: createRoute({
    method: 'get',
    path: '/doctor',
    security: bearer,
    responses: ok(doctor, 'Facts as the gate sees them.'),
  }),
  events: createRoute({
    method: 'get',
    path: '/events',
    security: bearer,
    request: { headers: z.object({ 'last-event-id': z.string().optional() }) },
    responses: {
      200: { content: { 'text/event-stream': { schema: event } }, description: 'Server-sent events of all.' },
      default: failure,
    },
  }),
} as const
