// The large clouds and what builds on them.
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { literal, prefix } from '../value.ts'
import { HANDED } from './handed.ts'
import {
  carriedBy,
  carryOut,
  DEEP_OPTIONS,
  type Hosted,
  isOffLater,
  type Spoken,
  scaleToZero,
  speak,
} from './hosted.ts'
import { PLATFORMS } from './platforms.ts'
import { PROVISION } from './provision.ts'

const AWS: Hosted = {
  names: 'aws',
  grouped: true,
  deletes: 'schedule-key-deletion',
  changes:
    'release reject unsubscribe put-secret-value update-secret update-stack leave mv withdraw retire decrease rebuild swap enter-standby global-sign-out admin-user-global-sign-out',
  also: /^cloudformation deploy\b/,
  flags: 'debug no-verify-ssl no-paginate no-sign-request no-cli-pager no-cli-auto-prompt cli-auto-prompt',
  short: '',
}

/** Operations that open something to others. */
const EXPOSES =
  /^(?:put-bucket-(?:policy|acl|website|cors)|put-object-acl|(?:put|delete)-(?:bucket-)?public-access-block|modify-(?:image|snapshot)-attribute|modify-db-(?:cluster-)?snapshot-attribute|put-resource-policy|add-permission|authorize-security-group-(?:ingress|egress)|put-repository-policy|set-repository-policy)$/
/** Operations that say who may do what, or that put something else in the place of what runs. */
const CHANGES =
  /^(?:(?:attach|put)-(?:user|role|group)-policy|(?:create|update)-access-key|(?:create|update)-login-profile|add-user-to-group|update-assume-role-policy|update-account-password-policy|put-(?:user|role)-permissions-boundary|upload-(?:ssh-public-key|signing-certificate)|create-service-specific-credential|create-policy-version|set-default-policy-version|put-key-policy|create-grant|put-bucket-(?:versioning|lifecycle|lifecycle-configuration|replication|encryption|ownership-controls)|failover-(?:db-cluster|global-cluster)|(?:restore|promote)-(?:db|read|table|from)[\w-]*|put-function-concurrency|associate-iam-instance-profile|replace-(?:route|network-acl-entry|iam-instance-profile-association)|create-invalidation|purchase-[\w-]+|modify-(?:listener|rule|target-group)(?:-attributes)?|set-(?:rule-priorities|security-groups|subnets)|update-(?:function-(?:code|configuration)|environment|alias|distribution)|(?:create|start)-deployment|put-retention-policy|enable-key-rotation|execute-change-set)$/

/** What keeps a thing from being deleted is taken off: `--no-deletion-protection`, `--enable-purge-protection false`. */
const PROTECTION =
  /^--(no-|clear-|disable-)?(?:(?:enable-)?(?:deletion|termination|purge)-protection(?:-enabled)?|disable-api-(?:termination|stop)|retention-(?:period|policy)|soft-delete(?:-retention)?|backup|backup-retention(?:-period)?|(?:enable-)?point-in-time-recovery|automated-backups?)(?:=(.*))?$/

function unprotects(call: Call, words: readonly string[]): void {
  const off = words.some((word, i) => {
    const match = PROTECTION.exec(word)
    return (
      ATTRIBUTE.test(word) ||
      (match !== null &&
        (match[1] !== undefined || /^(?:false|off|0|disabled)$/i.test(match[2] ?? words[i + 1] ?? '')))
    )
  })
  if (off)
    call.shell.emit(
      {
        verb: 'infra.change',
        on: { kind: 'infra', platform: literal(call.name.value) ?? '', type: 'protection' },
      },
      call.span,
    )
}

/** An attribute by its name: `Key=deletion_protection.enabled,Value=false`. */
const ATTRIBUTE =
  /\bdeletion_protection(?:\.enabled)?,\s*Value=false\b|\bPointInTimeRecoveryEnabled["']?\s*[=:]\s*false\b/i

/** The second word that is neither an option nor its value. */
function operationOf(words: readonly string[]): string {
  const operands = words.filter((word, i) => !word.startsWith('-') && !/^--[^=]+$/.test(words[i - 1] ?? ''))
  return operands.slice(0, 2).find((word) => word.includes('-')) ?? ''
}

/** `--parameters commands='…'`, `'{"commands":["…"]}'`: texts for the shells of others. */
function sentCommands(call: Call): void {
  const at = call.args.findIndex(({ value }) => /^--parameters(?:=|$)/.test(prefix(value)))
  const field = call.args[prefix(call.args[at]?.value ?? []).includes('=') ? at : at + 1]
  const source = at === -1 || field === undefined ? undefined : literal(field.value)
  if (field === undefined || source === undefined) return
  const text = /^(?:--parameters=)?commands?=(.*)$/s.exec(source)?.[1]
  const texts =
    text === undefined
      ? [...source.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, one = '']) => one)
      : [text.replace(/^\[?"?|"?\]?$/g, '')]
  for (const one of texts.slice(0, 16)) call.shell.fork({ host: 'aws:' }).code(one, field.span)
}

