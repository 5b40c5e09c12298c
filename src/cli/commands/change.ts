// `sekisho change …`: the single verbs, for scripts, for decisions, and for when something went wrong.
import { assert } from '../../base/assert.ts'
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { checkTitle } from '../../change/card-checks.ts'
import { otherFacts, whyTestsAreRed } from '../../change/red-suites.ts'
import { type RollbackWish } from '../../contract/change.ts'
import { CHANGE_WORDS } from '../../words/change.ts'
import { CHANGE_PROGRESS } from '../../words/change-progress.ts'
import { COMMAND_LINE } from '../../words/command-line.ts'
import { factLines } from '../../words/facts.ts'
import { columns, pad, visibleLine, wrap } from '../../words/layout.ts'
import { localTime } from '../../words/local-time.ts'
import { problemLines } from '../../words/problem.ts'
import { newChangeFrom, notificationFrom, revisionFrom } from '../change-input.ts'
import { type Call, flag, option } from '../command.ts'
import { checkId } from '../ids.ts'
import { propose } from '../propose.ts'
import { zoneHere } from '../show.ts'
import { missingOption, wrongValue } from '../usage.ts'
import { askToApprove } from './ask-to-approve.ts'
import { signAuthored } from './author-sign.ts'
import { followUp, present, showAfter } from './change-after.ts'
import { run as listChanges } from './change-list.ts'
import { approve, decide, keepOffline } from './change-sign.ts'
import { takeBack } from './restore.ts'

export async function run(call: Call): Promise<ExitCode> {
  const verb = call.words.slice('change '.length)
  const handler = HANDLERS[verb]
  assert(handler !== undefined, `a handler for change ${verb}`)
  const id = call.positionals[0] ?? ''
  if (verb !== 'new' && verb !== 'list') checkId(call, id)
  return await handler(call, id)
}

type Handler = (call: Call, id: string) => Promise<ExitCode>

/** Only a change of code that takes nothing back has a commit that another can take the place of. */
async function stagedAnew(call: Call, id: string): Promise<{ readonly stage?: string } | 'interrupted'> {
  const names = ['commit', 'repository', 'to'].filter((name) => option(call, name) !== undefined)
  if (names.length === 0) return {}
  const view = await call.loggedIn().call('changeShow', { id })
  if (view.pattern !== 'code' || view.kind === 'rollback' || names.includes('to'))
    throw new SekishoError('cli.usage', {
      why: call.terminal.pick(COMMAND_LINE.commitIsForCode),
      usage: call.usage,
    })
  const stage = await (await import('./do-code.ts')).stageAgain(call, view)
  return stage === undefined ? 'interrupted' : { stage }
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  list: listChanges,
  diff: async (call, id) => (await import('./change-diff.ts')).showDiff(call, id),
  evidence,
  wait: async (call, id) => followUp(call, await call.loggedIn().call('changeShow', { id })),
  new: async (call) => showAfter(call, await call.loggedIn().call('changeCreate', await newChangeFrom(call))),
  revise: async (call, id) => {
    const client = call.loggedIn()
    const asked = await revisionFrom(call)
    const anew = await stagedAnew(call, id)
    if (anew === 'interrupted') return EXIT.interrupted
    await client.call('changeRevise', { id, ...asked, ...anew })
    let view = await client.call('changeTry', { id })
    if (view.state === 'ready') view = await client.call('changeSeal', { id })
    const answered = await askToApprove(view, call)
    if (answered !== undefined) return answered
    const shown = showAfter(call, view)
    // As `do --no-wait` ends.
    return view.state === 'awaiting_approval' ? EXIT.waiting : shown
  },
  sign: signAuthored,
  approve,
  reject: async (call, id) => decide(call, id, { type: 'reject', reason: required(call, 'reason') }),
  waive: async (call, id) =>
    decide(call, id, {
      type: 'waive',
      check: checkNamed(call.positionals[1] ?? ''),
      reason: required(call, 'reason'),
    }),
  keep: async (call, id) =>
    flag(call, 'offline') ? keepOffline(call, id) : decide(call, id, { type: 'keep' }),
  continue: async (call, id) => {
    const choice = call.positionals[1]
    if (choice !== 'retry' && choice !== 'skip')
      throw wrongValue(call, 'CHOICE', choice ?? '', ['retry', 'skip'])
    return await decide(call, id, { type: 'continue', choice })
  },
  rollback: async (call, id) => {
    const before = await call.loggedIn().call('changeShow', { id })
    if (before.pattern === 'data') return takeBack(call, before)
    if (before.pattern === 'code') return (await import('./do-code.ts')).takeCodeBack(call, before)
    const view = await propose(
      call,
      (client) => client.call('changeRollback', { id, ...quoted(call) }),
      before.pattern === 'schema' ? CHANGE_PROGRESS.rehearsingSchema : CHANGE_PROGRESS.tryingInShadow,
    )
    return (await askToApprove(view, call)) ?? (await present(view, call))
  },
}

