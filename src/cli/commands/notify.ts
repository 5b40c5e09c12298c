// `sekisho notify list|show|test|ack|mute|secret`: what people are told, whether it reached them, and how it ends.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { sha256 } from '../../base/hash.ts'
import { parseDuration } from '../../base/time.ts'
import type { NoticeView } from '../../contract/notice.ts'
import { systemClock, systemRandom } from '../../sys/clock.ts'
import { visibleLine } from '../../words/layout.ts'
import { localTime, withLocalTimes } from '../../words/local-time.ts'
import { NOTICE_WORDS } from '../../words/notice.ts'
import { answerText, NOTIFY_WORDS } from '../../words/notify.ts'
import { type Call, option } from '../command.ts'
import { zoneHere } from '../show.ts'
import type { Terminal } from '../terminal.ts'
import { missingOption, wrongValue } from '../usage.ts'

/** A test is waited for so long: each channel may be slow. */
const TEST_MS = 60_000
const LOOK_MS = 500

export async function run(call: Call): Promise<ExitCode> {
  switch (call.words) {
    case 'notify list':
      return list(call)
    case 'notify show':
      return show(call)
    case 'notify test':
      return test(call)
    case 'notify ack':
      return acknowledge(call)
    case 'notify mute':
      return mute(call)
    default:
      return secret(call)
  }
}

const idOf = ({ positionals }: Call) => (positionals[0] ?? '').toUpperCase()
const typedId = (call: Call) => {
  const id = idOf(call)
  return id.startsWith('NTC-') ? `NTC-${id.slice(4).toLowerCase()}` : (call.positionals[0] ?? '')
}

async function list(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const limit = option(call, 'limit')
  const answer = await call.loggedIn().call('noticeList', limit === undefined ? {} : { limit })
  if (terminal.json) terminal.answer(answer)
  else if (answer.notices.length === 0) terminal.say(terminal.pick(NOTIFY_WORDS.none))
  else terminal.say(answer.notices.map((one) => line(one, terminal)).join('\n'))
  return EXIT.done
}

async function show(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const notice = await call.loggedIn().call('noticeShow', { notice: typedId(call) })
  if (terminal.json) terminal.answer(notice)
  else terminal.say(whole(notice, terminal))
  return EXIT.done
}

async function test(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const channels = call.positionals
  let notice = await client.call('noticeTest', channels.length === 0 ? {} : { channels: [...channels] })
  const end = systemClock.uptime() + TEST_MS
  // A channel that failed is asked again later: the first answer of each is what a test shows.
  const isAnswered = () =>
    (notice.channels ?? []).every((name) => notice.attempts.some(({ channel }) => channel === name))
  terminal.moving(terminal.pick(NOTIFY_WORDS.waiting))
  while (!isAnswered() && systemClock.uptime() < end && !call.interrupted.aborted) {
    await systemClock.sleep(LOOK_MS, call.interrupted).catch(() => undefined)
    notice = await client.call('noticeShow', { notice: notice.id })
  }
  terminal.settle()
  if (terminal.json) terminal.answer(notice)
  else {
    terminal.say(attempts(notice, terminal).join('\n'))
    if (!isAnswered()) terminal.say(terminal.pick(NOTIFY_WORDS.notSent))
  }
  const took = (name: string) => notice.attempts.some(({ channel, accepted }) => channel === name && accepted)
  return (notice.channels ?? []).every(took) ? EXIT.done : EXIT.failed
}

async function acknowledge(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const reason = option(call, 'reason')
  const notice = await call
    .loggedIn()
    .call('noticeAcknowledge', { notice: typedId(call), ...(reason === undefined ? {} : { reason }) })
  if (terminal.json) terminal.answer(notice)
  else terminal.say(NOTIFY_WORDS.acknowledged[terminal.language](notice.id))
  return EXIT.done
}

