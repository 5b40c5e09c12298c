// The full capture, and the access and login logs of a window, into the evidence of an incident: root asks at the admin door, with the gate or without.
import { SekishoError } from '../../base/error.ts'
import { instant, milliseconds } from '../../base/time.ts'
import { takeCapture } from '../../isolate/capture.ts'
import { bytesOf, isPackedOtherwise, type LogFile, openLogs, readLines } from '../../isolate/log-files.ts'
import { joined, type LogSummary } from '../../isolate/log-summary.ts'
import type { Service } from '../../plans/policy.ts'
import type { IsolationAnswers, IsolationRequest } from '../../seal/isolation-protocol.ts'
import type { RunnerParts } from '../parts.ts'

/** Sealing what was collected takes the rest of the minute. */
const BUDGET_MS = 50_000
const JOURNAL_BYTES = 33_554_432
const AUTH_LOG = '/var/log/auth.log'
const NGINX_LOG = '/var/log/nginx/access.log'

type CaptureOrder = Extract<IsolationRequest, { readonly verb: 'capture' }>
type Kind = 'access' | 'auth'
interface Collected {
  readonly name: string
  readonly source: string
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}
interface Found {
  readonly items: Collected[]
  readonly gaps: { name: string; why: string }[]
  readonly open: LogFile[]
  readonly summaries: Record<Kind, LogSummary[]>
}

/** Throws runner.outside_inventory, isolation.window_wrong. */
export async function capture(order: CaptureOrder, parts: RunnerParts): Promise<IsolationAnswers['capture']> {
  const { clock, policies, evidence, journal } = parts
  const window = { since: milliseconds(order.since), until: milliseconds(order.until) }
  if (window.since >= window.until)
    throw new SekishoError('isolation.window_wrong', { since: order.since, until: order.until })
  const services = policies.current.services.filter(({ name, host }) =>
    order.service === undefined ? host === parts.host : name === order.service,
  )
  if (services.length === 0)
    throw new SekishoError('runner.outside_inventory', { target: order.service ?? parts.host })
  const begun = clock.uptime()
  const signal = AbortSignal.timeout(BUDGET_MS)
  const found: Found = { items: [], gaps: [], open: [], summaries: { access: [], auth: [] } }
  try {
    const [taken] = await Promise.all([
      takeCapture(window, parts.process, signal),
      collectLogs(logsOf(services), window, found, parts, signal),
    ])
    const summary = { access: joined(found.summaries.access), auth: joined(found.summaries.auth) }
    const sealed = await evidence.seal({
      incident: order.incident,
      ...(order.service === undefined ? {} : { service: order.service }),
      set: 'capture',
      items: [
        ...taken.items.map(({ name, source, bytes }) => ({ name, source, content: [bytes] })),
        ...found.items,
        ...(['access', 'auth'] as const).map((kind) => ({
          name: `${kind}/summary`,
          source: 'sekisho',
          content: [
            Buffer.from(
              `${JSON.stringify({ window: { since: order.since, until: order.until }, ...summary[kind] }, null, 1)}\n`,
            ),
          ],
        })),
      ],
      gaps: [...taken.gaps, ...found.gaps],
      milliseconds: Math.round(clock.uptime() - begun),
      by: order.by,
    })
    const { items, gaps } = sealed
    const bytes = items.reduce((sum, { size }) => sum + size, 0)
    const captures = journal.index.isolations.filter(
      ({ body }) => body.event === 'captured' && body.incident === order.incident,
    )
    await journal.append(order.incident, {
      kind: 'isolation',
      incident: order.incident,
      number: captures.length + 1,
      event: 'captured',
      happened: instant(clock.now()),
      detail: {
        by: order.by,
        since: order.since,
        until: order.until,
        items: items.length,
        bytes,
        gaps: gaps.map(({ name, why }) => ({ name, why })),
        milliseconds: sealed.milliseconds,
      },
    })
    return {
      items: items.map(({ item, name, size }) => ({ item, name, size })),
      bytes,
      gaps,
      milliseconds: Math.round(clock.uptime() - begun),
      access: shown(summary.access),
      auth: shown(summary.auth),
    }
  } finally {
    await Promise.all(found.open.map(({ handle }) => handle.close().catch(() => {})))
  }
}

