// `sekisho backup run|verify|drill|prune|list|show --service S`: what is kept, what was really read of it, and the order for more.

import type { Work } from '../../backup/events.ts'
import { SekishoError } from '../../base/error.ts'
import { ERRORS, type ErrorCode, EXIT, type ExitCode } from '../../base/error-codes.ts'
import { sentenceFor } from '../../change/why.ts'
import { type BackupsView } from '../../contract/backup.ts'
import { sizeText } from '../../words/amounts.ts'
import { BACKUP_WORDS } from '../../words/backup.ts'
import { listLines, showLines } from '../backup-picture.ts'
import { readLines, whatWasRead } from '../backup-read-back.ts'
import { type Client, GateRefusal } from '../client.ts'
import { type Call, flag, option } from '../command.ts'
import { zoneHere } from '../show.ts'
import { missingOption, serviceOption } from '../usage.ts'

const POLL_MS = 500
const WORKS: Readonly<Record<string, Work>> = {
  'backup run': 'backup',
  'backup verify': 'verify',
  'backup drill': 'drill',
  'backup prune': 'prune',
}

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const service = await serviceOf(call, client)
  const work = WORKS[call.words]
  if (work === 'prune') {
    const left = await askedBefore(call, client, service)
    if (left !== undefined) return left
  }
  if (work !== undefined) return order(call, client, service, work)
  const now = await client.call('backups', { name: service })
  if (terminal.json) {
    terminal.answer(now)
    return EXIT.done
  }
  const draw = { terminal, zone: zoneHere() }
  if (call.words === 'backup list') {
    terminal.say(listLines(now, draw).join('\n'))
    return EXIT.done
  }
  const wanted = call.positionals[0] ?? ''
  const copies = now.copies.filter(({ backup }) => backup.startsWith(wanted))
  const found = new Set(copies.map(({ backup }) => backup))
  if (found.size !== 1) throw new SekishoError('backup.unknown', { backup: wanted, service })
  terminal.say(showLines(now, copies, draw).join('\n'))
  return EXIT.done
}

const PRUNED_SHOWN = 20

/** What would go is shown before, and a person says that it may. Answers with an end where nothing is to be done. */
async function askedBefore(call: Call, client: Client, service: string): Promise<ExitCode | undefined> {
  const { terminal } = call
  const now = await client.call('pruning', { name: service })
  const { pruning: words, more } = BACKUP_WORDS[terminal.language]
  const { blocked, goes, kept } = now
  if (terminal.json && !flag(call, 'yes')) {
    terminal.answer(now)
    return blocked === undefined ? EXIT.done : EXIT.blocked
  }
  if (blocked !== undefined) {
    terminal.sentence('✗', {
      what: words.blocked[blocked] ?? blocked,
      next: [blocked === 'clock' ? 'sekisho doctor' : `sekisho backup list --service ${now.service}`],
    })
    return EXIT.blocked
  }
  if (goes.length === 0) {
    terminal.say(words.nothing(kept))
    return EXIT.done
  }
  const { copies, bytes } = now.inAll
  terminal.note(words.goes(copies, sizeText(bytes), kept))
  for (const { backup, copy, why } of goes.slice(0, PRUNED_SHOWN))
    terminal.note(`  ${backup}  ${copy}  ${words.why[why] ?? why}`)
  if (copies > PRUNED_SHOWN) terminal.note(`  ${more(copies - PRUNED_SHOWN)}`)
  if (flag(call, 'yes')) return undefined
  if (await terminal.agrees(words.ask)) return undefined
  terminal.sentence('!', { what: words.left, next: [`sekisho backup prune --service ${now.service} --yes`] })
  return EXIT.waiting
}

/** May be left out where one service alone has backups. */
async function serviceOf(call: Call, client: Client): Promise<string> {
  const given = option(call, 'service')
  if (given !== undefined) return given
  const { services } = await client.call('serviceList')
  const [only, ...others] = services
  if (only === undefined || others.length > 0) throw missingOption(call, serviceOption(services))
  return only.name
}

/** Orders the work and stays with it until it has ended; what it found is the answer. */
async function order(call: Call, client: Client, service: string, work: Work): Promise<ExitCode> {
  const { terminal, interrupted } = call
  const words = BACKUP_WORDS[terminal.language]
  const before = await client.call('backups', { name: service })
  const { joined } = await ordered(call, client, service, work)
  if (joined) terminal.note(words.joined(words.work[work] ?? work))
  if (flag(call, 'no-wait')) {
    if (terminal.json) terminal.answer({ work, joined, ended: false })
    else terminal.say(words.goesOn(words.work[work] ?? work))
    return EXIT.waiting
  }
  let now = await client.call('backups', { name: service })
  const since = now.running?.startedAt ?? before.at
  while (now.running?.work === work) {
    if (interrupted.aborted) {
      terminal.settle()
      terminal.note(words.goesOn(words.work[work] ?? work))
      return EXIT.interrupted
    }
    terminal.moving(words.moving(now.running))
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    now = await client.call('backups', { name: service })
  }
  terminal.settle()
  return told(call, work, since, now)
}

/** One is done at a time: what the clock began a moment ago is waited for, in sight. */
async function ordered(
  call: Call,
  client: Client,
  service: string,
  work: Work,
): Promise<{ readonly joined: boolean }> {
  const { terminal, interrupted } = call
  const words = BACKUP_WORDS[terminal.language]
  for (;;) {
    try {
      const all = work === 'verify' && flag(call, 'all') ? ({ all: true } as const) : {}
      return await client.call('backupOrder', { name: service, work, ...all })
    } catch (error) {
      if (!(error instanceof GateRefusal) || error.problem.code !== 'backup.busy' || flag(call, 'no-wait'))
        throw error
      if (interrupted.aborted) throw error
      const before = (await client.call('backups', { name: service })).running?.work ?? ''
      terminal.moving(words.waitsFor(words.work[before] ?? before))
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }
}

function told(call: Call, work: string, since: string, now: BackupsView): ExitCode {
  const { terminal } = call
  const failed = now.failures.findLast((one) => one.work === work && one.at >= since)
  const exit = failed !== undefined ? exitOf(failed.why) : foundDamage(work, now) ? EXIT.failed : EXIT.done
  const read = work === 'verify' ? whatWasRead(now, since) : undefined
  if (terminal.json) {
    const of = read === undefined ? {} : { read }
    terminal.answer({ work, ended: true, ok: exit === EXIT.done, ...of, backups: now })
    return exit
  }
  if (read !== undefined) terminal.say(readLines(read, now, terminal).join('\n'))
  if (failed !== undefined) {
    terminal.sentence('✗', sentenceFor(failed.why, { work, ...failed.detail }, terminal.language))
    return exit
  }
  terminal.say(listLines(now, { terminal, zone: zoneHere() }).join('\n'))
  return exit
}

/** What was read again and is not what was sealed: of a backup, its own copies. */
function foundDamage(work: string, { copies }: BackupsView): boolean {
  const [newest] = copies
  if (work !== 'verify' && work !== 'backup') return false
  return copies.some(
    ({ state, backup }) => state === 'suspect' && (work === 'verify' || backup === newest?.backup),
  )
}

function exitOf(code: string): ExitCode {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode].exit : EXIT.failed
}