async function mute(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const wanted = option(call, 'for') ?? '1h'
  const ms = parseDuration(wanted)
  if (ms === undefined || ms < 60_000) throw wrongValue(call, '--for', wanted, ['30m', '1h', '2h'])
  const reason = option(call, 'reason')
  if (reason === undefined) throw missingOption(call, '--reason "…"')
  const notice = await call
    .loggedIn()
    .call('noticeMute', { notice: typedId(call), minutes: Math.floor(ms / 60_000), reason })
  if (terminal.json) terminal.answer(notice)
  else
    terminal.say(
      NOTIFY_WORDS.muted[terminal.language](
        notice.id,
        localTime(notice.mutedUntil ?? '', zoneHere(), terminal.language),
      ),
    )
  return EXIT.done
}

/** A secret of 256 random bits: its digest betrays nothing, so the rules may hold it. */
function secret({ terminal }: Call): Promise<ExitCode> {
  const value = Buffer.from(systemRandom.bytes(32)).toString('base64url')
  const digest = `sha256:${sha256(value)}`
  if (terminal.json) terminal.answer({ secret: value, digest })
  else terminal.say(NOTIFY_WORDS.secret[terminal.language](value, digest))
  return Promise.resolve(EXIT.done)
}

// --- pictures -------------------------------------------------------------------------------------------------------------

function line(notice: NoticeView, terminal: Terminal): string {
  const { language } = terminal
  const at = localTime(notice.at, zoneHere(), language)
  const state = NOTIFY_WORDS.states[language][notice.state]
  const severity = NOTICE_WORDS.severity[language][notice.severity]
  const items = notice.items > 1 ? `  (${NOTIFY_WORDS.items[language](notice.items)})` : ''
  const said = `${severity} · ${state}`
  const isUrgent = notice.state === 'open' && notice.severity === 'red'
  const head = `${notice.id}  ${at}  ${isUrgent ? terminal.paint('bad', said) : said}`
  const told = [...new Set(notice.attempts.filter(({ accepted }) => accepted).map(({ channel }) => channel))]
  const reached =
    told.length === 0 ? NOTIFY_WORDS.nobody[language] : `${NOTIFY_WORDS.told[language]}: ${told.join(', ')}`
  const failed = notReached(notice)
  const missed = failed.length === 0 ? '' : `  ${NOTIFY_WORDS.failed[language]}: ${failed.join(', ')}`
  return [
    head,
    `  ${visibleLine(withLocalTimes(notice.title[language], language))}${items}`,
    `  ${reached}${missed}`,
  ].join('\n')
}

/** Channels whose last attempt with it failed. */
function notReached({ attempts: all }: NoticeView): readonly string[] {
  const last = new Map(all.map(({ channel, accepted }) => [channel, accepted]))
  return [...last].flatMap(([channel, accepted]) => (accepted ? [] : [channel]))
}

function whole(notice: NoticeView, terminal: Terminal): string {
  const { language } = terminal
  const zone = zoneHere()
  return [
    line(notice, terminal),
    ...notice.lines[language].map((one) => `  ${visibleLine(withLocalTimes(one, language, zone))}`),
    ...(notice.mutedUntil === undefined
      ? []
      : [`  ${NOTIFY_WORDS.mutedUntil[language](localTime(notice.mutedUntil, zone, language))}`]),
    ...(notice.acknowledgedBy === undefined
      ? []
      : [
          `  ${NOTIFY_WORDS.by[language](notice.acknowledgedBy)}${notice.reason === undefined ? '' : `  ${visibleLine(notice.reason)}`}`,
        ]),
    ...attempts(notice, terminal),
  ].join('\n')
}

function attempts(notice: NoticeView, terminal: Terminal): readonly string[] {
  const { language } = terminal
  return notice.attempts.map(({ channel, person, at, accepted, answer }) => {
    const shape = accepted
      ? terminal.paint('good', terminal.ascii ? 'ok' : '✓')
      : terminal.paint('bad', terminal.ascii ? 'x' : '✗')
    const who = person === undefined ? channel : `${channel} (${person})`
    return `  ${shape} ${who}  ${localTime(at, zoneHere(), language)}  ${visibleLine(answerText(answer, language))}`
  })
}
