// Programs that run another program: what of their words is theirs, and where the other one begins.
import { type Grammar, readArguments } from './arguments.ts'
import { preloads } from './assign.ts'
import { runStream, runText } from './builtins.ts'
import type { Field } from './expand.ts'
import { environmentOf, handOver } from './reveal.ts'
import type { Call, Shell } from './shell.ts'
import { FROM_PROGRAM, NOTHING, type Stream } from './stream.ts'
import { touch } from './tool.ts'
import { words } from './tools/items.ts'
import { after, literal, prefix, text } from './value.ts'

export interface Wrapper extends Grammar {
  readonly names: string
  /** Operands of its own before the command: the seconds of `timeout`, the file of `flock`. */
  readonly skip?: number
  /** The word behind which the command stands: `aws-vault exec profile -- cmd`. */
  readonly behind?: string
  /** `A=1` before the command sets the environment. */
  readonly assigns?: true
  /** Runs as root, or as the user that this option names. */
  readonly user?: string
  /** Options whose value is a text for a shell: `su -c`, `script -c`. */
  readonly code?: string
  /** Options that name a file in which it leaves what it saw; behind `|` a program that gets it. */
  readonly files?: string
  /** Options that name a directory in which it leaves what it saw. */
  readonly trees?: string
  /** Options with a property of a unit: `EnvironmentFile=`. */
  readonly properties?: string
  /** Options that name the directory it runs in. */
  readonly directory?: string
  /** Options after which nothing is run: `sudo -l`. */
  readonly idle?: string
  /** Starts a shell that reads what comes in where no command is given; always, or with one of these options. */
  readonly shell?: true | string
  /** The root directory is another one, or the command runs in other namespaces: paths are not ours. */
  readonly elsewhere?: true
  /** The option that names the program itself. */
  readonly program?: string
  /** `-S` holds words that stand in its place. */
  readonly splits?: true
  /** Its options have two values each: the first word that is no path is the command. */
  readonly pairs?: true
}