/** `ecs execute-command --command TEXT` */
function typedThere(call: Call): void {
  const at = call.args.findIndex(({ value }) => /^--command(?:=|$)/.test(prefix(value)))
  const field = call.args[prefix(call.args[at]?.value ?? []).includes('=') ? at : at + 1]
  const text = at === -1 || field === undefined ? undefined : literal(field.value)?.replace(/^--command=/, '')
  if (field !== undefined && text !== undefined) call.shell.fork({ host: 'aws:' }).code(text, field.span)
}

/** Operations whose words say whether something is taken away or written over. */
const BATCHES =
  /^(?:change-resource-record-sets|batch-write-item|transact-write-items|batch-execute-statement|put-parameter)$/

/** `aws SERVICE OPERATION`: the operation is the verb; `s3` has words of its own. */
function aws(call: Call): Stream {
  const said = speak(call, AWS)
  const words = call.args.map(({ value }) => prefix(value))
  const operation = operationOf(words)
  // A service that is given other tasks starts anew; more or fewer of the same is another matter.
  const renews =
    operation === 'update-service' &&
    words.some((word) => /^--(?:force-new-deployment|task-definition|source-configuration)(?:=|$)/.test(word))
  const does = EXPOSES.test(operation)
    ? 'infra.expose'
    : renews || CHANGES.test(operation)
      ? 'infra.change'
      : undefined
  if (does !== undefined)
    call.shell.emit({ verb: does, on: { kind: 'infra', platform: 'aws', type: operation } }, call.span)
  unprotects(call, words)
  if (operation === 'send-command' || operation === 'start-session') sentCommands(call)
  if (operation === 'execute-command') typedThere(call)
  // A bucket that is a site is everybody's.
  if (words[0] === 's3' && words.includes('website'))
    call.shell.emit(
      { verb: 'infra.expose', on: { kind: 'infra', platform: 'aws', type: 'website' } },
      call.span,
    )
  // A batch is read where it stands in the line.
  if (
    BATCHES.test(operation) &&
    words.some((word) => /DELETE|UPSERT|"Delete|^--overwrite$|^file:/.test(word))
  )
    call.shell.emit(
      { verb: 'infra.change', on: { kind: 'infra', platform: 'aws', type: operation } },
      call.span,
    )
  if (said === undefined) return FROM_PROGRAM
  if (said.nouns[0] === 's3') carryOut(call, said, { ...AWS, deep: 'recursive force' })
  else if (said.nouns.length > 0)
    // A machine that is terminated is gone with its disks.
    carryOut(
      call,
      /^terminate-(instances|clusters|job-flows|workspaces)/.test(said.verb)
        ? { ...said, nouns: ['cluster'], verb: 'terminate' }
        : said,
      AWS,
    )
  return FROM_PROGRAM
}

/** Copies that also delete what the source does not have. */
const mirrors = (names: string, words: string, options: string, dry = '') => ({
  names,
  words,
  mirror: options,
  dry,
})

const MIRRORS = [
  mirrors('aws', 'sync', 'delete'),
  mirrors('gsutil', 'rsync', 'd', 'n'),
  mirrors('gcloud', 'rsync', 'delete-unmatched-destination-objects'),
  mirrors('azcopy', 'sync', 'delete-destination'),
  mirrors('mc', 'mirror', 'remove'),
  mirrors('s3cmd', 'sync', 'delete-removed', 'n'),
  mirrors('s5cmd', 'sync', 'delete'),
  mirrors('rclone', 'sync', '', 'n'),
]

function mirrored(call: Call): void {
  const name = (literal(call.name.value) ?? '').replace(/^.*\/|\.(?:exe|cmd)$/gi, '')
  const found = MIRRORS.find((one) => one.names === name)
  if (found === undefined) return
  const words = call.args.map(({ value }) => prefix(value))
  const isDry = (word: string) =>
    /^--(?:dry-?run|help)(?:=true)?$/.test(word) || (word === '-n' && found.dry.includes('n'))
  const idle = words.findLast((word) => /^--(?:dry-?run|help)\b|^-n$/.test(word))
  if (!words.includes(found.words) || (idle !== undefined && isDry(idle))) return
  const deletes =
    found.mirror === '' ||
    words.some((word) => {
      if (!word.startsWith('-')) return false
      const [option, value] = word.replace(/^--?/, '').split('=')
      return (
        value !== 'false' &&
        (option === found.mirror ||
          (found.mirror.length === 1 &&
            /^[a-zA-Z]+$/.test(option ?? '') &&
            !word.startsWith('--') &&
            (option ?? '').includes(found.mirror)))
      )
    })
  if (deletes)
    call.shell.emit(
      { verb: 'infra.delete', on: { kind: 'infra', platform: name, type: found.words } },
      call.span,
    )
}

const STORES: readonly Hosted[] = [
  {
    names: 'gcloud',
    grouped: true,
    flags: 'quiet user-output-enabled log-http',
    short: '',
    deep: 'recursive r R',
    changes:
      'restore set-iam-policy add-iam-policy-binding update-traffic set-traffic import promote-replica patch seek mv migrate',
    except: 'transfer logs',
    // A version that takes the place of the one that serves, or of a secret.
    also: /^(?:(?:run|functions|app) deploy|run services replace|secrets versions add)\b/,
    aside: 'no-traffic no-promote',
  },
  {
    names: 'bq',
    deep: DEEP_OPTIONS,
    flags: 'f r d t',
    short: '',
    options: 'replace',
    changes: 'set-iam-policy add-iam-policy-binding',
  },
  {
    names: 'az',
    grouped: true,
    deletes: 'purge',
    changes: 'restore renew regenerate swap reimage generalize',
    except: 'logs',
    also: /^(?:keyvault secret set|webapp (?:up|deploy|deployment source (?:config-zip|sync))|functionapp (?:deploy|deployment source config-zip)|containerapp up)\b/,
    short: 'gnosl',
    bundles: true,
    deep: '',
  },
  // `acl`, `iam`, `lifecycle`, `versioning`: who may do what to a bucket, and how long it keeps what.
  { names: 'gsutil', deep: 'r R', flags: 'm q D f', short: 'ohiu', changes: 'set ch mv' },
  { names: 'azcopy', deep: 'recursive', deletes: 'clean' },
  {
    names: 'rclone',
    places: true,
    deletes: 'delete deletefile purge cleanup dedupe rmdirs move moveto',
    changes: 'bisync settier',
    deep: '',
    short: '',
    bundles: true,
    dry: 'n',
  },
  { names: 'mc mcli', deep: 'recursive r', flags: 'json', short: 'C', changes: 'mv' },
  { names: 's3cmd s4cmd s5cmd', deep: 'recursive r', flags: 'r f', short: 'c', changes: 'mv' },
  {
    names:
      'b2 doctl linode-cli hcloud vultr-cli scw exo oci ibmcloud aliyun tccli openstack nova cinder glance neutron swift yc ovh upctl civo',
    deep: DEEP_OPTIONS,
    // What was on its disk is gone.
    changes: 'rebuild reinstall power-off power-cycle',
  },
]

/** `az vm run-command invoke --scripts TEXT`: what follows until the next option. */
function scripted(call: Call): void {
  const at = call.args.findIndex(({ value }) => literal(value) === '--scripts')
  if (at === -1 || !call.args.some(({ value }) => literal(value) === 'run-command')) return
  for (const field of call.args.slice(at + 1)) {
    const source = literal(field.value)
    if (source?.startsWith('-') === true) break
    if (source !== undefined) call.shell.fork({ host: 'az:' }).code(source, field.span)
  }
}

/** Who is let in from outside. */
const OPENS =
  /^--(?:allow-blob-public-access|public-network-access|public-access|default-action|anonymous-pull-enabled)(?:=(.*))?$/

function opened(call: Call): void {
  const words = call.args.map(({ value }) => prefix(value))
  const opens = words.some((word, i) => {
    const match = OPENS.exec(word)
    return match !== null && /^(?:true|enabled?|allow|blob|container)$/i.test(match[1] ?? words[i + 1] ?? '')
  })
  if (opens && words.some((word) => /^(?:update|create|set|set-permission)$/.test(word)))
    call.shell.emit(
      { verb: 'infra.expose', on: { kind: 'infra', platform: 'az', type: 'access' } },
      call.span,
    )
}

/** The whole of the internet as where somebody may come from; as where something goes it is a route. */
const ANYWHERE = /(?:^|[=:,\s])(?:(?:0\.0\.0\.0|::)\/0|ip_addr:0\.0\.0\.0)(?:$|[,\s])/
const TOWARDS = /^--?(?:[\w-]*destination|[\w-]*outbound|[\w-]*egress|dest)/
const LETS =
  /^(?:create|add|append|add-rule|add-rules|update|set|set-rules|patch|authorize|replace|new|modify)$/

/** `firewall-rules create --source-ranges=0.0.0.0/0`, `nsg rule create --source-address-prefixes '*'`. */
function letsIn(call: Call): void {
  const words = call.args.map(({ value }) => literal(value) ?? prefix(value))
  if (
    !words.some((word) => LETS.test(word)) ||
    words.some((word) => /^(?:egress|out(?:bound)?)$/i.test(word))
  )
    return
  const opens = words.some((word, i) => {
    const option = word.startsWith('-') ? word : (words[i - 1] ?? '')
    if (TOWARDS.test(option)) return false
    return (
      ANYWHERE.test(word) ||
      (/^--source-address-prefix(?:es)?$/.test(option) && /^(?:\*|Internet|Any)$/i.test(word))
    )
  })
  // A rule of a firewall that names nobody is for everybody.
  const isOpen =
    words.includes('firewall-rules') &&
    words.includes('create') &&
    words.some((word) => /^--(?:allow|rules)(?:=|$)/.test(word)) &&
    !words.some((word) => /^--(?:source-|direction=egress|action=deny)/i.test(word)) &&
    !words.some((word, i) => /^deny$/i.test(word) && words[i - 1] === '--action')
  if (opens || isOpen)
    call.shell.emit(
      {
        verb: 'infra.expose',
        on: { kind: 'infra', platform: literal(call.name.value) ?? '', type: 'firewall' },
      },
      call.span,
    )
}

/** `az rest --method delete --url …`: a request of its own. */
function rested(call: Call): void {
  if (literal(call.args[0]?.value ?? []) !== 'rest') return
  const words = call.args.map(({ value }) => prefix(value))
  const method = words
    .map(
      (word, i) =>
        /^(?:--method=|-m=)(.*)$/.exec(word)?.[1] ??
        (/^(?:--method|-m)$/.test(word) ? words[i + 1] : undefined),
    )
    .find((one) => one !== undefined)
  if (method === undefined || /^(?:get|head|options)$/i.test(method)) return
  const verb = /^delete$/i.test(method) ? 'infra.delete' : 'infra.change'
  call.shell.emit({ verb, on: { kind: 'infra', platform: 'az', type: 'rest' } }, call.span)
}

/** Making one of these gives somebody a way in. */
const GRANTS =
  /^(?:(?:iam service-accounts keys|role assignment) create|ad (?:sp|app) create-for-rbac|ad (?:sp|app) credential (?:create|reset))$/

/** What the words mean where the verb alone says less. */
function meant(said: Spoken, call: Call, { names }: Hosted): Spoken {
  if (GRANTS.test([...said.nouns, said.verb].join(' '))) return { ...said, meaning: 'change' }
  if (names !== 'az') return said
  // A group of resources holds everything that was made in it.
  if (said.nouns[0] === 'group') return { ...said, nouns: ['project'] }
  // What the template does not name is deleted.
  const mode = call.args.findIndex(({ value }) => literal(value) === '--mode')
  return said.nouns[0] === 'deployment' && /^complete$/i.test(literal(call.args[mode + 1]?.value ?? []) ?? '')
    ? { ...said, meaning: 'delete' }
    : said
}

const cloudTool = (tool: Hosted): Tool => ({
  names: tool.names,
  style: 'posix',
  harmless: 'help',
  aims: true,
  act: (call): Stream => {
    mirrored(call)
    scaleToZero(call)
    const said = speak(call, tool)
    if (said !== undefined) carryOut(call, meant(said, call, tool), tool)
    unprotects(
      call,
      call.args.map(({ value }) => prefix(value)),
    )
    scripted(call)
    letsIn(call)
    if (tool.names === 'az') {
      opened(call)
      rested(call)
    }
    return carriedBy(call) ?? FROM_PROGRAM
  },
})

export const CLOUD: readonly Tool[] = [
  {
    names: 'aws',
    style: 'posix',
    aims: true,
    harmless: 'help version generate-cli-skeleton',
    act: (call): Stream => {
      const isIdle = ({ value }: Field, i: number) => {
        const name = /^--(generate-cli-skeleton|dryrun|dry-run)/.exec(prefix(value))?.[1]
        return name !== undefined && !isOffLater(call.args.slice(i), name)
      }
      if (call.args.some(isIdle)) return FROM_PROGRAM
      mirrored(call)
      scaleToZero(call)
      return aws(call)
    },
  },
  ...STORES.map(cloudTool),
  ...HANDED,
  ...PLATFORMS,
  ...PROVISION,
]
