// Kits of hosted services in the libraries of the languages: a method by the name of what it takes away over there.
import { wordsOfName } from '../lexicon.ts'
import { database, say, type Teller } from './effects.ts'
import type { Action, Given } from './language.ts'
import { type Code, FROM_KIT } from './value.ts'

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
  if (KITS.test(name)) return infra('delete')(reader, given)
  ofKit(reader.tell, given.on, 'delete', given)
  return undefined
}

/** What a text loads to speak to a cloud, a cluster or an engine: from then on a method does what its name says. */
const LOADED =
  /(?:\b(?:import|from|require|import_module|__import__|use)\b[\s('"{]*(?:[\w, *{}]{0,80}\bfrom\s*['"])?)(boto3|aioboto3|botocore|@aws-sdk|aws-sdk|google\.cloud|googleapiclient|@google-cloud|azure\.|@azure\/|kubernetes|@kubernetes\/client-node|docker|dockerode|podman|hcloud|digitalocean|pydo|cloudflare|openstack|libcloud|linode_api4|oci\b|proxmoxer|pyVim|fog-)/
export const kitOf = (source: string): string | undefined =>
  LOADED.exec(source)?.[1] ?? (/\bAws(?:::|\\)/.test(source) ? 'aws' : undefined)

const DESTROYS = new Set(['terminate', 'destroy', 'purge', 'wipe'])
const DELETES = new Set(['delete', 'remove', 'deregister', 'drop', 'revoke'])
const STOPS = new Set([
  'stop',
  'kill',
  'reboot',
  'restart',
  'shutdown',
  'suspend',
  'pause',
  'deactivate',
  'disable',
])
/** What holds others or data: nothing brings it back. */
const HOLDS = new Set(
  'bucket database db instance cluster namespace namespaces volume volumes table project stack snapshot collection disk zone'.split(
    ' ',
  ),
)

/** What else is kept over there, by the words of its name. */
const KEPT = new Set([
  ...HOLDS,
  ...OTHERS.split(/[ _]/),
  ...'function functions role policy service services task deployment deployments pod pods job image images network networks server servers droplet droplets machine machines vm topic subscription message alarm gateway route certificate endpoint firewall address'.split(
    ' ',
  ),
])

/** What a variable is called that is nothing else as a rule. */
const ITSELF = new Set(
  'bucket instance cluster namespace snapshot container pod droplet vm machine'.split(' '),
)

/**
 * Whether it is the kit's. Of what nobody can trace (a parameter, an element) the words say so: `bucket.delete()`, `c.delete_function(…)`;
 * `stream.destroy()`, `child.terminate()` and `list.drop_duplicates()` are the language's own, also beside a kit.
 */
function isOfKit({ name }: Code, nouns: readonly string[]): boolean {
  if (name === undefined) return nouns.some((one) => KEPT.has(one))
  // To close what speaks to the cloud takes nothing away there.
  if (nouns.length === 0 && /client\(\)$/i.test(name)) return false
  if (FROM_KIT.test(name)) return true
  if (name.includes('(')) return false
  return nouns.length > 0
    ? nouns.some((one) => KEPT.has(one))
    : wordsOfName(name.split('.').at(-1) ?? '').some((one) => ITSELF.has(one))
}

/**
 * `client.delete_function(…)`, `new StopInstancesCommand(…)`, `instance.terminate()`. A verb alone is a kit's where it is given nothing
 * by its place: `list.remove(x)` and `map.delete(key)` are the language's own.
 */
export function ofKit(tell: Teller, on: Code | undefined, method: string, given: Given): void {
  if (tell.kit === undefined) return
  const isRequest = method.endsWith('Command')
  const [verb = '', ...nouns] = wordsOfName(isRequest ? method.slice(0, -'Command'.length) : method)
  if (nouns.length === 0 && given.all.length > 0) return
  if (on === undefined ? !isRequest : !isOfKit(on, nouns)) return
  const does = DESTROYS.has(verb)
    ? 'infra.destroy'
    : DELETES.has(verb)
      ? nouns.some((one) => HOLDS.has(one))
        ? 'infra.destroy'
        : 'infra.delete'
      : STOPS.has(verb)
        ? 'infra.change'
        : undefined
  if (does !== undefined) say(tell, does, { kind: 'infra', platform: tell.kit })
}
