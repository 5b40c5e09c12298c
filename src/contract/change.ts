// The shapes of a change as every door speaks them. One schema language at the doors; inside, the types are trusted.
// Shapes are named: the message of a fault is the name of its clause in words/input.ts.

import { z } from 'zod'
import { PATTERN_LIST } from '../plans/patterns.ts'
import { commandWish } from './command.ts'
import { delivery } from './delivery.ts'
import { absolutePath, fileWish } from './file-wish.ts'
import { incidentId } from './incident-id.ts'
import { migrationWish } from './migration.ts'
import { problem } from './problem.ts'
import { requestWish } from './request.ts'

export type { FileWish } from './file-wish.ts'

export const actorName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'name')
export const serviceName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'name')
export const changeId = z.string().regex(/^CHG-\d{4}-\d{4,}$/, 'change_id')
export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'digest')
export const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'instant')
const stageId = z.string().regex(/^[0-9a-f]{32}$/)
const detail = z.record(z.string(), z.unknown())
/** Prose: any text, shown escaped. */
const storable = (text: string) => text.isWellFormed() && !text.includes('\0')
const prose = z.string().max(4000).refine(storable, 'storable')

const envKey = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,199}$/, 'env_key')
export const envWish = z.strictObject({
  /** May be left out where the service declares one dotenv file. */
  path: absolutePath.optional(),
  set: z
    .array(
      z.strictObject({
        key: envKey,
        value: z.string().max(32_768).refine(storable, 'storable'),
      }),
    )
    .max(100),
  /** KEY=REFERENCE: a value put by `sekisho secret put`. */
  secret: z.array(z.strictObject({ key: envKey, reference: z.string().max(200) })).max(100),
  unset: z.array(envKey).max(100),
})
export type EnvWish = z.infer<typeof envWish>

export const newChange = z.strictObject({
  pattern: z.enum(PATTERN_LIST),
  service: serviceName,
  instruction: z.strictObject({
    text: prose.min(1),
    /** The human whose words these are; required when an agent asks, else the asking person. */
    by: actorName.optional(),
    /** Where the words were said: `terminal`, `claude-code`, `mail` … */
    channel: z.string().min(1).max(100).refine(storable, 'storable').optional(),
  }),
  summary: prose.optional(),
  reason: prose.optional(),
  /** Stage 2 of the guide: required where the author is not the person who instructs. */
  impact: prose.optional(),
  risk: prose.optional(),
  notification: z.enum(['not_needed', 'needed']).optional(),
  files: z.array(fileWish).max(100).optional(),
  env: envWish.optional(),
  verb: z.enum(['start', 'stop', 'restart', 'reload']).optional(),
  stage: stageId.optional(),
  migration: migrationWish.optional(),
  request: requestWish.optional(),
  command: commandWish.optional(),
  incident: incidentId.optional(),
  keep: z.enum(['proof', 'person']).optional(),
  window: z.strictObject({ from: instant, until: instant }).optional(),
})
export type NewChange = z.infer<typeof newChange>

/** What the next revision changes; everything left out is kept. */
export const revision = newChange.pick({
  summary: true,
  reason: true,
  impact: true,
  risk: true,
  notification: true,
  files: true,
  env: true,
  stage: true,
  migration: true,
  request: true,
  command: true,
  keep: true,
  window: true,
})
export type Revision = z.infer<typeof revision>

export const rollbackWish = z.strictObject({
  /** Required of an agent: the human's words. A person's own command is the instruction. */
  instruction: newChange.shape.instruction.optional(),
  impact: newChange.shape.impact,
  risk: newChange.shape.risk,
  notification: newChange.shape.notification,
  /** Of a restore: what was laid out to take it back (`POST /services/{name}/stages`, kind `rollback`). */
  stage: newChange.shape.stage,
})
export type RollbackWish = z.infer<typeof rollbackWish>

export const CHANGE_STATES = [
  'draft',
  'planned',
  'checking',
  'blocked',
  'ready',
  'awaiting_approval',
  'approved',
  'scheduled',
  'executing',
  'paused',
  'verifying',
  'awaiting_keep',
  'rolling_back',
  'stuck',
  'lost',
  'void',
  'succeeded',
  'rolled_back',
  'failed',
  'closed',
  'rejected',
  'expired',
  'withdrawn',
] as const
export const changeState = z.enum(CHANGE_STATES)
export type ChangeState = z.infer<typeof changeState>

export const checkView = z.object({
  check: z.string(),
  /** `unknown` blocks; `not_applicable` is printed as such, and so is `no_validator`: nothing reads this kind of file, which stops nobody. */
  verdict: z.enum([
    'green',
    'red',
    'unknown',
    'not_tried',
    'not_applicable',
    'no_validator',
    'waived',
    'pending',
  ]),
  collector: z.enum(['runner', 'gate']),
  facts: detail,
  problems: z.array(problem),
  at: instant.optional(),
  expires: instant.optional(),
  evidence: digest.optional(),
})
export type CheckView = z.infer<typeof checkView>

