// `sekisho standing sign|list|revoke`: restart and reload of a service, signed once by its owner.
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { StandingList } from '../../contract/gate.ts'
import type { Limits } from '../../seal/standard.ts'
import { NAMESPACE } from '../../seal/statement.ts'
import { systemClock } from '../../sys/clock.ts'
import { visibleLine } from '../../words/layout.ts'
import { localTime } from '../../words/local-time.ts'
import { STANDING_WORDS } from '../../words/standing.ts'
import { standingWhy } from '../../words/standing-why.ts'
import type { Both } from '../../words/words.ts'
import { checkStatement } from '../check-statement.ts'
import { asTyped, type Call, flag, option } from '../command.ts'
import { sayToRunner, standingNamed } from '../offline.ts'
import { zoneHere } from '../show.ts'
import { findKey, signText } from '../sign.ts'
import { wrongValue } from '../usage.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  if (flag(call, 'offline')) return await revokeOffline(call)
  const client = call.loggedIn()
  switch (call.words) {
    case 'standing sign': {
      const [service, verb, path, ...keys] = call.positionals
      const perHour = option(call, 'per-hour')
      if (perHour !== undefined && !/^[1-9]\d{0,2}$/.test(perHour))
        throw wrongValue(call, '--per-hour', perHour, ['1–999'])
      if (
        (verb === 'keys') !== keys.length > 0 ||
        (verb !== 'keys' && (verb === 'command') !== (path !== undefined))
      )
        throw new SekishoError('cli.usage', {
          why: terminal.pick(STANDING_WORDS.keysNamed),
          usage: 'sekisho standing sign SERVICE keys PATH KEY',
        })
      const fields = { service, verb, ...(perHour === undefined ? {} : { perHour: Number(perHour) }) }
      const wish =
        verb === 'keys'
          ? { ...fields, path, keys }
          : verb === 'command'
            ? { ...fields, command: path }
            : fields
      const statement = await client.call('standingStatement', asTyped(wish))
      const me = await client.call('who')
      const said = checkStatement(
        statement.text,
        {
          type: 'standing',
          approver: me.id,
          fields: verb === 'command' ? { ...fields, unit: path } : fields,
        },
        systemClock.now(),
      )
      const { unit = '', perHour: times = 0, limits, bytes } = said.type === 'standing' ? said : {}
      requireTyped(limits, verb === 'keys' ? [path ?? '', ...keys] : [])
      // What is asked stands in the text that is signed, not in what the gate says of it.
      const question =
        bytes !== undefined
          ? STANDING_WORDS.askCommand(unit, bytes.slice(0, 12), times)
          : limits === undefined
            ? STANDING_WORDS.ask(verb ?? '', unit, times)
            : STANDING_WORDS.askKeys(unit, valuesOf(limits), times)
      if (!(await agreed(call, question))) return EXIT.waiting
      const made = await client.call('standingSign', { signed: await signed(call, statement.text) })
      if (terminal.json) terminal.answer(made)
      else
        terminal.say(
          terminal.pick(
            STANDING_WORDS.signed(verb ?? '', service ?? '', made.perHour, made.digest.slice(0, 12)),
          ),
        )
      return EXIT.done
    }
    case 'standing revoke': {
      const { standing } = await client.call('standingList')
      const given = call.positionals[0] ?? ''
      const found = standing.filter(({ digest }) => digest.startsWith(given))
      const [one] = found
      if (one === undefined || found.length > 1)
        throw new SekishoError('cli.usage', {
          why:
            one === undefined
              ? terminal.pick(STANDING_WORDS.noneBegins(given))
              : terminal.pick(STANDING_WORDS.severalBegin(given, found.length)),
          usage: 'sekisho standing list',
        })
      const statement = await client.call('standingRevokeStatement', { digest: one.digest })
      const { id } = await client.call('who')
      checkStatement(
        statement.text,
        { type: 'revoke', approver: id, fields: { statement: one.digest } },
        systemClock.now(),
      )
      const made = await client.call('standingRevoke', { signed: await signed(call, statement.text) })
      if (terminal.json) terminal.answer(made)
      else terminal.say(terminal.pick(STANDING_WORDS.revoked(made.verb, made.service)))
      return EXIT.done
    }
    default: {
      const list = await client.call('standingList')
      if (terminal.json) {
        terminal.answer(list)
        return EXIT.done
      }
      const zone = zoneHere()
      const states = terminal.pick(STANDING_WORDS.states)
      terminal.say(
        list.standing
          .map(
            (one) =>
              `${one.digest.slice(0, 12)}  ${one.service}  ${one.verb}  ${one.usedThisHour}/${one.perHour}  ${states[one.state]}  ${limitsShown(one)}${one.by}  ${localTime(one.at, zone, terminal.language)}${one.why === undefined ? '' : `  ${standingWhy(one.why, terminal.language)}`}`,
          )
          .join('\n') || terminal.pick(STANDING_WORDS.none),
      )
      for (const one of list.proposed ?? []) terminal.say(proposalLine(one, terminal))
      return EXIT.done
    }
  }
}

