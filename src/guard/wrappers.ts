// Programs that run another program: what of their words is theirs, and where the other one begins.
import { type Grammar, readArguments } from './arguments.ts'
import type { Field } from './expand.ts'
import type { Call } from './shell.ts'
import { NOTHING, type Stream } from './stream.ts'
import { after, literal, prefix, split, text } from './value.ts'

export interface Wrapper extends Grammar {
  readonly names: string
  /** Operands of its own before the command: the seconds of `timeout`, the file of `flock`. */
  readonly skip?: number
  /** `A=1` before the command sets the environment. */
  readonly assigns?: true
  /** Runs as root, or as the user that this option names. */
  readonly user?: string
  /** Options whose value is a text for a shell: `su -c`, `script -c`. */
  readonly code?: string
  /** Options that name the directory it runs in. */
  readonly directory?: string
  /** Options after which nothing is run: `sudo -l`. */
  readonly idle?: string
  /** The root directory is another one, or the command runs in other namespaces: paths are not ours. */
  readonly elsewhere?: true
}

export const WRAPPERS: readonly Wrapper[] = [
  {
    names: 'sudo',
    short: 'ugpCTrthDRUa',
    long: 'user group host prompt close-from chdir role type command-timeout other-user chroot',
    user: 'u user',
    directory: 'D chdir',
    idle: 'l v k K list validate',
    assigns: true,
  },
  { names: 'doas', short: 'uC', user: 'u', idle: 'L' },
  { names: 'pkexec', long: 'user', user: 'user' },
  {
    names: 'run0',
    long: 'user uid unit property slice chdir nice setenv background',
    user: 'user',
    directory: 'chdir',
  },
  {
    names: 'su',
    short: 'csgGw',
    long: 'command shell group supp-group whitelist-environment',
    code: 'c command',
    user: '',
  },
  { names: 'runuser', short: 'ucsgG', long: 'user command shell group', code: 'c command', user: 'u user' },
  { names: 'setpriv', long: 'reuid regid groups init-groups ruid euid rgid egid', user: 'reuid' },
  { names: 'gosu su-exec', skip: 1, user: '' },
  {
    names: 'env',
    short: 'uCS',
    long: 'unset chdir split-string block-signal default-signal ignore-signal',
    assigns: true,
    directory: 'C chdir',
  },
  { names: 'nice', short: 'n', long: 'adjustment' },
  { names: 'ionice', short: 'cnpPu', long: 'class classdata pid' },
  { names: 'chrt', short: 'TPD', long: 'sched-runtime sched-period sched-deadline', skip: 1 },
  { names: 'taskset', skip: 1 },
  { names: 'cpulimit', short: 'lpeP' },
  { names: 'nohup', style: 'posix' },
  { names: 'setsid' },
  { names: 'timeout gtimeout', short: 'ks', long: 'kill-after signal', skip: 1 },
  { names: 'stdbuf', short: 'ioe', long: 'input output error' },
  {
    names:
      'unbuffer setarch linux32 linux64 i386 x86_64 fakeroot faketime catchsegv dbus-run-session caffeinate proxychains proxychains4 torsocks torify aa-exec',
  },
  { names: 'time', short: 'fo', long: 'format output' },
  { names: 'chroot', long: 'userspec groups', skip: 1, elsewhere: true },
  { names: 'unshare', short: 'SGRw', long: 'setuid setgid root wd map-user map-group' },
  { names: 'nsenter', short: 'tSG', long: 'target setuid setgid' },
  {
    names: 'flock',
    short: 'wEc',
    long: 'timeout wait conflict-exit-code command',
    skip: 1,
    code: 'c command',
  },
  { names: 'strace ltrace', short: 'abeEoOpPsSuUIX', long: 'trace output' },
  { names: 'valgrind', style: 'words' },
  { names: 'script', short: 'cEmoO', long: 'command', code: 'c command' },
  {
    names: 'systemd-run',
    short: 'uptMHE',
    long: 'unit property slice description uid gid machine on-active on-boot on-calendar working-directory setenv service-type nice timer-property',
    user: 'uid',
    directory: 'working-directory',
  },
  { names: 'systemd-inhibit', long: 'what who why mode' },
  { names: 'firejail bwrap xvfb-run', style: 'words' },
]

export function wrap(wrapper: Wrapper, call: Call): Stream {
  const { shell } = call
  const args = readArguments(call.args, { ...wrapper, style: wrapper.style ?? 'posix' })
  if (wrapper.idle !== undefined && args.has(wrapper.idle)) return NOTHING
  if (args.has('help version')) return NOTHING
  const name = literal(call.name.value) ?? ''
  let variables = shell.state.variables
  let rest = [...args.operands]
  if (wrapper.assigns === true)
    while (rest[0] !== undefined && /^[A-Za-z_]\w*=/.test(prefix(rest[0].value))) {
      const { value } = rest.shift() as Field
      const key = prefix(value).slice(0, prefix(value).indexOf('='))
      variables = new Map(variables).set(key, { values: [after(value, `${key}=`) ?? []], exported: true })
    }
  const split_ = args.value('S split-string')
  if (name === 'env' && split_ !== undefined) {
    const words = split(split_.value, ' ').filter((one) => one.length > 0)
    rest = [...words.map((value) => ({ ...split_, value })), ...rest]
    while (rest[0] !== undefined && /^[A-Za-z_]\w*=/.test(prefix(rest[0].value))) rest.shift()
  }
  rest.splice(0, wrapper.skip ?? 0)
  const user =
    wrapper.user === undefined
      ? shell.state.user
      : (literal(args.value(wrapper.user)?.value ?? text('root')) ?? 'unknown')
  const directory = wrapper.directory === undefined ? undefined : args.value(wrapper.directory)
  const child = shell.fork({
    variables,
    user,
    via: [...shell.state.via, name],
    ...(directory === undefined ? {} : { cwd: shell.paths(directory.value) }),
    ...(wrapper.elsewhere === true ? { host: `${name}:` } : {}),
  })
  let out: Stream = NOTHING
  for (const code of wrapper.code === undefined ? [] : args.values(wrapper.code)) {
    const source = literal(code.value)
    out =
      source === undefined
        ? child.start({ ...code, value: text('eval') }, [code], call.stdin, call.span)
        : child.code(source, code.span, call.stdin)
  }
  const [program, ...words] = rest
  if (program !== undefined && wrapper.code === undefined)
    out = child.start(program, words, call.stdin, call.span)
  else if (program !== undefined && wrapper.skip !== undefined)
    out = child.start(program, words, call.stdin, call.span)
  else if (program !== undefined && name === 'runuser' && args.has('u user'))
    out = child.start(program, words, call.stdin, call.span)
  else if (program === undefined && wrapper.user !== undefined && args.has('s i shell login'))
    // `… | sudo -s`: a shell that reads what comes in.
    out = child.start({ ...call.name, value: text('bash') }, [], call.stdin, call.span)
  shell.keepFiles(child)
  return out
}
