// `sekisho change …`: the single verbs, for scripts, for decisions, and for when something went wrong.
import { readFile } from 'node:fs/promises'
import { assert, Bug } from '../../base/assert.ts'
import { EXIT, type ExitCode, SekishoError } from '../../base/error.ts'
import { sha256 } from '../../base/hash.ts'
import type { ChangeId } from '../../base/id.ts'
import { localTime, renderCard } from '../../change/card.ts'
import {
  type ChangeView,
  changeList,
  changeView,
  decisionInput,
  type StatementRequest,
  statementToSign,
} from '../../contract/change.ts'
import { exportedEnvelope, policyView, who } from '../../contract/gate.ts'
import { needsTyped } from '../../seal/enough.ts'
import { NAMESPACE } from '../../seal/statement.ts'
import { systemClock } from '../../sys/clock.ts'
import { CHANGE_WORDS } from '../../words/change.ts'
import { factLines } from '../../words/facts.ts'
import { columns, cut, pad, visible, visibleLine, wrap } from '../../words/layout.ts'
import { problemLines } from '../../words/problem.ts'
import { checkStatement, type Expected } from '../check-statement.ts'
import { type Call, flag, option } from '../command.ts'
import { conclude, follow, stayed } from '../follow.ts'
import { checkId } from '../ids.ts'
import { openExecutionOf, sayToRunner } from '../offline.ts'
import { readSealed, sealedView } from '../sealed.ts'
import { agentMark } from '../session.ts'
import { approveLine, card, machineAt, nextLines, zoneHere } from '../show.ts'
import { findKey, signText } from '../sign.ts'
import { newChangeFrom, revisionFrom } from '../wish.ts'

export async function run(call: Call): Promise<ExitCode> {
  const verb = call.words.slice('change '.length)
  const handler = HANDLERS[verb]
  assert(handler !== undefined, `a handler for change ${verb}`)
  const id = call.positionals[0] ?? ''
  if (verb !== 'new' && verb !== 'list') checkId(call, id)
  return await handler(call, id)
}

type Handler = (call: Call, id: string) => Promise<ExitCode>

/** Posts one verb and shows how the change stands after it. */
const post =
  (verb: string, options: { readonly follow?: boolean } = {}): Handler =>
  async (call, id) => {
    const client = call.loggedIn()
    const view = await client.post(`/changes/${id}/${verb}`, {}, changeView)
    return options.follow === true && !flag(call, 'no-wait')
      ? await followUp(call, view, { leaving: view.state })
      : showAfter(call, view)
  }

const HANDLERS: Readonly<Record<string, Handler>> = {
  list,
  show: async (call, id) => showAfter(call, await call.loggedIn().get(`/changes/${id}`, changeView)),
  plan: async (call, id) => text(call, `/changes/${id}/plan`),
  diff: async (call, id) => text(call, `/changes/${id}/diff`),
  evidence,
  wait: async (call, id) => followUp(call, await call.loggedIn().get(`/changes/${id}`, changeView)),
  new: async (call) =>
    showAfter(call, await call.loggedIn().post('/changes', await newChangeFrom(call), changeView)),
  check: post('check'),
  try: post('try'),
  seal: post('seal'),
  revise: async (call, id) => {
    const client = call.loggedIn()
    await client.post(`/changes/${id}/revise`, await revisionFrom(call), changeView)
    let view = await client.post(`/changes/${id}/try`, {}, changeView)
    if (view.state === 'ready') view = await client.post(`/changes/${id}/seal`, {}, changeView)
    return showAfter(call, view)
  },
  approve,
  reject: async (call, id) => decide(call, id, { type: 'reject', reason: required(call, 'reason') }),
  waive: async (call, id) =>
    decide(call, id, { type: 'waive', check: call.positionals[1] ?? '', reason: required(call, 'reason') }),
  keep: async (call, id) =>
    flag(call, 'offline') ? keepOffline(call, id) : decide(call, id, { type: 'keep' }),
  continue: async (call, id) => {
    const choice = call.positionals[1]
    if (choice !== 'retry' && choice !== 'skip')
      throw new SekishoError('cli.usage', { why: choice ?? '', usage: call.usage })
    return await decide(call, id, { type: 'continue', choice })
  },
  run: post('run', { follow: true }),
  abort: post('abort', { follow: true }),
  withdraw: post('withdraw'),
  rollback: async (call, id) => {
    const client = call.loggedIn()
    const made = await client.post(`/changes/${id}/rollback`, {}, changeView)
    let view = await client.post(`/changes/${made.id}/try`, {}, changeView)
    if (view.state === 'ready') view = await client.post(`/changes/${made.id}/seal`, {}, changeView)
    return showAfter(call, view)
  },
}

