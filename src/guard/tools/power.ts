// Power: what ends the machine, or everything on it.
import { readArguments } from '../arguments.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { literal } from '../value.ts'

export const power = (call: Call, how: 'shutdown' | 'reboot'): void =>
  call.shell.emit({ verb: `host.${how}`, on: { kind: 'host' } }, call.span)

const word = (call: Call, at = 0): string => {
  const operand = readArguments(call.args, {}).operands[at]
  return operand === undefined ? '' : (literal(operand.value) ?? '?')
}

function level(call: Call): Stream {
  const given = word(call)
  // An open word may be any level.
  if (/^[06?]$/.test(given)) power(call, given === '6' ? 'reboot' : 'shutdown')
  else if (/^[1sS]$/.test(given))
    call.shell.emit({ verb: 'host.change', on: { kind: 'host' }, note: 'runlevel' }, call.span)
  return FROM_PROGRAM
}

export const POWER: readonly Tool[] = [
  {
    names: 'shutdown',
    flags: 'help halt poweroff reboot no-wall show',
    act: (call, args) => {
      if (args.has('c k show')) return undefined
      power(call, args.has('r reboot') ? 'reboot' : 'shutdown')
      return undefined
    },
  },
  {
    names: 'reboot halt poweroff',
    flags: 'help halt poweroff reboot force wtmp-only no-wtmp no-wall',
    act: (call, args) => {
      if (args.has('w wtmp-only')) return undefined
      power(call, literal(call.name.value)?.endsWith('reboot') === true ? 'reboot' : 'shutdown')
      return undefined
    },
  },
  {
    names: 'openrc-shutdown pm-hibernate pm-suspend pm-suspend-hybrid s2ram s2disk rtcwake',
    act: (call) => (power(call, 'shutdown'), undefined),
  },
  { names: 'init telinit', act: level },
  {
    names: 'kexec',
    short: 'tl',
    long: 'load append initrd type command-line',
    flags: 'exec force reuse-cmdline',
    act: (call, args) => {
      if (args.has('e exec f force')) power(call, 'reboot')
      return undefined
    },
  },
  {
    names: 'loginctl',
    act: (call) => {
      const verb = word(call)
      if (/^(poweroff|reboot|halt|suspend|hibernate)$/.test(verb))
        power(call, verb === 'reboot' ? 'reboot' : 'shutdown')
      else if (/^(terminate|kill)-/.test(verb))
        call.shell.emit({ verb: 'process.kill', on: { kind: 'process', by: 'user', value: [] } }, call.span)
      return undefined
    },
  },
  {
    names: 'ipmitool',
    short: 'HUPIL',
    act: (call, args) => {
      const words = args.operands.map(({ value }) => literal(value) ?? '')
      if (words.includes('power') && words.some((one) => /^(off|soft|cycle|reset|diag)$/.test(one)))
        power(call, 'shutdown')
      return undefined
    },
  },
]
