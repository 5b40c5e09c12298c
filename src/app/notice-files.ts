// Between the rows of notices and the files that the watch process reads: each open notice lies in the outbox as its row says, and every
// attempt that the sender kept becomes a row and a ledger entry. Doing it twice has the effect of once.
import { mkdir, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Decoder, decode } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { canonical, type Json, JsonError, parseCanonical } from '../base/json.ts'
import { milliseconds } from '../base/time.ts'
import { isOver } from '../notify/next.ts'
import {
  type Attempt,
  isNoticeId,
  MAX_LINES,
  type Notice,
  type NoticeText,
  notice as noticeDecoder,
  sent,
} from '../notify/notice.ts'
import type { NoticeKind } from '../notify/rules.ts'
import { readRegular, writeDurable } from '../sys/files.ts'
import { NOTICE_WORDS } from '../words/notice.ts'
import { keepAnswers } from './channel-health.ts'
import { type Act, act, type Gate, plain } from './gate.ts'
import { addAttempts, attemptsOf } from './notice-attempts.ts'
import {
  close,
  endNotice,
  insertNotice,
  loadNotice,
  notClosed,
  putItem,
  SHOWN_ITEMS,
  type StoredNotice,
  type Titles,
} from './notice-store.ts'
import { LATE_CAUSE, MANY_CAUSE, resolveNotice } from './notices.ts'

const LIMIT = 1_048_576

export interface NoticeDirectories {
  /** Written here alone. */
  readonly outbox: string
  /** Written by the watch process alone. */
  readonly sent: string
  readonly raised: string
}

/** What was written or read last, so that a look that finds nothing new costs a listing. */
export interface NoticeMemory {
  readonly written: Map<string, string>
  readonly taken: Map<string, string>
}
export const noticeMemory = (): NoticeMemory => ({ written: new Map(), taken: new Map() })

/** Looks again and again; without a watch process there is nothing to exchange. */
export function exchanging(gate: Gate): () => Promise<void> {
  const { watchDirectory } = gate
  if (watchDirectory === undefined) return () => Promise.resolve()
  const at = (name: string) => join(watchDirectory, name)
  const directories = { outbox: at('outbox'), sent: at('sent'), raised: at('raised') }
  const memory = noticeMemory()
  return () => exchangeNotices(gate, directories, memory)
}

/** One look. */
export async function exchangeNotices(
  gate: Gate,
  directories: NoticeDirectories,
  memory: NoticeMemory,
): Promise<void> {
  await takeRaised(gate, directories.raised)
  await takeAttempts(gate, directories.sent, memory)
  await writeOutbox(gate, directories, memory)
}

// --- to the sender --------------------------------------------------------------------------------------------------------

/** An attempt may be under way when its thing ends: longer than one may take, so that whoever was told of it hears that it is over. */
const LINGER_MS = 60_000

async function writeOutbox(
  gate: Gate,
  { outbox, raised }: NoticeDirectories,
  { written, taken }: NoticeMemory,
): Promise<void> {
  const rows = await notClosed(gate.db)
  // The sender leaves its own notice to us when it sees ours.
  const own = new Set(await namesIn(raised))
  const there = new Set(await namesIn(outbox))
  const { notify } = gate.policy()
  const attempts = await attemptsOf(
    gate.db,
    rows.filter(({ state, kind }) => state !== 'open' || kind === 'test').map(({ id }) => id),
  )
  const kept = new Set<string>()
  const hasChannels = (notify?.channels.length ?? 0) > 0
  for (const row of rows) {
    const one = fileOf(row, rows)
    // What stands waits until there is somebody who can be told.
    if (!hasChannels && row.endedAt === undefined && STANDS.includes(row.kind)) continue
    const isUnderWay =
      hasChannels && row.endedAt !== undefined && gate.clock.now() - milliseconds(row.endedAt) < LINGER_MS
    if (
      !own.has(row.id) &&
      !isUnderWay &&
      (notify === undefined || isOver(one, notify, attempts.get(row.id) ?? []))
    ) {
      // Where nobody is told anything, nothing waits to be told.
      await act(gate, 'system', (step) => putAway(step, row))
      continue
    }
    kept.add(row.id)
    const text = canonical(one as unknown as Json)
    if (written.get(row.id) === text && there.has(row.id)) continue
    await mkdir(outbox, { recursive: true, mode: 0o750 })
    await writeDurable(join(outbox, `${row.id}.json`), text, { mode: 0o640 })
    written.set(row.id, text)
  }
  for (const id of there)
    if (!kept.has(id)) {
      await unlink(join(outbox, `${id}.json`)).catch(ignoreAbsent)
      written.delete(id)
      taken.delete(id)
    }
}

/** A test is over with its last attempt: nothing else would end it. */
async function putAway(step: Act, { id, kind, endedAt }: StoredNotice): Promise<void> {
  if (kind === 'test' && endedAt === undefined) {
    await endNotice(step.tx, id, 'resolved', step.at)
    await step.record('notice.resolved', id, { notice: id })
  }
  await close(step.tx, id, step.at)
}

/** Kinds that stand until what they tell of has ended. */
const STANDS: readonly NoticeKind[] = ['alert', 'check', 'ping']

/** The notice as it is told now: with what has joined it. `others`: what is open beside it, which the end of a check names. */
export function fileOf(row: StoredNotice, others: readonly StoredNotice[] = []): Notice {
  const still = row.kind === 'check' && row.state === 'resolved' ? openTitles(others) : []
  return {
    v: 1,
    id: row.id,
    kind: row.kind,
    topic: row.topics[0] ?? row.cause,
    severity: row.severity,
    ...(row.service === undefined ? {} : { service: row.service }),
    ...(row.subject === undefined ? {} : { subject: row.subject }),
    at: row.at,
    sendAt: row.sendAt,
    text: { ja: textOf(row, still, 'ja'), en: textOf(row, still, 'en') },
    items: row.items,
    state: row.state,
    ...(row.mutedUntil === undefined ? {} : { mutedUntil: row.mutedUntil }),
    ...(row.channels === undefined ? {} : { channels: row.channels }),
  }
}

