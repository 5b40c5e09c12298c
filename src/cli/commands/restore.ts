// `sekisho restore full|file|salvage|database`: lays a restore out, makes its change, shows the card with what would be lost, and at a terminal asks
// for the one approval there. It never acts by itself. `sekisho change cancel` (or `restore cancel`) ends what is being prepared, code too.
import { failureOf, SekishoError } from '../../base/error.ts'
import { type ErrorCode, EXIT, type ExitCode } from '../../base/error-codes.ts'
import { type StageView, type StageWish } from '../../contract/backup.ts'
import type { ChangeView, NewChange } from '../../contract/change.ts'
import { systemClock } from '../../sys/clock.ts'
import { BACKUP_WORDS } from '../../words/backup.ts'
import { CHANGE_PROGRESS } from '../../words/change-progress.ts'
import { COMMAND_LINE } from '../../words/command-line.ts'
import { LAYING_OUT_WORDS } from '../../words/laying-out.ts'
import { type Call, flag, option } from '../command.ts'
import { printOutcome } from '../outcome.ts'
import { propose } from '../propose.ts'
import { card, nextLines, zoneHere } from '../show.ts'
import { missingOption, serviceOption, usageOf, wrongValue } from '../usage.ts'
import { askToApprove } from './ask-to-approve.ts'

const POLL_MS = 400

export async function run(call: Call): Promise<ExitCode> {
  if (call.words === 'restore cancel' || call.words === 'change cancel') return cancel(call)
  const kind = call.words.slice('restore '.length) as 'full' | 'file' | 'salvage' | 'database'
  const service = await serviceOf(call)
  const given = option(call, 'from')
  const isLast = flag(call, 'last-known-good')
  if ((given === undefined) === !isLast)
    throw isLast
      ? usageOf(call, COMMAND_LINE.notBothBackups)
      : missingOption(call, '--last-known-good | --from ID')
  const copy = option(call, 'copy')
  const what = call.positionals[0]
  const wish: StageWish = {
    kind,
    from: given ?? 'last-known-good',
    ...(copy === undefined ? {} : { copy }),
    ...(what === undefined ? {} : { what }),
    ...(flag(call, 'mix') ? { mix: true } : {}),
  }
  const bringBack = () => restore(call, service, wish)
  return flag(call, 'stop-first') ? await whileStopped(call, service, bringBack) : await bringBack()
}

function restore(call: Call, service: string, wish: StageWish): Promise<ExitCode> {
  return bring(call, service, wish, (stage) => {
    const asked = { ...newChange(call, service), pattern: 'data', stage } as const
    return propose(
      call,
      (client) => client.call('changeCreate', asked),
      CHANGE_PROGRESS.tryingExchange,
      asked,
      wish,
    )
  })
}

/** A restore that was kept is taken back by another one: what it has put aside changes places again with what stands there by now. */
export function takeBack(call: Call, { id, service }: Pick<ChangeView, 'id' | 'service'>): Promise<ExitCode> {
  const bringBack = () =>
    bring(call, service, { kind: 'rollback', change: id }, (stage) => {
      const { service: _, ...asked } = newChange(call, service)
      return propose(
        call,
        (client) => client.call('changeRollback', { id, ...asked, stage }),
        CHANGE_PROGRESS.tryingExchange,
      )
    })
  return flag(call, 'stop-first') ? whileStopped(call, service, bringBack) : bringBack()
}

async function bring(
  call: Call,
  service: string,
  wish: StageWish,
  make: (stage: string) => Promise<ChangeView>,
): Promise<ExitCode> {
  const { terminal } = call
  const { stage } = await call.loggedIn().call('stageStart', { name: service, ...wish })
  const ready = await watch(call, service, stage)
  if (ready === undefined) {
    terminal.note(LAYING_OUT_WORDS[terminal.language].goesOn(service))
    return EXIT.interrupted
  }
  if (ready.state === 'failed')
    throw failureOf({ code: ready.code as ErrorCode, detail: ready.detail as never })
  if (ready.state !== 'ready') throw new SekishoError('restore.stage_gone', { stage })
  return await present(await make(stage), call)
}

/** As systemd says it. One that is started again and again is `activating`, and writes. */
const STANDS_STILL = /^(?:inactive|failed)\b/

/**
 * A service that never stops writing outgrows every preview (backup.md §0: at night, stop first). It stops by a change of its own, with its own
 * approval; the restore starts it again, and where that is not carried out it is said that the service stands still, also where it was found so: where
 * somebody else has approved that it stops, the same line is typed once more.
 */
async function whileStopped(
  call: Call,
  service: string,
  bringBack: () => Promise<ExitCode>,
): Promise<ExitCode> {
  const { terminal } = call
  const words = LAYING_OUT_WORDS[terminal.language]
  const active = async () => (await call.loggedIn().call('serviceShow', { name: service })).active
  let stood = STANDS_STILL.test((await active()) ?? '')
  let end: ExitCode | undefined
  try {
    if (!stood) {
      const stopped = await stopFirst(call, service)
      if (stopped !== EXIT.done) return stopped
      stood = true
    }
    end = await bringBack()
    return end
  } finally {
    if (end !== EXIT.done) {
      const now = await active().catch(() => undefined)
      // Where nobody answers, it stands as it was left.
      if (now === undefined ? stood : STANDS_STILL.test(now))
        terminal.sentence('!', words.standsStill(service))
    }
  }
}