/** Of an agent: the words of its person. A person's own command is the instruction. */
function quoted(call: Call): RollbackWish {
  const [text, by] = [option(call, 'instruction'), option(call, 'by')]
  const [impact, risk] = [option(call, 'impact'), option(call, 'risk')]
  return {
    ...(text === undefined ? {} : { instruction: { text, ...(by === undefined ? {} : { by }) } }),
    ...(impact === undefined ? {} : { impact }),
    ...(risk === undefined ? {} : { risk }),
    ...notificationFrom(call),
  }
}

/** A check by its name, or by its title on a screen of either language. */
function checkNamed(given: string): string {
  const wanted = given.trim().toLowerCase()
  for (const { check } of [CHANGE_WORDS.en, CHANGE_WORDS.ja]) {
    const found = Object.entries(check).find(([, title]) => title.toLowerCase() === wanted)
    if (found !== undefined) return found[0]
  }
  return given
}

function required(call: Call, name: string): string {
  const value = option(call, name)
  if (value === undefined || value === '') throw missingOption(call, `--${name} "…"`)
  return value
}

async function evidence(call: Call, id: string): Promise<ExitCode> {
  const { terminal } = call
  const view = await call.loggedIn().call('changeShow', { id })
  if (terminal.json) {
    terminal.answer({ id, checks: view.checks })
    return EXIT.done
  }
  const words = CHANGE_WORDS[terminal.language]
  const width = Math.max(...view.checks.map((one) => columns(checkTitle(one, words)))) + 2
  const zone = zoneHere()
  const lines = view.checks.flatMap((one) => {
    const gate = one.collector === 'gate' ? terminal.pick(CHANGE_PROGRESS.gateAsserted) : 'runner'
    const until =
      one.expires === undefined
        ? ''
        : `  ${terminal.pick(CHANGE_PROGRESS.validUntil)} ${localTime(one.expires, zone, terminal.language).slice(5, 16)}`
    const said = one.check === 'tests' ? whyTestsAreRed(one.facts, terminal.language) : []
    const rest = one.check === 'tests' ? otherFacts(one.facts) : one.facts
    const facts = [...factLines(rest, terminal.language, zone).map(visibleLine), ...said].flatMap((line) =>
      wrap(line, terminal.streams.width - 6).map((part) => `      ${part}`),
    )
    const problems = one.problems.flatMap((problem) =>
      problemLines(problem, terminal.language)
        .flatMap((line) => wrap(line, terminal.streams.width - 6))
        .map((line) => `      ${terminal.paint('bad', line)}`),
    )
    return [
      `  ${pad(checkTitle(one, words), width)}${words.verdict[one.verdict]}  ${gate}${until}`,
      ...facts,
      ...problems,
    ]
  })
  terminal.say([`${id}  ${words.state[view.state]}`, ...lines].join('\n'))
  return EXIT.done
}
