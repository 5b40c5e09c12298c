// The sender: reads the notices that the gate has written, sends what is due and keeps what came of it. Its memory is its files: after a
// kill a sending may be repeated under the same id, and none is left out.
import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Decoder, decode } from '../base/decode.ts'
import { SekishoError } from '../base/error.ts'
import { canonical, type Json, JsonError, parseCanonical } from '../base/json.ts'
import { type Clock, instant } from '../base/time.ts'
import { type Due, dueNow } from '../notify/next.ts'
import {
  type Attempt,
  isNoticeId,
  MAX_ATTEMPTS,
  type Notice,
  notice,
  type Sent,
  sent,
} from '../notify/notice.ts'
import { channelOf, type NotifyRules } from '../notify/rules.ts'
import { privateDirectory, readRegular, writeDurable } from '../sys/files.ts'
import type { Log } from '../sys/log.ts'
import type { Resolve } from '../sys/outbound.ts'
import { type Outcome, sendBy } from './channels.ts'
import { messageOf } from './message.ts'

export interface SenderParts {
  /** Written by the gate. */
  readonly notices: string
  /** Written here: `sent/` and `raised/` lie in it. */
  readonly spool: string
  /** In force now; undefined where nobody is told anything. */
  readonly rules: () => NotifyRules | undefined
  /** Name of this installation, as it stands in front of each title. */
  readonly name: () => string
  readonly clock: Clock
  readonly log: Log
  readonly resolve?: Resolve
  readonly timeoutMs?: number
}

export interface Sender {
  /** One round: what is due begins to be sent. Never throws; a call while one is under way does nothing. */
  look(): Promise<void>
  /** Until all that was begun has ended. */
  idle(): Promise<void>
  /** A notice of this process itself, for when the gate is silent. The same id twice is one notice. */
  raise(own: Notice): Promise<void>
}

/** At one moment. */
const PARALLEL = 8
const KEEP_MS = 30_000
const FILE_LIMIT = 1_048_576