function textOf(row: StoredNotice, still: readonly Titles[], language: 'ja' | 'en'): NoticeText {
  const { text, items, cause } = row
  const own = text[language]
  // One thing is told as one, also where more would have been told together.
  const bundle = items > 1 ? bundleOf(cause) : undefined
  const names = row.shown.map(({ title, isOver }) => {
    const mark = isOver && row.state !== 'resolved' ? NOTICE_WORDS.itemOver[language] : ''
    return `- ${title[language]}${mark}`
  })
  const rest = items > SHOWN_ITEMS ? [NOTICE_WORDS.andMore[language](items - SHOWN_ITEMS)] : []
  const lines =
    bundle !== undefined
      ? [...bundle[language].lines, ...names, ...rest]
      : items > 1
        ? [...own.lines, NOTICE_WORDS.alongside[language], ...names.slice(1), ...rest]
        : own.lines
  return {
    title: bundle === undefined ? own.title : bundle[language].title(items),
    lines: [...firstLines(lines, language), ...stillLines(still, language)],
  }
}

/** A notice has room for so many. */
function firstLines(lines: readonly string[], language: 'ja' | 'en'): readonly string[] {
  const room = MAX_LINES - STILL_NAMED - 2
  if (lines.length <= room) return lines
  return [...lines.slice(0, room - 1), NOTICE_WORDS.moreLines[language](lines.length - room + 1)]
}

function bundleOf(cause: string) {
  if (cause === MANY_CAUSE) return NOTICE_WORDS.many
  return cause.startsWith(LATE_CAUSE) ? NOTICE_WORDS.manyLate : undefined
}

const STILL_NAMED = 8

const openTitles = (rows: readonly StoredNotice[]): readonly Titles[] =>
  rows
    .filter(({ kind, endedAt }) => kind === 'check' && endedAt === undefined)
    .flatMap(({ shown }) => shown.filter(({ isOver }) => !isOver).map(({ title }) => title))

function stillLines(still: readonly Titles[], language: 'ja' | 'en'): readonly string[] {
  if (still.length === 0) return []
  const more = still.length - STILL_NAMED
  return [
    NOTICE_WORDS.stillBad[language](still.length),
    ...still.slice(0, STILL_NAMED).map((one) => `- ${one[language]}`),
    ...(more > 0 ? [NOTICE_WORDS.andMore[language](more)] : []),
  ]
}

// --- from the sender ------------------------------------------------------------------------------------------------------

async function takeAttempts(gate: Gate, directory: string, { taken }: NoticeMemory): Promise<void> {
  for (const id of await namesIn(directory)) {
    const read = await readJson(join(directory, `${id}.json`), sent)
    if (read?.id !== id) continue
    const { attempts } = read
    // Not by the time of the file: two writes may have one.
    const seen = `${attempts.length} ${attempts.at(-1)?.at ?? ''}`
    if (taken.get(id) === seen) continue
    await act(gate, 'system', async (step) => {
      const row = await loadNotice(step.tx, id)
      if (row === undefined) return
      const added = await addAttempts(step.tx, id, attempts)
      await keepAnswers(step.tx, added)
      for (const attempt of added) await recordAttempt(step, row, attempt)
    })
    taken.set(id, seen)
  }
}

/** That it reached somebody, or that a channel refused it for good, stands on the record; what is repeated does not. */
async function recordAttempt(step: Act, row: StoredNotice, attempt: Attempt): Promise<void> {
  const { track, channel, accepted, final, at, answer } = attempt
  if (!accepted && final !== true) return
  const text = row.text
  await step.record(
    accepted ? 'notice.delivered' : 'notice.not_delivered',
    row.subject ?? row.id,
    plain({ notice: row.id, track, channel, at, answer, title: text.en.title }),
  )
  await step.tell({ kind: 'notice.sent', values: { notice: row.id, channel, accepted } })
}

/** What the watch process told by itself while the gate was silent becomes a row under its own id. */
async function takeRaised(gate: Gate, directory: string): Promise<void> {
  for (const id of await namesIn(directory)) {
    const value = await readJson(join(directory, `${id}.json`), noticeDecoder)
    if (value?.id !== id) continue
    await act(gate, 'system', async (step) => {
      if ((await loadNotice(step.tx, id)) !== undefined) return
      const { kind, topic, severity, at, sendAt, text } = value
      await insertNotice(step.tx, { id, kind, cause: topic, severity, at, sendAt, text })
      await putItem(step.tx, id, { topic, title: { ja: text.ja.title, en: text.en.title }, severity, at })
      await step.record('notice.raised', id, {
        notice: id,
        kind,
        topic,
        severity,
        title: text.en.title,
        by: 'watch',
      })
      // It told that this gate was silent: taking it over is the proof that it is not.
      await resolveNotice(step, topic)
    })
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -5))
    .filter(isNoticeId)
}

async function readJson<T>(path: string, decoder: Decoder<T>): Promise<T | undefined> {
  try {
    const read = await readRegular(path, LIMIT)
    if (read === undefined) return undefined
    const found = decode(decoder, parseCanonical(read.bytes.toString('utf8')))
    return found.ok ? found.value : undefined
  } catch (error) {
    if (error instanceof JsonError || error instanceof SekishoError) return undefined
    throw error
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
