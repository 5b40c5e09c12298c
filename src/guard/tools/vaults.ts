// Secrets that are kept elsewhere, by a service, a vault of passwords or the system: which words of their programs print the values, and
// which start another program that has them in its variables. Names, versions and settings are looked at freely.
import { list } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { namesSecret, showsEnvironment } from '../reveal.ts'
import type { Call } from '../shell.ts'
import { FROM_HELD, type Stream } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { literal, prefix } from '../value.ts'
import { reveal } from './container-shows.ts'

interface Store {
  readonly names: string
  /**
   * Words with which the call begins, options between them or not: `|` between those that may stand at one place, `*` for any one, `…` in
   * front where others may come before them.
   */
  readonly shows: readonly string[]
  /** An option with which the values are printed. */
  readonly when?: RegExp
  /** An option with which they are not. */
  readonly unless?: RegExp
  /** What is asked for may be anything: its name says whether it is a secret. */
  readonly byName?: true
}

const STORES: readonly Store[] = [
  {
    names: 'aws',
    shows: [
      'secretsmanager get-secret-value|batch-get-secret-value',
      // Of somebody else: whoever has them is them.
      'sts assume-role|assume-role-with-saml|assume-role-with-web-identity|get-federation-token',
      'configure get aws_secret_access_key|aws_session_token',
      'configure export-credentials',
      'redshift get-cluster-credentials',
      'iot create-keys-and-certificate',
      'ec2 get-password-data',
      'lightsail get-relational-database-master-user-password',
    ],
    unless: /^--generate-cli-skeleton/,
  },
  {
    names: 'aws',
    shows: ['ssm get-parameter|get-parameters|get-parameters-by-path|get-parameter-history'],
    when: /^--with-decryption$/,
  },
  {
    names: 'gcloud',
    shows: ['secrets versions access', 'alpha|beta secrets versions access', 'sql generate-login-token'],
  },
  { names: 'az', shows: ['keyvault secret download', 'keyvault key download'] },
  // What is taken out by its name is the value itself.
  {
    names: 'az',
    shows: [
      'keyvault secret show',
      'acr credential show',
      '… keys list',
      '… list-keys',
      '… show-connection-string',
      '… list-publishing-credentials|list-publishing-profiles',
      'webapp|functionapp config appsettings|connection-string list',
      'containerapp secret show',
    ],
    when: /^(?:--query=)?(?:\S*[\].{:\s])?(?:value|connectionString|(?:\w*[pP]assword|\w+Key)s?)(?:\[\d*\](?:\.value)?)?[\s})\]]*$/,
  },
  { names: 'doctl', shows: ['databases connection', 'databases user get|list', '… kubeconfig show'] },
  // What a field takes out is the value itself.
  {
    names: 'vault bao openbao',
    shows: ['kv get', 'read'],
    when: /^-?-field(?:=|$)/,
  },
  { names: 'vault bao openbao', shows: ['token create', 'print token'] },
  // An engine that makes an account for whoever asks says its password.
  {
    names: 'vault bao openbao',
    shows: ['read'],
    when: /^(?!-)\S*\/(?:creds|static-creds)\//,
  },
  { names: 'ansible-vault', shows: ['decrypt'], when: /^(?:--output=)?(?:-|\/dev\/stdout)$/ },
  { names: 'rclone', shows: ['config show|dump', 'reveal'] },
  {
    names: 'doppler',
    shows: ['secrets', 'configure get token', 'configs tokens create'],
    unless: /^--only-names$/,
  },
  { names: 'infisical', shows: ['secrets', 'export', 'user get token'] },
  { names: 'chamber', shows: ['read', 'export', 'env'] },
  { names: 'teller', shows: ['show', 'env', 'export', 'sh', 'yaml'] },
  {
    names: 'sops',
    shows: [''],
    when: /^(?:-\w*d\w*|--decrypt)$/,
    unless: /^(?:-\w*i\w*$|--in-place|--output(?:=|$))/,
  },
  { names: 'sops', shows: ['decrypt'], unless: /^(?:-\w*i\w*$|--in-place|--output(?:=|$))/ },
  { names: 'akeyless', shows: ['get-secret-value', 'get-dynamic-secret-value', 'get-rotated-secret-value'] },
  { names: 'conjur', shows: ['variable get', 'variable value'] },
  { names: 'kamal', shows: ['secrets print|fetch|extract'] },
  { names: 'op', shows: ['read', 'inject', 'document get'] },
  { names: 'op', shows: ['item get'], when: /^--(?:reveal|fields|otp|format)(?:=|$)/ },
  { names: 'bw', shows: ['get password|item|notes|totp|attachment', 'list items', 'export'] },
  { names: 'rbw', shows: ['get', 'code'] },
  { names: 'lpass', shows: ['show', 'export'] },
  { names: 'dcli', shows: ['password|p', 'note|n', 'otp|o', 'secret|s', 'read', 'inject', 'exec'] },
  { names: 'keepassxc-cli', shows: ['clip', 'export'] },
  {
    names: 'keepassxc-cli',
    shows: ['show'],
    when: /^(?:-\w*[sa]|--show-protected$|--attributes(?:=|$)|--totp$|-t$|--all$)/,
  },
  { names: 'kwallet-query', shows: [''], when: /^(?:-\w*r|--read-password)/ },
  { names: 'heroku', shows: ['config', 'config:get', 'auth:token', 'pg:credentials:url'] },
  { names: 'dokku', shows: ['config', 'config:show|config:get|config:export'] },
  { names: 'scalingo convox', shows: ['env', 'env-get'] },
  { names: 'gigalixir', shows: ['config'] },
  { names: 'cf cf7 cf8', shows: ['env|e'] },
  { names: 'eb', shows: ['printenv'] },
  { names: 'railway', shows: ['variables|variable|vars'], unless: /^(?:--set|-s$)/ },
  { names: 'netlify ntl', shows: ['env:get'] },
  { names: 'neonctl neon', shows: ['connection-string|cs'] },
  { names: 'pscale', shows: ['password create'] },
  {
    names: 'pulumi',
    shows: ['config', 'stack output', 'stack export', 'stack'],
    when: /^--show-secrets(?:=true)?$/,
  },
  { names: 'pulumi', shows: ['config get'], byName: true },
  {
    names: 'terraform tofu opentofu terragrunt',
    shows: ['output'],
    when: /^-?-(?:raw|json)(?:=true)?$/,
    byName: true,
  },
  { names: 'rails', shows: ['credentials:show', 'encrypted:show'] },
  { names: 'glab', shows: ['auth status'], when: /^(?:-t|--show-token)$/ },
  { names: 'glab', shows: ['variable get'], byName: true },
  { names: 'glab', shows: ['variable export'] },
  // Of the system itself: keys of the kernel, credentials of units, of networks and tunnels.
  { names: 'keyring', shows: ['get'] },
  { names: 'keyctl', shows: ['read|print|pipe|dh_compute'] },
  { names: 'systemd-creds', shows: ['decrypt', 'cat'] },
  { names: 'wg', shows: ['showconf', 'show * private-key|preshared-keys|dump'] },
  { names: 'nmcli', shows: ['* show'], when: /^(?:-\w*s\w*|--show-secrets)$/ },
  { names: 'nmcli', shows: ['* * show-password'] },
  // Whoever has the token is taken in: as what it names, or as one of them.
  { names: 'kubeadm', shows: ['token create|list'] },
  { names: 'k3s rke2', shows: ['token create|rotate'] },
  { names: 'docker podman', shows: ['swarm join-token|unlock-key'] },
  {
    names:
      'docker-credential-desktop docker-credential-pass docker-credential-secretservice docker-credential-osxkeychain docker-credential-wincred docker-credential-ecr-login docker-credential-gcr docker-credential-gcloud',
    shows: ['get'],
  },
]

