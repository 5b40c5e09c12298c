// The shapes of everything at the door that is not one change: status, services, ledger, standing statements, login.
import { z } from 'zod'
import { actorName, changeId, changeLine, digest, instant, serviceName } from './change.ts'
import { checkLine, muteHeld } from './check.ts'

/** RFC 9457 problem. `code` is one of base/error.ts; the sentence is in the language of Accept-Language. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().optional(),
  code: z.string(),
  values: z.record(z.string(), z.unknown()),
  next: z.array(z.string()).optional(),
})
export type Problem = z.infer<typeof problem>

export const loginStart = z.strictObject({ person: actorName })
/** Signed with `ssh-keygen -Y sign -n sekisho-login`: proves who is at the keyboard, approves nothing. */
export const loginChallenge = z.object({ challenge: z.string(), expires: instant })
export const loginFinish = z.strictObject({
  challenge: z.string().max(4096),
  signature: z.string().max(16_384),
})
export const tokenIssued = z.object({
  token: z.string(),
  actor: actorName,
  kind: z.enum(['person', 'agent']),
  expires: instant,
})
export const loggedOut = z.object({ revoked: z.literal(true) })
export const agentToken = z.strictObject({ agent: actorName })

export const who = z.object({
  id: actorName,
  name: z.string(),
  kind: z.enum(['person', 'agent']),
  roles: z.array(z.string()),
})

export const pausedAccount = z.object({
  uid: z.number(),
  account: z.string().optional(),
  /** Different things that it was refused within a day. */
  intents: z.number(),
  at: instant,
})
export const resumeRequest = z.strictObject({ who: z.string().min(1).max(64) })
export const resumed = z.object({ uid: z.number() })

/** One fact of `doctor` as the gate sees it: code with a sentence, and how it stands. */
export const doctorFact = z.object({
  name: z.string(),
  state: z.enum(['good', 'warn', 'bad', 'none']),
  code: z.string(),
  values: z.record(z.string(), z.unknown()),
})
export type DoctorFact = z.infer<typeof doctorFact>

/** The last stored look at the health of a service: nothing is asked when it is shown. */
export const healthNow = z.object({
  service: serviceName,
  /** `not_looked_at`: the last look is older than three minutes, or there was none. */
  verdict: z.enum(['green', 'red', 'no_data', 'not_looked_at', 'not_declared']),
  detail: z.string(),
  milliseconds: z.number().optional(),
  /** When it was looked at. */
  at: instant.optional(),
  /** Since when it has been so. */
  since: instant.optional(),
  /** It was healthy at `at`, and this check has been seen red since: `not_looked_at`. */
  doubt: z.string().optional(),
})
export type HealthNow = z.infer<typeof healthNow>