type Proposed = NonNullable<StandingList['proposed']>[number]

const valuesOf = ({ set }: Pick<Limits, 'set'>) =>
  set.map(({ key, values }) => `${key}=${values.map(visibleLine).join('|')}`).join(' ')

const limitsShown = ({ limits, bytes, unit }: StandingList['standing'][number]) => {
  if (bytes !== undefined) return `${unit} (${bytes.slice(0, 12)})  `
  return limits === undefined ? '' : `${limits.path} ${valuesOf(limits)}  `
}

/** What may be signed for, with the line to type, or how many clean runs are missing. */
function proposalLine(
  { service, limits, command = '', bytes = '', clean, needed }: Proposed,
  terminal: Call['terminal'],
): string {
  const what =
    limits === undefined
      ? `${service}  ${command} (${bytes.slice(0, 12)})`
      : `${service}  ${limits.path} ${valuesOf(limits)}`
  const line =
    limits === undefined
      ? ['sekisho standing sign', service, 'command', command]
      : ['sekisho standing sign', service, 'keys', limits.path, ...limits.set.map(({ key }) => key)]
  return terminal.pick(
    clean < needed
      ? STANDING_WORDS.cleanSoFar(what, clean, needed)
      : STANDING_WORDS.proposed(what, clean, line.join(' ')),
  )
}

/** The text that is signed names the file and the variables that were typed, and no other. */
function requireTyped(limits: Limits | undefined, typed: readonly string[]): void {
  const [path, ...keys] = typed
  const named = limits === undefined ? [] : [limits.path, ...limits.set.map(({ key }) => key)]
  const wanted = path === undefined ? [] : [path, ...keys.toSorted()]
  if (named.join(' ') !== wanted.join(' '))
    throw new SekishoError('cli.statement_differs', {
      field: 'limits',
      wanted: wanted.join(' ').slice(0, 200),
      found: named.join(' ').slice(0, 200),
    })
}

/** Given to the runner at its own door: the gate cannot withhold it, and learns of it when it is there again. */
async function revokeOffline(call: Call): Promise<ExitCode> {
  if (call.words !== 'standing revoke')
    throw new SekishoError('cli.usage', {
      why: '--offline',
      usage: 'sekisho standing revoke DIGEST --offline',
    })
  const { terminal } = call
  const digest = await standingNamed(call, call.positionals[0] ?? '')
  const { id } = await sayToRunner(call, { type: 'revoke', statement: digest })
  if (terminal.json) terminal.answer({ digest, by: id })
  else terminal.say(terminal.pick(STANDING_WORDS.revokedAtRunner(digest.slice(0, 12), id)))
  return EXIT.done
}

/** Signing is an act: where nobody can be asked, it must have been said on the line. */
async function agreed(call: Call, question: Both<string>): Promise<boolean> {
  const { terminal } = call
  if (flag(call, 'yes')) return true
  if (terminal.streams.interactive) return terminal.agrees(terminal.pick(question))
  const perHour = option(call, 'per-hour')
  const words = [call.words, ...call.positionals, ...(perHour === undefined ? [] : ['--per-hour', perHour])]
  terminal.sentence('!', {
    what: terminal.pick(STANDING_WORDS.noTerminal),
    next: [`sekisho ${words.join(' ')} --yes`],
  })
  return false
}

async function signed(call: Call, text: string): Promise<{ text: string; signature: string }> {
  const client = call.loggedIn()
  const me = await client.call('who')
  const policy = await client.call('policy')
  const enrolled =
    policy.people
      .find(({ id }) => id === me.id)
      ?.keys.filter(({ revoked }) => !revoked)
      .map(({ fingerprint }) => fingerprint) ?? []
  return {
    text,
    signature: await signText(
      text,
      await findKey(call.environment, option(call, 'key'), enrolled),
      NAMESPACE,
      call.environment,
    ),
  }
}