function required(call: Call, name: string): string {
  const value = option(call, name)
  if (value === undefined || value === '')
    throw new SekishoError('cli.usage', { why: `--${name}`, usage: call.usage })
  return value
}

async function text(call: Call, path: string): Promise<ExitCode> {
  call.terminal.say(visible(await call.loggedIn().text(path)))
  return EXIT.done
}

async function list(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const { changes } = await call.loggedIn().get('/changes', changeList, {
    state: option(call, 'state'),
    service: option(call, 'service'),
    open: flag(call, 'all') || option(call, 'state') !== undefined ? undefined : 'true',
  })
  if (terminal.json) {
    terminal.answer({ changes })
    return EXIT.done
  }
  const words = CHANGE_WORDS[terminal.language]
  if (changes.length === 0) {
    terminal.say(
      terminal.pick({
        ja: '開いている変更はありません。すべて: sekisho change list --all',
        en: 'No open changes. All: sekisho change list --all',
      }),
    )
    return EXIT.done
  }
  const rows = changes.map((one) => [
    one.id,
    words.state[one.state] ?? one.state,
    words.kind[one.kind] ?? one.kind,
    one.service,
    visibleLine(one.summary ?? one.instruction.text),
  ])
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((row) => columns(row[i] ?? ''))) + 2)
  terminal.say(
    rows
      .map((row) => row.map((cell, i) => (i < 4 ? pad(cell, widths[i] as number) : cell)).join(''))
      .map((row) => (terminal.streams.interactive ? cut(row, terminal.streams.width) : row))
      .join('\n'),
  )
  return EXIT.done
}

function showAfter(call: Call, view: ChangeView): ExitCode {
  const { terminal } = call
  if (terminal.json) {
    terminal.answer(view)
    return exitAfter(view)
  }
  terminal.say(card(view, call, zoneHere()))
  const next = nextLines(view, terminal)
  if (next !== '') terminal.say(next)
  return exitAfter(view)
}

const exitAfter = (view: ChangeView): ExitCode =>
  view.state === 'blocked' || view.state === 'void' ? EXIT.blocked : EXIT.done

async function followUp(
  call: Call,
  view: ChangeView,
  leaving: { readonly leaving?: ChangeView['state'] } = {},
): Promise<ExitCode> {
  const { terminal } = call
  const last = await follow(view.id, call.loggedIn(), terminal, call.interrupted, leaving)
  return call.interrupted.aborted ? stayed(last, terminal) : conclude(last, terminal, zoneHere())
}

async function evidence(call: Call, id: string): Promise<ExitCode> {
  const { terminal } = call
  const view = await call.loggedIn().get(`/changes/${id}`, changeView)
  if (terminal.json) {
    terminal.answer({ id, checks: view.checks })
    return EXIT.done
  }
  const words = CHANGE_WORDS[terminal.language]
  const width = Math.max(...view.checks.map((one) => columns(words.check[one.check] ?? one.check))) + 2
  const zone = zoneHere()
  const lines = view.checks.flatMap((one) => {
    const gate =
      one.collector === 'gate' ? terminal.pick({ ja: '関所の申告', en: 'gate-asserted' }) : 'runner'
    const until =
      one.expires === undefined
        ? ''
        : `  ${terminal.pick({ ja: '有効', en: 'valid until' })} ${localTime(one.expires, zone, terminal.language).slice(5, 16)}`
    const facts = factLines(one.facts, terminal.language).flatMap((line) =>
      wrap(visibleLine(line), terminal.streams.width - 6).map((part) => `      ${part}`),
    )
    const problems = one.problems.flatMap((problem) =>
      problemLines(problem, terminal.language)
        .flatMap((line) => wrap(line, terminal.streams.width - 6))
        .map((line) => `      ${terminal.paint('bad', line)}`),
    )
    return [
      `  ${pad(words.check[one.check] ?? one.check, width)}${words.verdict[one.verdict]}  ${gate}${until}`,
      ...facts,
      ...problems,
    ]
  })
  terminal.say([`${id}  ${words.state[view.state]}`, ...lines].join('\n'))
  return EXIT.done
}