export const WRAPPERS: readonly Wrapper[] = [
  {
    names: 'sudo sudo-rs',
    short: 'ugpCTrthDRUa',
    long: 'user group host prompt close-from chdir role type command-timeout other-user chroot',
    user: 'u user',
    directory: 'D chdir',
    idle: 'l v k K list validate reset-timestamp remove-timestamp',
    shell: 's i shell login',
    assigns: true,
  },
  { names: 'doas', short: 'uC', user: 'u', idle: 'L', shell: 's' },
  { names: 'pkexec', long: 'user', user: 'user' },
  { names: 'gksudo gksu kdesudo kdesu beesu', short: 'u', long: 'user', user: 'u user' },
  {
    names: 'run0',
    long: 'user uid unit property slice chdir nice setenv background',
    user: 'user',
    directory: 'chdir',
  },
  {
    names: 'su',
    short: 'csgGw',
    long: 'command shell group supp-group whitelist-environment session-command',
    code: 'c command session-command',
    user: '',
    style: 'gnu',
    shell: true,
  },
  { names: 'runuser', short: 'ucsgG', long: 'user command shell group', code: 'c command', user: 'u user' },
  { names: 'sg newgrp', short: 'c', code: 'c', style: 'gnu' },
  { names: 'setpriv', long: 'reuid regid groups init-groups ruid euid rgid egid', user: 'reuid' },
  { names: 'gosu su-exec setuidgid', skip: 1, user: '' },
  { names: 'chpst softlimit', short: 'uUbeEndmofpcrt0123', user: 'u' },
  { names: 'envdir envuidgid', skip: 1 },
  {
    names: 'env genv',
    splits: true,
    short: 'uCP',
    long: 'unset chdir block-signal default-signal ignore-signal',
    assigns: true,
    directory: 'C chdir',
  },
  { names: 'nice', short: 'n', long: 'adjustment' },
  { names: 'ionice', short: 'cnpPu', long: 'class classdata pid' },
  { names: 'chrt', short: 'TPD', long: 'sched-runtime sched-period sched-deadline', skip: 1 },
  { names: 'taskset', skip: 1, idle: 'p pid' },
  {
    names: 'numactl',
    short: 'NmpCi',
    long: 'cpunodebind membind preferred physcpubind interleave',
    idle: 's H show hardware',
  },
  { names: 'prlimit cgexec', short: 'gp', idle: 'p pid' },
  { names: 'cpulimit', short: 'lpeP' },
  {
    names:
      'nohup chronic eatmydata catchsegv dumb-init unbuffer setarch linux32 linux64 i386 x86_64 fakeroot dbus-run-session dbus-launch ssh-agent ccache distcc ifne',
  },
  { names: 'tini', short: 'pe' },
  { names: 'setsid' },
  { names: 'timeout gtimeout', short: 'ks', long: 'kill-after signal', skip: 1 },
  { names: 'stdbuf gstdbuf', short: 'ioe', long: 'input output error' },
  { names: 'faketime', skip: 1, short: 'fp' },
  { names: 'proxychains proxychains4 torsocks torify', short: 'fuPap' },
  { names: 'caffeinate', short: 'tw' },
  { names: 'aa-exec', short: 'pn', long: 'profile namespace' },
  { names: 'time gtime', short: 'fo', long: 'format output', files: 'o output' },
  { names: 'chroot', long: 'userspec groups', skip: 1, elsewhere: true },
  { names: 'unshare', short: 'SGRw', long: 'setuid setgid root wd map-user map-group map-users map-groups' },
  { names: 'nsenter', short: 'tSG', long: 'target setuid setgid' },
  {
    names: 'systemd-nspawn',
    short: 'DMubSpE',
    long: 'directory machine user bind bind-ro image',
    elsewhere: true,
  },
  { names: 'arch-chroot', skip: 1, short: 'u', elsewhere: true },
  {
    names: 'flock',
    short: 'wEc',
    long: 'timeout wait conflict-exit-code command',
    skip: 1,
    code: 'c command',
  },
  {
    names: 'strace ltrace',
    short: 'abeEoOpPsSuUIX',
    long: 'trace output attach user',
    idle: 'p attach',
    files: 'o output',
  },
  {
    names: 'valgrind',
    files:
      'log-file xml-file massif-out-file callgrind-out-file cachegrind-out-file dhat-out-file bb-out-file pc-out-file',
  },
  // The loader runs the program that it is given.
  {
    names:
      'ld.so ld-linux.so.2 ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 ld-linux-armhf.so.3 ld-musl-x86_64.so.1 ld-musl-aarch64.so.1',
    long: 'library-path preload argv0 audit inhibit-rpath glibc-hwcaps-prepend glibc-hwcaps-mask',
  },
  { names: 'gdb lldb', short: 'xp', long: 'command pid', idle: 'p pid' },
  { names: 'script', short: 'cEmoO', long: 'command', code: 'c command', skip: 1 },
  {
    names: 'systemd-run',
    short: 'uptMHE',
    long: 'unit property slice description uid gid machine on-active on-boot on-calendar on-startup on-unit-active working-directory setenv service-type nice timer-property host path-property socket-property',
    user: 'uid',
    directory: 'working-directory',
    properties: 'p property',
  },
  {
    names: 'nyc c8',
    short: 'rxnoe',
    long: 'reporter reports-dir report-dir temp-directory temp-dir exclude include extension cwd src check-coverage lines functions branches statements',
    trees: 'o reports-dir report-dir temp-directory temp-dir',
  },
  { names: 'systemd-inhibit systemd-cat', short: 't', long: 'what who why mode identifier priority' },
  { names: 'firejail' },
  { names: 'bwrap', pairs: true },
  { names: 'xvfb-run', short: 'nsefl', long: 'server-args server-num error-file auth-file wait' },
  { names: 'busybox toybox' },
  {
    names: 'start-stop-daemon',
    short: 'acdgnNopPrRsuxCIkK',
    long: 'exec startas pidfile chuid group name nicelevel chdir chroot signal retry user make-pidfile',
    flags: 'start stop status test background oknodo quiet help version',
    user: 'c chuid',
    program: 'x exec a startas',
    idle: 'K stop T status',
  },
  { names: 'daemonize', short: 'aceopluEL' },
  { names: 'choom', short: 'np', long: 'adjust pid', idle: 'p pid' },
  { names: 'dtach abduco', skip: 1, short: 'nAcaerEz' },
  {
    names:
      'xterm urxvt rxvt konsole alacritty kitty foot xfce4-terminal lxterminal terminator gnome-terminal mate-terminal',
    behind: '-e -x --',
  },
  { names: 'aws-vault chamber envchain', behind: '--' },
  { names: 'doppler infisical teller', behind: '--' },
  { names: 'retry', short: 'tdmb', long: 'times delay max min' },
]

