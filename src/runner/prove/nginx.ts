// Is the new nginx configuration in effect? A reload exits 0 while the old one goes on serving (E3), so everything is looked at:
// files, workers, sockets, error log, journal, the answers of the touched sites; and for long enough, because nginx tries a taken port for 2.5 s.
import { statSync } from 'node:fs'
import type { Digest } from '../../base/hash.ts'
import type { JsonObject } from '../../base/json.ts'
import { markLog, readSince, severeLines } from '../../host/error-log.ts'
import { declared } from '../../host/file-facts.ts'
import { journalSince } from '../../host/journal-log.ts'
import { listenerText } from '../../host/listener-text.ts'
import { type Listener, listenersOf } from '../../host/nginx-listeners.ts'
import { effectiveNginx, NGINX_MAIN } from '../../host/nginx-live.ts'
import { type ChildProcess, childrenOf, isShuttingDown } from '../../host/processes.ts'
import { readUnitState } from '../../host/unit-facts.ts'
import { replacedFiles } from '../../plans/plan.ts'
import { type Proof } from '../../plans/proofs.ts'
import { green, notProven, type Progress, type ProofContext, type Proven, red, toldAt } from './context.ts'
import { isLost, siteFacts, sitesAfter } from './sites.ts'

type NginxProof = Extract<Proof, { readonly kind: 'nginx' }>
type FileSet = readonly { readonly path: string; readonly digest: Digest }[]

const LOOK_EVERY_MS = 250
/** Beyond the stable time: how long new workers may take to come. */
const SETTLE_MS = 15_000
/** Start times of processes are known to 10 ms. */
const TICK_MS = 10

export async function proveNginx(proof: NginxProof, c: ProofContext, progress: Progress): Promise<Proven> {
  const files = liveFiles(c)
  if (files.different.length > 0) return red('files_differ', { files: files.different })
  if (files.notRead.length > 0) return red('not_effective', { files: files.notRead })
  const told = toldAt(proof.unit, c)
  const watched = await watch(proof, c, told, progress)
  if (watched.verdict !== 'green') return watched
  const { facts } = watched
  const after = liveFiles(c)
  if (after.different.length > 0) return red('files_differ', { ...facts, files: after.different })
  const sockets = compareListeners(c.trial?.listeners, listenersOf(Number(facts['master'])))
  if (sockets.kind === 'different') return red('sockets_differ', { ...facts, ...sockets.facts })
  const late = touchedSince(after.paths, proof.unit, c)
  const asked = c.before.sites === undefined ? [] : await sitesAfter(c.before.sites, c.plan, c)
  const sites = c.before.sites === undefined ? {} : siteFacts(asked, c.before.sites)
  const all = { ...facts, files: after.paths.length, ...sockets.facts, ...sites }
  if (c.signal.aborted) return notProven('aborted', all)
  if (late.length > 0) return notProven('touched_since_reload', { ...all, touched: late })
  const lost = asked.filter(isLost)
  if (lost.length > 0)
    return notProven('site_lost', {
      ...all,
      lost: lost.map(({ url, before, after }) => `${url} ${before} → ${after}`),
    })
  return sockets.kind === 'unknown' ? notProven('sockets_not_compared', all) : green(all)
}

/**
 * The effective set now against the trial's sealed one. Without a trial only what was there before can be compared, with the plan's
 * files as they shall be; and each of these must be read at all (E4).
 */
function liveFiles(c: ProofContext) {
  const live = effectiveNginx(NGINX_MAIN, c)
  if (c.trial?.effective !== undefined) return { ...compareFiles(c.trial.effective, live), notRead: [] }
  const written = replacedFiles(c.plan)
  const expected = new Map(c.before.effective.map(({ path, digest }) => [path, digest]))
  for (const { real, after } of written) if (after.kind === 'file') expected.set(real, after.digest)
  const there = new Set(live.map(({ path }) => path))
  const known = live.filter(({ path }) => expected.has(path))
  const wanted = [...expected].filter(([path]) => there.has(path)).map(([path, digest]) => ({ path, digest }))
  const notRead = written.filter(
    ({ path, real, after }) =>
      after.kind === 'file' && declared(c.policy, path)?.kind === 'nginx' && !there.has(real),
  )
  return { ...compareFiles(wanted, known), notRead: notRead.map(({ path }) => path) }
}