/** What is declared, and where Debian writes by itself. */
function logsOf(services: readonly Service[]): Readonly<Record<Kind, readonly string[]>> {
  const of = (declared: (service: Service) => string | undefined, usual: string) =>
    [...new Set([...services.map(declared), usual])].filter((one) => one !== undefined)
  return { access: of(({ logs }) => logs.access, NGINX_LOG), auth: of(({ logs }) => logs.auth, AUTH_LOG) }
}

async function collectLogs(
  logs: Readonly<Record<Kind, readonly string[]>>,
  window: { readonly since: number; readonly until: number },
  found: Found,
  parts: RunnerParts,
  signal: AbortSignal,
): Promise<void> {
  for (const kind of ['access', 'auth'] as const) {
    for (const log of logs[kind]) {
      const { files, leftOut } = await openLogs(log, window.since)
      for (const path of leftOut) found.gaps.push({ name: `${kind}${path}`, why: 'failed' })
      found.open.push(...files)
      if (files.length === 0) found.gaps.push({ name: `${kind} ${log}`, why: 'not_there' })
      for (const file of files) {
        const name = `${kind}${file.path}`
        found.items.push({ name, source: file.path, content: bytesOf(file) })
        if (isPackedOtherwise(file.path)) {
          found.gaps.push({ name: `${name} (summary)`, why: 'packed' })
          continue
        }
        const task = { kind, ...window, gzip: file.path.endsWith('.gz') }
        const summary = await readLines({ fd: file.handle.fd }, task, parts, signal).catch(notRead)
        if (summary === undefined)
          found.gaps.push({ name: `${name} (summary)`, why: signal.aborted ? 'late' : 'failed' })
        else if (summary.cut !== undefined) found.gaps.push({ name: `${name} (summary)`, why: 'cut' })
        if (summary !== undefined) found.summaries[kind].push(summary)
      }
    }
  }
  await collectSshJournal(window, found, parts, signal)
}

/** Where no auth.log is written the journal alone knows of logins. */
async function collectSshJournal(
  { since, until }: { readonly since: number; readonly until: number },
  found: Found,
  parts: RunnerParts,
  signal: AbortSignal,
): Promise<void> {
  const argv = [
    'journalctl',
    '--quiet',
    '--no-pager',
    '--output=short-iso-precise',
    `--since=@${Math.floor(since / 1000)}`,
    `--until=@${Math.ceil(until / 1000)}`,
    // auth and authpriv, as auth.log has them.
    'SYSLOG_FACILITY=4',
    '+',
    'SYSLOG_FACILITY=10',
  ]
  const said = await parts.process(argv, { timeoutMs: BUDGET_MS, maxOutput: JOURNAL_BYTES, signal })
  if (said.code !== 0) {
    found.gaps.push({ name: 'auth/journal', why: said.timedOut ? 'late' : 'failed' })
    return
  }
  if (said.overflowed) found.gaps.push({ name: 'auth/journal', why: 'cut' })
  found.items.push({ name: 'auth/journal', source: argv.join(' '), content: [said.stdoutBytes] })
  // Where a file tells the same, its lines are counted once.
  if (found.summaries.auth.some(({ inWindow }) => inWindow > 0)) return
  const summary = await readLines(
    { text: said.stdoutBytes },
    { kind: 'auth', since, until, gzip: false },
    parts,
    signal,
  ).catch(notRead)
  if (summary === undefined) found.gaps.push({ name: 'auth/journal (summary)', why: 'failed' })
  else found.summaries.auth.push(summary)
}

function notRead(error: unknown): undefined {
  if (error instanceof SekishoError) return undefined
  throw error
}

const SHOWN = 20

function shown({ lines, inWindow, unstamped, notUnderstood, groups, more }: LogSummary) {
  return {
    lines,
    inWindow,
    unstamped,
    notUnderstood,
    groups: groups
      .slice(0, SHOWN)
      .map(({ key, count, first, last }) => ({ key, count, first: instant(first), last: instant(last) })),
    more: more + groups.slice(SHOWN).reduce((sum, { count }) => sum + count, 0),
  }
}
