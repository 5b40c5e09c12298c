// Git's configuration as a danger: which keys run a program or change whom git trusts, however they are given.
import type { Call } from '../shell.ts'
import { literal, prefix, type Value } from '../value.ts'

/** What a key can do when somebody else chose its value. */
export type Risk = 'code' | 'trust'

/** Keys whose value is a program, by section and last name; the part between them is free. Lower case, as git compares them. */
const CODE: Readonly<Record<string, string>> = {
  core: 'sshcommand askpass editor pager fsmonitor hookspath gitproxy alternaterefscommand attributesfile',
  sequence: 'editor',
  credential: 'helper',
  gpg: 'program defaultkeycommand',
  filter: 'clean smudge process',
  merge: 'driver',
  diff: 'external textconv command',
  difftool: 'cmd path',
  mergetool: 'cmd path',
  guitool: 'cmd',
  man: 'cmd path viewer',
  browser: 'cmd path',
  help: 'browser',
  web: 'browser',
  instaweb: 'httpd browser modulepath',
  interactive: 'difffilter',
  uploadpack: 'packobjectshook',
  uploadarchive: 'command',
  remote: 'uploadpack receivepack vcs',
  tar: 'command',
  trailer: 'command cmd',
  hook: 'command',
  init: 'templatedir',
  imap: 'tunnel',
  sendemail: 'sendmailcmd smtpserver tocmd cccmd headercmd aliasfiletype validate',
  lfs: 'path clean smudge standalonetransferagent',
  svn: 'authorsprog',
  receive: 'procreceiverefs',
  clone: 'templatedir',
}

/** Keys that say whom and what git trusts, or where a repository is. */
const TRUST: Readonly<Record<string, string>> = {
  core: 'bare worktree repositoryformatversion protecthfs protectntfs',
  http: '*',
  https: '*',
  ssh: 'variant',
  gpg: 'allowedsignersfile revocationfile mintrustlevel',
  remote: 'proxy proxyauthmethod',
  include: 'path',
  includeif: 'path',
  protocol: 'allow',
  safe: 'directory barerepository',
  url: 'insteadof pushinsteadof',
  extensions: '*',
  trace2: '*',
  credential: '*',
  fsck: '*',
  fetch: 'fsckobjects bundleuri',
  transfer: 'fsckobjects bundleuri',
  receive: 'fsckobjects denynonfastforwards denydeletes denydeletecurrent denycurrentbranch',
  uploadpack: 'allowanysha1inwant allowtipsha1inwant allowreachablesha1inwant',
}
/** Of a section that is listed as a whole: how fast, how often, under which name. */
const PLAIN: Readonly<Record<string, string>> = {
  http: 'useragent lowspeedlimit lowspeedtime maxrequests minsessions postbuffer version noepsv keepaliveidle keepaliveinterval keepalivecount maxretries retryafter maxretrytime',
}
/** How long git keeps what nothing points at any more, and whether it writes down where branches were. */
const KEEPS: Readonly<Record<string, string>> = {
  gc: 'reflogexpire reflogexpireunreachable pruneexpire worktreepruneexpire',
  core: 'logallrefupdates',
}

/** Values with which such a key does nothing of its own. */
const HARMLESS: Readonly<Record<string, string>> = {
  editor: 'true :',
  pager: 'cat less more most delta bat true false',
  fsmonitor: 'true false',
  sslverify: 'true 1 yes on',
  helper: 'cache osxkeychain manager manager-core libsecret wincred',
  external: 'delta difft',
}

const listed = (table: Readonly<Record<string, string>>, key: string, name: string): boolean => {
  const names = Object.hasOwn(table, key) ? (table[key] as string) : ''
  return names === '*' || ` ${names} `.includes(` ${name} `)
}

const parts = (key: string) => ({
  section: key.slice(0, Math.max(key.indexOf('.'), 0)).toLowerCase(),
  name: key.slice(key.lastIndexOf('.') + 1).toLowerCase(),
})

/** Whether from now on git forgets at once what would be the way back. */
export function forgets(key: string, value: Value | undefined): boolean {
  const { section, name } = parts(key)
  const plain = value === undefined ? undefined : literal(value)
  return (
    listed(KEEPS, section, name) &&
    (plain === undefined || /^(?:now|all|0|0\..*|today|false|no|off)$/i.test(plain.trim()))
  )
}

/** The danger of giving `key` this value; an open value may be anything. */
export function riskOf(key: string, value: Value | undefined): Risk | undefined {
  const { section, name } = parts(key)
  if (section === '') return undefined
  const plain = value === undefined ? undefined : literal(value)
  const bare = plain?.trim()
  if (bare !== undefined && bare !== '' && listed(HARMLESS, name, bare)) return undefined
  // A transport that is a program, wherever its address stands.
  if (bare !== undefined && /^(?:ext|fd)::/i.test(bare)) return 'code'
  if (listed(PLAIN, section, name)) return undefined
  if (section === 'alias') return value === undefined || prefix(value).startsWith('!') ? 'code' : undefined
  if (name === 'pager' && bare === '') return undefined
  if (section === 'pager') return bare === undefined || bare !== '' ? 'code' : undefined
  if (section === 'submodule' && name === 'update')
    return bare === undefined || bare.startsWith('!') ? 'code' : undefined
  if (section === 'remote' && (name === 'url' || name === 'pushurl'))
    return bare !== undefined && /^[a-z]+::/i.test(bare) ? 'code' : undefined
  if (listed(CODE, section, name)) return 'code'
  return listed(TRUST, section, name) ? 'trust' : undefined
}

