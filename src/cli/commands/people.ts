// `sekisho person|key|agent …`: edits of sekisho.yaml that keep its comments, applied at once.
import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { readRules } from '../../app/rules.ts'
import { assert } from '../../base/assert.ts'
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { PolicyProblem } from '../../base/policy-problem.ts'
import type { policyView } from '../../contract/gate.ts'
import {
  type CompiledPolicy,
  isSolo,
  type KeyClass,
  type PersonKey,
  ROLES,
  type Role,
} from '../../plans/policy.ts'
import type { PolicyEdit } from '../../policy/edit.ts'
import { noLongerAlone } from '../../policy/no-longer-alone.ts'
import { IN_FORCE } from '../../words/in-force.ts'
import { columns, pad } from '../../words/layout.ts'
import { PEOPLE_WORDS } from '../../words/people.ts'
import { policyReport } from '../../words/policy.ts'
import { type Call, flag, option, options } from '../command.ts'
import { apply, edit, placesFor } from '../rules-file.ts'
import { zoneHere } from '../show.ts'
import { wrongValue } from '../usage.ts'

export async function run(call: Call): Promise<ExitCode> {
  if (call.words === 'person list') return await list(call)
  if (call.words === 'agent token') return await token(call)
  return await changed(call, await editFor(call))
}

async function editFor(call: Call): Promise<PolicyEdit> {
  const [first, second] = call.positionals
  const id = first ?? ''
  const name = option(call, 'name')
  switch (call.words) {
    case 'person add': {
      const key = option(call, 'key')
      return {
        kind: 'addPerson',
        id,
        ...(name === undefined ? {} : { name }),
        ...rolesOf(call),
        ...(options(call, 'service').length === 0 ? {} : { services: options(call, 'service') }),
        ...(key === undefined ? {} : { key: await keyFrom(call, key) }),
      }
    }
    case 'person remove':
      return { kind: 'removePerson', id }
    case 'key add':
      return { kind: 'addKey', person: id, key: await keyFrom(call, second ?? '') }
    case 'key revoke':
      return { kind: 'revokeKey', fingerprint: id }
    case 'agent add': {
      const model = option(call, 'model')
      const sponsor = option(call, 'sponsor')
      const key = option(call, 'key')
      return {
        kind: 'addAgent',
        id,
        ...(name === undefined ? {} : { name }),
        ...(model === undefined ? {} : { model }),
        ...(sponsor === undefined ? {} : { sponsor }),
        ...(key === undefined ? {} : { key: await keyFrom(call, key) }),
      }
    }
    default:
      assert(call.words === 'agent pause', `an edit for ${call.words}`)
      return { kind: 'pauseAgent', id, paused: !flag(call, 'resume') }
  }
}

function rolesOf(call: Call): { roles?: readonly Role[] } {
  const given = options(call, 'role')
  const roles = given.filter((one): one is Role => (ROLES as readonly string[]).includes(one))
  if (roles.length !== given.length)
    throw wrongValue(
      call,
      '--role',
      given.filter((one) => !(ROLES as readonly string[]).includes(one)).join(' '),
      ROLES,
    )
  return roles.length === 0 ? {} : { roles }
}

/** A public key file, or the line itself. */
async function keyFrom(
  call: Call,
  given: string,
): Promise<{ public: string; class?: KeyClass; demo?: boolean }> {
  const text =
    given.startsWith('ssh-') || given.startsWith('ecdsa-')
      ? given
      : await readFile(given, 'utf8').catch(() => undefined)
  if (text === undefined) throw new SekishoError('key.missing', { path: given })
  const kind = option(call, 'class')
  if (kind !== undefined && kind !== 'file' && kind !== 'device' && kind !== 'hardware')
    throw wrongValue(call, '--class', kind, ['file', 'device', 'hardware'])
  return {
    public: text.trim(),
    ...(kind === undefined ? {} : { class: kind }),
    ...(flag(call, 'demo') ? { demo: true } : {}),
  }
}

async function changed(call: Call, change: PolicyEdit): Promise<ExitCode> {
  const { terminal } = call
  const places = placesFor(call)
  const before = await rulesInForce(call)
  const wrong = await edit(call, change)
  if (wrong.length > 0) return notEdited(call, wrong)
  const { applied, told } = await apply(call, flag(call, 'offline'))
  if (applied.state === 'refused') {
    if (terminal.json) terminal.answer({ ok: false, written: true, problems: applied.problems })
    terminal.report(policyReport(applied.problems, places.source, terminal.language, 'written'))
    return EXIT.usage
  }
  if (terminal.json) terminal.answer({ state: applied.state, version: applied.version, told })
  else
    terminal.say(
      terminal.pick(PEOPLE_WORDS.written(places.source)) +
        IN_FORCE[terminal.language]({
          version: applied.version,
          isSame: applied.state === 'unchanged',
          isTaken: told,
        }) +
        hint(call, await rulesInForce(call)) +
        secondApprover(call, before, await rulesInForce(call)),
    )
  return EXIT.done
}

async function rulesInForce(call: Call): Promise<CompiledPolicy | undefined> {
  return readRules(placesFor(call).compiledRunner).catch((error: unknown) => {
    if (error instanceof SekishoError) return undefined // Never applied, or not ours to read.
    throw error
  })
}