export const status = z.object({
  name: z.string(),
  at: instant,
  /** Nothing is red or uncertain, and nothing waits for anybody. */
  calm: z.boolean(),
  health: z.array(healthNow).optional(),
  /** Changes that wait for an approval, and for whom. */
  waitsFor: z.array(z.object({ change: changeLine, people: z.array(actorName) })).optional(),
  /** Facts that are bad now, with the codes of `doctor`. */
  red: z.array(doctorFact).optional(),
  /** What is not red and still open until a person ends it: incidents that have recovered, emergency acts without a review. */
  open: z.array(doctorFact).optional(),
  /** The checks by their stored results: what is not looked at in its time is late, and nothing of it is good. */
  checks: z
    .object({
      red: z.number(),
      warning: z.number().optional(),
      /** Not good, and of the weekly items: they keep nobody from being calm, and are counted here alone. */
      weekly: z.number().optional(),
      late: z.number(),
      noData: z.number(),
      good: z.number(),
      /** Not good, and counted in another row: the health of a service, its backups, the ledger, the guard. */
      elsewhere: z.number().optional(),
      /** Those that follow from no other, the worst first, at most a few. */
      worst: z.array(checkLine),
      /** Red or late, and not among them. */
      more: z.number().optional(),
      /** Late, or without data where data must be: part of `uncertain`. */
      unknown: z.number().optional(),
      /** The first of them. */
      unknownChecks: z.array(checkLine).optional(),
      /** What nobody is told of now. */
      mutes: z.array(muteHeld).optional(),
    })
    .optional(),
  /** How many things are red: the facts, and each service whose health is. */
  reds: z.number().optional(),
  /** Changes of which nobody knows how they stand, and services that were not looked at. */
  uncertain: z.number().optional(),
  /** What waits for whoever asks: their approval, their keep, an agent that was paused. */
  waitsForYou: z.boolean().optional(),
  /** Services under maintenance now, and until when. */
  maintenance: z
    .array(z.object({ service: serviceName, until: instant, reason: z.string(), why: z.string().optional() }))
    .optional(),
  waiting: z.number(),
  running: z.number(),
  needsPerson: z.number(),
  /** Of these the ones that stand still until a person says how they go on. */
  toAnswer: z.number().optional(),
  /** At most a few, most urgent first. */
  forYou: z.array(changeLine),
  /** The reader's own changes that they may approve alone, and from when (policy.alone). */
  aloneLater: z.array(z.object({ id: changeId, from: instant })).optional(),
  attention: z.array(changeLine),
  /** What runs in production now. */
  underWay: z.array(changeLine).optional(),
  /** Approved and not begun: their target is held by another change, or their time has not come. */
  queued: z.number().optional(),
  /** The first of them to start. */
  queue: z.array(changeLine).optional(),
  /** Blocked or void: they wait for their author, the reader's own first. */
  toRevise: z.number(),
  revise: z.array(changeLine),
  last: changeLine.optional(),
  ledger: z.object({ size: z.number(), checkpointAt: instant.optional(), witness: z.boolean() }),
  runner: z.object({
    reachable: z.boolean(),
    why: z.string().optional(),
    /** Why it would start nothing now, although it answers. */
    trouble: z.enum(['disk', 'journal', 'clock', 'untrusted', 'ledger', 'fork']).optional(),
  }),
  /** Accounts whose agent was paused after repeated refusals: a person looks and lets it go on. */
  paused: z.array(pausedAccount),
  /** The last time that the guard was asked what it must know, where a hook could be asked. */
  guardTest: z.object({ at: instant, red: z.boolean() }).optional(),
  next: z.array(z.string()),
})
export type Status = z.infer<typeof status>

export const doctor = z.object({ facts: z.array(doctorFact) })

export const serviceView = z.object({
  name: serviceName,
  host: z.string(),
  unit: z.string().optional(),
  files: z.array(
    z.object({
      path: z.string(),
      kind: z.string(),
      secret: z.boolean(),
      activation: z.string(),
      keep: z.string(),
    }),
  ),
  health: z
    .object({
      verdict: z.enum(['green', 'red', 'no_data']),
      detail: z.string(),
      /** How long the one attempt took. */
      milliseconds: z.number().optional(),
    })
    .optional(),
  active: z.string().optional(),
  /** Of declared code: the commit at which the deployed branch is. */
  code: z.object({ branch: z.string(), commit: z.string().optional() }).optional(),
  lastChange: changeId.optional(),
})
export const serviceList = z.object({ services: z.array(serviceView) })

const standardLimits = z.object({
  path: z.string(),
  set: z.array(z.object({ key: z.string(), values: z.array(z.string()) })),
})
export const standingView = z.object({
  digest,
  service: serviceName,
  unit: z.string(),
  verb: z.enum(['restart', 'reload', 'backup', 'isolate', 'keys', 'release', 'command']),
  /** Of `keys`: which variables may be set to which values. */
  limits: standardLimits.optional(),
  /** Of `command`: its files, words and places as one digest. */
  bytes: digest.optional(),
  perHour: z.number(),
  by: actorName,
  at: instant,
  state: z.enum(['live', 'revoked', 'demoted', 'outdated']),
  why: z.string().optional(),
  usedThisHour: z.number(),
  demo: z.boolean(),
})
export const standingList = z.object({
  standing: z.array(standingView),
  /** Changes of variables, and commands with the bytes that ran last, that have run clean so often that an owner may sign for them once, or will be after some more. Absent where the runner does not answer. */
  proposed: z
    .array(
      z.object({
        service: serviceName,
        limits: standardLimits.optional(),
        command: z.string().optional(),
        bytes: digest.optional(),
        clean: z.number(),
        needed: z.number(),
      }),
    )
    .optional(),
})
export type StandingList = z.infer<typeof standingList>
export const standingRequest = z.strictObject({
  service: serviceName,
  verb: z.enum(['restart', 'reload', 'backup', 'isolate', 'keys', 'release', 'command']),
  /** Of `keys`: the file and its variables, of which the runner has seen five clean runs. */
  path: z.string().max(255).optional(),
  keys: z.array(z.string().max(200)).max(10).optional(),
  /** Of `command`: its name, with five clean runs of the bytes that ran last. */
  command: z.string().max(50).optional(),
  perHour: z.number().int().min(1).max(1000).optional(),
})
export const signedInput = z.strictObject({
  signed: z.strictObject({ text: z.string().max(16_384), signature: z.string().max(16_384) }),
})

