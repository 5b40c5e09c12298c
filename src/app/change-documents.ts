// Texts of a change for people: what will be run, the difference, the card, the evidence, the record.

import { hostname } from 'node:os'
import { SekishoError } from '../base/error.ts'
import { type Digest, isDigest, sha256 } from '../base/hash.ts'
import type { ChangeId } from '../base/id.ts'
import { canonical } from '../base/json.ts'
import { renderCard } from '../change/card.ts'
import { openedBy, sectionsNamed } from '../change/opened.ts'
import { renderRecord } from '../change/record.ts'
import { loadChange } from '../change/store.ts'
import type { Actor } from '../identity/actor.ts'
import { shownTexts } from '../plans/actions.ts'
import type { Plan } from '../plans/plan.ts'
import { plannedBlobs, replacedFiles } from '../plans/plan.ts'
import { renderPlan, renderUndo } from '../plans/render.ts'
import { getBlob, readSubject, type StoredEntry } from '../record/store.ts'
import { CHANGE_WORDS } from '../words/change.ts'
import { PLAN_WORDS } from '../words/plan.ts'
import type { Language } from '../words/words.ts'
import {
  blobSeenBy,
  diffSeenBy,
  entrySeenBy,
  isReadBy,
  linesSeenBy,
  requireReadable,
  showsTexts,
} from './agents-see.ts'
import { allow, subjectOf } from './authorize.ts'
import { act, type Gate, plain } from './gate.ts'
import { isPlannedWithTexts } from './planned-with-texts.ts'
import { wholeViewFor } from './view-for.ts'

const CARD_WIDTH = 80

async function readable(gate: Gate, actor: Actor, id: ChangeId) {
  const stored = await loadChange(gate.db, id)
  const policy = allow(gate, actor, 'change.read', subjectOf(stored.change))
  return { stored, policy }
}

/** What will be run, one line each, in the reader's language. Commands, paths and digests are the same in both languages. */
export async function planText(gate: Gate, actor: Actor, id: ChangeId, language: Language): Promise<string> {
  const { plan } = (await readable(gate, actor, id)).stored.change
  if (plan === undefined) throw new SekishoError('seal.not_planned', { change: id })
  const words = PLAN_WORDS[language]
  const { step: names } = CHANGE_WORDS[language]
  const named = (kind: string) => names[kind] ?? kind
  const steps = renderPlan(plan, words).flatMap(({ id: step, kind, lines }) => [
    step === kind ? named(kind) : `${step} ${named(kind)}`,
    ...lines.map((line) => `    ${line}`),
  ])
  const undo = renderUndo(plan, words)
  return `${[...steps, ...(undo.length === 0 ? [] : [named('undo'), ...undo.map((line) => `    ${line}`)])].join('\n')}\n`
}

/** `opened`: the sections that whoever asks was shown. Those of a person are kept, each once. */
export async function diffOf(gate: Gate, actor: Actor, id: ChangeId, opened?: string): Promise<string> {
  const { diff, diffDigest, plan, revision } = (await readable(gate, actor, id)).stored.change
  if (diffDigest === undefined) throw new SekishoError('change.diff_missing', { change: id })
  if (opened === undefined || actor.kind !== 'person') return diffSeenBy(actor, showsTexts(plan), diff)
  const wanted = sectionsNamed(diff, opened)
  const known = openedBy(entriesOf(await readSubject(gate.db, id)), actor.id, diffDigest)
  const sections = wanted.filter((path) => !known.has(path))
  if (sections.length > 0)
    await act(gate, actor.id, (step) =>
      step.record('change.opened', id, { revision, diff: diffDigest, sections: [...sections] }),
    )
  return diff
}

const entriesOf = (stored: readonly StoredEntry[]) => stored.map(({ entry }) => entry)

export async function cardOf(gate: Gate, actor: Actor, id: ChangeId, language: Language) {
  const { stored, policy } = await readable(gate, actor, id)
  const text = renderCard(await wholeViewFor(gate, actor, stored, policy), {
    language,
    width: CARD_WIDTH,
    zone: policy.zone,
    machine: hostname(),
  })
  return { text, digest: sha256(text), language }
}