export const actorView = z.object({
  id: actorName,
  name: z.string(),
  kind: z.enum(['person', 'agent']),
  model: z.string().optional(),
  sponsor: actorName.optional(),
  sponsorName: z.string().optional(),
})
export type ActorView = z.infer<typeof actorView>

/** One step as it will be run: what render.ts says, plus where it stands. */
export const stepView = z.object({
  id: z.string(),
  /** `copies`, `replaceFiles`, `editEnv`, `unit`, `daemonReload`, `diagnostics`, `proof`, `undo`, `keep`. */
  kind: z.string(),
  /** Exactly what is run, one line each: an argv, or the file operation in words of the plan. */
  lines: z.array(z.string()),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'skipped', 'uncertain']),
  /** When it began, of a step that changes something. */
  at: instant.optional(),
  milliseconds: z.number().optional(),
  facts: detail.optional(),
})
export type StepView = z.infer<typeof stepView>

export const executionView = z.object({
  id: z.string(),
  /** seal/journal.ts ExecutionState. */
  state: z.looseObject({ state: z.string() }),
  steps: z.array(stepView),
  startedAt: instant.optional(),
  endedAt: instant.optional(),
  outcome: z.enum(['kept', 'rolled_back', 'failed', 'aborted', 'nothing_done', 'refused']).optional(),
  /** Of what was kept: by its proofs or by a person's word, as the runner's journal says it. */
  kept: z.enum(['proven', 'person_proven', 'person']).optional(),
  /** Why it was taken back or refused: a code with values. */
  because: z.object({ code: z.string(), detail }).optional(),
})
export type ExecutionView = z.infer<typeof executionView>

export const decisionView = z.object({
  by: actorName,
  name: z.string(),
  role: z.string(),
  type: z.enum(['approve', 'reject', 'waive']),
  at: instant,
  reason: z.string().optional(),
  keyClass: z.enum(['file', 'device', 'hardware']),
  demo: z.boolean(),
  solo: z.boolean(),
  /** Kept but dead after the envelope was voided. */
  live: z.boolean(),
})

const signedOnce = z.object({ by: actorName, at: instant })
export const changeView = z.object({
  id: changeId,
  revision: z.number(),
  /** Rises with every step of the change: `seen` of a long wait. */
  version: z.number().optional(),
  state: changeState,
  pattern: z.enum(PATTERN_LIST),
  /** `nginx`, `systemd`, `dotenv`, `file`, `restart` …: what the title of the card names. */
  kind: z.string(),
  /** The kinds of configuration files, where they are several. */
  kinds: z.array(z.string()).optional(),
  service: serviceName,
  host: z.string(),
  class: z.enum(['normal', 'standard']),
  tier: z.number(),
  createdAt: instant,
  instruction: z.object({
    text: z.string(),
    by: actorName,
    byName: z.string(),
    channel: z.string(),
    mode: z.enum(['captured', 'quoted']),
    at: instant,
    digest,
  }),
  requester: actorView,
  author: actorView,
  summary: z.string().optional(),
  reason: z.string().optional(),
  explanation: z.object({ impact: z.string(), risk: z.string(), by: z.enum(['person', 'agent']) }).optional(),
  /** Computed facts that the explanation does not mention: code with values, shown with `!`. */
  disagreements: z.array(z.object({ code: z.string(), detail })),
  plan: digest.optional(),
  steps: z.array(stepView),
  /** Text of `sekisho change diff`; dotenv: key names only. */
  diff: z.string(),
  diffDigest: digest.optional(),
  impact: z.object({
    files: z.array(z.string()),
    units: z.array(z.string()),
    serverNames: z.array(z.string()),
    listeners: z.array(z.string()),
    downtime: z.enum(['none', 'restart', 'stop']),
    /** How long a hung service may take to stop, in ms. */
    stopTimeoutMs: z.number().optional(),
  }),
  undo: z.object({
    tried: z.boolean(),
    milliseconds: z.number().optional(),
    /** What is lost by the way back; `nothing` for configuration. `none` = there is no way back (restart). */
    /** It was tried on copies, and they were not as before. */
    failed: z.boolean().optional(),
    /** Access lists and attributes could not be compared after the trial. */
    notCompared: z.boolean().optional(),
    loses: z.enum(['nothing', 'none']),
    lines: z.array(z.string()),
  }),
  keep: z.object({ by: z.enum(['proof', 'person']), seconds: z.number() }),
  window: z.object({ from: instant, until: instant }).optional(),
  /** The declared health was red when it was planned: it is meant to repair the service. */
  startsFrom: z.literal('down').optional(),
  notification: z.enum(['not_needed', 'needed']).optional(),
  checks: z.array(checkView),
  envelope: z
    .object({ digest, words: z.string(), hex: z.string(), sealedAt: instant, expires: instant })
    .optional(),
  needs: z.object({ count: z.number(), roles: z.array(z.string()), eligible: z.array(actorName) }),
  /** Where another person must approve: has the author signed this plan? Absent where one person alone approves, and under a standing statement. */
  authorship: z.enum(['signed', 'unsigned']).optional(),
  /** From when one person alone may approve it, their own change too (policy.alone); `twice`: from when for the second time. */
  alone: z.object({ from: instant, twice: z.literal(true).optional() }).optional(),
  decisions: z.array(decisionView),
  solo: z.boolean(),
  demo: z.boolean(),
  /** After `void`: what moved, when, by whom if known. */
  moved: z
    .array(
      z.object({
        what: z.string(),
        code: z.string(),
        at: instant.optional(),
        by: z.string().optional(),
        detail,
      }),
    )
    .optional(),
  /** How strong the wall is here: codes with a sentence (`wall.none`, `wall.runner`, `wall.shared_user`, `wall.no_witness`, `wall.author_signed`, `wall.author_unsigned`). */
  wall: z.array(z.string()),
  standing: signedOnce.extend({ usedThisHour: z.number(), perHour: z.number() }).optional(),
  /** A standing statement would have covered it, and ended: with the release that changed the playbook, or, with `why`, because its procedure misbehaved. */
  standingEnded: signedOnce.extend({ verb: z.string(), why: z.string().optional() }).optional(),
  execution: executionView.optional(),
  /** Of a kept change of code: how its commit stands. */
  delivery: delivery.optional(),
  /** An earlier change that this one takes back; a later one that took this one back, and was kept. */
  takesBack: changeId.optional(),
  takenBackBy: changeId.optional(),
  /** What can be typed now, and who may. */
  next: z.array(z.object({ command: z.string(), by: z.array(z.string()), code: z.string() })),
})
export type ChangeView = z.infer<typeof changeView>

