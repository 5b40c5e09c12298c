// Files that other tools are pointed at by an option: a list, rules, a configuration, a script. A parser that cannot read a line prints it.
import type { Call } from '../shell.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { COMPONENT, literal, prefix, type Value } from '../value.ts'
import { reveal } from './container-shows.ts'
import { fill, type Made, made } from './made.ts'

const MYSQL =
  'h P u D e S host port user socket database execute default-character-set defaults-group-suffix delimiter init-command tee pager protocol ssl-ca ssl-cert ssl-key result-file r where w ignore-table max-allowed-packet login-path password'

const ROWS: readonly Made[] = [
  // What opens a door for them is used; what they are configured by is read and told about.
  {
    names: 'ssh slogin autossh',
    style: 'posix',
    reads: 'F',
    uses: 'i',
    files: 'E',
    takes: 'B b c D e I J L l m O o p Q R S W w P',
    words: 'names',
  },
  { names: 'scp sftp', reads: 'F', uses: 'i', takes: 'c D J l o P S X B b R s', words: 'names' },
  {
    names: 'mysql mariadb mysqldump mariadb-dump mysqladmin mariadb-admin mysqlimport mysqlcheck mysqlbinlog',
    uses: 'defaults-file defaults-extra-file',
    trees: 'T tab',
    attached: 'p#',
    takes: MYSQL,
    words: 'names',
  },
  {
    names: 'aws',
    style: 'posix',
    uses: 'ca-bundle',
    takes: 'profile region output endpoint-url query',
    words: 'names',
  },
  // Rules and scripts.
  {
    names: 'make gmake mmake',
    reads: 'f file makefile I include-dir',
    takes: 'C W o j l O directory old-file assume-old what-if jobs load-average eval',
    words: 'names',
  },
  {
    names: 'just',
    style: 'posix',
    reads: 'f justfile',
    uses: 'E dotenv-path',
    takes: 'd working-directory set shell chooser',
    words: 'names',
  },
  { names: 'task go-task', reads: 't taskfile', takes: 'd dir p parallel', words: 'names' },
  { names: 'rake', reads: 'f rakefile', takes: 'R I r t E e', words: 'names' },
  {
    names: 'ant phing buildfile',
    style: 'words',
    reads: 'f file buildfile propertyfile',
    files: 'logfile l',
    takes: 'D lib',
    words: 'names',
  },
  {
    names: 'gradle gradlew',
    reads: 'b build-file c settings-file I init-script',
    takes: 'p x g P D project-dir exclude-task',
    words: 'names',
  },
  {
    names: 'mvn mvnw mvnd',
    reads: 'f file s settings gs global-settings t toolchains',
    files: 'l log-file',
    takes: 'P p D T',
    words: 'names',
  },
  {
    names: 'composer',
    trees: 'd working-dir',
    takes: 'vendor-dir',
    verbs: 'install update require remove create-project',
    words: 'names',
  },
  {
    names: 'php php8 php-cli',
    style: 'posix',
    reads: 'c php-ini',
    takes: 'r d B R F E t S z run define',
    words: 'names',
  },
  {
    names: 'gawk awk mawk nawk',
    style: 'posix',
    files: 'profile pretty-print dump-variables o p d',
    attached: 'opd',
    takes: 'F f v i e l E field-separator assign file include source load exec',
    words: 'names',
  },
  {
    names: 'diff gdiff',
    reads: 'from-file to-file X exclude-from',
    files: 'output',
    takes: 'I C U F S x W L label',
    words: 'names',
  },
  { names: 'du gdu', reads: 'files0-from X exclude-from', takes: 'd t B max-depth', words: 'names' },
  { names: 'find gfind', style: 'words', reads: 'files0-from', takes: 'f', words: 'names' },
  {
    names: 'rg ripgrep fd fdfind ag',
    reads: 'ignore-file path-to-ignore',
    takes: 'e f g t T A B C m j r M',
    words: 'names',
  },
  {
    names: 'parallel sem',
    files: 'joblog jobs-log',
    trees: 'results tmpdir tempdir',
    style: 'posix',
    takes: 'j P a E I d C L n N s S T jobs arg-file colsep delay timeout',
    words: 'names',
  },
  {
    names: 'rsync openrsync',
    alone: 'backup partial archive',
    files: 'write-batch only-write-batch',
    trees: 'backup-dir partial-dir temp-dir T',
    reads: 'read-batch early-input',
    takes:
      'e f B M rsh rsync-path exclude include filter exclude-from include-from files-from log-file suffix compare-dest copy-dest link-dest bwlimit port timeout chmod chown',
    words: 'names',
  },
  // Configurations of servers, checked or started with.
  { names: 'nginx openresty', reads: 'c', takes: 'g p s e', words: 'names' },
  {
    names:
      'httpd apache2 apachectl apache2ctl haproxy caddy traefik envoy varnishd dnsmasq squid visudo mosquitto unbound named postconf prometheus',
    reads: 'f c C config configFile config.file config-path',
    takes: 'adapter k D d e p',
    words: 'names',
  },
  {
    names: 'gunicorn hypercorn uvicorn granian',
    style: 'posix',
    reads: 'c config log-config',
    uses: 'env-file',
    takes: 'w b k workers bind worker-class host port',
    words: 'names',
  },
  { names: 'flask', style: 'posix', uses: 'e env-file', takes: 'A app', words: 'names' },
  { names: 'screen', style: 'posix', reads: 'c', takes: 'e h p S s t T', words: 'names' },
  { names: 'tmux byobu', style: 'posix', reads: 'f', takes: 'c L S', words: 'names' },
  { names: 'vim vi nvim view', files: 'w W', takes: 'u U s S T c r i cmd', words: 'names' },
  { names: 'zip', reads: 'i include', takes: 'b n t x P', words: 'names' },
  { names: 'haproxy visudo squid sudoreplay', reads: 'f', takes: 'p L n N k', words: 'names' },
  // A server on a directory makes that its own.
  { names: 'initdb postgres postmaster', trees: 'D pgdata X waldir', takes: 'E U A p c', words: 'names' },
  {
    names: 'mysqld mariadbd mysqld_safe mysql_install_db mariadb-install-db',
    trees: 'datadir h',
    uses: 'defaults-file',
    takes: 'u user port P socket',
    words: 'names',
  },
  {
    names: 'mongod',
    trees: 'dbpath',
    files: 'logpath',
    reads: 'f config',
    takes: 'port bind_ip',
    words: 'names',
  },
  {
    names: 'redis-server valkey-server',
    trees: 'dir',
    files: 'logfile pidfile',
    takes: 'port bind save appendonly',
  },
  { names: 'minio', verbs: 'server', takes: 'address console-address', words: 'tree' },
  {
    names: 'etcd consul nomad',
    trees: 'data-dir',
    takes: 'name config-file',
    style: 'words',
    words: 'names',
  },
  { names: 'influx influxd', verbs: 'backup', takes: 'host t token portable database', words: 'tree' },
  // Plans, and variables for them.
  {
    names: 'terraform tofu terragrunt',
    style: 'words',
    reads: 'var-file backend-config',
    files: 'out state-out backup generate-config-out',
    takes: 'chdir var target replace state lock-timeout parallelism',
    words: 'names',
  },
  {
    names: 'ansible ansible-playbook',
    reads: '',
    uses: 'vault-password-file private-key key-file',
    takes: 'i m a e u l f M t T inventory extra-vars',
    words: 'names',
  },
  { names: 'ansible-vault', verbs: 'view', uses: 'vault-password-file', takes: 'vault-id', words: 'read' },
  {
    names: 'ansible-vault',
    verbs: 'encrypt decrypt edit rekey',
    uses: 'vault-password-file new-vault-password-file',
    files: 'output',
    takes: 'vault-id',
    words: 'edit',
  },
  { names: 'foreman honcho', verbs: 'start', uses: 'e env', takes: 'f procfile p port', words: 'names' },
  {
    names: 'pm2 pm2-runtime',
    style: 'posix',
    files: 'l log o output e error p pid',
    takes: 'n name i instances',
    words: 'names',
  },
  // Keys that are made, and those that are made of them.
  {
    names: 'openssl',
    style: 'words',
    files: 'keyout writerand',
    takes: 'in out key inkey cert CAfile CA CAkey config passin passout k K iv S md days subj newkey',
    alone: 'e d a p text noout new x509 nodes',
    words: 'names',
  },
  {
    names: 'keytool',
    style: 'words',
    files: 'file',
    takes: 'keystore storepass keypass alias srckeystore destkeystore importkeystore dname validity keyalg',
    needs: 'exportcert export certreq gencert gencrl',
    words: 'names',
  },
  {
    names: 'keytool',
    style: 'words',
    reads: 'file',
    takes: 'keystore storepass keypass alias srckeystore destkeystore importkeystore dname validity keyalg',
    needs: 'importcert import importpass printcert printcertreq printcrl',
    words: 'names',
  },
  {
    names: 'keytool',
    style: 'words',
    files: 'keystore destkeystore',
    reads: 'importkeystore',
    takes: 'alias storepass keypass file srckeystore',
    alone: 'exportcert export list v printcert',
    words: 'names',
  },
]

