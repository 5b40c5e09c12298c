// What people sign about a change: the card is read, the statement compared with what was typed, signed, and handed in.
import { readFile } from 'node:fs/promises'
import { Bug } from '../../base/assert.ts'
import { failureOf, SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { sha256 } from '../../base/hash.ts'
import type { ChangeId } from '../../base/id.ts'
import { renderCard } from '../../change/card.ts'
import { decisionInput, type StatementRequest } from '../../contract/change.ts'
import { needsTyped } from '../../seal/enough.ts'
import type { Envelope } from '../../seal/envelope.ts'
import { NAMESPACE } from '../../seal/statement.ts'
import { systemClock } from '../../sys/clock.ts'
import { APPROVING } from '../../words/approving.ts'
import { checkStatement, type Expected } from '../check-statement.ts'
import { type Call, flag, option } from '../command.ts'
import { openExecutionOf, sayToRunner } from '../offline.ts'
import { runnerTrouble } from '../runner-trouble.ts'
import { readSealed, sealedView } from '../sealed.ts'
import { agentMark } from '../session.ts'
import { approveLine, card, machineAt } from '../show.ts'
import { findKey, signText } from '../sign.ts'
import { followUp, showAfter } from './change-after.ts'
import { enrolledKeys } from './enrolled-keys.ts'

/** Reads the card, asks once, signs, sends. One signature means: approve, and start when still valid. */
export async function approve(call: Call, id: string): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const signature = option(call, 'signature')
  if (signature !== undefined) return await handIn(call, id, signature)
  const me = await client.call('who')
  const { view, sealed, shownText, zone } = await ownCard(call, id)
  const asksForName = needsTyped(sealed.envelope)
  let typed = option(call, 'typed')
  if (asksForName && typed === undefined && !flag(call, 'statement')) {
    if (!terminal.json) terminal.say(card(view, call, zone))
    if (!terminal.streams.interactive) return notAsked(call, id, sealed.envelope.service)
    typed = await askName(call, id, sealed.envelope)
    if (typed === undefined) return EXIT.waiting
  }
  await tellRoom(call)
  const isConfirmed = asksForName && option(call, 'typed') === undefined && typed !== undefined
  const shown = sha256(shownText)
  const request: StatementRequest = { type: 'approve', shown, ...(typed === undefined ? {} : { typed }) }
  if (flag(call, 'statement')) return await printStatement(call, id, request)
  const statement = await client.call('changeStatement', { id, ...request })
  const fields = { change: id, envelope: sealed.digest, shown, typed }
  checkStatement(statement.text, { type: 'approve', approver: me.id, fields }, systemClock.now())
  if (!terminal.json && !isConfirmed) terminal.say(card(view, call, zone))
  const mark = agentMark(call.environment)
  if (mark !== undefined)
    terminal.sentence('!', {
      what: terminal.pick(APPROVING.insideAgent),
      why: `${mark} — ${terminal.pick(APPROVING.forPeople)}`,
    })
  // Signing is an act: where nobody can be asked, it must have been said on the line.
  if (!flag(call, 'yes') && !terminal.streams.interactive)
    return notAsked(call, id, asksForName ? sealed.envelope.service : undefined)
  if (!flag(call, 'yes') && !isConfirmed) {
    const question = terminal.pick(APPROVING.ask)
    if (!(await terminal.agrees(question))) return leftWaiting(call, id)
  }
  return await signAndSend(call, id, statement.text, shownText)
}

/** Whoever approves is told before that nothing can start now: the approval then waits. */
async function tellRoom(call: Call): Promise<void> {
  const { terminal } = call
  const { runner } = await call.loggedIn().call('status')
  const trouble = runner.trouble === 'disk' ? runnerTrouble(runner, terminal) : undefined
  if (trouble === undefined || terminal.json) return
  terminal.sentence('!', {
    what: terminal.pick(APPROVING.cannotStart(trouble)),
    why: terminal.pick(APPROVING.waitsForSpace),
    next: ['sekisho doctor'],
  })
}

function notAsked({ terminal }: Call, id: string, service: string | undefined): ExitCode {
  terminal.sentence('!', {
    what: terminal.pick(APPROVING.noTerminal),
    next: [approveLine(id, service)],
  })
  return EXIT.waiting
}

/** Data is exchanged only for somebody who has typed which service's (S07): a `y` is typed too easily at night. */
async function askName(
  { terminal }: Call,
  id: string,
  { service, tier }: Pick<Envelope, 'service' | 'tier'>,
): Promise<string | undefined> {
  const question = tier === 3 ? APPROVING.askIrreversible(service) : APPROVING.askName(service)
  for (let left = TRIES; left > 0; left--) {
    const answer = await terminal.ask(terminal.pick(question))
    if (answer?.trim() === service) return service
    // Nothing, or the end of the input, is a no.
    if (answer === undefined || answer.trim() === '') break
    terminal.note(terminal.pick(APPROVING.anotherName))
  }
  leftWaiting({ terminal }, id)
  return undefined
}

function leftWaiting({ terminal }: Pick<Call, 'terminal'>, id: string): ExitCode {
  terminal.sentence('!', {
    what: terminal.pick(APPROVING.leftWaiting(id)),
    next: [`sekisho change approve ${id}`, `sekisho change withdraw ${id}`],
  })
  return EXIT.waiting
}
const TRIES = 3

/**
 * The card as it is digested into what is signed: rendered here, from what is under the seal, at 80 columns without colours. On a wider
 * or coloured terminal the same facts are set anew.
 */
