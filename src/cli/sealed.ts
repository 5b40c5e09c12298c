// Recomputes what is sealed before anything is signed: neither the gate's plan nor its difference is trusted. So a gate under an attacker's
// control cannot show something else than what it asks to be signed.

import { decode, MISSING } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import { parseCanonical } from '../base/json.ts'
import {
  actsDiff,
  diffText,
  type FileDiff,
  fileDiff,
  requestDiff,
  sqlDiff,
  toolDiff,
} from '../change/diff.ts'
import type { ChangeView } from '../contract/change.ts'
import type { Exec } from '../plans/actions/exec.ts'
import type { Migrate } from '../plans/actions/migrate.ts'
import type { MigrateByTool } from '../plans/actions/migrate-by-tool.ts'
import { blobsOf, placesOf, replacedBy, shownTexts } from '../plans/actions.ts'
import { type FileChange } from '../plans/file-state.ts'
import { actsOnly, PATTERNS } from '../plans/patterns.ts'
import { type Plan, plan as planDecoder, planDigest } from '../plans/plan.ts'
import { renderPlan, renderUndo } from '../plans/render.ts'
import { type Envelope, envelope as envelopeDecoder, envelopeDigest, sealWords } from '../seal/envelope.ts'
import { PLAN_WORDS } from '../words/plan.ts'
import type { Client } from './client.ts'

export interface Sealed {
  readonly envelope: Envelope
  readonly plan: Plan
  readonly digest: Digest
  readonly diff: string
}

/** Throws cli.gate_differs with the part in which the gate's view and the seal differ. */
export async function readSealed(client: Client, id: string): Promise<Sealed> {
  const given = await client.call('changeEnvelope', { id })
  const envelope = read(envelopeDecoder, given.envelope, 'envelope', id)
  const plan = read(planDecoder, given.plan, 'plan', id)
  const digest = envelopeDigest(envelope)
  differs('envelope', given.digest, digest)
  differs('change', envelope.change, id)
  differs('plan', envelope.plan, planDigest(plan))
  differs('change of the plan', plan.change, id)
  differs('diff', envelope.diff, sha256(given.diff))
  const own = await recomputedDiff(client, id, plan)
  differs('diff', own.text, own.isWhole ? given.diff : given.diff.slice(0, own.text.length))
  return { envelope, plan, digest, diff: given.diff }
}

/** The view, with every deciding part taken from the seal. Only people's display text comes from the gate. */
export function sealedView(view: ChangeView, sealed: Sealed): ChangeView {
  const { envelope, plan, digest, diff } = sealed
  differs('instruction', sha256(view.instruction.text), envelope.instruction)
  differs('author', view.author.id, envelope.author)
  const { startsFrom: _, ...told } = view
  return {
    ...told,
    ...(plan.startsFrom === undefined ? {} : { startsFrom: plan.startsFrom }),
    service: envelope.service,
    host: envelope.host,
    class: envelope.class,
    tier: envelope.tier,
    revision: envelope.revision,
    pattern: plan.pattern,
    steps: renderPlan(plan, PLAN_WORDS.en).map((one) => ({
      ...one,
      lines: [...one.lines],
      state: 'waiting' as const,
    })),
    diff,
    diffDigest: envelope.diff,
    keep: plan.keep,
    impact: { ...view.impact, files: filesOf(plan) },
    undo: {
      ...view.undo,
      lines: [...renderUndo(plan, PLAN_WORDS.en)],
      loses: renderUndo(plan, PLAN_WORDS.en).length === 0 ? 'none' : 'nothing',
    },
    envelope: { digest, ...sealWords(digest), sealedAt: envelope.sealedAt, expires: envelope.expires },
    ...(envelope.window === undefined ? {} : { window: envelope.window }),
  }
}

function filesOf(plan: Plan): string[] {
  return plan.actions.flatMap(({ action }) => placesOf(action, 'declared'))
}

function read<T>(decoder: Parameters<typeof decode<T>>[0], text: string, part: string, change: string): T {
  let value: unknown
  try {
    value = parseCanonical(text)
  } catch {
    throw new SekishoError('cli.gate_differs', { part, wanted: 'RFC 8785', found: text.slice(0, 40) })
  }
  const decoded = decode(decoder, value)
  // An older release sealed fewer parts, which this one cannot read: that is no fraud, and a revision seals it anew.
  if (!decoded.ok && decoded.why === MISSING)
    throw new SekishoError('cli.sealed_older', { change, at: `${part}${decoded.at.slice(1)}` })
  if (!decoded.ok)
    throw new SekishoError('cli.gate_differs', { part, wanted: decoded.at, found: decoded.why })
  return decoded.value
}

function differs(part: string, wanted: string, found: string): void {
  if (wanted !== found)
    throw new SekishoError('cli.gate_differs', {
      part,
      wanted: wanted.slice(0, 200),
      found: found.slice(0, 200),
    })
}

/** From the bytes that the plan names by digest. For edited variables the difference has names only; their values are in the steps. */
async function recomputedDiff(
  client: Client,
  id: string,
  plan: Plan,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const list: FileDiff[] = []
  // Only the machine with the data can compute what a restore would do. The digest of its lists is sealed.
  if (PATTERNS[plan.pattern].wish === 'stage') return { text: '', isWhole: false }
  for (const { action } of plan.actions) {
    if (action.kind === 'editEnv') return { text: diffText(list), isWhole: false }
    if (action.kind === 'migrate') list.push(...(await sqlDiffOf(client, id, action)))
    if (action.kind === 'migrateByTool') list.push(...(await toolDiffOf(client, id, action)))
    if (action.kind === 'exec') {
      list.push(...(await toolDiffOf(client, id, action)))
      continue
    }
    if (action.kind === 'request') {
      list.push(...requestDiff(action))
      continue
    }
    for (const file of replacedBy(action)) list.push(await diffOf(client, id, file))
    if (actsOnly(plan.pattern)) list.push(...actsDiff(action))
  }
  return { text: diffText(list), isWhole: true }
}

async function sqlDiffOf(client: Client, id: string, action: Migrate): Promise<FileDiff[]> {
  const found = new Map<Digest, Uint8Array>()
  for (const { digest } of blobsOf(action)) found.set(digest, await bytes(client, id, digest))
  return sqlDiff(action, (digest) => found.get(digest) ?? new Uint8Array())
}

async function toolDiffOf(client: Client, id: string, action: MigrateByTool | Exec): Promise<FileDiff[]> {
  const found = new Map<Digest, Uint8Array>()
  for (const digest of shownTexts(action)) found.set(digest, await bytes(client, id, digest))
  return toolDiff(action, (digest) => found.get(digest))
}

async function diffOf(client: Client, id: string, file: FileChange): Promise<FileDiff> {
  const { path, before, after } = file
  if (after.kind === 'secret')
    throw new SekishoError('cli.gate_differs', { part: path, wanted: 'file', found: 'secret' })
  return fileDiff(file, {
    ...(before.kind === 'file' ? { before: await bytes(client, id, before.digest) } : {}),
    ...(after.kind === 'file' ? { after: await bytes(client, id, after.digest) } : {}),
  })
}

/** Checked against the digest in the plan. */
async function bytes(client: Client, id: string, digest: Digest): Promise<Uint8Array> {
  const blob = await client.call('changeEvidence', { id, digest })
  const found =
    blob.base64 === undefined ? Buffer.from(blob.text ?? '', 'utf8') : Buffer.from(blob.base64, 'base64')
  differs('content', digest, sha256(found))
  return found
}
