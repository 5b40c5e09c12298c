// Ways in that concern a service: what is declared, its backups, what is laid out of them, the routine checks.
import { createRoute } from '@hono/zod-openapi'
import { z } from 'zod'
import {
  backupOrdered,
  backupRequest,
  backupsView,
  pruningView,
  stageCancelled,
  stageStarted,
  stageView,
  stageWish,
} from '../contract/backup.ts'
import { actorName } from '../contract/change.ts'
import { checkName, checkView } from '../contract/check.ts'
import { serviceList, serviceView } from '../contract/gate.ts'
import { bearer, body, idempotent, ok } from './shapes.ts'

export const SERVICE_ROUTES = {
  serviceList: createRoute({
    method: 'get',
    path: '/services',
    security: bearer,
    responses: ok(serviceList, 'Declared services.'),
  }),
  serviceShow: createRoute({
    method: 'get',
    path: '/services/{name}',
    security: bearer,
    request: { params: z.object({ name: actorName }) },
    responses: ok(serviceView, 'One service with its health now.'),
  }),
  backups: createRoute({
    method: 'get',
    path: '/services/{name}/backups',
    security: bearer,
    request: { params: z.object({ name: actorName }) },
    responses: ok(
      backupsView,
      'Each copy with what was really read of it, what is under way, what was measured.',
    ),
  }),
  pruning: createRoute({
    method: 'get',
    path: '/services/{name}/backups/pruning',
    security: bearer,
    request: { params: z.object({ name: actorName }) },
    responses: ok(pruningView, 'What a prune would take away now, and why.'),
  }),
  backupOrder: createRoute({
    method: 'post',
    path: '/services/{name}/backups',
    security: bearer,
    request: { params: z.object({ name: actorName }), headers: idempotent, ...body(backupRequest) },
    responses: ok(backupOrdered, 'The runner has begun, or that work was under way.'),
  }),
  stageStart: createRoute({
    method: 'post',
    path: '/services/{name}/stages',
    security: bearer,
    request: { params: z.object({ name: actorName }), headers: idempotent, ...body(stageWish) },
    responses: ok(stageStarted, 'The runner lays it out beside; nothing of the service is touched.'),
  }),
  stageCancel: createRoute({
    method: 'post',
    path: '/services/{name}/stages/cancel',
    security: bearer,
    request: { params: z.object({ name: actorName }), headers: idempotent },
    responses: ok(
      stageCancelled,
      'What is being laid out ends, and all that was made for it is cleared away.',
    ),
  }),
  stageShow: createRoute({
    method: 'get',
    path: '/services/{name}/stages/{stage}',
    security: bearer,
    request: { params: z.object({ name: actorName, stage: z.string().regex(/^[0-9a-f]{32}$/) }) },
    responses: ok(stageView, 'How far it is; ready, it can be named in a change of pattern `data`.'),
  }),
  checkRun: createRoute({
    method: 'get',
    path: '/checks/{check}',
    security: bearer,
    request: {
      params: z.object({ check: checkName }),
      query: z.object({ service: actorName.optional() }),
    },
    responses: ok(checkView, 'The items of the routine check, looked at now. `no_data` is no good sign.'),
  }),
} as const
