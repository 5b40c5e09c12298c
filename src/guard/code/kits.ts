// Kits of hosted services in the libraries of the languages: a method by the name of what it takes away over there.
import { database, say } from './effects.ts'
import type { Action } from './language.ts'

const infra =
  (verb: 'destroy' | 'delete'): Action =>
  ({ tell }, given) => {
    say(tell, `infra.${verb}`, {
      kind: 'infra',
      platform: given.on.name?.split('.')[0] ?? tell.language.name,
    })
    return undefined
  }

/** What a cloud keeps: in both ways of writing a name, and as a command of its own. */
const HOLDERS =
  'bucket buckets db_instance db_cluster db_snapshot table stack cluster repository volume snapshot file_system log_group hosted_zone user_pool project dataset disk'
const OTHERS =
  'object objects queue topic secret distribution key_pair instance instances nodegroup load_balancer target_group security_group vpc subnet api_key blob container resource_group domain stream'

const camel = (name: string) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const spelled = (names: string, verb = 'delete'): string =>
  names
    .split(' ')
    .flatMap((name) => {
      const whole = `${verb}_${name}`
      const pascal = camel(`_${whole}`)
      return [whole, camel(whole), `${pascal}Command`, `${pascal.replace('Db', 'DB')}Command`]
    })
    .join(' ')

export const SDK_METHODS: readonly (readonly [string, Action])[] = [
  [spelled(HOLDERS), infra('destroy')],
  [spelled(OTHERS), infra('delete')],
  [spelled('instances clusters job_flows', 'terminate'), infra('destroy')],
  [spelled('queue', 'purge'), infra('delete')],
  [spelled('key_deletion', 'schedule'), infra('destroy')],
]

/** Kits whose methods say no more than the verb: by what they are called on. */
const KITS =
  /^(?:boto3|stripe|gateway|braintree|square|paypal|mailgun|sendgrid|twilio|launchdarkly|algolia)\b/i
const INDEX = /(?:index|indices|idx)(?:\(\))?$/i

/** `stripe.customers.del(id)`, `index.delete()`. */
export const takingAway: Action = (reader, given) => {
  const name = given.on.name ?? ''
  if (INDEX.test(name)) return database('db.drop')(reader, given)
  return KITS.test(name) ? infra('delete')(reader, given) : undefined
}
