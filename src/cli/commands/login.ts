// `sekisho login`: a person shows with their key who is at the keyboard. A login can propose and read; it approves nothing.

import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { PEOPLE_WORDS } from '../../words/people.ts'
import { type Call, option } from '../command.ts'
import { keepToken } from '../session.ts'
import { findKey, fingerprintOf, signText } from '../sign.ts'

const LOGIN_NAMESPACE = 'sekisho-login'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal, client, environment } = call
  if (call.words === 'logout') {
    await call.loggedIn().call('logout')
    await keepToken(environment, client.url, undefined)
    terminal.say(terminal.pick(PEOPLE_WORDS.loggedOut))
    return EXIT.done
  }
  const person = call.positionals[0] ?? environment['SUDO_USER'] ?? environment['USER'] ?? 'root'
  const key = option(call, 'key')
  const { challenge } = await client.call('loginStart', { person })
  const signature = await signText(
    challenge,
    await findKey(environment, key, await someEnrolled(call, person)),
    LOGIN_NAMESPACE,
    environment,
  )
  const issued = await client.call('loginFinish', { challenge, signature })
  const file = await keepToken(environment, client.url, issued.token)
  if (terminal.json) terminal.answer({ actor: issued.actor, expires: issued.expires, file })
  else terminal.say(terminal.pick(PEOPLE_WORDS.loggedIn(issued.actor)))
  return EXIT.done
}

/** Before the login nobody may read the policy: any key in the usual place will do, and the gate says which is enrolled. */
async function someEnrolled(call: Call, _person: string): Promise<readonly string[]> {
  const policy = await call.client.call('policy').catch(() => undefined)
  const me = policy === undefined ? undefined : await call.client.call('who').catch(() => undefined)
  const known = policy?.people.find(({ id }) => id === me?.id)?.keys.map(({ fingerprint }) => fingerprint)
  if (known !== undefined && known.length > 0) return known
  const home = call.environment['HOME'] ?? '/'
  const prints = await Promise.all(
    ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => fingerprintOf(`${home}/.ssh/${name}.pub`)),
  )
  return prints.filter((one): one is string => one !== undefined)
}
