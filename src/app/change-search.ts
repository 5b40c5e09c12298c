// The history of changes: a page of the list, and records that contain a text.
import type { z } from 'zod'
import { isDigest } from '../base/hash.ts'
import { type ChangeId, isChangeId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import { ENDS } from '../change/change.ts'
import { type ChangeFilter, listChanges, takenBackAmong } from '../change/store.ts'
import {
  CHANGE_OUTCOMES,
  type changeList,
  type changeQuery,
  type recordHits,
  type recordQuery,
} from '../contract/change.ts'
import type { Actor } from '../identity/actor.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { hitsIn, NAMES_BLOBS, pattern, patternInJson, SEARCHED_BLOBS } from '../record/search.ts'
import { blobsWith, getBlob, readMatching, type StoredEntry } from '../record/store.ts'
import { diffSeenBy, entrySeenBy } from './agents-see.ts'
import { allow, WHOLE } from './authorize.ts'
import type { Gate } from './gate.ts'
import { isPlannedWithTexts } from './planned-with-texts.ts'
import { takenBack, viewOf } from './view.ts'

const DEFAULT_PAGE = 50
/** What people said of checks and notices is found too. */
const SAID = [
  'check.mute',
  'check.mute_ended',
  'check.acknowledged',
  'notice.acknowledged',
  'notice.muted',
] as const
/** Entries that are read at once during a search. */
const BATCH = 500

export async function changesFound(
  gate: Gate,
  actor: Actor,
  query: z.infer<typeof changeQuery>,
): Promise<z.infer<typeof changeList>> {
  const policy = allow(gate, actor, 'change.read', WHOLE)
  const { state, service, file, by, since, until, open, after } = query
  const size = query.limit ?? DEFAULT_PAGE
  const found = await listChanges(gate.db, {
    ...(state === undefined ? {} : { standing: standingOf(state) }),
    ...(open === 'true' ? { notStates: [...ENDS, 'expired'] } : {}),
    ...(service === undefined ? {} : { service }),
    ...(file === undefined ? {} : { file }),
    ...(by === undefined ? {} : { by: idsOf(by, policy) }),
    // The door's schema has checked it.
    ...(since === undefined ? {} : { since: since as Instant }),
    ...(until === undefined ? {} : { until: until as Instant }),
    ...(after === undefined ? {} : { after: after as ChangeId }),
    limit: size + 1,
  })
  const page = found.slice(0, size)
  const last = found.length > size ? page.at(-1)?.change.id : undefined
  const views = await Promise.all(page.map((one) => viewOf(gate, one, policy)))
  const kept = page.filter(({ change }) => change.executions.at(-1)?.outcome === 'kept')
  const backs = await takenBackAmong(
    gate.db,
    kept.map(({ change }) => change.id),
  )
  return {
    changes: views.map((one) => {
      const by = backs.get(one.id)
      return by === undefined ? one : takenBack(one, by)
    }),
    ...(last === undefined ? {} : { next: last }),
  }
}

/** A kept change has the state `succeeded` while it closes, then `closed` with the outcome `kept`. */
function standingOf(state: string): NonNullable<ChangeFilter['standing']> {
  if (state === 'kept' || state === 'succeeded') return { states: ['succeeded'], outcomes: ['kept'] }
  const isOutcome =
    CHANGE_OUTCOMES.some((one) => one === state) || state === 'rolled_back' || state === 'failed'
  return { states: [state], outcomes: isOutcome ? [state] : [] }
}

/** The id itself, and the ids of people and agents with this name in the rules. */
function idsOf(by: string, policy: CompiledPolicy): readonly string[] {
  const named = [...policy.people, ...policy.agents].filter(({ name }) => name === by)
  return [...new Set([by, ...named.map(({ id }) => id)])]
}

export async function recordsFound(
  gate: Gate,
  actor: Actor,
  query: z.infer<typeof recordQuery>,
): Promise<z.infer<typeof recordHits>> {
  allow(gate, actor, 'record.read', WHOLE)
  const { text } = query
  const limit = query.limit ?? DEFAULT_PAGE
  const blobs = new Set<string>(await blobsWith(gate.db, SEARCHED_BLOBS, pattern(text)))
  const hits: z.infer<typeof recordHits>['hits'] = []
  let before = query.before
  for (;;) {
    const entries = await readMatching(gate.db, {
      pattern: patternInJson(text),
      otherKinds: SAID,
      withBlobs: blobs.size === 0 ? [] : NAMES_BLOBS,
      before,
      limit: BATCH,
    })
    for (const one of entries) {
      if (hits.length >= limit) return { hits, next: one.seq + 1 }
      hits.push(...(await hitsOf(gate, actor, one, text, blobs)))
    }
    if (entries.length < BATCH) return { hits }
    before = entries.at(-1)?.seq
  }
}

async function hitsOf(
  gate: Gate,
  actor: Actor,
  { seq, entry: whole }: StoredEntry,
  text: string,
  blobs: ReadonlySet<string>,
) {
  const entry = entrySeenBy(actor, whole)
  const [change = ''] = entry.subject.split('/')
  const isSaid = SAID.some((kind) => kind === entry.kind)
  if (!isChangeId(change) && !isSaid) return []
  const named = (entry.blobs ?? []).filter((digest) => blobs.has(digest) && isDigest(digest))
  const texts = await Promise.all(named.map((digest) => getBlob(gate.db, digest)))
  const hasTexts = named.length > 0 && actor.kind === 'agent' && (await isPlannedWithTexts(gate, whole))
  const readable = texts.flatMap((blob) => {
    if (blob?.state !== 'present') return []
    const said = Buffer.from(blob.bytes).toString('utf8')
    return [{ kind: blob.kind, text: blob.kind === 'diff' ? diffSeenBy(actor, hasTexts, said) : said }]
  })
  return hitsIn(entry, text, readable).map((hit) => ({
    ...(isChangeId(change) ? { change } : {}),
    subject: entry.subject,
    at: entry.at,
    by: entry.actor,
    kind: entry.kind,
    seq,
    ...hit,
  }))
}