/** `ssh-keygen` makes a pair at `-f`, unless it is told to look at one or at a list of hosts. */
const keys: Tool = {
  names: 'ssh-keygen',
  short: 'bCEFfGIKMmNnOPRrSstVWwYzDa',
  act: (call, args) => {
    const file = args.value('f')
    if (file === undefined || args.has('y l R F H B L Q e i')) return undefined
    touch(call, 'path.write', file)
    return undefined
  },
}

/** `make install DESTDIR=dir`: names that makefiles have for the place of what they make. */
const PLACES =
  /^(?:DESTDIR|PREFIX|prefix|O|OUT|OUTDIR|OUT_DIR|OUTPUT|BUILD_?DIR|BUILDDIR|bindir|libdir|datadir)=/
const makes: Tool = {
  names: 'make gmake mmake ninja bmake',
  harmless: '',
  act: (call) => {
    for (const field of call.args) {
      const start = PLACES.exec(prefix(field.value))?.[0]
      const [first, ...rest] = field.value
      if (start === undefined || typeof first !== 'string') continue
      const cut = first.slice(start.length)
      fill(call, { ...field, value: [...(cut === '' ? [] : [cut]), ...rest] satisfies Value })
    }
    return undefined
  },
}

/** `rar a|x ARCHIVE …`: what is packed, or where it is put. */
function rar(call: Call): undefined {
  const [verb, archive, ...rest] = call.args.filter(({ value }) => !/^-./.test(prefix(value)))
  const name = literal(verb?.value ?? [])
  if (archive === undefined || name === undefined) return
  if (/^(?:a|u|f|m|mf)$/.test(name)) {
    touch(call, 'path.write', archive)
    for (const field of rest) {
      touch(call, 'path.read', field, { recursive: true })
      if (name.startsWith('m')) touch(call, 'path.delete', field, { recursive: true })
    }
  } else if (name === 'x' || name === 'e') {
    touch(call, 'path.read', archive)
    const target = rest.at(-1)
    if (target !== undefined && (literal(target.value) ?? '/').endsWith('/')) fill(call, target)
    else fill(call, fieldFor(call, ['.']))
  }
}