/** Words of a call that are looked at. */
const MOST = 24

interface Word {
  readonly text: string
  /** It stands behind an option, and may be its value. */
  readonly isValue: boolean
}

/** Whether the words of a row stand here one after the other; what comes behind them. */
function follows(words: readonly Word[], row: readonly string[]): Word | 'nothing' | undefined {
  let at = 0
  for (const one of row) {
    while (words[at]?.isValue === true && !fits(one, words[at]?.text)) at++
    if (!fits(one, words[at]?.text)) return undefined
    at++
  }
  const rest = words.slice(at)
  return rest.find(({ isValue }) => !isValue) ?? rest.at(-1) ?? 'nothing'
}

const fits = (one: string, word: string | undefined): boolean =>
  word !== undefined && (one === '*' || list(one, '|').includes(word))

/** As `follows`, for a row as it is written. */
function behind(words: readonly Word[], row: string): Word | 'nothing' | undefined {
  const [first, ...rest] = list(row)
  if (first !== '…') return follows(words, first === undefined ? [] : [first, ...rest])
  for (let at = 0; at < words.length; at++) {
    const found = follows(words.slice(at), rest)
    if (found !== undefined) return found
  }
  return undefined
}

const act =
  (store: Store): NonNullable<Tool['act']> =>
  (call): Stream | undefined => {
    const all = call.args.slice(0, MOST).map(({ value }) => literal(value) ?? prefix(value))
    const end = all.indexOf('--')
    const given = end === -1 ? all : all.slice(0, end)
    if (given.some((word) => /^(?:-h|--help|help)$/.test(word))) return undefined
    if (store.when !== undefined && !given.some((word) => store.when?.test(word))) return undefined
    if (given.some((word) => store.unless?.test(word))) return undefined
    const words = given.flatMap((text, i) =>
      text.startsWith('-') ? [] : [{ text, isValue: /^--?[^=]+$/.test(given[i - 1] ?? '') }],
    )
    const next = store.shows.map((row) => behind(words, row)).find((one) => one !== undefined)
    if (next === undefined) return undefined
    const name = next === 'nothing' ? undefined : next.text
    if (isOther(name) || (store.byName === true && !namesSecret(name ?? ''))) return undefined
    const named = call.args.find(({ value }) => literal(value) === name)
    reveal(call, literal(call.name.value) ?? '', 'secret', named)
    return FROM_HELD
  }