/** A blob that the ledger names for this change. Other blobs are refused. */
export async function evidenceOf(gate: Gate, actor: Actor, id: ChangeId, digest: string) {
  const { stored } = await readable(gate, actor, id)
  const naming = entriesOf(await readSubject(gate.db, id)).filter((entry) =>
    entry.blobs?.some((one) => one === digest),
  )
  const inLedger = naming.length > 0
  const named = inLedger || contentsOf(stored.change.plan).includes(digest)
  const blob = named && isDigest(digest) ? await getBlob(gate.db, digest) : undefined
  if (blob === undefined) throw new SekishoError('ledger.blob_missing', { digest })
  if (blob.state === 'erased') return { digest: digest as Digest, size: 0, erased: true }
  requireReadable(actor, stored.change.plan, digest as Digest)
  const hasTexts = await Promise.all(naming.map((entry) => isPlannedWithTexts(gate, entry)))
  const bytes = bytesSeenBy(actor, { digest: digest as Digest, ...blob }, hasTexts.includes(true))
  const base = { digest: digest as Digest, size: bytes.length, erased: false }
  try {
    return { ...base, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { ...base, base64: bytes.toString('base64') }
  }
}

function bytesSeenBy(
  actor: Actor,
  { digest, kind, bytes }: { readonly digest: Digest; readonly kind: string; readonly bytes: Uint8Array },
  hasTexts: boolean,
): Buffer {
  const seen = Buffer.from(blobSeenBy(actor, digest, kind, bytes))
  return kind === 'diff' ? Buffer.from(diffSeenBy(actor, hasTexts, seen.toString('utf8'))) : seen
}

/** Bytes before and after, by the digests in the plan. A signer on another machine computes the difference from them. */
function contentsOf(plan: Plan | undefined): readonly string[] {
  const before = replacedFiles(plan).flatMap((one) => (one.before.kind === 'file' ? [one.before.digest] : []))
  const shown = (plan?.actions ?? []).flatMap(({ action }) => shownTexts(action))
  return [...before, ...plannedBlobs(plan).map(({ digest }) => digest), ...shown]
}

/** What a signer on another machine needs to recompute everything. */
export async function envelopeOf(gate: Gate, actor: Actor, id: ChangeId) {
  const { stored, policy } = await readable(gate, actor, id)
  const { envelope, envelopeDigest, plan, diff } = stored.change
  if (envelope === undefined || envelopeDigest === undefined || plan === undefined)
    throw new SekishoError('seal.not_planned', { change: id })
  return {
    envelope: canonical(plain(envelope)),
    plan: canonical(plain(plan)),
    diff: diffSeenBy(actor, showsTexts(plan), diff),
    digest: envelopeDigest,
    policyVersion: policy.version,
  }
}

export async function linesOf(gate: Gate, actor: Actor, id: ChangeId, from: number) {
  const { stored } = await readable(gate, actor, id)
  const last = stored.change.executions.at(-1)
  if (last === undefined) throw new SekishoError('execution.unknown', { change: id })
  if (last.journal !== undefined) {
    const blob = await getBlob(gate.db, last.journal)
    const lines =
      blob?.state === 'present'
        ? Buffer.from(blob.bytes)
            .toString('utf8')
            .split('\n')
            .filter((line) => line !== '')
        : []
    return {
      execution: last.id,
      state: { state: 'closed' },
      lines: [...linesSeenBy(actor, lines.slice(from))],
      next: lines.length,
    }
  }
  const report = await gate.runner.ask('report', { execution: last.id, from })
  return {
    execution: last.id,
    state: report.state,
    lines: [...linesSeenBy(actor, report.lines)],
    next: report.next,
  }
}

/** Made from the ledger alone: entries of this change and the blobs they name. */
export async function recordOf(gate: Gate, actor: Actor, id: ChangeId, language: Language) {
  const { stored, policy } = await readable(gate, actor, id)
  allow(gate, actor, 'record.read', subjectOf(stored.change))
  const entries = (await readSubject(gate.db, id)).map(({ entry }) => entrySeenBy(actor, entry))
  const blobs = new Map<Digest, string>()
  for (const entry of entries) {
    const hasTexts = await isPlannedWithTexts(gate, entry)
    for (const digest of (entry.blobs ?? []).filter((one) => !blobs.has(one))) {
      const blob = await getBlob(gate.db, digest)
      if (blob?.state !== 'present' || !isReadBy(actor, blob.kind)) continue
      blobs.set(digest, bytesSeenBy(actor, { digest, ...blob }, hasTexts).toString('utf8'))
    }
  }
  const markdown = renderRecord(
    {
      entries,
      blob: (digest) => blobs.get(digest),
      name: (name) =>
        policy.people.find(({ id: one }) => one === name)?.name ??
        policy.agents.find(({ id: one }) => one === name)?.name ??
        name,
      zone: policy.zone,
    },
    language,
  )
  return { id, language, markdown, digest: sha256(markdown) }
}