/** `jar cf ARCHIVE …`, `jar --create --file=ARCHIVE`, `jar xf ARCHIVE`. */
function jar(call: Call): undefined {
  const [mode, archive, ...rest] = call.args
  const letters = (literal(mode?.value ?? []) ?? '').replace(/^-/, '')
  if (archive === undefined || !/^[cxut][a-zA-Z0-9]*$/.test(letters) || !letters.includes('f')) return
  if (letters.startsWith('x')) fill(call, fieldFor(call, ['.']))
  else if (!letters.startsWith('t')) {
    touch(call, 'path.write', archive)
    for (const field of rest) touch(call, 'path.read', field)
  }
}

/** `dpkg -x PACKAGE DIR`: what is in it, put there. */
const unpack: Tool = {
  names: 'dpkg dpkg-deb',
  act: (call, args) => {
    const [, to] = args.operands
    if (args.has('x X extract vextract e control R raw-extract') && to !== undefined) fill(call, to)
    return undefined
  },
}

export const OPTION_FILES: readonly Tool[] = [
  ...ROWS.map(made),
  keys,
  makes,
  { names: 'rar unrar', harmless: '', act: (call) => rar(call) },
  { names: 'jar', harmless: '', act: (call) => jar(call) },
  unpack,
  {
    // `ps eww`: without a dash it is the environment of each process.
    names: 'ps',
    harmless: '',
    act: (call) => {
      const first = call.args[0]
      if (
        first !== undefined &&
        /^(?=[a-zA-Z]*e)[aefghjlmrsuvwxcnkSTULZH]+$/.test(literal(first.value) ?? '')
      )
        touch(call, 'path.read', { ...first, value: ['/proc/', COMPONENT, '/environ'] })
      return undefined
    },
  },
  {
    names: 'pm2',
    harmless: 'help version',
    act: (call, args) => {
      if (args.word(0) === 'env') reveal(call, 'pm2', 'environment', args.operands[1])
      return undefined
    },
  },
  // A page that is given by its place is shown; a list of names is drawn as a tree.
  {
    names: 'man info pinfo',
    act: (call, args) => {
      for (const field of args.operands)
        if (prefix(field.value).includes('/')) touch(call, 'path.read', field)
      return undefined
    },
  },
  {
    names: 'tree',
    act: (call, args) => {
      if (args.has('fromfile fromtabfile')) for (const field of args.operands) touch(call, 'path.read', field)
      return undefined
    },
  },
  {
    names: 'vercel vc',
    style: 'posix',
    sub: {
      env: { sub: { pull: made({ names: '', takes: 'environment', words: 'edit' }), '*': {} } },
      '*': {},
    },
  },
]
