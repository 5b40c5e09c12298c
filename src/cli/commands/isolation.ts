// `sekisho incident isolate|isolation|keep`: cuts this host off at the runner's own door, prints before what still passes, and waits for the new login.
import { readlink } from 'node:fs/promises'
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { sha256 } from '../../base/hash.ts'
import { type IncidentId, isIncidentId } from '../../base/id.ts'
import type { IsolationFacts, IsolationOutlook } from '../../seal/isolation-protocol.ts'
import { systemClock } from '../../sys/clock.ts'
import { ISOLATION_WORDS } from '../../words/isolation.ts'
import { type Call, flag, option } from '../command.ts'
import { askOwner, whoTypes } from '../rules-file.ts'
import { zoneHere } from '../show.ts'

const LOOK_MS = 500

export async function run(call: Call): Promise<ExitCode> {
  if (call.words === 'incident isolation') return show(call)
  const [incident = ''] = call.positionals
  if (!isIncidentId(incident)) throw new SekishoError('input.invalid', { field: 'ID', why: 'INC-2026-0001' })
  return call.words === 'incident keep' ? keep(call, incident) : isolate(call, incident)
}

async function show(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const facts = await askOwner(call, (runner) => runner.ask('isolationLook', {}))
  if (terminal.json) terminal.answer(facts)
  else {
    terminal.say(terminal.pick(ISOLATION_WORDS.state(facts, zoneHere())))
    if (facts.admission !== undefined)
      terminal.say(ISOLATION_WORDS.admitted(facts.admission, terminal.language).join('\n'))
    const after = facts.state === 'kept' && facts.incident !== undefined ? facts.incident : undefined
    if (after !== undefined) terminal.say(terminal.pick(ISOLATION_WORDS.next(after)))
  }
  return facts.state === 'stray' || facts.state === 'unreadable' || facts.state === 'ending'
    ? EXIT.failed
    : EXIT.done
}

async function isolate(call: Call, incident: IncidentId): Promise<ExitCode> {
  const { terminal } = call
  const order = { incident, by: whoTypes(call), ...(await comes(call)) }
  const { outlook, facts } = await askOwner(call, (runner) => runner.ask('isolate', { ...order, look: true }))
  if (!terminal.json) sayOutlook(call, outlook)
  const isThere = facts.state === 'trial' || facts.state === 'kept'
  if (!isThere && !(await agreed(call))) return EXIT.waiting
  const { facts: begun } = await askOwner(call, (runner) =>
    runner.ask('isolate', { ...order, look: false, agreed: sha256(outlook.rules) }),
  )
  if (begun.state === 'kept') return say(call, begun, incident)
  const seconds = Math.ceil((begun.leftMs ?? 0) / 1000)
  if (outlook.keepBy === 'terminal') {
    if (!terminal.streams.interactive) return EXIT.waiting
    if (!(await terminal.agrees(terminal.pick(ISOLATION_WORDS.askKeep(seconds))))) return wait(call, incident)
    return keep(call, incident)
  }
  const address = outlook.admission.administrator?.address ?? ''
  if (!terminal.json) terminal.note(terminal.pick(ISOLATION_WORDS.logIn(seconds, address)))
  return wait(call, incident)
}

async function keep(call: Call, incident: IncidentId): Promise<ExitCode> {
  const device = await terminalHere()
  const facts = await askOwner(call, (runner) =>
    runner.ask('isolationKeep', {
      incident,
      by: whoTypes(call),
      ...(device === undefined ? {} : { terminal: device }),
    }),
  )
  return say(call, facts, incident)
}

/** Until it is kept or undone; Ctrl-C leaves it to the runner. */
async function wait(call: Call, incident: IncidentId): Promise<ExitCode> {
  const { terminal, interrupted } = call
  for (;;) {
    const facts = await askOwner(call, (runner) => runner.ask('isolationLook', {}))
    if (facts.state !== 'trial') return say(call, facts, incident)
    terminal.moving(terminal.pick(ISOLATION_WORDS.remains(Math.ceil((facts.leftMs ?? 0) / 1000))))
    await systemClock.sleep(LOOK_MS, interrupted).catch(() => {})
    if (interrupted.aborted) return EXIT.interrupted
  }
}

function say(call: Call, facts: IsolationFacts, incident: IncidentId): ExitCode {
  const { terminal } = call
  terminal.settle()
  const isKept = facts.state === 'kept'
  if (terminal.json) terminal.answer(facts)
  else if (isKept) terminal.say(terminal.pick(ISOLATION_WORDS.kept(incident)))
  else if (facts.state === 'none')
    terminal.sentence('✗', terminal.pick(ISOLATION_WORDS.undone(facts.last?.why ?? '', incident)))
  else terminal.note(terminal.pick(ISOLATION_WORDS.state(facts, zoneHere())))
  return isKept ? EXIT.done : EXIT.failed
}

function sayOutlook(call: Call, { admission, warnings, keepBy }: IsolationOutlook): void {
  const { terminal } = call
  const known = keepBy === 'terminal' ? [{ code: 'no_address', values: {} }, ...warnings] : warnings
  const lines = known.map(
    ({ code, values }) => `! ${ISOLATION_WORDS.warning(code, values, terminal.language)}`,
  )
  terminal.report([...ISOLATION_WORDS.admitted(admission, terminal.language), ...lines].join('\n'))
}

/** Where nobody can be asked, it must have been said on the line. */
async function agreed(call: Call): Promise<boolean> {
  const { terminal } = call
  if (flag(call, 'yes')) return true
  if (terminal.streams.interactive) return terminal.agrees(terminal.pick(ISOLATION_WORDS.ask))
  terminal.sentence('!', { what: terminal.pick(ISOLATION_WORDS.notDone), next: [`${call.typed} --yes`] })
  return false
}

async function comes(call: Call) {
  const from = option(call, 'from')
  const ssh = call.environment['SSH_CONNECTION']
  const device = await terminalHere()
  return {
    ...(from === undefined ? {} : { from }),
    ...(ssh === undefined || ssh === '' ? {} : { ssh }),
    ...(device === undefined ? {} : { terminal: device }),
  }
}

/** The terminal that this command reads from, by its device. */
async function terminalHere(): Promise<string | undefined> {
  const device = await readlink('/proc/self/fd/0').catch(() => '')
  return /^\/dev\/(?:tty|pts\/|console|hvc)[A-Za-z0-9/]{0,40}$/.test(device) ? device : undefined
}