async function stopFirst(call: Call, service: string): Promise<ExitCode> {
  const { terminal } = call
  // Users are told once, of the restore that follows.
  const stop = {
    ...newChange(call, service),
    pattern: 'service',
    verb: 'stop',
    notification: 'not_needed',
  } as const
  // What was typed or signed ahead is of the restore.
  const ofRestore = { typed: undefined, signature: undefined, statement: undefined }
  const asked = { ...call, values: { ...call.values, ...ofRestore } }
  const view = await propose(
    call,
    (client) => client.call('changeCreate', stop),
    CHANGE_PROGRESS.tryingInShadow,
    stop,
  )
  const stopped = await present(view, asked)
  if (stopped !== EXIT.done) {
    const words = LAYING_OUT_WORDS[terminal.language]
    if (!terminal.json) terminal.note(words.stopsFirst(call.typed))
  }
  return stopped
}

/** The command that was typed is the instruction; an agent has to quote one. */
function newChange(call: Call, service: string): Omit<NewChange, 'pattern'> {
  const text = option(call, 'instruction') ?? call.typed
  const by = option(call, 'by')
  const [impact, risk] = [option(call, 'impact'), option(call, 'risk')]
  const notify = option(call, 'notify')
  if (notify !== undefined && notify !== 'needed' && notify !== 'not_needed')
    throw wrongValue(call, '--notify', notify, ['needed', 'not_needed'])
  return {
    service,
    instruction: {
      text,
      ...(by === undefined ? {} : { by }),
      ...(call.environment['SEKISHO_TOKEN'] === undefined ? { channel: 'terminal' } : {}),
    },
    ...(impact === undefined ? {} : { impact }),
    ...(risk === undefined ? {} : { risk }),
    // In an emergency nobody is asked for what can be said afterwards: users are told, unless somebody says why not.
    notification: notify ?? 'needed',
  }
}

async function serviceOf(call: Call): Promise<string> {
  const given = option(call, 'service')
  if (given !== undefined) return given
  const { services } = await call.loggedIn().call('serviceList')
  const [only, ...others] = services
  if (only === undefined || others.length > 0) throw missingOption(call, serviceOption(services))
  return only.name
}

/** Of a restore, and of code. */
const CANCELLED: ReadonlySet<string> = new Set(['restore.cancelled', 'deploy.cancelled'])

/** From any terminal, and later too: ends what is being laid out, and stays until all of it is cleared away. */
async function cancel(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const words = LAYING_OUT_WORDS[terminal.language]
  const [change] = call.positionals
  if (change !== undefined) throw usageOf(call, words.isWithdrawn(change))
  const service = await serviceOf(call)
  const { stage, by, kind, what, since } = await call.loggedIn().call('stageCancel', { name: service })
  const age = BACKUP_WORDS[terminal.language].ago(Math.max(0, systemClock.now() - Date.parse(since)))
  terminal.note(words.cancelling(words.wish(kind, what ?? ''), by, age))
  const end = await watch(call, service, stage)
  if (end === undefined) {
    terminal.note(words.clearingGoesOn)
    return EXIT.interrupted
  }
  if (end.state === 'failed' && !CANCELLED.has(end.code))
    throw failureOf({ code: end.code as ErrorCode, detail: end.detail as never })
  const isReady = end.state === 'ready'
  if (terminal.json) terminal.answer({ stage, cancelled: !isReady })
  else if (isReady) terminal.sentence('!', words.readyAlready)
  else terminal.say(words.cancelled)
  return isReady ? EXIT.blocked : EXIT.done
}

/** Until it is ready or has ended; undefined after Ctrl-C, which ends nothing. */
async function watch(call: Call, name: string, stage: string): Promise<StageView | undefined> {
  const { terminal } = call
  const client = call.loggedIn()
  const words = BACKUP_WORDS[terminal.language]
  const since = performance.now()
  for (;;) {
    const now = await client.call('stageShow', { name, stage })
    if (now.state !== 'working') {
      terminal.settle()
      return now
    }
    if (call.interrupted.aborted) {
      terminal.settle()
      return undefined
    }
    const rate = now.progress.bytes / Math.max(0.1, (performance.now() - since) / 1000)
    terminal.moving(words.moving({ work: 'restore', rate: Math.round(rate), ...now.progress }))
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** The card; and where the person at this terminal may approve, the question at once. */
async function present(view: ChangeView, call: Call): Promise<ExitCode> {
  const { terminal } = call
  const zone = zoneHere()
  const asked = await askToApprove(view, call)
  if (asked !== undefined) return asked
  const waits = view.state === 'awaiting_approval'
  if (!terminal.json) terminal.say(card(view, call, zone))
  if (!waits) return printOutcome(view, terminal, zone)
  if (terminal.json) terminal.answer(view)
  else terminal.say(`${nextLines(view, terminal)}\n`)
  return EXIT.waiting
}
