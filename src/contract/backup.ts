// The shapes of backups at the door: what is known of each copy, what is under way, what was measured.
import { z } from 'zod'
import { WORKS } from '../backup/events.ts'
import { LEVELS, PLACES } from '../backup/level.ts'
import { changeId, digest, instant, serviceName } from './change.ts'

const backupId = z.string().max(20)
const level = z.enum(LEVELS)
export const work = z.enum(WORKS)

export const copyView = z.object({
  backup: backupId,
  copy: z.string(),
  kind: z.enum(['directory', 'restic']),
  to: z.string(),
  place: z.enum(PLACES),
  /** A copy on the same disk is the way back of a change, and no backup. */
  counts: z.boolean(),
  state: z.enum(['sound', 'suspect', 'failed', 'pruned']),
  level,
  /** Of *content* and above: data directories in which nothing was parsed, so that only their bytes were compared. */
  bytesOnly: z.array(z.string()).optional(),
  taken: instant,
  earned: z.partialRecord(level, instant),
  /** When its bytes were last read again; absent: never. */
  read: instant.optional(),
  manifest: digest,
  bytes: z.number(),
  entries: z.number(),
  heldBy: z.array(z.string()),
  imported: z.boolean(),
  restoreMs: z.number().optional(),
  /** Secrets that were not in it when it was last brought back. */
  without: z.number().optional(),
  why: z.string().optional(),
  /** Of a suspect one: what was found first not to be what was sealed. */
  damaged: z.string().optional(),
  /** What of its content is not good. */
  bad: z.object({ item: z.string(), fault: z.string() }).optional(),
})
export type CopyView = z.infer<typeof copyView>

export const workProgress = z.object({
  work,
  startedAt: instant,
  backup: z.string().optional(),
  copy: z.string().optional(),
  /** Which of how many copies, where several are read. */
  copyNumber: z.number().optional(),
  copyCount: z.number().optional(),
  step: z.string(),
  entries: z.number(),
  bytes: z.number(),
  totalEntries: z.number(),
  totalBytes: z.number(),
  rate: z.number(),
})
export type WorkProgressView = z.infer<typeof workProgress>

export const backupsView = z.object({
  service: serviceName,
  at: instant,
  /** Newest first; pruned ones left off. */
  copies: z.array(copyView),
  /** How many there are beside these. */
  moreCopies: z.number().optional(),
  /** An owner has signed for it, and for this procedure. */
  standing: z.boolean(),
  everyMs: z.number(),
  targets: z.array(z.object({ name: z.string(), kind: z.enum(['directory', 'restic']), to: z.string() })),
  /** Where each target was last found to lie, and what was seen there: by devices and by trying. */
  places: z.array(
    z.object({
      at: instant,
      copy: z.string(),
      place: z.enum(PLACES),
      counts: z.boolean(),
      seen: z.record(z.string(), z.string()),
    }),
  ),
  /** What lies where copies lie and is none that is known. `ours` and `foreign` are taken over when copies are read; of a `name` nobody knows when it was made; a `dump` needs a person; `above`: a copy that lies not in `daily` but beside it. */
  found: z
    .array(
      z.object({
        copy: z.string(),
        name: z.string(),
        what: z.enum(['ours', 'foreign', 'unfinished', 'name', 'dump', 'archive', 'above']),
        /** Of an archive that is not taken over. */
        why: z.string().optional(),
        member: z.string().optional(),
      }),
    )
    .optional(),
  /** How many there are beside these. */
  moreFound: z.number().optional(),
  running: workProgress.optional(),
  due: work.optional(),
  failures: z.array(
    z.object({
      at: instant,
      work,
      backup: z.string().optional(),
      copy: z.string().optional(),
      why: z.string(),
      detail: z.record(z.string(), z.string()),
    }),
  ),
  drills: z.array(z.object({ at: instant, backup: z.string(), copy: z.string(), ms: z.number() })),
  lastDone: z.partialRecord(work, instant),
  /** What it comes to: by copies that count and were read, never by what is promised. */
  measured: z.object({
    standing: z.enum(['fine', 'missing', 'stale', 'too_low']),
    why: z.string().optional(),
    level: z.string().optional(),
    /** As of the copy. */
    bytesOnly: z.array(z.string()).optional(),
    ageMs: z.number().optional(),
    /** The longest stretch without such a copy, of how many of the last. */
    loss: z.object({ ms: z.number(), of: z.number() }).optional(),
    /** The slowest of the last drills. */
    restore: z.object({ ms: z.number(), of: z.number() }).optional(),
  }),
  promised: z.object({ rpoMs: z.number().optional(), rtoMs: z.number().optional() }),
})
export type BackupsView = z.infer<typeof backupsView>