/** Reads the card, asks once, signs, sends. One signature means: approve, and start when still valid. */
export async function approve(call: Call, id: string): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const signature = option(call, 'signature')
  if (signature !== undefined) return await handIn(call, id, signature)
  const me = await client.get('/who', who)
  const { view, sealed, shownText, zone } = await ownCard(call, id)
  const asksForName = needsTyped(sealed.envelope)
  let typed = option(call, 'typed')
  if (asksForName && typed === undefined && terminal.streams.interactive && !flag(call, 'statement')) {
    if (!terminal.json) terminal.say(card(view, call, zone))
    typed = await askName(call, id, sealed.envelope.service)
    if (typed === undefined) return EXIT.waiting
  }
  if (asksForName && typed === undefined && !flag(call, 'statement')) {
    if (!terminal.json) terminal.say(card(view, call, zone))
    return notAsked(call, id, sealed.envelope.service)
  }
  const isConfirmed = asksForName && option(call, 'typed') === undefined && typed !== undefined
  const shown = sha256(shownText)
  const request: StatementRequest = { type: 'approve', shown, ...(typed === undefined ? {} : { typed }) }
  if (flag(call, 'statement')) return await printStatement(call, id, request)
  const statement = await client.post(`/changes/${id}/statement`, request, statementToSign)
  const fields = { change: id, envelope: sealed.digest, shown, typed }
  checkStatement(statement.text, { type: 'approve', approver: me.id, fields }, systemClock.now())
  if (!terminal.json && !isConfirmed) terminal.say(card(view, call, zone))
  const mark = agentMark(call.environment)
  if (mark !== undefined)
    terminal.sentence('!', {
      what: terminal.pick({
        ja: 'AI エージェントの環境で承認しようとしています',
        en: 'You are about to approve inside an AI agent’s environment',
      }),
      why: `${mark} — ${terminal.pick({ ja: '承認は人がするものです', en: 'approving is for a person' })}`,
    })
  // Signing is an act: where nobody can be asked, it must have been said on the line.
  if (!flag(call, 'yes') && !terminal.streams.interactive)
    return notAsked(call, id, asksForName ? sealed.envelope.service : undefined)
  if (!flag(call, 'yes') && !isConfirmed) {
    const answer = await terminal.ask(
      terminal.pick({ ja: '承認して、署名しますか [y/N] ', en: 'Approve and sign? [y/N] ' }),
    )
    if (answer === undefined || !/^(y|yes|はい)$/i.test(answer)) {
      terminal.note(terminal.pick({ ja: '承認していません。', en: 'Not approved.' }))
      return EXIT.waiting
    }
  }
  return await signAndSend(call, id, statement.text, shownText)
}

function notAsked({ terminal }: Call, id: string, service: string | undefined): ExitCode {
  terminal.sentence('!', {
    what: terminal.pick({
      ja: '承認していません。端末がないので確かめられません',
      en: 'Not approved: there is no terminal to ask at',
    }),
    next: [approveLine(id, service)],
  })
  return EXIT.waiting
}

/** Data is exchanged only for somebody who has typed which service's (S07): a `y` is typed too easily at night. */
async function askName({ terminal }: Call, id: string, service: string): Promise<string | undefined> {
  for (let left = TRIES; left > 0; left--) {
    const answer = await terminal.ask(
      terminal.pick({
        ja: `データを入れ替えます。承認するなら、サービスの名前 ${service} をそのまま打ってください: `,
        en: `Its data will be exchanged. To approve, type the name of the service, ${service}: `,
      }),
    )
    if (answer?.trim() === service) return service
    // Nothing, or the end of the input, is a no.
    if (answer === undefined || answer.trim() === '') break
    terminal.note(terminal.pick({ ja: '名前が違います。', en: 'Another name.' }))
  }
  terminal.sentence('!', {
    what: terminal.pick({ ja: '承認していません', en: 'Not approved' }),
    next: [`sekisho change approve ${id}`],
  })
  return undefined
}
const TRIES = 3

/**
 * The card as it is digested into what is signed: rendered here, from what is under the seal, at 80 columns without colours. On a wider
 * or coloured terminal the same facts are set anew.
 */