/** Behind the noun stands a verb that shows nothing: `doppler secrets set`, `heroku config:set`. */
const isOther = (word: string | undefined): boolean =>
  word !== undefined &&
  /^(?:set|unset|delete|rm|remove|upload|add|create|edit|notes|folders|substitute|generate-example-env|list-versions|update|init|ls|tree|rotate|revoke)$/.test(
    word,
  )

/** Programs that start another one with the secrets in its variables. */
const LENDERS =
  'doppler infisical op chamber aws-vault envchain summon teller berglas vaultenv akeyless kamal sops'

/** What they start, where the line says so. */
function lent(call: Call): readonly Field[] | undefined {
  const { args } = call
  const end = args.findIndex(({ value }) => literal(value) === '--')
  if (end !== -1) return args.slice(end + 1)
  if (/(?:^|\/)envchain$/.test(literal(call.name.value) ?? '')) return args.slice(1)
  const at = args.findIndex(({ value }) => /^(?:--command|exec-env)$/.test(literal(value) ?? ''))
  const text = args[literal(args[at]?.value ?? []) === 'exec-env' ? at + 2 : at + 1]
  return at === -1 || text === undefined
    ? undefined
    : [{ ...text, value: ['sh'] }, { ...text, value: ['-c'] }, text]
}

const lends: Tool = {
  names: LENDERS,
  style: 'posix',
  act: (call) => {
    const words = lent(call)
    if (words === undefined || words.length === 0 || !showsEnvironment(words)) return undefined
    reveal(call, literal(call.name.value) ?? '', 'environment', words[0])
    return FROM_HELD
  },
}

export const VAULTS: readonly Tool[] = [
  ...STORES.map(
    (store): Tool => ({ names: store.names, style: 'posix', harmless: 'help version', act: act(store) }),
  ),
  lends,
]
