// `sudo sekisho glass run|list|review`: break-glass at the runner's admin socket. It needs neither gate nor store; what it did joins the ledger
// when the gate runs.

import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { isDigest } from '../../base/hash.ts'
import { isIncidentId, isServiceName } from '../../base/id.ts'
import { GLASS_MS, GLASS_VERBS, type Glass } from '../../seal/glass.ts'
import { systemClock } from '../../sys/clock.ts'
import { GLASS_WORDS } from '../../words/glass.ts'
import { visibleLine } from '../../words/layout.ts'
import { localTime } from '../../words/local-time.ts'
import { type Call, option } from '../command.ts'
import { signAtRunner } from '../offline.ts'
import { askOwner, whoTypes } from '../rules-file.ts'
import { zoneHere } from '../show.ts'
import { missingOption, wrongValue } from '../usage.ts'

export async function run(call: Call): Promise<ExitCode> {
  if (call.words === 'glass run') return act(call)
  if (call.words === 'glass review') return review(call)
  const { terminal } = call
  const glasses = await all(call)
  if (terminal.json) terminal.answer({ glasses })
  else terminal.say(glasses.map((one) => line(one, call)).join('\n') || terminal.pick(GLASS_WORDS.none))
  return EXIT.done
}

const all = async (call: Call) => (await askOwner(call, (runner) => runner.ask('glassList', {}))).glasses

/** Signed for exactly this verb and service; one that still holds and covers it is used again. */
async function act(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const { language } = terminal
  const given = call.positionals[0] ?? ''
  const verb = GLASS_VERBS.find((one) => one === given)
  if (verb === undefined) throw wrongValue(call, 'VERB', given, GLASS_VERBS)
  const service = option(call, 'service')
  if (!isServiceName(service)) throw missingOption(call, '--service')
  const minutes = Number(option(call, 'minutes') ?? GLASS_MS / 60_000)
  if (!Number.isInteger(minutes) || minutes < 1 || minutes * 60_000 > GLASS_MS)
    throw wrongValue(call, '--minutes', option(call, 'minutes') ?? '', ['1–30'])
  const incident = option(call, 'incident')
  if (incident !== undefined && !isIncidentId(incident))
    throw new SekishoError('incident.unknown', { incident })
  const now = systemClock.now()
  const live = (await all(call)).find(
    (one) =>
      Date.parse(one.expires) > now &&
      one.reviewed === undefined &&
      one.verbs.includes(verb) &&
      one.services.includes(service),
  )
  const glass = live?.glass ?? (await opened(call, { verb, service, minutes, incident }))
  terminal.moving(GLASS_WORDS.acting[language](verb, service))
  const done = await askOwner(call, (runner) =>
    runner.ask('glassAct', { glass, act: verb, service, by: whoTypes(call) }),
  )
  terminal.settle()
  if (terminal.json) terminal.answer({ glass, ...done })
  else terminal.say(GLASS_WORDS.done[language](verb, service, done.result, done.snapshot, glass.slice(0, 12)))
  return done.result === 'applied' ? EXIT.done : EXIT.failed
}

interface Wanted {
  readonly verb: (typeof GLASS_VERBS)[number]
  readonly service: Glass['services'][number]
  readonly minutes: number
  readonly incident: Glass['incident'] | undefined
}

async function opened(call: Call, { verb, service, minutes, incident }: Wanted): Promise<Glass['glass']> {
  const reason = option(call, 'reason')
  if (reason === undefined) throw missingOption(call, '--reason')
  const { effect } = await signAtRunner(
    call,
    {
      type: 'glass',
      verbs: [verb],
      services: [service],
      reason,
      ...(incident === undefined ? {} : { incident }),
    },
    minutes * 60_000,
  )
  if (!isDigest(effect)) throw new SekishoError('runner.protocol', { why: 'glass' })
  return effect
}

async function review(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const text = option(call, 'text')
  if (text === undefined) throw missingOption(call, '--text')
  const given = call.positionals[0] ?? ''
  const found = given === '' ? [] : (await all(call)).filter(({ glass }) => glass.startsWith(given))
  const [one] = found
  if (one === undefined || found.length > 1) throw new SekishoError('glass.unknown', { glass: given })
  const { person } = await signAtRunner(call, { type: 'glassReview', glass: one.glass, text }, REVIEW_MS)
  if (terminal.json) terminal.answer({ glass: one.glass, by: person.id })
  else terminal.say(GLASS_WORDS.reviewed[terminal.language](one.glass.slice(0, 12), person.id))
  return EXIT.done
}
const REVIEW_MS = 15 * 60_000

function line({ glass, person, at, reason, acts, reviewed }: Glass, { terminal }: Call): string {
  const { language } = terminal
  const done = acts
    .map(({ verb, service, result }) => `${verb} ${service} ${GLASS_WORDS.result(result, language)}`)
    .join(', ')
  const state =
    reviewed === undefined ? GLASS_WORDS.owed[language] : GLASS_WORDS.by[language](reviewed.person)
  return `${glass.slice(0, 12)}  ${localTime(at, zoneHere(), language)}  ${person}  ${done}  ${visibleLine(reason)}  ${state}`
}