/** Variables of the environment that say the same as a key, or name the file that does. */
const ENVIRONMENT: Readonly<Record<string, Risk>> = {
  GIT_EDITOR: 'code',
  GIT_SEQUENCE_EDITOR: 'code',
  EDITOR: 'code',
  VISUAL: 'code',
  GIT_PAGER: 'code',
  PAGER: 'code',
  LESSOPEN: 'code',
  LESSCLOSE: 'code',
  BROWSER: 'code',
  GIT_SSH: 'code',
  GIT_SSH_COMMAND: 'code',
  GIT_SSH_VARIANT: 'trust',
  GIT_ASKPASS: 'code',
  SSH_ASKPASS: 'code',
  GIT_PROXY_COMMAND: 'code',
  GIT_EXTERNAL_DIFF: 'code',
  GIT_EXEC_PATH: 'code',
  GIT_TEMPLATE_DIR: 'code',
  GIT_CONFIG_PARAMETERS: 'code',
  GIT_CONFIG: 'code',
  GIT_CONFIG_GLOBAL: 'code',
  GIT_CONFIG_SYSTEM: 'code',
  GIT_ALLOW_PROTOCOL: 'trust',
  GIT_PROTOCOL_FROM_USER: 'trust',
  GIT_SSL_NO_VERIFY: 'trust',
  GIT_SSL_CAINFO: 'trust',
  GIT_SSL_CAPATH: 'trust',
  GIT_SSL_CERT: 'trust',
  GIT_SSL_CIPHER_LIST: 'trust',
  GIT_PROXY_SSL_CAINFO: 'trust',
  GIT_PROXY_SSL_CERT: 'trust',
  GIT_PROXY_SSL_KEY: 'trust',
  SSL_CERT_FILE: 'trust',
  SSL_CERT_DIR: 'trust',
  CURL_CA_BUNDLE: 'trust',
  http_proxy: 'trust',
  https_proxy: 'trust',
  all_proxy: 'trust',
  HTTP_PROXY: 'trust',
  HTTPS_PROXY: 'trust',
  ALL_PROXY: 'trust',
  GIT_SSL_KEY: 'trust',
  GIT_SSL_VERSION: 'trust',
  GIT_HTTP_PROXY_AUTHMETHOD: 'trust',
  GIT_OBJECT_DIRECTORY: 'trust',
  GIT_ALTERNATE_OBJECT_DIRECTORIES: 'trust',
  GIT_COMMON_DIR: 'trust',
  GIT_GRAFT_FILE: 'trust',
  GIT_REPLACE_REF_BASE: 'trust',
  GIT_TRACE2_CONFIG_PARAMS: 'trust',
  GIT_TRACE2_ENV_VARS: 'trust',
}
/** What git does is written down there; the letter of a number or of `true` is no file. */
const TRACES = /^GIT_(?:TRACE(?:2?_[A-Z]+|2)?|REDIRECT_STD(?:OUT|ERR))$/
const EDITORS = 'GIT_EDITOR GIT_SEQUENCE_EDITOR EDITOR VISUAL'
const PAGERS = 'GIT_PAGER PAGER'
const FILES = 'GIT_CONFIG GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM'

/** ssh itself, with a key, a port or another way to be quiet. */
const PLAIN_SSH =
  /^(?:\/usr\/bin\/)?ssh(?:\s+(?:-[46AaCqTvx]+|-[ilp]\s*[\w./~@$-]+|-o\s*(?:IdentitiesOnly|BatchMode|ConnectTimeout|ServerAliveInterval)[= ]\w+))*\s*$/

export interface Setting {
  readonly key: string
  /** Undefined where only the name of a variable is given. */
  readonly value: Value | undefined
}

/** GIT_CONFIG_KEY_n and GIT_CONFIG_VALUE_n of the text. */
export function settingsOfEnvironment({ shell }: Call): readonly Setting[] {
  const all: Setting[] = []
  for (const [name, { values }] of shell.state.variables)
    if (name.startsWith('GIT_CONFIG_KEY_'))
      for (const key of values) {
        const plain = literal(key)
        const given = shell.state.variables.get(`GIT_CONFIG_VALUE_${name.slice('GIT_CONFIG_KEY_'.length)}`)
        if (plain !== undefined) all.push({ key: plain, value: given?.values[0] })
      }
  return all
}

/** Files that variables of this text make git write into. */
export function tracesOf({ shell }: Call): readonly Value[] {
  const all: Value[] = []
  for (const [name, { values, exported }] of shell.state.variables)
    if (
      exported === true &&
      TRACES.test(name) &&
      !/_(?:REDACT|CONFIG_PARAMS|ENV_VARS|BRIEF|NESTING|NO_DATA)$/.test(name)
    )
      all.push(...values.filter((value) => prefix(value).startsWith('/')))
  return all
}

/** Names of variables of this text that make git run or trust something. */
export function riskyVariables({ shell }: Call): readonly string[] {
  const all: string[] = []
  for (const [name, { values, exported }] of shell.state.variables) {
    if (exported !== true || !Object.hasOwn(ENVIRONMENT, name)) continue
    const harmless = values.every((value) => {
      const plain = literal(value)
      if (` ${EDITORS} `.includes(` ${name} `)) return plain === 'true' || plain === ':'
      if (name === 'GIT_SSH_COMMAND') return plain !== undefined && PLAIN_SSH.test(plain)
      if (` ${PAGERS} `.includes(` ${name} `)) return plain === '' || listed(HARMLESS, 'pager', plain ?? '?')
      // A file of one's own home is one's own configuration.
      if (` ${FILES} `.includes(` ${name} `))
        return plain === '/dev/null' || /^(\/home\/$|~\/)/.test(prefix(value))
      return false
    })
    if (!harmless) all.push(name)
  }
  return all
}
