// `sekisho standing sign|list|revoke`: restart and reload of a service, signed once by its owner.
import { EXIT, type ExitCode, SekishoError } from '../../base/error.ts'
import { NAMESPACE } from '../../seal/statement.ts'
import { systemClock } from '../../sys/clock.ts'
import { localTime } from '../../words/local-time.ts'
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
      const [service, verb] = call.positionals
      const perHour = option(call, 'per-hour')
      if (perHour !== undefined && !/^[1-9]\d{0,2}$/.test(perHour))
        throw wrongValue(call, '--per-hour', perHour, ['1–999'])
      const fields = { service, verb, ...(perHour === undefined ? {} : { perHour: Number(perHour) }) }
      const statement = await client.call('standingStatement', asTyped(fields))
      const me = await client.call('who')
      const said = checkStatement(
        statement.text,
        { type: 'standing', approver: me.id, fields },
        systemClock.now(),
      )
      const { unit = '', perHour: times = 0 } = said.type === 'standing' ? said : {}
      // What is asked stands in the text that is signed, not in what the gate says of it.
      if (
        !(await agreed(call, {
          ja: `${unit} の ${verb} を、1 時間に ${times} 回まで、承認なしで実行できるように署名しますか [y/N] `,
          en: `Sign ${verb} of ${unit} once, up to ${times} an hour without an approval each time? [y/N] `,
        }))
      )
        return EXIT.waiting
      const made = await client.call('standingSign', { signed: await signed(call, statement.text) })
      if (terminal.json) terminal.answer(made)
      else
        terminal.say(
          terminal.pick({
            ja: `署名しました: ${service} ${verb}、1 時間に ${made.perHour} 回まで\n取り消す  sekisho standing revoke ${made.digest.slice(0, 12)}`,
            en: `Signed: ${verb} of ${service}, at most ${made.perHour} an hour\nto revoke  sekisho standing revoke ${made.digest.slice(0, 12)}`,
          }),
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
              ? terminal.pick({
                  ja: `その事前承認はありません: ${given}`,
                  en: `no standing statement begins with ${given}`,
                })
              : terminal.pick({
                  ja: `${given} で始まる事前承認が ${found.length} 件あります`,
                  en: `${found.length} standing statements begin with ${given}`,
                }),
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
      else
        terminal.say(
          terminal.pick({
            ja: `取り消しました: ${made.service} ${made.verb}`,
            en: `Revoked: ${made.verb} of ${made.service}`,
          }),
        )
      return EXIT.done
    }
    default: {
      const list = await client.call('standingList')
      if (terminal.json) {
        terminal.answer(list)
        return EXIT.done
      }
      const zone = zoneHere()
      const states = terminal.pick({
        ja: { live: '有効', revoked: '取り消し', demoted: '降格', outdated: '手順が変わり無効' },
        en: { live: 'live', revoked: 'revoked', demoted: 'demoted', outdated: 'outdated' },
      })
      terminal.say(
        list.standing
          .map(
            (one) =>
              `${one.digest.slice(0, 12)}  ${one.service}  ${one.verb}  ${one.usedThisHour}/${one.perHour}  ${states[one.state]}  ${one.by}  ${localTime(one.at, zone, terminal.language)}${one.why === undefined ? '' : `  ${one.why}`}`,
          )
          .join('\n') ||
          terminal.pick({
            ja: '事前承認はありません。sekisho standing sign SERVICE restart',
            en: 'None. sekisho standing sign SERVICE restart',
          }),
      )
      return EXIT.done
    }
  }
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
  else
    terminal.say(
      terminal.pick({
        ja: `runner に取り消しを渡しました: ${digest.slice(0, 12)}（${id}）。この事前承認では、もう何も始まりません。台帳には関所が動いたときに載ります。`,
        en: `Revoked at the runner: ${digest.slice(0, 12)} (${id}). Nothing starts by it any more. It comes onto the record when the gate runs.`,
      }),
    )
  return EXIT.done
}

/** Signing is an act: where nobody can be asked, it must have been said on the line. */
async function agreed(call: Call, question: { ja: string; en: string }): Promise<boolean> {
  const { terminal } = call
  if (flag(call, 'yes')) return true
  if (terminal.streams.interactive) return terminal.agrees(terminal.pick(question))
  const perHour = option(call, 'per-hour')
  const words = [call.words, ...call.positionals, ...(perHour === undefined ? [] : ['--per-hour', perHour])]
  terminal.sentence('!', {
    what: terminal.pick({
      ja: '署名していません。端末がないので確かめられません',
      en: 'Not signed: there is no terminal to ask at',
    }),
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