/** `su - NAME` */
const isAccount = ({ value }: Field): boolean => !prefix(value).startsWith('-')

export function wrap(wrapper: Wrapper, call: Call): Stream {
  const { shell } = call
  // Each one reads all of the words anew.
  if (!shell.world.step(call.args.length >> 2)) return FROM_PROGRAM
  const given = inner(wrapper, call)
  if (given === undefined) return FROM_PROGRAM
  const args = readArguments(given, { ...wrapper, style: wrapper.style ?? 'posix' })
  for (const field of wrapper.files === undefined ? [] : args.values(wrapper.files)) keepsIn(call, field)
  for (const field of wrapper.trees === undefined ? [] : args.values(wrapper.trees))
    touch(call, 'path.create', field, { note: 'unpacked' })
  if (wrapper.idle !== undefined && args.has(wrapper.idle)) return NOTHING
  if (args.has('help version')) return NOTHING
  const name = literal(call.name.value) ?? ''
  let rest = [...args.operands]
  let { variables } = shell.state
  const take = () => {
    while (rest[0] !== undefined && /^[A-Za-z_]\w*=/.test(prefix(rest[0].value))) {
      const { value } = rest.shift() as Field
      const key = prefix(value).slice(0, prefix(value).indexOf('='))
      preloads(shell, key, [after(value, `${key}=`) ?? []], call.span)
      variables = new Map(variables).set(key, { values: [after(value, `${key}=`) ?? []], exported: true })
    }
  }
  // `env - cmd` is `env -i cmd`. Where a wrapper takes no assignments one would be the name of a program: read for what was meant.
  if (wrapper.splits === true && rest[0] !== undefined && literal(rest[0].value) === '-') rest.shift()
  if (wrapper.behind === undefined) take()
  let code = wrapper.code === undefined ? [] : [...args.values(wrapper.code)]
  rest.splice(0, wrapper.skip ?? 0)
  if (wrapper.behind === undefined && wrapper.skip !== undefined) take()
  if (wrapper.pairs === true)
    rest = rest.slice(
      Math.max(
        0,
        rest.findIndex(({ value }) => !prefix(value).startsWith('/')),
      ),
    )
  // `flock file -c 'text'`
  if (
    wrapper.code !== undefined &&
    rest[0] !== undefined &&
    literal(rest[0].value) === '-c' &&
    rest[1] !== undefined
  ) {
    code = [...code, rest[1]]
    rest = []
  }
  const child = childOf(wrapper, call, {
    variables,
    name,
    user: (name === 'su' ? args.operands.find(isAccount) : args.value(wrapper.user ?? ''))?.value,
    directory: wrapper.directory === undefined ? undefined : args.value(wrapper.directory),
  })
  // Whoever becomes somebody may do all that they may, whatever comes next.
  if (child.state.user !== shell.state.user && child.state.user !== 'root')
    child.emit({ verb: 'privilege.escalate', on: { kind: 'program', name } }, call.span)
  let out: Stream = NOTHING
  for (const one of code) out = runText({ ...call, shell: child, span: one.span }, one.value)
  if (wrapper.program !== undefined) rest = [...args.values(wrapper.program).slice(0, 1), ...rest]
  const [program, ...others] = rest
  for (const field of wrapper.properties === undefined ? [] : args.values(wrapper.properties))
    givenBy(call, field, rest)
  const runs =
    wrapper.code === undefined || wrapper.skip !== undefined || (name === 'runuser' && args.has('u user'))
  if (program !== undefined && runs && code.length === 0)
    out = child.start(program, others, call.stdin, call.span)
  else if (program === undefined && name === 'env' && !args.has('i ignore-environment'))
    out = environmentOf({ ...call, shell: child })
  else if (
    code.length === 0 &&
    wrapper.shell !== undefined &&
    (program === undefined || !runs) &&
    (wrapper.shell === true || args.has(wrapper.shell))
  )
    // `… | sudo -s`: a shell that reads what comes in.
    out = runStream({ ...call, shell: child }, call.stdin, call.name)
  shell.keepFiles(child)
  return out
}

