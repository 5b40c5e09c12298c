// Validation and trial of a restore, without touching the service: what was laid out is read again, field by field; the lists are what they were; and
// the exchange itself is tried on this very file system.
import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { KnownCopy } from '../backup/level.ts'
import { backupsOf } from '../backup/levels.ts'
import { isSecretName } from '../backup/set.ts'
import { SekishoError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import { mountPoints } from '../host/file-facts.ts'
import type { Plan } from '../plans/plan.ts'
import { type Service, serviceOf } from '../plans/policy.ts'
import { type FromBackup, isFromBackup, type Staged, type StagedPart } from '../plans/restore.ts'
import { findCluster } from '../postgres/cluster.ts'
import { schemaDigest } from '../postgres/content.ts'
import { withReader } from '../postgres/reader.ts'
import { probeSwap } from '../postgres/swap.ts'
import type { Problem, TrialCheck } from '../seal/journal.ts'
import { fetchedCopy } from '../snapshot/restic/work.ts'
import { keptOf } from '../snapshot/snapshot.ts'
import { chooseExchange } from '../tree/exchange.ts'
import { immutableOf, isLaidOut, type Places, whatStands } from '../tree/exchange-places.ts'
import { tryMove } from '../tree/move.ts'
import { openTree } from '../tree/openat.ts'
import { seeEvidence } from './evidence.ts'
import { listsAgain } from './loss.ts'
import type { RestorePorts } from './ports.ts'
import type { StageContext } from './stage-context.ts'
import { fileDigest } from './stage-file.ts'
import type { RestoreHands, StageRecord } from './stage-record.ts'
import { differenceIn, linesDigest } from './stage-tree.ts'

const DATABASE_MS = 600_000

export async function tryRestore(
  plan: Plan,
  stage: string,
  parts: RestorePorts,
): Promise<readonly TrialCheck[]> {
  const service = serviceOf(parts.policies.current, plan.service)
  if (service === undefined)
    throw new SekishoError('judge.action_outside', { what: plan.service, service: plan.service })
  const record = await parts.stages.load(stage, parts.journal.index)
  await parts.stages.tried(stage)
  const signal = new AbortController().signal
  const started = parts.clock.uptime()
  const validation = await validate(record, parts, signal)
  const lists = await listsAgain(record, { parts, service, stage, signal })
  const grew = lists.digest !== record.staged.lists
  const before = parts.clock.uptime()
  const ways = await tryExchanges(record, parts)
  const back = Math.max(1, Math.round(parts.clock.uptime() - before))
  const facts = factsOf(record.staged)
  const milliseconds = Math.round(parts.clock.uptime() - started)
  return [
    { check: 'validation', verdict: validation.length === 0 ? 'green' : 'red', facts, problems: validation },
    {
      check: 'trial',
      verdict: grew || ways.length > 0 ? 'red' : 'green',
      facts: { ...facts, milliseconds },
      problems: [...(grew ? [{ code: 'restore.loss_grew', text: plan.service }] : []), ...ways],
    },
    // The way back is the same exchange, which was just tried in both directions.
    {
      check: 'undo',
      verdict: ways.length > 0 ? 'red' : 'green',
      facts: { milliseconds: back },
      problems: ways,
    },
  ]
}

function factsOf({ parts, loss }: Staged): JsonObject {
  return {
    parts: parts.length,
    entries: parts.reduce((sum, one) => sum + (one.kind === 'exchange' ? one.entries : one.rows), 0),
    gone: loss.reduce((sum, one) => sum + one.gone, 0),
    changed: loss.reduce((sum, one) => sum + one.changed, 0),
    back: loss.reduce((sum, one) => sum + one.back, 0),
  }
}

async function validate(
  record: StageRecord,
  parts: RestorePorts,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const part of record.staged.parts) {
    const found = await differenceOf(part, record, parts, signal)
    if (found !== undefined)
      problems.push({
        code: 'restore.stage_damaged',
        path: part.kind === 'database' ? part.database : part.path,
        text: found.slice(0, 500),
      })
  }
  return problems
}

