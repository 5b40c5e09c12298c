// What may come in at the runner's two doors: every request of protocol.ts, parsed once and refused with its place.
import { WORKS } from '../backup/events.ts'
import {
  boolean,
  type Decoder,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  text,
  union,
} from '../base/decode.ts'
import { isDigest } from '../base/hash.ts'
import { isChangeId, isExecutionId, isServiceName, isTargetId } from '../base/id.ts'
import { isObject } from '../base/json.ts'
import { codeWish } from '../plans/code.ts'
import { restoreWish, stageId } from '../plans/restore.ts'
import { EVIDENCE_ADMIN, preserveRequest } from './evidence.ts'
import { GLASS_ADMIN } from './glass.ts'
import { isolationRequests } from './isolation-requests.ts'
import { leaseRequests } from './lease.ts'
import { type AdminRequest, BUNDLE_MAX, type RunnerRequest, type StageWish } from './protocol.ts'
import { readRequest } from './reads.ts'

import { signed } from './statement.ts'

const digest = matching(isDigest, 'a digest')
const execution = matching(isExecutionId, 'an execution id')
const target = matching(isTargetId, 'a target id')
const service = matching(isServiceName, 'a service name')
const by = text({ max: 200 })
const base64 = text({ max: 700_000, pattern: /^[A-Za-z0-9+/]*={0,2}$/, what: 'base64' })

/** A restore, or a change of code. */
const stageWish: Decoder<StageWish> = (value, at) =>
  (isObject(value) && value['kind'] === 'code' ? codeWish : restoreWish)(value, at)

const putObject = object({
  verb: literal('put'),
  kind: literal('plan', 'envelope', 'statement', 'blob'),
  digest,
  size: integer(0, 1_048_576),
  offset: integer(0, 1_048_576),
  base64,
})
const putBundle = object({
  verb: literal('put'),
  kind: literal('bundle'),
  digest,
  size: integer(1, BUNDLE_MAX),
  offset: integer(0, BUNDLE_MAX),
  base64,
  by,
})

const runnerCases = {
  ...leaseRequests,
  read: object({ verb: literal('read'), what: readRequest }),
  put: (value: unknown, at: Parameters<Decoder<unknown>>[1]) =>
    (isObject(value) && value['kind'] === 'bundle' ? putBundle : putObject)(value, at),
  try: object({ verb: literal('try'), plan: digest }),
  run: object({
    verb: literal('run'),
    execution,
    change: matching(isChangeId, 'a change id'),
    plan: digest,
    envelope: digest,
    statements: list(signed, 20),
    fences: list(object({ target, token: integer(1) }), 100),
  }),
  abort: object({ verb: literal('abort'), execution, by }),
  undo: object({ verb: literal('undo'), execution, by }),
  sign: object({
    verb: literal('sign'),
    origin: by,
    size: integer(0),
    root: text({ max: 64 }),
    consistency: list(text({ max: 64 }), 64),
  }),
  statement: object({ verb: literal('statement'), signed }),
  backup: object({
    verb: literal('backup'),
    service,
    work: literal(...WORKS),
    by: optional(literal('agent', 'clock', 'change')),
    all: optional(literal(true)),
  }),
  stage: object({
    verb: literal('stage'),
    service,
    wish: stageWish,
    by,
    agent: optional(literal(true)),
    over: optional(list(stageId, 200)),
  }),
  cancelStage: object({
    verb: literal('cancelStage'),
    service,
    stage: stageId,
    by,
    agent: optional(literal(true)),
  }),
  preserve: preserveRequest,
  status: object({ verb: literal('status') }),
  report: object({ verb: literal('report'), execution, from: integer(0) }),
} as const

/** What may come in at runner.sock. */
export const runnerRequest: Decoder<RunnerRequest> = union<'verb', RunnerRequest>('verb', runnerCases)

/** What may come in at admin.sock. */
export const adminRequest: Decoder<AdminRequest> = union<'verb', AdminRequest>('verb', {
  ...runnerCases,
  ...EVIDENCE_ADMIN,
  ...GLASS_ADMIN,
  secret: object({
    verb: literal('secret'),
    service,
    // A variable of a dotenv file, or what a copy's `credential` names; the part behind its name says which (password, key, ca …).
    key: text({ max: 200, pattern: /^(?:[A-Za-z_][A-Za-z0-9_]*|backup\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99})$/ }),
    base64,
  }),
  secrets: object({ verb: literal('secrets'), service }),
  policy: object({ verb: literal('policy'), by }),
  clockAccept: object({ verb: literal('clockAccept'), by }),
  fenceReset: object({ verb: literal('fenceReset'), target, by }),
  reconcile: object({ verb: literal('reconcile') }),
  prune: object({ verb: literal('prune'), dryRun: boolean, by }),
  ...isolationRequests,
})