/** What a prune would take away now, and why; `blocked`: nothing at all. */
export const pruningView = z.object({
  service: serviceName,
  blocked: z.enum(['newest_below_content', 'clock']).optional(),
  kept: z.number(),
  /** All that go; `goes` lists the first of them. */
  inAll: z.object({ copies: z.number(), bytes: z.number() }),
  goes: z.array(
    z.object({
      backup: backupId,
      copy: z.string(),
      bytes: z.number(),
      why: z.enum(['replaced', 'past']),
    }),
  ),
})
export type PruningView = z.infer<typeof pruningView>

/** `all`, of `verify`: every copy is read, and not the few whose turn it is. */
export const backupRequest = z.strictObject({ work, all: z.literal(true).optional() })
export const backupOrdered = z.object({ accepted: z.literal(true), joined: z.boolean() })

const backupWish = z.strictObject({
  kind: z.enum(['full', 'file', 'database', 'salvage']),
  /** A backup's id, or `last-known-good`. */
  from: z.string().regex(/^(?:\d{8}_\d{6}Z?|last-known-good)$/),
  copy: z.string().max(63).optional(),
  /** Absolute path of the file, or name of the database. */
  what: z.string().max(4096).optional(),
  mix: z.literal(true).optional(),
})
/** A restore that was kept is taken back: what stood there before it changes places again with what stands there by now. */
const rollbackWish = z.strictObject({ kind: z.literal('rollback'), change: changeId })
/** A commit to be built, tested and rehearsed. `bundle`: the digest of a git bundle that holds it, which was handed in before; absent where production's repository has it. */
const codeWish = z.strictObject({
  kind: z.literal('code'),
  commit: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/),
  bundle: digest.optional(),
})
/** Pieces come in order, the next one from `had` on. `digest` is SHA-256 of the whole. */
export const bundlePiece = z.strictObject({
  digest,
  size: z.int().min(1).max(268_435_456),
  offset: z.int().min(0).max(268_435_456),
  base64: z.string().min(1).max(6_000_000),
})
export type BundlePiece = z.infer<typeof bundlePiece>
export const bundleTaken = z.object({ stored: z.boolean(), had: z.int() })
export const stageWish = z.discriminatedUnion('kind', [backupWish, rollbackWish, codeWish])
export type StageWish = z.infer<typeof stageWish>
export const stageId = z.string().regex(/^[0-9a-f]{32}$/)
export const stageStarted = z.object({ stage: z.string() })
/** What was being laid out, whose it was, and since when; `GET …/stages/{stage}` says when all of it is cleared away. */
export const stageCancelled = z.object({
  stage: z.string(),
  by: z.string(),
  kind: z.enum(['full', 'file', 'database', 'salvage', 'rollback', 'code']),
  what: z.string().optional(),
  since: instant,
})
export type StageCancelled = z.infer<typeof stageCancelled>
export const stageView = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('working'),
    progress: z.object({
      step: z.string(),
      entries: z.number(),
      bytes: z.number(),
      totalEntries: z.number(),
      totalBytes: z.number(),
    }),
  }),
  z.object({ state: z.literal('ready'), stage: z.string(), expires: instant }),
  z.object({ state: z.literal('failed'), code: z.string(), detail: z.record(z.string(), z.unknown()) }),
  z.object({ state: z.literal('gone') }),
])
export type StageView = z.infer<typeof stageView>