async function differenceOf(
  part: StagedPart,
  record: StageRecord,
  parts: RestorePorts,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (part.kind === 'database') {
    const { port, pair } = record.swaps.find((one) => one.pair.live === part.database) ?? {}
    if (port === undefined || pair === undefined) return 'gone'
    const limits = { timeoutMs: DATABASE_MS, signal }
    const cluster = await findCluster({ port }, limits)
    if ((await probeSwap(cluster, pair, limits)).state !== 'not_applied') return 'names moved'
    // Nothing comes: no database shall have the name.
    if (part.after === 'absent') return undefined
    const schema = await withReader(cluster, [pair.beside], limits, (reader) =>
      schemaDigest(reader, pair.beside, limits),
    )
    return schema === part.digest ? undefined : 'schema'
  }
  const place = record.exchanges.find((one) => one.path === part.path)
  if (place === undefined || !isLaidOut(place)) return 'moved'
  const { from } = part
  if (!isFromBackup(from)) {
    return (await isAltered(part, place, { parts, signal })) ? 'digest' : undefined
  }
  const known = knownOf(parts, record.staged, from)
  const copy = {
    // Where it lay when it was written: the rules may name another place by now.
    to: known.kind === 'restic' ? fetchedCopy(parts, record.staged.stage, from) : known.to,
    backup: from.backup,
    manifest: from.manifest,
    ...keptOf(known),
  }
  if (part.of === 'file') {
    const fd = openSync(place.beside, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const isSecret = isSecretFile(serviceOf(parts.policies.current, record.staged.service), part)
      return (await fileDigest(fd, isSecret, { parts, signal })) === part.digest ? undefined : 'digest'
    } finally {
      closeSync(fd)
    }
  }
  if ((await linesDigest(copy, part.item, signal)) !== part.digest) return 'manifest'
  const fd = openTree(place.beside)
  try {
    return await differenceIn(fd, copy, part.item, {
      parts,
      signal,
      carried: part.carried,
      ...(part.missing === undefined ? {} : { missing: part.missing }),
    })
  } finally {
    closeSync(fd)
  }
}

/** As the journal knows it: of one that was taken over it says where the manifest is kept. */
function knownOf({ journal }: RestorePorts, { service }: Staged, from: FromBackup): KnownCopy {
  const { copies } = backupsOf(service, journal.index.backups)
  const found = copies.find(({ backup, copy }) => backup === from.backup && copy === from.copy)
  if (found === undefined) throw new SekishoError('backup.unknown', { backup: from.backup, service })
  return found
}

function isSecretFile(
  service: Service | undefined,
  { item, path }: Extract<StagedPart, { readonly kind: 'exchange' }>,
): boolean {
  const directory = service?.data?.find(({ name }) => name === item)
  return directory !== undefined && isSecretName(directory.secret, path)
}

/**
 * Two empty directories change places in the staging place of each, or one moves there and back: whether this kernel and file system can. What would
 * refuse the exchange itself, a mark against changes or a mount on the very path, is asked before anything is stopped for it.
 */
async function tryExchanges(record: StageRecord, parts: RestorePorts): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const mounted = mountPoints(readFileSync('/proc/self/mountinfo', 'utf8'))
  for (const { beside, path, live, staged } of record.exchanges) {
    if (mounted.includes(path)) problems.push({ code: 'backup.exchange_busy', path, text: path })
    const immutable = await immutableOf([path, dirname(path)], parts.process)
    if (immutable !== undefined) {
      const at = String(immutable.detail['path'])
      problems.push({ code: immutable.code, path: at, text: at })
    }
    const directory = dirname(beside)
    const fd = openTree(directory)
    try {
      if (live === undefined || staged === undefined)
        await tryMove(parts.process, { fd, path: directory }, process.arch)
      else await chooseExchange(parts.process, { fd, path: directory }, process.arch)
    } catch (cause) {
      if (!(cause instanceof SekishoError)) throw cause
      problems.push({
        code: cause.code,
        path,
        text: String(cause.detail['tried'] ?? cause.detail['why'] ?? path).slice(0, 500),
      })
    } finally {
      closeSync(fd)
    }
  }
  return problems
}

type ExchangePart = Extract<StagedPart, { readonly kind: 'exchange' }>

/** Is evidence not what it was when it was seen? It is asked where it stands by now. Of what is laid out of a backup: never, for nobody else ever had it open. */
async function isAltered(
  { from, after, digest }: ExchangePart,
  place: Places,
  context: Pick<StageContext, 'parts' | 'signal'>,
): Promise<boolean> {
  if (isFromBackup(from) || after === 'absent') return false
  const at = whatStands(place) === 'new' ? place.path : place.beside
  try {
    return (await seeEvidence(at, context)).digest !== digest
  } catch (cause) {
    // Somebody writes into it at this moment, or keeps it from being read.
    if (cause instanceof SekishoError && SOMEBODY.has(cause.code)) return true
    throw cause
  }
}

const SOMEBODY: ReadonlySet<string> = new Set(['restore.evidence_busy', 'file.unreadable'])

/** What the acts of a restore work through. */
export function restoreHands(service: Service, parts: RestorePorts): RestoreHands {
  return {
    record: (stage) => parts.stages.load(stage, parts.journal.index),
    altered: async ({ staged, exchanges }, signal) => {
      for (const part of staged.parts) {
        if (part.kind !== 'exchange') continue
        const place = exchanges.find(({ path }) => path === part.path)
        if (place !== undefined && (await isAltered(part, place, { parts, signal }))) return part.path
      }
      return undefined
    },
    lists: async (record, signal) =>
      (await listsAgain(record, { parts, service, stage: record.staged.stage, signal })).digest,
  }
}
