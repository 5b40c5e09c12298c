// What hooks left becomes the record: who was refused what, as that account tells it. Owns the spool and the pauses; leaves the refusing to
// the hook. Each step may be done twice: a file is taken once by its name, and a pause is a row whose file is made again where it is missing.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { guardPlacesOf } from '../agents/guard-places.ts'
import { removeFile } from '../agents/settings-file.ts'
import { SekishoError } from '../base/error.ts'
import { after, type Instant, instant } from '../base/time.ts'
import { BUILTIN } from '../guard/policy.ts'
import { readGuardPolicy } from '../guard/read-policy.ts'
import type { Actor } from '../identity/actor.ts'
import { writeDurable } from '../sys/files.ts'
import { accountOf, nameOfAccount } from './account-names.ts'
import { allow, nameOf, WHOLE } from './authorize.ts'
import { type Act, act, type Gate, now } from './gate.ts'
import {
  forgetRefusals,
  intentsSince,
  listPauses,
  type Pause,
  pause,
  resume,
  takeFile,
} from './guard-store.ts'
import { lookAtSpool, readSpoolFile, removeSpoolFiles, type SpoolFile } from './spool-files.ts'

const DAY_MS = 86_400_000
const QUOTA_BYTES = 64 * 1_048_576
/** Of one transaction: others write in between. */
const BATCH = 200

/** Names that were read and are no entry; they are left alone and not read again, so that they keep nobody waiting. */
export type LeftAlone = Set<string>
const LEFT_LIMIT = 100_000

/** One look. INVARIANT G3: an entry, its row and the pause that it brings are one transaction; the file goes after the commit. */
export async function drainSpool(gate: Gate, left: LeftAlone = new Set()): Promise<void> {
  if (gate.guardDirectory === undefined) return
  const { spool: directory } = guardPlacesOf(gate.guardDirectory)
  const spool = await lookAtSpool(directory)
  const oldestFirst = [...spool.entries].sort((a, b) => a.mtimeMs - b.mtimeMs)
  const kept = (await enforceQuota(gate, directory, oldestFirst)).filter(({ name }) => !left.has(name))
  if (left.size > LEFT_LIMIT) left.clear()
  for (let i = 0; i < kept.length; i += BATCH)
    await takeEntries(gate, directory, kept.slice(i, i + BATCH), left)
  const today = now(gate).slice(0, 10)
  await takeCounts(
    gate,
    directory,
    spool.counts.filter(({ day }) => day < today),
  )
  // A mark says "the same as before" for a day; what was fetched is not pending any more.
  const old = gate.clock.now() - DAY_MS
  const isDue = ({ name, mtimeMs }: SpoolFile) => mtimeMs < old || name.endsWith('-pending')
  await removeSpoolFiles(
    directory,
    spool.marks.filter(isDue).map(({ name }) => name),
  )
  await alignPauses(gate)
}

/** The oldest go first, and that they went is on the record. */
async function enforceQuota(
  gate: Gate,
  directory: string,
  oldestFirst: readonly SpoolFile[],
): Promise<readonly SpoolFile[]> {
  let bytes = oldestFirst.reduce((sum, one) => sum + one.bytes, 0)
  const removed: SpoolFile[] = []
  for (const file of oldestFirst) {
    if (bytes <= QUOTA_BYTES) break
    removed.push(file)
    bytes -= file.bytes
  }
  if (removed.length === 0) return oldestFirst
  const byAccount = [...new Set(removed.map(({ uid }) => uid))].sort((a, b) => a - b)
  await act(gate, 'system', async (step) => {
    await step.record('guard.spool_overflow', 'guard', {
      removed: removed.length,
      uids: byAccount.slice(0, 100),
    })
  })
  await removeSpoolFiles(
    directory,
    removed.map(({ name }) => name),
  )
  return oldestFirst.slice(removed.length)
}