/** INVARIANT P1: one byte of one effective file that is not the approved one is red, and so is a file more or less. */
export function compareFiles(expected: FileSet, live: FileSet) {
  const wanted = new Map(expected.map(({ path, digest }) => [path, digest]))
  const there = new Map(live.map(({ path, digest }) => [path, digest]))
  const paths = [...new Set([...wanted.keys(), ...there.keys()])].sort()
  return { paths, different: paths.filter((path) => wanted.get(path) !== there.get(path)) }
}

/** Watches until all is new and has stayed so, or something is wrong for good. */
async function watch(proof: NginxProof, c: ProofContext, told: number, progress: Progress): Promise<Proven> {
  const end = c.clock.uptime() + proof.stableMs + SETTLE_MS
  let stableSince: number | undefined
  for (;;) {
    const severe = await severeSince(proof, c)
    if (severe.lines.length > 0)
      return red('error_log', { ...severeFacts(severe.lines), ...(await workerFacts(proof.unit, told, c)) })
    const workers = await workerFacts(proof.unit, told, c)
    const now = c.clock.uptime()
    stableSince = workers.fresh ? (stableSince ?? now) : undefined
    const stableMs = stableSince === undefined ? 0 : now - stableSince
    const facts: JsonObject = { ...workers, stableMs, log: severe.log }
    progress(facts)
    if (workers.fresh && stableMs >= proof.stableMs) return green(facts)
    if (workers.master === 0 && now >= told + SETTLE_MS) return red('not_running', facts)
    if (now >= end) return red('workers_old', facts)
    if (c.signal.aborted) return notProven('aborted', facts)
    await c.clock.sleep(LOOK_EVERY_MS)
  }
}

async function severeSince(proof: NginxProof, c: ProofContext) {
  const mark = c.before.logs.find((one) => one.path === proof.errorLog) ?? (await markLog(proof.errorLog))
  const log = await readSince(mark)
  const journal = await journalSince(c.before.cursor, { unit: proof.unit }, c.run)
  const lines = [...new Set([...severeLines(log.lines), ...severeLines(journal ?? [])])]
  return { lines, log: log.present ? log.rotated : 'absent' }
}

/** The line, and the address and port that it names. */
export function severeFacts(lines: readonly string[]): JsonObject {
  const [line = ''] = lines
  const bound = /\b(?:bind\(\) to|listen\(\) to) (\S+) failed/.exec(line)?.[1]
  const port = bound === undefined ? undefined : /:(\d+)$/.exec(bound)?.[1]
  return {
    line,
    more: lines.length - 1,
    ...(bound === undefined ? {} : { address: bound }),
    ...(port === undefined ? {} : { port: Number(port) }),
  }
}

async function workerFacts(unit: string, told: number, c: ProofContext) {
  const { mainPid: master, active } = await readUnitState(unit, { run: c.run })
  return { master, active, ...countWorkers(master === 0 ? [] : childrenOf(master), told) }
}

/** INVARIANT P2: every child of the master is newer than the signal, or ends its connections and takes no new ones. */
export function countWorkers(children: readonly ChildProcess[], told: number) {
  const ending = children.filter(isShuttingDown)
  const serving = children.filter((child) => !isShuttingDown(child))
  const old = serving.filter((child) => child.started < told - TICK_MS)
  return {
    workers: serving.length,
    ending: ending.length,
    old: old.map(({ pid }) => pid),
    fresh: serving.length > 0 && old.length === 0,
  }
}

function compareListeners(
  wanted: readonly Listener[] | undefined,
  live: readonly Listener[] | undefined,
): { readonly kind: 'same' | 'different' | 'unknown'; readonly facts: JsonObject } {
  const listening = (live ?? []).map(listenerText)
  if (wanted === undefined || live === undefined) return { kind: 'unknown', facts: { listening } }
  const expected = wanted.map(listenerText)
  const missing = expected.filter((one) => !listening.includes(one))
  const extra = listening.filter((one) => !expected.includes(one))
  const same = missing.length === 0 && extra.length === 0
  return same
    ? { kind: 'same', facts: { listening } }
    : { kind: 'different', facts: { listening, missing, extra } }
}

/** Equal now and not touched since the signal means equal when it was read. */
export function touchedSince(
  paths: readonly string[],
  unit: string,
  c: Pick<ProofContext, 'signals' | 'before' | 'clock'>,
): readonly string[] {
  const at = c.signals[unit]?.at ?? c.clock.now() - (c.clock.uptime() - c.before.uptime)
  return paths.filter((path) => {
    const seen = statSync(path, { throwIfNoEntry: false })
    return seen !== undefined && seen.ctimeMs > at + TICK_MS
  })
}