/** Who was alone learns what changes for them: at night there may be nobody to ask. */
function secondApprover(
  { terminal }: Call,
  before: CompiledPolicy | undefined,
  now: CompiledPolicy | undefined,
): string {
  if (before === undefined || now === undefined) return ''
  const services = noLongerAlone(before, now)
  if (services.length === 0) return ''
  const { alone } = now.rules
  const names = services.join(', ')
  if (alone !== undefined)
    return terminal.pick(PEOPLE_WORDS.secondApprover(names, Math.ceil(alone.afterSeconds / 60)))
  const lines = '\n  policy:\n    alone: { after: 15m, tiers: [1, 2] }\n  sekisho config apply'
  return terminal.pick(PEOPLE_WORDS.secondApproverAlways(names)) + lines
}

/** What the edit would have made of rules that hold: the file is as it was. */
export function notEdited(call: Call, problems: readonly PolicyProblem[]): ExitCode {
  const { terminal } = call
  if (terminal.json) terminal.answer({ ok: false, written: false, problems })
  const file = terminal.pick(PEOPLE_WORDS.notWritten)
  terminal.report(policyReport(problems, file, terminal.language))
  return EXIT.usage
}

/** What usually comes next, and as whom. */
function hint(call: Call, now: CompiledPolicy | undefined): string {
  const id = call.positionals[0] ?? ''
  const { terminal } = call
  const agent = now?.agents.find((one) => one.id === id)
  // Where somebody else approves, what an agent writes needs its own signature.
  const needsKey =
    agent !== undefined &&
    !(agent.keys ?? []).some(({ revoked }) => !revoked) &&
    now?.services.some(({ name }) => !isSolo(now, name)) === true
  switch (call.words) {
    case 'person add':
    case 'key add':
      if (agent !== undefined) return `\n${terminal.pick(PEOPLE_WORDS.keyPathForAgent)}`
      return `\n${terminal.pick(PEOPLE_WORDS.nextAs(id))}  sekisho login`
    case 'agent add':
      return `\n${terminal.pick(PEOPLE_WORDS.nextAsSponsor)}  sekisho agent token ${id}${needsKey ? `\n${terminal.pick(PEOPLE_WORDS.agentNeedsKey)}  sekisho key add ${id} KEY.pub` : ''}`
    default:
      return ''
  }
}

async function list(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const policy = await everybody(call)
  if (terminal.json) {
    terminal.answer({ people: policy.people, agents: policy.agents })
    return EXIT.done
  }
  const width = Math.max(0, ...[...policy.people, ...policy.agents].map(({ id }) => columns(id))) + 2
  const keysOf = (keys: People['people'][number]['keys']) =>
    keys.map(
      (key) =>
        `${' '.repeat(width)}${key.fingerprint}  ${key.class}${key.revoked ? terminal.pick(PEOPLE_WORDS.revoked) : ''}`,
    )
  const people = policy.people.flatMap((one) => [
    `${pad(one.id, width)}${one.name}  ${one.roles.join(', ')}`,
    ...keysOf(one.keys),
  ])
  const agents = policy.agents.flatMap((one) => [
    `${pad(one.id, width)}${one.name}${one.model === undefined ? '' : ` (${one.model})`}  ${terminal.pick(PEOPLE_WORDS.agentOf(one.sponsor))}${one.paused ? terminal.pick(PEOPLE_WORDS.paused) : ''}`,
    ...keysOf(one.keys ?? []),
  ])
  terminal.say([...people, ...agents].join('\n'))
  return EXIT.done
}

type People = Pick<z.infer<typeof policyView>, 'people' | 'agents'>

/** As the gate says it; who may read the rules themselves needs neither a login nor a gate for it. */
async function everybody(call: Call): Promise<People> {
  try {
    return await call.loggedIn().call('policy')
  } catch (error) {
    if (!(error instanceof SekishoError) || !WITHOUT_GATE.has(error.code)) throw error
    const rules = await readRules(placesFor(call).compiledRunner).catch(() => undefined)
    if (rules === undefined) throw error
    return {
      people: rules.people.map(({ id, name, roles, keys }) => ({
        id,
        name,
        roles: [...roles],
        keys: shownKeys(keys),
      })),
      agents: rules.agents.map(({ keys, ...one }) => ({
        ...one,
        ...(keys === undefined ? {} : { keys: shownKeys(keys) }),
      })),
    }
  }
}

const shownKeys = (keys: readonly PersonKey[]) =>
  keys.map(({ fingerprint, class: kind, revoked }) => ({ fingerprint, class: kind, revoked }))

const WITHOUT_GATE: ReadonlySet<string> = new Set(['cli.not_logged_in', 'gate.unreachable'])

/** The agent's own token, shown once. */
async function token(call: Call): Promise<ExitCode> {
  const issued = await call.loggedIn().call('agentToken', { agent: call.positionals[0] ?? '' })
  if (call.terminal.json) call.terminal.answer(issued)
  else {
    call.terminal.say(issued.token)
    call.terminal.note(call.terminal.pick(PEOPLE_WORDS.tokenOnce(issued.expires, zoneHere())))
  }
  return EXIT.done
}