export function openSender(parts: SenderParts): Sender {
  const { clock, log } = parts
  const sentDirectory = join(parts.spool, 'sent')
  const raisedDirectory = join(parts.spool, 'raised')
  const attempts = new Map<string, readonly Attempt[]>()
  /** Written to no file yet: the disk refused it. */
  const unsaved = new Set<string>()
  const underWay = new Map<string, Promise<void>>()
  const goneSince = new Map<string, number>()
  let isLooking = false

  const attemptsOf = async (id: string): Promise<readonly Attempt[]> => {
    const known = attempts.get(id)
    if (known !== undefined) return known
    const read = await readJson(join(sentDirectory, `${id}.json`), sent)
    const found = read?.attempts ?? []
    attempts.set(id, found)
    return found
  }

  /** Two channels that answer at once write one file: the last write must hold both attempts. */
  const saving = new Map<string, Promise<void>>()
  const save = async (id: string) => {
    const before = saving.get(id)
    const work = (async () => {
      await before
      await write(id)
    })()
    saving.set(id, work)
    await work.finally(() => {
      if (saving.get(id) === work) saving.delete(id)
    })
  }

  /** Throws nothing that a disk says. */
  const write = async (id: string) => {
    const value: Sent = { v: 1, id, attempts: attempts.get(id) ?? [] }
    try {
      await writeDurable(join(sentDirectory, `${id}.json`), canonical(value as unknown as Json), {
        mode: 0o640,
      })
      unsaved.delete(id)
    } catch (error) {
      if (!(error instanceof SekishoError)) throw error
      if (!unsaved.has(id))
        log.error({ notice: id, code: error.code }, 'what was sent could not be written down')
      unsaved.add(id)
    }
  }

  const sendOne = async (one: Notice, due: Due, rules: NotifyRules) => {
    const channel = channelOf(rules, due.channel)
    const message = channel && messageOf({ notice: one, due, from: parts.name() }, channel.language)
    const outcome: Outcome =
      channel === undefined || message === undefined
        ? { accepted: false, final: true, answer: 'no_channel' }
        : await sendBy(channel, message, {
            now: () => clock.now(),
            ...(parts.resolve === undefined ? {} : { resolve: parts.resolve }),
            ...(parts.timeoutMs === undefined ? {} : { timeoutMs: parts.timeoutMs }),
          })
    const attempt: Attempt = {
      track: due.track,
      channel: due.channel,
      at: instant(clock.now()),
      ...outcome,
    }
    await attemptsOf(one.id)
    // Nothing is awaited between reading and setting: another channel of this notice may answer meanwhile.
    attempts.set(one.id, shortened([...(attempts.get(one.id) ?? []), attempt]))
    await save(one.id)
  }

  const lookAt = async (one: Notice, rules: NotifyRules) => {
    for (const due of dueNow(one, rules, await attemptsOf(one.id), instant(clock.now()))) {
      const key = `${one.id} ${due.track}`
      if (underWay.has(key) || underWay.size >= PARALLEL) continue
      const sending = sendOne(one, due, rules)
        .catch((error: unknown) => log.error({ notice: one.id, why: String(error) }, 'a notice was not sent'))
        .finally(() => underWay.delete(key))
      underWay.set(key, sending)
    }
  }

  const look = async () => {
    await privateDirectory(sentDirectory, 0o750)
    await privateDirectory(raisedDirectory, 0o750)
    for (const id of unsaved) await save(id)
    const written = await noticesIn(parts.notices)
    const raised = await noticesIn(raisedDirectory)
    const ids = new Set([...written, ...raised].map(({ id }) => id))
    const rules = parts.rules()
    if (rules !== undefined) {
      // What the gate has taken over is the gate's.
      const taken = new Set(written.map(({ id }) => id))
      for (const one of [...written, ...raised.filter(({ id }) => !taken.has(id))]) await lookAt(one, rules)
      for (const { id } of raised) if (taken.has(id)) await unlink(join(raisedDirectory, `${id}.json`))
    }
    await forget(ids)
  }

  /** A notice that is gone was taken by the gate; what came of a last sending is left to it for a while. */
  const forget = async (ids: ReadonlySet<string>) => {
    const busy = new Set([...underWay.keys()].map((key) => key.slice(0, key.indexOf(' '))))
    for (const name of await readdir(sentDirectory)) {
      const id = name.replace(/\.json$/, '')
      if (!isNoticeId(id) || ids.has(id) || busy.has(id)) {
        goneSince.delete(id)
        continue
      }
      const since = goneSince.get(id) ?? clock.uptime()
      goneSince.set(id, since)
      if (clock.uptime() - since < KEEP_MS) continue
      goneSince.delete(id)
      await unlink(join(sentDirectory, name))
      attempts.delete(id)
    }
  }

  return {
    look: async () => {
      if (isLooking) return
      isLooking = true
      try {
        await look()
      } catch (error) {
        log.error({ why: String(error) }, 'a round of the sender failed')
      } finally {
        isLooking = false
      }
    },
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay.values())
    },
    raise: async (own) => {
      await privateDirectory(raisedDirectory, 0o750)
      await writeDurable(join(raisedDirectory, `${own.id}.json`), canonical(own as unknown as Json), {
        mode: 0o640,
      })
    },
  }
}

/** Failures of long ago go first: what was accepted is what keeps a message from being sent again. */
function shortened(all: readonly Attempt[]): readonly Attempt[] {
  let over = all.length - MAX_ATTEMPTS
  return over <= 0 ? all : all.filter(({ accepted }) => accepted || over-- <= 0).slice(-MAX_ATTEMPTS)
}

/** Every notice that can be read; what cannot is left for the gate to write again. */
async function noticesIn(directory: string): Promise<readonly Notice[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const read = await Promise.all(
    names
      .filter((name) => name.endsWith('.json') && isNoticeId(name.slice(0, -5)))
      .map(async (name) => {
        const one = await readJson(join(directory, name), notice)
        return one?.id === name.slice(0, -5) ? one : undefined
      }),
  )
  return read.filter((one) => one !== undefined).sort((a, b) => (a.at < b.at ? -1 : 1))
}

async function readJson<T>(path: string, decoder: Decoder<T>): Promise<T | undefined> {
  try {
    const read = await readRegular(path, FILE_LIMIT)
    if (read === undefined) return undefined
    const value = decode(decoder, parseCanonical(read.bytes.toString('utf8')))
    return value.ok ? value.value : undefined
  } catch (error) {
    if (error instanceof JsonError || error instanceof SekishoError) return undefined
    throw error
  }
}
