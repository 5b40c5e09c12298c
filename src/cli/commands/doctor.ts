// `sekisho doctor`: each line a fact and what to do. Works with the gate down: then that is the first fact.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lookAtGuard } from '../../agents/look-at-hooks.ts'
import { hookFact } from '../../app/guard-watch.ts'
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { Detail } from '../../base/error-values.ts'
import { isObject } from '../../base/json.ts'
import type { DoctorFact } from '../../contract/gate.ts'
import { codeHere } from '../../install/up/code.ts'
import { DOCTOR_NAMES, DOCTOR_WORDS } from '../../words/doctor.ts'
import { reader } from '../../words/errors.ts'
import { inOneLine, LABELS } from '../../words/labels.ts'
import { columns, pad, visibleLine, wrap } from '../../words/layout.ts'
import { withLocalTimes } from '../../words/local-time.ts'
import { guardHere, listsHere } from '../agent-wiring.ts'
import type { Call } from '../command.ts'
import { factsHere } from '../doctor-here.ts'
import { startLine } from '../installed.ts'

const SHAPES = { good: '✓', warn: '!', bad: '✗', none: '○' } as const
const ASCII = { good: 'ok', warn: '!', bad: 'x', none: '.' } as const

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const facts = await collect(call)
  const worst = facts.some(({ state }) => state === 'bad') ? EXIT.failed : EXIT.done
  if (terminal.json) terminal.answer({ facts })
  else
    terminal.say(
      once(facts)
        .flatMap((one) => lines(one, call))
        .join('\n'),
    )
  return worst
}

/** What two facts say alike is said once: the missing witness, and the space of one volume. */
function once(facts: readonly DoctorFact[]): readonly DoctorFact[] {
  const seen = new Map<string, number>()
  const result: DoctorFact[] = []
  for (const fact of facts) {
    if (fact.code === 'wall.no_witness' && facts.some(({ code }) => code === 'doctor.no_witness')) continue
    if (fact.code !== 'doctor.disk') {
      result.push(fact)
      continue
    }
    const volume = `${Math.round(Number(fact.values['bytes']) / 1_048_576)} ${fact.values['floor']}`
    const at = seen.get(volume)
    const first = at === undefined ? undefined : result[at]
    if (at === undefined || first === undefined) {
      seen.set(volume, result.length)
      result.push({ ...fact, values: { ...fact.values, others: 0 } })
    } else result[at] = { ...first, values: { ...first.values, others: Number(first.values['others']) + 1 } }
  }
  return result
}

async function collect(call: Call): Promise<readonly DoctorFact[]> {
  const here = await hooksHere(call)
  try {
    const { facts } = await call.loggedIn().call('doctor')
    const known = new Set(facts.map(({ values }) => values['path']))
    const more = here.filter(({ values }) => !known.has(values['path']))
    // What this user sees of its own hooks makes "in front of no agent" untrue.
    return [...facts.filter(({ code }) => more.length === 0 || code !== 'doctor.guard_no_hook'), ...more]
  } catch (error) {
    if (error instanceof SekishoError && (await isDown(error, call)))
      return [
        { name: 'gate', state: 'bad', code: 'doctor.gate_unreachable', values: { url: call.client.url } },
        ...(await factsHere(call)),
        ...here,
      ]
    if (error instanceof SekishoError && error.code === 'cli.not_logged_in') {
      const found = await factsHere(call)
      // Without rules nobody can log in: that comes first, and alone.
      const login: DoctorFact = { name: 'gate', state: 'bad', code: 'doctor.not_logged_in', values: {} }
      return [...(found.some(({ name }) => name === 'policy') ? [] : [login]), ...found, ...here]
    }
    throw error
  }
}

/** Who is not logged in learns of a gate that is down all the same. */
async function isDown({ code }: SekishoError, { client }: Call): Promise<boolean> {
  return code === 'gate.unreachable' || (code === 'cli.not_logged_in' && !(await client.answers()))
}

/** Hooks that this user put in or can see, looked at with this user's rights: a project may be nobody else's to read. */
async function hooksHere(call: Call): Promise<readonly DoctorFact[]> {
  const about: unknown = JSON.parse(await readFile(join(codeHere().root, 'package.json'), 'utf8'))
  const version = isObject(about) ? String(about['version']) : ''
  const found: DoctorFact[] = []
  // A user's own list holds hooks that read the rules of the machine.
  const { level: inForce } = await lookAtGuard(guardHere(call), version)
  for (const list of listsHere(call)) {
    const { hooks, level = inForce } = await lookAtGuard(list, version, [process.cwd()])
    found.push(...hooks.map((hook) => hookFact(hook, level ?? 'observe')))
  }
  return found
}

/** What starts it, and what says why it does not stay up: from the units' own log. */
function howToStart({ uid, place }: Call): readonly string[] {
  const line = startLine(uid, place.socket?.data)
  if (!line.includes('systemctl')) return [line]
  const units = ['store', 'runner', 'gate'].map((part) => `-u sekisho-${part}`).join(' ')
  return [line, `${uid === 0 ? '' : 'sudo '}journalctl ${units} -n 20 --no-pager`]
}

function lines(fact: DoctorFact, call: Call): readonly string[] {
  const { terminal } = call
  const { language } = terminal
  const names = DOCTOR_NAMES[language]
  const width = Math.max(...Object.values(names).map(columns)) + 2
  const shape = (terminal.ascii ? ASCII : SHAPES)[fact.state]
  const style =
    fact.state === 'good' ? 'good' : fact.state === 'bad' ? 'bad' : fact.state === 'warn' ? 'look' : 'dim'
  const said = DOCTOR_WORDS[fact.code]?.[language](reader(fact.values as Detail)) ?? {
    what: fact.code,
    why: JSON.stringify(fact.values),
  }
  const indent = ' '.repeat(width + 2)
  const text = wrap(
    visibleLine(withLocalTimes(inOneLine(said, language), language)),
    Math.max(30, terminal.streams.width - width - 2),
  )
  const next = (said.next ?? [])
    .flatMap((line) => (line === 'sekisho up' ? howToStart(call) : [line]))
    .map((line, i) => `${indent}${i === 0 ? pad(terminal.pick(LABELS.mend), 6) : '      '}${line}`)
  return [
    ...text.map((line, i) =>
      i === 0
        ? `${terminal.paint(style, shape)} ${pad(names[fact.name] ?? fact.name, width)}${line}`
        : `${indent}${line}`,
    ),
    ...(fact.state === 'good' ? [] : next),
  ]
}