/** A change as one line of `status`: of the whole view, what that line says. */
export const changeLine = changeView
  .pick({
    id: true,
    revision: true,
    version: true,
    state: true,
    kind: true,
    service: true,
    createdAt: true,
    summary: true,
  })
  .extend({
    instruction: z.object({ text: z.string() }),
    undo: z.object({ milliseconds: z.number().optional() }),
    execution: executionView
      .omit({ steps: true })
      .extend({
        /** Kind of the step that runs now. */
        step: z.string().optional(),
      })
      .optional(),
  })
export type ChangeLine = z.infer<typeof changeLine>

/** How an execution ended, and what is listed under the same word before the change is closed. */
export const CHANGE_OUTCOMES = ['kept', 'aborted', 'nothing_done', 'refused'] as const
export const changeQuery = z.object({
  /** A state, or how the change ended: one that is closed is found by its outcome too. */
  state: z.enum([...CHANGE_STATES, ...CHANGE_OUTCOMES]).optional(),
  service: z.string().max(200).optional(),
  /** A file, data directory or database that the change touches. */
  file: z.string().max(4096).refine(storable, 'storable').optional(),
  /** Who instructed, asked, wrote, edited, decided or waived: an id, or a name of the rules. */
  by: z.string().max(200).refine(storable, 'storable').optional(),
  /** Something became of it at this time or later. */
  since: instant.optional(),
  /** It was made at this time or earlier. */
  until: instant.optional(),
  /** `true`: only what has not ended. */
  open: z.enum(['true', 'false']).optional(),
  /** The last change of the page before. */
  after: changeId.optional(),
  limit: z.coerce.number<number | string>().int().min(1).max(200).optional(),
})

/** Newest first. `next`: there is more, and this is the `after` that brings it. */
export const changeList = z.object({ changes: z.array(changeView), next: changeId.optional() })

export const recordQuery = z.object({
  text: z.string().min(1).max(200).refine(storable, 'storable'),
  /** The number of the ledger entry where the page before ended. */
  before: z.coerce.number<number | string>().int().min(1).optional(),
  limit: z.coerce.number<number | string>().int().min(1).max(200).optional(),
})
const recordHit = z.object({
  /** Absent where the entry is about a check or a notice. */
  change: changeId.optional(),
  /** What the entry is about: a change, an execution, a check, a notice. */
  subject: z.string().optional(),
  at: instant,
  /** Who wrote the entry. */
  by: z.string(),
  /** Kind and number of the ledger entry. */
  kind: z.string(),
  seq: z.number(),
  /** Name of the field: `instruction`, `reason`, `diff`. */
  field: z.string(),
  line: z.string(),
})
export const recordHits = z.object({ hits: z.array(recordHit), next: z.number().optional() })

/** The exact text to sign, made by the gate for this person: approve, reject, waive, keep, continue; author for its author, an agent too. */
export const statementRequest = z.strictObject({
  type: z.enum(['author', 'approve', 'reject', 'waive', 'keep', 'continue']),
  /** SHA-256 of the card that was shown (approve). */
  shown: digest.optional(),
  reason: prose.optional(),
  check: z.string().max(40).optional(),
  choice: z.enum(['retry', 'skip']).optional(),
  typed: z.string().max(4096).optional(),
})
export type StatementRequest = z.infer<typeof statementRequest>
export const statementToSign = z.object({ text: z.string(), expires: instant })

export const decisionInput = z.strictObject({
  signed: z.strictObject({ text: z.string().max(16_384), signature: z.string().max(16_384) }),
  /** The card as it was shown; its SHA-256 is the statement's `shown`. Kept as a blob. */
  shownText: z.string().max(262_144).optional(),
})
