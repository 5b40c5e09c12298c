// Accounts, schedules, histories, and the settings of the running system.
import { readArguments } from '../arguments.ts'
import type { Path } from '../path.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { COMPONENT, literal, prefix, suffix } from '../value.ts'
import { change } from './services.ts'

const HISTORY: Path = {
  segments: [['home'], [COMPONENT], ['.bash_history']],
  loose: false,
}

const account = (call: Call): undefined => {
  call.shell.emit(
    { verb: 'privilege.account', on: { kind: 'host' }, note: literal(call.name.value) ?? '' },
    call.span,
  )
  return undefined
}
const forget = (call: Call): undefined => {
  call.shell.emit({ verb: 'history.destroy', on: { kind: 'host' } }, call.span)
  return undefined
}
const unschedule = (call: Call): undefined => {
  call.shell.emit({ verb: 'schedule.remove', on: { kind: 'host' } }, call.span)
  return undefined
}

/** A table of jobs: five fields of time (or `@daily`), then a line for a shell. */
function schedule(call: Call, lines: string): void {
  for (const line of lines.split('\n').slice(0, 200)) {
    const body = line.trim()
    if (body === '' || body.startsWith('#') || /^[A-Za-z_]\w*\s*=/.test(body)) continue
    const match = /^(?:@\w+|\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.+)$/.exec(body)
    if (match?.[1] !== undefined) call.shell.fork().code(match[1], call.span)
  }
}

function crontab(call: Call): Stream {
  const args = readArguments(call.args, { short: 'uxn' })
  if (args.has('r')) unschedule(call)
  if (args.has('r l e V T')) return FROM_PROGRAM
  const [file] = args.operands
  const stream =
    file === undefined || literal(file.value) === '-'
      ? call.stdin
      : call.shell.contents(call.shell.paths(file.value))
  if (file !== undefined && literal(file.value) !== '-') touch(call, 'path.read', file)
  // The whole table is replaced by what comes in; nothing leaves nothing.
  const texts = (stream.texts ?? []).map((value) => literal(value))
  const isEmpty =
    (file !== undefined && literal(file.value) === '/dev/null') ||
    (texts.length > 0 && texts.every((text) => text?.trim() === ''))
  if (isEmpty) unschedule(call)
  else change(call, 'crontab')
  for (const text of texts) if (text !== undefined) schedule(call, text)
  return FROM_PROGRAM
}

/** `sysctl -w a=b`, `sysctl a=b`, `sysctl -p`. */
const sysctl: NonNullable<Tool['act']> = (call, args) => {
  const sets = args.operands.some(({ value }) => prefix(value).includes('=') || suffix(value).includes('='))
  if (args.has('w write p load system f') || sets) change(call, 'sysctl')
  return undefined
}

function mount(call: Call): Stream {
  const args = readArguments(call.args, {
    short: 'toOLUTN',
    long: 'types options label uuid source target fstab namespace',
    flags: 'all bind rbind move make-shared make-private read-only fake verbose show-labels help version',
  })
  if (args.has('l show-labels f fake help h version V')) return FROM_PROGRAM
  const [source, target] = args.operands
  const where = args.value('target') ?? target ?? source
  // What is mounted again stays where it is; anything else hides what lies there.
  const again = /(?:^|,)remount(?:,|$)/.test(literal(args.value('o options')?.value ?? []) ?? '')
  if (where !== undefined) touch(call, 'path.mount', where, again ? { note: 'remount' } : { recursive: true })
  else if (args.has('a all')) change(call, 'mount')
  if (args.has('B bind R rbind M move') || /bind/.test(literal(args.value('o options')?.value ?? []) ?? '')) {
    const { shell } = call
    for (const from of target === undefined ? [] : shell.paths(target.value))
      for (const to of source === undefined ? [] : shell.paths(source.value))
        shell.state = { ...shell.state, links: [...shell.state.links, { from, to }] }
  }
  return FROM_PROGRAM
}

/** One of these words, or an option that begins so, changes the system. */
const changing = (names: string, words: RegExp): Tool => ({
  names,
  style: 'posix',
  act: (call) => {
    if (call.args.some(({ value }) => words.test(literal(value) ?? prefix(value))))
      change(call, literal(call.name.value) ?? '')
    return undefined
  },
})

