// Service managers: which of their words stop, restart or reload what.
import { type Arguments, type Grammar, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { found } from '../mark.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { after, concat, literal, prefix, suffix } from '../value.ts'
import { emitService } from './container-run.ts'
import { power } from './power.ts'

type Act = 'stop' | 'restart' | 'reload' | 'disable' | 'mask'

/** Words of managers, the same in most of them. */
const WORDS: Readonly<Record<string, Act>> = {
  stop: 'stop',
  kill: 'stop',
  down: 'stop',
  shutdown: 'stop',
  exit: 'stop',
  freeze: 'stop',
  pause: 'stop',
  delete: 'stop',
  del: 'stop',
  remove: 'stop',
  stopall: 'stop',
  bootout: 'stop',
  unload: 'stop',
  unmonitor: 'stop',
  zap: 'stop',
  quit: 'stop',
  terminate: 'stop',
  'force-stop': 'stop',
  'force-shutdown': 'stop',
  d: 'stop',
  x: 'stop',
  disable: 'disable',
  off: 'disable',
  mask: 'mask',
  restart: 'restart',
  restartall: 'restart',
  condstop: 'stop',
  condrestart: 'restart',
  'try-restart': 'restart',
  'reload-or-restart': 'restart',
  'try-reload-or-restart': 'restart',
  'force-restart': 'restart',
  'force-reload': 'restart',
  reload: 'reload',
  hup: 'reload',
}

const actOf = (field: Field | undefined): Act | undefined => {
  const word = field === undefined ? undefined : literal(field.value)
  return word !== undefined && Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
}

const SYSTEMCTL: Grammar = {
  short: 'HMtpsnoP',
  long: 'host machine type property signal what lines output job-mode root image preset-mode when kill-whom kill-who kill-value state timestamp check-inhibitors message drop-in legend',
  flags:
    'now user system global runtime force quiet all no-block no-wall no-ask-password no-reload no-pager full recursive dry-run value help version failed wait',
}

function systemctl(call: Call): Stream {
  const args = readArguments(call.args, SYSTEMCTL)
  if (args.has('help h version dry-run')) return FROM_PROGRAM
  const [verb, ...units] = args.operands
  const word = verb === undefined ? '' : (literal(verb.value) ?? '')
  if (
    /^(poweroff|halt|reboot|kexec|soft-reboot|suspend|hibernate|hybrid-sleep|suspend-then-hibernate|sleep|rescue|emergency|isolate|exit|switch-root|default)$/.test(
      word,
    )
  ) {
    power(call, /boot|kexec/.test(word) ? 'reboot' : 'shutdown')
    return FROM_PROGRAM
  }
  if (word === 'start' || word === 'restart')
    for (const { value } of units) {
      const target = TARGETS.exec(literal(value) ?? '')?.[1]
      if (target !== undefined) power(call, /boot|kexec/.test(target) ? 'reboot' : 'shutdown')
    }
  if (/^(set-default|set-environment|import-environment|preset-all)$/.test(word)) change(call, word)
  if (word === 'show') return shown(args, units)
  writeUnits(call, word, units, args)
  const what = word === 'clean' ? 'stop' : actOf(verb)
  if (what !== undefined && !/^(d|x|del|delete|remove|down|off|quit|unload)$/.test(word)) {
    const signal = literal(args.value('s signal')?.value ?? []) ?? ''
    const act = word === 'kill' && /^(SIG)?(HUP|USR1|USR2|WINCH)$/i.test(signal) ? 'reload' : what
    for (const unit of units)
      if (EVERYTHING.test(literal(unit.value) ?? '')) emitService(call, 'systemd', act)
      else emitService(call, 'systemd', act, unit)
  }
  return FROM_PROGRAM
}

/** Properties that are numbers of a unit's own processes. */
const NUMBERS = /^(?:(?:Exec)?MainPID|ControlPID)$/

/** `show -p MainPID`: a number of the unit. */
function shown(args: Arguments, units: readonly Field[]): Stream {
  const properties = args.values('p property P').map(({ value }) => literal(value) ?? '')
  const [unit] = units
  return unit !== undefined && properties.length > 0 && properties.every((one) => NUMBERS.test(one))
    ? found('unit', unit.value)
    : FROM_PROGRAM
}

/** Verbs that write files of a unit: drop-ins beside it, the unit itself, links to it. They count from the next start or at once. */
function writeUnits(call: Call, word: string, units: readonly Field[], args: Arguments): void {
  const place = `/${args.has('runtime') ? 'run' : 'etc'}/systemd/system`
  const at = (unit: Field, start: string, end: string): Field => ({
    ...unit,
    value: concat([start], named(unit).value, [
      ...(/\.[a-z]+$/.test(suffix(named(unit).value)) ? [] : ['.service']),
      end,
    ]),
  })
  if (word === 'edit' || word === 'revert')
    for (const unit of units)
      if (word === 'revert')
        touch(call, 'path.delete', at(unit, `${place}/`, '.d'), { recursive: true, note: 'empty' })
      else touch(call, 'path.write', at(unit, `${place}/`, args.has('full') ? '' : '.d/override.conf'))
  if (word === 'set-property')
    for (const unit of units.slice(0, 1))
      touch(call, 'path.write', at(unit, `${place}/`, '.d/50-property.conf'))
  // A link in the place of the unit. `enable PATH` makes one as well.
  if (word === 'link' || /^(?:re)?enable$/.test(word))
    for (const unit of units)
      if (word === 'link' || prefix(unit.value).includes('/'))
        touch(call, 'path.write', at(unit, `${place}/`, ''))
}

/** Targets that take everything else down when they are started. */
const TARGETS =
  /^(poweroff|halt|reboot|kexec|soft-reboot|shutdown|rescue|emergency|suspend|hibernate|hybrid-sleep|sleep|exit|umount|final)\.target$/

/** What the others hang from: with it they all go. */
const EVERYTHING =
  /^(?:system\.slice|-\.slice|(?:multi-user|graphical|basic|sysinit|default|local-fs)\.target)$/

export const change = (call: Call, what: string): void =>
  call.shell.emit({ verb: 'host.change', on: { kind: 'host' }, note: what }, call.span)

/** `service NAME VERB`: the name first. */
function nameFirst(manager: string, call: Call, args: Arguments): Stream {
  const [name, verb] = args.operands
  const act = args.has('full-restart') ? 'restart' : actOf(verb)
  if (name !== undefined && act !== undefined) emitService(call, manager, act, name)
  return FROM_PROGRAM
}

/** A start script called by its path is the service that it is named after. */
export function initScript(call: Call, path: string): Stream {
  const name: Field = { ...call.name, value: [path.slice(path.lastIndexOf('/') + 1)] }
  return nameFirst('init', call, readArguments([name, ...call.args], {}))
}

/** `pm2 stop NAME…`: the verb first; some words mean all. */
function verbFirst(manager: string, grammar: Grammar, all: RegExp, alone: boolean): NonNullable<Tool['act']> {
  return (call) => {
    const args = readArguments(call.args, grammar)
    if (args.has('help h version')) return FROM_PROGRAM
    const [verb, ...names] = args.operands
    const act = actOf(verb)
    if (act === undefined) return FROM_PROGRAM
    if (names.length === 0 && alone) emitService(call, manager, act)
    for (const name of names) {
      const plain = literal(name.value)
      if (plain !== undefined && all.test(plain)) emitService(call, manager, act)
      else emitService(call, manager, act, named(name))
    }
    return FROM_PROGRAM
  }
}

/** `system/com.example.app`, `/etc/service/app`, `group:app`: the last part is the name. */
function named(field: Field): Field {
  const plain = literal(field.value)
  if (plain === undefined) return field
  const last = plain.replace(/\/+$/, '').split(/[/:]/).at(-1) ?? plain
  return { ...field, value: [last.replace(/\.plist$/, '')] }
}

const NOTHING = /^$/
const ALL = /^(all|\*|.*:\*)$/

const PM2 = verbFirst(
  'pm2',
  { short: 'ns', long: 'name signal namespace', flags: 'watch silent' },
  /^(all|\/.*\/)$/,
  true,
)

/** A server that takes signals by its own option: `nginx -s quit`. */
const signalled = (names: string, option: string, long = ''): Tool => ({
  names,
  short: `${option}cgpDCde`,
  long: `${long} config-file`,
  style: long === '' ? 'gnu' : 'words',
  act: (call, args) => {
    const given = args.value(`${option} ${long}`) ?? (option === 'k' ? args.operands[0] : undefined)
    const word = given === undefined ? '' : (literal(given.value) ?? '')
    const server: Field = { ...call.name, value: [names.split(' ')[0] as string] }
    if (/^(stop|quit|graceful-stop|shutdown|kill|abort|interrupt)$/.test(word))
      emitService(call, 'process', 'stop', server)
    else if (/^restart$/.test(word)) emitService(call, 'process', 'restart', server)
    else if (/^(reload|graceful)$/.test(word)) emitService(call, 'process', 'reload', server)
    return undefined
  },
})

export const SERVICES: readonly Tool[] = [
  { names: 'systemctl', style: 'posix', act: systemctl },
  {
    names: 'service rc-service invoke-rc.d sysv-rc-conf',
    style: 'gnu',
    flags: 'status-all full-restart',
    act: (call, args) => nameFirst('init', call, args),
  },
  { names: 'rcctl', act: verbFirst('init', {}, ALL, true) },
  {
    names: 'update-rc.d chkconfig',
    long: 'level',
    act: (call, args) => {
      const [name] = args.operands
      if (args.has('del') && name !== undefined) emitService(call, 'init', 'disable', name)
      return nameFirst('init', call, args)
    },
  },
  {
    names: 'rc-update',
    act: (call, args) => {
      const [verb, name] = args.operands
      if (name !== undefined && actOf(verb) !== undefined) emitService(call, 'init', 'disable', name)
      return undefined
    },
  },
  {
    names: 'initctl sv s6-rc dinitctl svcadm nssm',
    act: verbFirst('init', { short: 'wu', long: 'user' }, NOTHING, false),
  },
  {
    names: 's6-svc svc',
    act: (call, args) => {
      if (args.has('d k t x'))
        for (const name of args.operands) emitService(call, 'init', 'stop', named(name))
      return undefined
    },
  },
  {
    names: 'supervisorctl circusctl',
    act: verbFirst(
      'supervisor',
      { short: 'csup', long: 'configuration serverurl username password endpoint' },
      ALL,
      true,
    ),
  },
  {
    names: 'pm2 pm2-runtime',
    act: (call, args, tool) => {
      const [verb, name, count] = args.operands
      const word = verb === undefined ? undefined : literal(verb.value)
      // `scale NAME 0`: nothing of it runs any more.
      if (word === 'scale' && name !== undefined && literal(count?.value ?? []) === '0')
        emitService(call, 'pm2', 'stop', named(name))
      // What they have written so far is gone.
      if (word === 'flush') call.shell.emit({ verb: 'history.destroy', on: { kind: 'host' } }, call.span)
      return PM2(call, args, tool)
    },
  },
  // Servers of applications that are told by a word.
  {
    names: 'passenger pumactl thin',
    short: 'CSPTFpaR',
    act: (call, args) => {
      const act = actOf(args.operands.at(0))
      if (act !== undefined) emitService(call, 'process', act, call.name)
      return undefined
    },
  },
  {
    names: 'passenger-config',
    act: (call, args) => {
      if (/^(?:restart-app|detach-process)$/.test(args.word(0) ?? ''))
        for (const name of args.operands.slice(1, 2)) emitService(call, 'process', 'restart', named(name))
      return undefined
    },
  },
  {
    names: 'forever overmind monit god foreman honcho',
    act: verbFirst('pm2', { short: 'cgs', long: 'socket' }, ALL, true),
  },
  {
    names: 'launchctl',
    act: (call, args): Stream => {
      const [verb, ...rest] = args.operands
      const word = verb === undefined ? '' : (literal(verb.value) ?? '')
      if (word === 'reboot') power(call, 'reboot')
      if (word === 'kickstart' && args.has('k'))
        for (const name of rest.slice(-1)) emitService(call, 'launchd', 'restart', named(name))
      const act = /^(stop|kill|bootout|unload|remove|disable)$/.test(word) ? actOf(verb) : undefined
      if (act !== undefined) for (const name of rest.slice(-1)) emitService(call, 'launchd', act, named(name))
      return FROM_PROGRAM
    },
  },
  signalled('nginx openresty', 's'),
  signalled('apachectl apache2ctl httpd apache2', 'k'),
  signalled('caddy', 'k', 'address'),
  signalled('postfix', 'k'),
  signalled('squid squid3', 'k'),
  signalled('varnishadm', 'k'),
  signalled('unbound-control', 'k'),
  {
    // `asterisk -rx 'core stop now'`
    names: 'asterisk',
    short: 'xCLMpsUGe',
    act: (call, args) => {
      const order = /^core (stop|restart)\b/.exec(literal(args.value('x')?.value ?? []) ?? '')?.[1]
      if (order !== undefined)
        emitService(call, 'process', order === 'stop' ? 'stop' : 'restart', {
          ...call.name,
          value: ['asterisk'],
        })
      return undefined
    },
  },
  {
    names: 'haproxy',
    style: 'words',
    act: (call, args) => {
      if (args.has('sf st')) emitService(call, 'process', 'stop', { ...call.name, value: ['haproxy'] })
      return undefined
    },
  },
  {
    names: 'brew',
    act: (call, args) => {
      const [first, verb, ...names] = args.operands
      if (first === undefined || literal(first.value) !== 'services') return undefined
      const act = actOf(verb)
      if (act !== undefined)
        for (const name of names)
          emitService(call, 'launchd', act, {
            ...name,
            value: after(name.value, 'homebrew.mxcl.') ?? name.value,
          })
      return undefined
    },
  },
]