export const ledgerHead = z.object({
  origin: z.string(),
  size: z.number(),
  root: z.string(),
  note: z.string().optional(),
  publicKey: z.string(),
})
export const recordView = z.object({
  id: changeId,
  language: z.enum(['ja', 'en']),
  markdown: z.string(),
  digest,
})

export const policyView = z.object({
  version: digest,
  name: z.string(),
  language: z.enum(['ja', 'en']),
  zone: z.string(),
  level: z.string(),
  people: z.array(
    z.object({
      id: actorName,
      name: z.string(),
      roles: z.array(z.string()),
      keys: z.array(z.object({ fingerprint: z.string(), class: z.string(), revoked: z.boolean() })),
    }),
  ),
  agents: z.array(
    z.object({
      id: actorName,
      name: z.string(),
      model: z.string().optional(),
      sponsor: actorName,
      paused: z.boolean(),
      keys: z
        .array(z.object({ fingerprint: z.string(), class: z.string(), revoked: z.boolean() }))
        .optional(),
    }),
  ),
})

/** One fact on the event stream. */
export const event = z.object({
  id: z.number(),
  at: instant,
  change: changeId.optional(),
  /** `change.state`, `execution.line`, `status`. */
  kind: z.string(),
  values: z.record(z.string(), z.unknown()),
})

export const standingRevoke = z.strictObject({ digest })

/** The card as text and its SHA-256. */
export const cardText = z.object({ text: z.string(), digest, language: z.enum(['ja', 'en']) })

/** A blob: `text` when it is UTF-8, else `base64`. Erased blobs keep their digest. */
export const blobText = z.object({
  digest,
  size: z.number(),
  erased: z.boolean(),
  text: z.string().optional(),
  base64: z.string().optional(),
})

/** Canonical texts for a signer that recomputes everything on another machine. */
export const exportedEnvelope = z.object({
  envelope: z.string(),
  plan: z.string(),
  diff: z.string(),
  digest,
  policyVersion: digest,
})

export const journalLines = z.object({
  execution: z.string(),
  state: z.looseObject({ state: z.string() }),
  lines: z.array(z.string()),
  next: z.number(),
})

export const ledgerVerdict = z.object({
  sound: z.boolean(),
  size: z.number(),
  root: z.string(),
  /** First entry that does not hold, with the reason. */
  at: z.number().optional(),
  why: z.string().optional(),
  /** Entries under the runner's last signature, where this is not the ledger that it signed. */
  signed: z.number().optional(),
  checkpoint: z.enum(['signed', 'none', 'behind', 'wrong']),
})

/** False while a second owner still has to sign the same head. */
export const forkView = z.object({ accepted: z.boolean() })

export const checkpointView = z.object({ note: z.string(), size: z.number(), root: z.string(), at: instant })

/** Comma-separated states; left out: any change after `seen`. `seen`: the version last seen (`version` of the view). */
export const waitQuery = z.object({
  state: z.string().max(400).optional(),
  seen: z.coerce.number<number | string>().int().min(0).optional(),
  /** At most 55. */
  seconds: z.coerce.number<number | string>().int().min(0).max(55).optional(),
})
export const languageQuery = z.object({ language: z.enum(['ja', 'en']).optional() })
/** Numbers of the sections of a difference that a person was shown, from 1: `2,4-7`, or `all`. */
export const openedQuery = z.object({
  opened: z
    .string()
    .max(4000)
    .regex(/^(?:all|\d{1,6}(?:-\d{1,6})?(?:,\d{1,6}(?:-\d{1,6})?)*)$/)
    .optional(),
})
/** The first line that is wanted. */
export const linesQuery = z.object({ from: z.coerce.number<number | string>().int().min(0).optional() })
/** One change alone. */
export const exportQuery = z.object({ change: changeId.optional() })