export const ACCOUNTS: readonly Tool[] = [
  {
    names:
      'userdel deluser groupdel delgroup useradd adduser groupadd addgroup usermod groupmod newusers chpasswd chgpasswd vipw vigr chsh',
    act: account,
  },
  { names: 'gpasswd', short: 'adMA', act: account },
  {
    names: 'passwd',
    short: 'inwx',
    act: (call, args) => (args.has('S status a') ? undefined : account(call)),
  },
  { names: 'chage', short: 'dEImMWR', act: (call, args) => (args.has('l list') ? undefined : account(call)) },
  {
    names: 'visudo',
    short: 'f',
    long: 'file',
    act: (call, args) => (args.has('c check') ? undefined : account(call)),
  },
  {
    names: 'dscl dscacheutil sysadminctl dseditgroup',
    style: 'posix',
    act: (call) =>
      call.args.some(({ value }) =>
        /^-?(delete|create|append|change|merge|passwd|deleteUser|addUser|resetPasswordFor)$/.test(
          literal(value) ?? '',
        ),
      )
        ? account(call)
        : undefined,
  },
  { names: 'crontab', style: 'posix', act: crontab },
  { names: 'at', short: 'qft', act: (call, args) => (args.has('d r') ? unschedule(call) : undefined) },
  { names: 'atrm', act: (call, args) => (args.operands.length > 0 ? unschedule(call) : undefined) },
  {
    names: 'history',
    short: 'd',
    // What was once typed is text that nobody here has read, and passwords are among it.
    act: (call, args): Stream => {
      if (args.has('c d')) forget(call)
      return { origins: [{ from: 'decoder' }, { from: 'file', path: HISTORY, recursive: false }] }
    },
  },
  { names: 'fc', style: 'posix' },
  {
    names: 'journalctl',
    short: 'uptnoSUDMcFgiT',
    long: 'unit user-unit identifier priority lines output since until cursor after-cursor directory machine root file field grep facility vacuum-size vacuum-time vacuum-files',
    flags:
      'vacuum-size vacuum-time vacuum-files follow boot dmesg no-pager reverse catalog all quiet disk-usage list-boots utc rotate flush sync relinquish-var',
    act: (call, args) => (args.has('vacuum-size vacuum-time vacuum-files') ? forget(call) : undefined),
  },
  {
    names: 'dmesg',
    short: 'FfLlns',
    act: (call, args) => (args.has('c C clear read-clear') ? forget(call) : undefined),
  },
  {
    names: 'auditctl',
    style: 'posix',
    act: (call) =>
      call.args.some(
        ({ value }, i) =>
          /^(?:-D|--reset.*|-e0)$/.test(literal(value) ?? '') ||
          // Open or locked, it goes on writing.
          (literal(value) === '-e' && !/^[12]$/.test(literal(call.args[i + 1]?.value ?? []) ?? '')),
      )
        ? forget(call)
        : undefined,
  },
  { names: 'sysctl', short: 'p', long: 'load pattern', act: sysctl },
  { names: 'mount', style: 'posix', act: mount },
  {
    names: 'umount',
    short: 'tO',
    long: 'types test-opts namespace',
    act: (call, args) => {
      for (const field of args.operands) touch(call, 'path.mount', field, { note: 'umount' })
      if (args.operands.length === 0 && args.has('a all')) change(call, 'umount')
      return undefined
    },
  },
  {
    names: 'modprobe insmod rmmod',
    flags: 'dry-run show-depends resolve-alias showconfig remove',
    act: (call, args) =>
      args.has('n dry-run D show-depends c showconfig') || args.operands.length === 0
        ? undefined
        : (change(call, 'module'), undefined),
  },
  changing('hostnamectl timedatectl localectl', /^set-|^hostname$/),
  changing('setenforce', /^(0|[Pp]ermissive)$/),
  changing('date', /^(-s|--set)/),
  changing('hwclock', /^(-w|-s|--systohc|--hctosys|--set)/),
  changing('apparmor_parser', /^-(R|r|-remove|-replace)/),
  changing('aa-disable aa-complain', /./),
  { names: 'aa-teardown', act: (call) => (change(call, 'aa-teardown'), undefined) },
  changing('pkgutil', /^--forget/),
  changing('systemsetup', /^-set/),
  changing('fdesetup', /^(?:disable|removerecovery|changerecovery)$/),
  changing('mdutil', /^-(?:E|i|a)/),
  changing('kextunload', /./),
  changing('csrutil', /^(disable|clear|enable)$/),
  changing('spctl', /^--(master-disable|global-disable|disable|add|remove|reset)/),
  changing('nvram', /^-(c|d|D)|=/),
  changing('pmset', /^(sleepnow|-[abcu]$|schedule|repeat|disablesleep)/),
  changing('scutil', /^--(set|nc)/),
  changing(
    'tmutil',
    /^(delete|disable|deletelocalsnapshots|thinlocalsnapshots|removedestination|setdestination|deleteinprogress)$/,
  ),
  changing('security', /^(delete-|set-|remove-|add-|unlock-keychain|import|create-keychain)/),
  changing('efibootmgr', /^-(B|b|o|-delete|-create|-bootorder)/),
  changing('update-alternatives alternatives', /^--(remove|remove-all)$/),
  changing('defaults', /^(delete|delete-all)$/),
]