async function takeEntries(
  gate: Gate,
  directory: string,
  files: readonly SpoolFile[],
  left: LeftAlone,
): Promise<void> {
  const read = await Promise.all(
    files.map(async (file) => ({ file, found: await readSpoolFile(directory, file) })),
  )
  const ours = read.flatMap(({ file, found }) => (found === undefined ? [] : [{ file, ...found }]))
  for (const { file, found } of read) if (found === undefined) left.add(file.name)
  if (ours.length === 0) return
  const { level } = gate.policy().rules
  const limit = await pauseLimit(gate)
  await act(gate, 'system', async (step) => {
    const refused = new Set<number>()
    for (const { file, entry, uid, mtimeMs } of ours) {
      const counted = level !== 'observe' && !entry.observed && entry.verdict === 'deny'
      const at = instant(Math.floor(Math.min(mtimeMs, gate.clock.now())))
      if (!(await takeFile(step.tx, { file: file.name, uid, intent: entry.intent, counted, at }))) continue
      const { v: _, observed, call, ...told } = entry
      await step.record(observed ? 'guard.would_refuse' : 'guard.refused', `uid:${uid}`, {
        uid,
        ...told,
        ...(call === undefined ? {} : { call }),
        left: at,
      })
      if (counted) refused.add(uid)
    }
    for (const uid of refused) await pauseWhenDue(step, uid, limit)
  })
  await removeSpoolFiles(
    directory,
    ours.map(({ file }) => file.name),
  )
}

async function pauseWhenDue(step: Act, uid: number, limit: number): Promise<void> {
  const intents = await intentsSince(step.tx, uid, after(step.at, -DAY_MS))
  if (intents < limit || !(await pause(step.tx, { uid, intents, at: step.at }))) return
  await step.record('guard.paused', `uid:${uid}`, { uid, intents, limit })
  await step.tell({ kind: 'guard.paused', values: { uid, intents } })
}

/** After how many different intents an agent is paused, as the rules in force say. */
async function pauseLimit({ guardDirectory = '' }: Gate): Promise<number> {
  const text = await readFile(guardPlacesOf(guardDirectory).policy, 'utf8').catch(() => '')
  return readGuardPolicy(text)?.pauseAfter ?? BUILTIN.pauseAfter
}

async function takeCounts(
  gate: Gate,
  directory: string,
  counts: readonly (SpoolFile & { readonly day: string; readonly calls: number })[],
): Promise<void> {
  if (counts.length === 0) return
  await act(gate, 'system', async (step) => {
    for (const { name, uid, day, calls } of counts)
      if (await takeFile(step.tx, { file: name, uid, intent: '', counted: false, at: step.at }))
        await step.record('guard.calls', `uid:${uid}`, { uid, day, calls })
  })
  await removeSpoolFiles(
    directory,
    counts.map(({ name }) => name),
  )
}

/** The files that hooks look at are made from the rows: whatever happened in between. */
export async function alignPauses(gate: Gate): Promise<void> {
  if (gate.guardDirectory === undefined) return
  const { paused } = guardPlacesOf(gate.guardDirectory)
  const rows = await listPauses(gate.db)
  const there = await readdir(paused).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (there === undefined) return
  for (const { uid, intents, at } of rows)
    if (!there.includes(String(uid)))
      await writeDurable(join(paused, String(uid)), `${JSON.stringify({ v: 1, uid, intents, at })}\n`, {
        mode: 0o644,
      })
  const wanted = new Set(rows.map(({ uid }) => String(uid)))
  for (const name of there) if (/^\d+$/.test(name) && !wanted.has(name)) await removeFile(join(paused, name))
}

export interface ShownPause extends Pause {
  readonly account?: string
}

export async function pausesOf(gate: Gate): Promise<readonly ShownPause[]> {
  return withAccounts(await listPauses(gate.db))
}

export async function withAccounts(rows: readonly Pause[]): Promise<readonly ShownPause[]> {
  return Promise.all(
    rows.map(async (row) => {
      const account = await nameOfAccount(row.uid)
      return { ...row, ...(account === undefined ? {} : { account }) }
    }),
  )
}

/** A person lets the agent of an account go on. Throws may.*, guard.no_such_account, guard.not_paused. */
export async function resumeAgent(gate: Gate, actor: Actor, who: string): Promise<{ readonly uid: number }> {
  allow(gate, actor, 'agent.resume', WHOLE)
  const uid = await accountOf(who)
  if (uid === undefined) throw new SekishoError('guard.no_such_account', { who })
  await act(gate, nameOf(actor), async (step) => {
    if (!(await resume(step.tx, uid))) throw new SekishoError('guard.not_paused', { who })
    await step.record('guard.resumed', `uid:${uid}`, { uid })
    await step.tell({ kind: 'guard.resumed', values: { uid } })
  })
  await alignPauses(gate)
  return { uid }
}

export async function forgetGuard(tx: Act['tx'], at: Instant): Promise<void> {
  await forgetRefusals(tx, after(at, -2 * DAY_MS))
}