async function ownCard(call: Call, id: string) {
  const client = call.loggedIn()
  const told = await client.get(`/changes/${id}`, changeView)
  if (told.envelope === undefined) {
    // Not sealed: nothing to approve. The gate says why in its own words.
    await client.post(`/changes/${id}/statement`, { type: 'approve', shown: sha256('') }, statementToSign)
  }
  const sealed = await readSealed(client, id)
  const view = sealedView(told, sealed)
  const { zone } = await client.get('/policy', policyView)
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
): Promise<ExitCode> {
  const client = call.loggedIn()
  const key = await findKey(call.environment, option(call, 'key'), await enrolledKeys(call))
  const signature = await signText(statement, key, NAMESPACE, call.environment).catch((error: unknown) => {
    // What to type next is about this change.
    throw error instanceof SekishoError
      ? new SekishoError(error.code, { ...error.detail, change: id }, { cause: error })
      : error
  })
  const body = decisionInput.parse({
    signed: { text: statement, signature },
    ...(shownText === undefined ? {} : { shownText }),
  })
  const view = await client.post(`/changes/${id}/decision`, body, changeView)
  return flag(call, 'no-wait') ? showAfter(call, view) : await followUp(call, view, { leaving: view.state })
}

async function enrolledKeys(call: Call): Promise<readonly string[]> {
  const client = call.loggedIn()
  const me = await client.get('/who', who)
  const policy = await client.get('/policy', policyView)
  return (
    policy.people
      .find(({ id }) => id === me.id)
      ?.keys.filter(({ revoked }) => !revoked)
      .map(({ fingerprint }) => fingerprint) ?? []
  )
}

/** Given to the runner at its own door, before what is not kept goes back by itself. */
async function keepOffline(call: Call, id: string): Promise<ExitCode> {
  const { terminal } = call
  const execution = await openExecutionOf(call, id as ChangeId)
  const { id: by } = await sayToRunner(call, { type: 'keep', execution })
  if (terminal.json) terminal.answer({ execution, by })
  else
    terminal.say(
      terminal.pick({
        ja: `runner に維持を渡しました: ${execution}（${by}）。記録には関所が動いたときに載ります。`,
        en: `Kept at the runner: ${execution} (${by}). It comes onto the record when the gate runs.`,
      }),
    )
  return EXIT.done
}

async function decide(call: Call, id: string, request: StatementRequest): Promise<ExitCode> {
  const client = call.loggedIn()
  const me = await client.get('/who', who)
  const statement = await client.post(`/changes/${id}/statement`, request, statementToSign)
  checkStatement(statement.text, await expectedOf(call, id, request, me.id), systemClock.now())
  return await signAndSend(call, id, statement.text, undefined)
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
      const { plan } = await call.loggedIn().get(`/changes/${id}`, changeView)
      return { type, approver, fields: { change: id, plan, check, reason } }
    }
    case 'reject': {
      const { digest } = await readSealed(call.loggedIn(), id)
      return { type, approver, fields: { change: id, envelope: digest, reason } }
    }
    case 'approve':
      throw new Bug('approve signs through its card')
  }
}

/** For another machine: what to sign, with everything that a signer needs to recompute the envelope. */
async function printStatement(call: Call, id: string, request: StatementRequest): Promise<ExitCode> {
  const client = call.loggedIn()
  const statement = await client.post(`/changes/${id}/statement`, request, statementToSign)
  const envelope = await client.get(`/changes/${id}/envelope`, exportedEnvelope)
  if (call.terminal.json) {
    call.terminal.answer({ statement: statement.text, expires: statement.expires, ...envelope })
    return EXIT.waiting
  }
  call.terminal.say(statement.text)
  call.terminal.note(
    call.terminal.pick({
      ja: `署名する: ssh-keygen -Y sign -n ${NAMESPACE} -f KEY FILE（FILE には上の一行を、改行なしで）\n渡す: sekisho change approve ${id} --signature FILE.sig`,
      en: `sign: ssh-keygen -Y sign -n ${NAMESPACE} -f KEY FILE (FILE holds the line above, without a line feed)\nhand in: sekisho change approve ${id} --signature FILE.sig`,
    }),
  )
  return EXIT.waiting
}

/** `--signature FILE`: FILE is the armored signature; the signed text lies beside it (FILE without `.sig`), or both come as JSON. */
async function handIn(call: Call, id: string, file: string): Promise<ExitCode> {
  const client = call.loggedIn()
  const parsed = decisionInput.shape.signed.safeParse(await signedFrom(call, file))
  if (!parsed.success)
    throw new SekishoError('input.invalid', { field: file, why: '{"text": …, "signature": …}' })
  const { shownText } = await ownCard(call, id)
  const view = await client.post(`/changes/${id}/decision`, { signed: parsed.data, shownText }, changeView)
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