async function ownCard(call: Call, id: string) {
  const client = call.loggedIn()
  const told = await client.call('changeShow', { id })
  if (told.envelope === undefined) {
    // Not sealed: nothing to approve. The gate says why in its own words.
    await client.call('changeStatement', { id, type: 'approve', shown: sha256('') })
  }
  const sealed = await readSealed(client, id)
  const view = sealedView(told, sealed)
  const { zone } = await client.call('policy')
  const machine = machineAt(call.place)
  return {
    view,
    sealed,
    zone,
    shownText: renderCard(view, {
      language: call.terminal.language,
      width: 80,
      zone,
      ...(machine === undefined ? {} : { machine }),
    }),
  }
}

async function signAndSend(
  call: Call,
  id: string,
  statement: string,
  shownText: string | undefined,
  type: StatementRequest['type'] = 'approve',
): Promise<ExitCode> {
  const client = call.loggedIn()
  const key = await findKey(call.environment, option(call, 'key'), await enrolledKeys(call))
  const signature = await signText(statement, key, NAMESPACE, call.environment).catch((error: unknown) => {
    // What to type next is about this change.
    throw error instanceof SekishoError
      ? failureOf({ code: error.code, detail: { ...error.detail, change: id } }, { cause: error })
      : error
  })
  const body = decisionInput.parse({
    signed: { text: statement, signature },
    ...(shownText === undefined ? {} : { shownText }),
  })
  const view = await client.call('changeDecision', { id, ...body })
  // A waiver starts nothing: what it leaves open is shown, and what can be typed next.
  if (type === 'waive') return showAfter(call, view)
  return flag(call, 'no-wait') ? showAfter(call, view) : await followUp(call, view, { leaving: view.state })
}

/** Given to the runner at its own door, before what is not kept goes back by itself. */
export async function keepOffline(call: Call, id: string): Promise<ExitCode> {
  const { terminal } = call
  const execution = await openExecutionOf(call, id as ChangeId)
  const { id: by } = await sayToRunner(call, { type: 'keep', execution })
  if (terminal.json) terminal.answer({ execution, by })
  else terminal.say(terminal.pick(APPROVING.keptAtRunner(execution, by)))
  return EXIT.done
}

/** A statement about a change that needs no card: signed, and handed in. */
export async function decide(call: Call, id: string, request: StatementRequest): Promise<ExitCode> {
  const client = call.loggedIn()
  const me = await client.call('who')
  const statement = await client.call('changeStatement', { id, ...request })
  checkStatement(statement.text, await expectedOf(call, id, request, me.id), systemClock.now())
  return await signAndSend(call, id, statement.text, undefined, request.type)
}

/** What the statement must say, from what was typed and from what is under the seal. */
async function expectedOf(
  call: Call,
  id: string,
  request: StatementRequest,
  approver: string,
): Promise<Expected> {
  const { type, reason, check, choice } = request
  switch (type) {
    case 'keep':
      return { type, approver, executionOf: id, fields: {} }
    case 'continue':
      return { type, approver, executionOf: id, fields: { choice } }
    case 'waive': {
      // What is done without is one check of this plan, as it is shown: of another one nothing was read.
      const { plan } = await call.loggedIn().call('changeShow', { id })
      return { type, approver, fields: { change: id, plan, check, reason } }
    }
    case 'reject': {
      const { digest } = await readSealed(call.loggedIn(), id)
      return { type, approver, fields: { change: id, envelope: digest, reason } }
    }
    case 'approve':
    case 'author':
      throw new Bug(`${type} signs what is under the seal`)
  }
}

/** For another machine: what to sign, with everything that a signer needs to recompute the envelope. */
async function printStatement(call: Call, id: string, request: StatementRequest): Promise<ExitCode> {
  const client = call.loggedIn()
  const statement = await client.call('changeStatement', { id, ...request })
  const envelope = await client.call('changeEnvelope', { id })
  if (call.terminal.json) {
    call.terminal.answer({ statement: statement.text, expires: statement.expires, ...envelope })
    return EXIT.waiting
  }
  call.terminal.say(statement.text)
  call.terminal.note(call.terminal.pick(APPROVING.signElsewhere(NAMESPACE, id)))
  return EXIT.waiting
}

/** `--signature FILE`: FILE is the armored signature; the signed text lies beside it (FILE without `.sig`), or both come as JSON. */
async function handIn(call: Call, id: string, file: string): Promise<ExitCode> {
  const client = call.loggedIn()
  const parsed = decisionInput.shape.signed.safeParse(await signedFrom(call, file))
  if (!parsed.success)
    throw new SekishoError('input.invalid', { field: file, why: '{"text": …, "signature": …}' })
  const { shownText } = await ownCard(call, id)
  const view = await client.call('changeDecision', { id, signed: parsed.data, shownText })
  return flag(call, 'no-wait') ? showAfter(call, view) : await followUp(call, view)
}

/** What is no JSON is an armored signature, and needs the file of the text beside it. */
async function signedFrom(call: Call, file: string): Promise<unknown> {
  const read = async (path: string) => {
    const found = await readFile(path, 'utf8').catch(() => undefined)
    if (found === undefined) throw new SekishoError('file.unreadable', { path, why: 'ENOENT' })
    return found
  }
  const bytes = file === '-' ? (await call.stdin()).toString('utf8') : await read(file)
  if (bytes.trimStart().startsWith('{')) {
    try {
      return JSON.parse(bytes) as unknown
    } catch {
      return undefined
    }
  }
  if (file === '-' || !file.endsWith('.sig')) return undefined
  return { text: (await read(file.slice(0, -'.sig'.length))).replace(/\n$/, ''), signature: bytes }
}