/** `EnvironmentFile=-PATH`, `StandardOutput=append:PATH`. */
function givenBy(call: Call, field: Field, words: readonly Field[]): void {
  const mark = /^EnvironmentFile=-?/.exec(prefix(field.value))?.[0]
  if (mark !== undefined) handOver(call, { ...field, value: after(field.value, mark) ?? [] }, words)
  const out = /^Standard(?:Output|Error)=(?:append|truncate|file):/.exec(prefix(field.value))?.[0]
  if (out !== undefined) touch(call, 'path.write', { ...field, value: after(field.value, out) ?? [] })
}

function keepsIn(call: Call, field: Field): void {
  const code = after(field.value, '|') ?? after(field.value, '!')
  if (code === undefined) touch(call, 'path.write', field)
  else runText({ ...call, shell: call.shell.fork(), span: field.span }, code)
}

/** Where the command stands behind a word: what follows that. */
function inner({ behind, splits }: Wrapper, { args }: Call): readonly Field[] | undefined {
  if (splits !== undefined) return unpacked(args)
  if (behind === undefined) return args
  const marks = behind.split(' ')
  const at = args.findIndex(({ value }) => marks.includes(literal(value) ?? ''))
  return at === -1 ? undefined : args.slice(at + 1)
}

function childOf(
  wrapper: Wrapper,
  { shell }: Call,
  {
    variables,
    name,
    user,
    directory,
  }: {
    readonly variables: Shell['state']['variables']
    readonly name: string
    readonly user: Field['value'] | undefined
    readonly directory: Field | undefined
  },
): Shell {
  return shell.fork({
    variables,
    user: wrapper.user === undefined ? shell.state.user : (literal(user ?? text('root')) ?? 'unknown'),
    via: [...shell.state.via, name],
    ...(directory === undefined ? {} : { cwd: shell.paths(directory.value) }),
    ...(wrapper.elsewhere === true ? { host: `${name}:` } : {}),
  })
}

/** `env -S 'cmd args'`: split as a shell would, where it stands; it may begin with options and assignments of its own. */
function unpacked(args: readonly Field[]): readonly Field[] {
  for (let i = 0; i < args.length; i++) {
    const field = args[i] as Field
    const start = prefix(field.value)
    if (!start.startsWith('-')) return args
    const mark = /^(?:-[i0v]*S|--split-string=)/.exec(start)?.[0]
    const apart =
      start === '--split-string' || (mark !== undefined && mark === start && !start.startsWith('--'))
    const value = apart ? args[i + 1]?.value : mark === undefined ? undefined : after(field.value, mark)
    if (value !== undefined) {
      const split = words(value).map((one): Field => ({ ...field, value: one }))
      return [...args.slice(0, i), ...split, ...args.slice(i + (apart ? 2 : 1))]
    }
    if (/^(?:-[uCP]|--unset|--chdir)$/.test(start)) i++
  }
  return args
}
