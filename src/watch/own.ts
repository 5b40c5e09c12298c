// Looks at the owner's own checks. A program runs in a sandbox that can write nothing and reach no network; a statement runs in a
// transaction that only reads.
import { readFile, stat } from 'node:fs/promises'
import { OWN_REQUEST } from '../base/own-request.ts'
import type { Judged } from '../checks/items.ts'
import type { OwnCheck, OwnLook } from '../plans/own-check.ts'
import { probeHttp } from '../sys/net.ts'
import { run } from '../sys/process.ts'
import { withoutRights } from './child.ts'
import { lookAtLocks } from './locks.ts'
import type { LookContext } from './looker.ts'

export async function lookAtOwn(check: OwnCheck, context: LookContext): Promise<Judged> {
  const { look } = check
  switch (look.kind) {
    case 'argv':
      return program(look, check, context.signal)
    case 'url':
      return address(look, check, context.signal)
    case 'file':
      return file(look, context.clock.now())
    case 'sql':
      return statement(look, check, context.signal)
    case 'locks':
      return lookAtLocks(look, context)
  }
}

type Of<K extends OwnLook['kind']> = Extract<OwnLook, { readonly kind: K }>
const OUTPUT_LIMIT = 65_536

/** Read-only, without a network, without our rights, a process namespace of its own: it can signal nothing of ours. */
const SANDBOX = [
  'bwrap',
  '--ro-bind',
  '/',
  '/',
  '--dev',
  '/dev',
  '--tmpfs',
  '/tmp',
  '--unshare-all',
  '--die-with-parent',
  '--new-session',
  '--cap-drop',
  'ALL',
  '--',
]
const STATES = ['good', 'warning', 'red'] as const

async function program({ argv }: Of<'argv'>, { withinMs }: OwnCheck, signal: AbortSignal): Promise<Judged> {
  const done = await run([...withoutRights(), ...SANDBOX, ...argv], {
    timeoutMs: withinMs,
    maxOutput: OUTPUT_LIMIT,
    killOnOverflow: true,
    signal,
  })
  const said = firstLine(done.stdout)
  if (done.notStarted !== undefined) return noData('check.own_no_sandbox', { why: done.notStarted })
  if (done.timedOut) return noData('check.own_hangs', { withinMs })
  if (done.overflowed) return noData('check.own_floods', { limit: OUTPUT_LIMIT })
  // The sandbox ends with 1 where it cannot start the program, and says so.
  if (done.code === 1 && done.stderr.startsWith('bwrap: '))
    return noData('check.own_no_sandbox', { why: firstLine(done.stderr) })
  const state = done.code === undefined ? undefined : STATES[done.code]
  if (state === undefined)
    return noData('check.own_failed', {
      exit: done.code ?? done.signal ?? '',
      said: said === '' ? firstLine(done.stderr) : said,
    })
  return {
    state,
    code: state === 'good' ? 'check.own_good' : 'check.own_bad',
    values: { said, exit: done.code ?? 0 },
  }
}

async function address(
  { url, status, ca }: Of<'url'>,
  { withinMs }: OwnCheck,
  signal: AbortSignal,
): Promise<Judged> {
  const pinned = ca === undefined ? undefined : await readFile(ca).catch(() => null)
  if (pinned === null) return noData('check.own_no_ca', { path: ca ?? '' })
  const answer = await probeHttp(url, {
    timeoutMs: withinMs,
    signal,
    headers: OWN_REQUEST,
    ...(pinned === undefined ? {} : { ca: pinned }),
  })
  const milliseconds = answer.milliseconds
  if (answer.kind === 'failed')
    return {
      state: 'red',
      code: 'check.own_url_failed',
      values: { url, why: answer.code === '' ? answer.why : answer.code, milliseconds },
    }
  const good = answer.status === status
  return {
    state: good ? 'good' : 'red',
    code: good ? 'check.own_url' : 'check.own_url_status',
    values: { url, status: answer.status, wanted: status, milliseconds },
    value: milliseconds,
  }
}

async function file({ path, maxAgeMs, minBytes }: Of<'file'>, now: number): Promise<Judged> {
  const seen = await stat(path).catch((error: NodeJS.ErrnoException) => error.code ?? 'EIO')
  if (typeof seen === 'string' && (await isHidden(path)))
    return noData('check.own_file_unread', { path, why: 'PrivateTmp' })
  if (typeof seen === 'string')
    return seen === 'ENOENT'
      ? { state: 'red', code: 'check.own_no_file', values: { path } }
      : noData('check.own_file_unread', { path, why: seen })
  const ageMs = Math.max(0, Math.round(now - seen.mtimeMs))
  const values = { path, ageMs, limitMs: maxAgeMs, bytes: seen.size }
  if (seen.size < minBytes) return { state: 'red', code: 'check.own_file_small', values, value: seen.size }
  const good = ageMs <= maxAgeMs
  return {
    state: good ? 'good' : 'red',
    code: good ? 'check.own_file' : 'check.own_file_old',
    values,
    value: ageMs,
  }
}

/** The unit has a /tmp of its own: what others have in theirs was not seen, and is not called missing. */
async function isHidden(path: string): Promise<boolean> {
  if (!/^\/(?:var\/)?tmp\//.test(path)) return false
  return (await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')).includes('/systemd-private-')
}

/** The wrapper has its own transaction: the statement is one, so nothing can follow it. */
async function statement(
  { database, port, user, sql, atLeast, atMost }: Of<'sql'>,
  { withinMs }: OwnCheck,
  signal: AbortSignal,
): Promise<Judged> {
  const done = await run(
    [
      'psql',
      '--no-psqlrc',
      '--tuples-only',
      '--no-align',
      '--quiet',
      '--set=ON_ERROR_STOP=1',
      ...(user === undefined ? [] : [`--username=${user}`]),
      ...(port === undefined ? [] : [`--port=${port}`]),
      `--dbname=${database}`,
      '--command=begin transaction isolation level repeatable read read only',
      `--command=${sql}`,
      '--command=rollback',
    ],
    {
      timeoutMs: withinMs + 1000,
      maxOutput: OUTPUT_LIMIT,
      signal,
      env: {
        PGOPTIONS: `-c default_transaction_read_only=on -c statement_timeout=${withinMs}`,
        PGCONNECT_TIMEOUT: '5',
      },
    },
  )
  if (done.notStarted !== undefined) return noData('check.own_no_psql', { why: done.notStarted })
  if (done.timedOut) return noData('check.own_hangs', { withinMs })
  if (done.code !== 0) return noData('check.own_sql_failed', { why: firstLine(done.stderr) })
  const text = done.stdout.trim()
  const value = text === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(value)) return noData('check.own_sql_no_number', { said: firstLine(text) })
  const good = (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost)
  return {
    state: good ? 'good' : 'red',
    code: good ? 'check.own_sql' : 'check.own_sql_limit',
    values: {
      value,
      ...(atLeast === undefined ? {} : { atLeast }),
      ...(atMost === undefined ? {} : { atMost }),
    },
    value,
  }
}

const noData = (code: string, values: Judged['values']): Judged => ({ state: 'no_data', code, values })
const firstLine = (text: string) => (text.split('\n').find((line) => line.trim() !== '') ?? '').slice(0, 300)
