// Commands of the other system, as they are typed into a shell that has them: cmd's built-in words, its programs, and PowerShell's.
import { runText } from '../builtins.ts'
import { CMDLET_NAMES } from '../code/cmdlets.ts'
import { pathOf, printedBy, readPowerShell } from '../code/powershell.ts'
import type { Resource, Verb } from '../effect.ts'
import type { Field } from '../fields.ts'
import { marked } from '../hole.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { literal, prefix } from '../value.ts'
import { emitService } from './container-run.ts'

/** `del /s /q *.tmp`: one slash and letters are an option. */
const isSwitch = ({ value }: Field) => /^\/[A-Za-z?]+(?::\S*)?$/.test(literal(value) ?? '')
const has = (call: Call, option: RegExp) => call.args.some(({ value }) => option.test(literal(value) ?? ''))

/** `C:\Users` as a path of ours: a drive is a root. */
function slashed(field: Field): Field {
  const plain = literal(field.value)
  return plain === undefined ? field : { ...field, value: pathOf(plain === '' ? '.' : plain) }
}

const removes: NonNullable<Tool['act']> = (call) => {
  for (const field of call.args)
    if (!isSwitch(field))
      touch(call, 'path.delete', slashed(field), { recursive: has(call, /^\/s$/i), reversible: 'no' })
  return FROM_PROGRAM
}

/** One word in quotes is a line of its own. */
const command: NonNullable<Tool['act']> = (call) => {
  const at = call.args.findIndex(({ value }) => /^\/[ck]$/i.test(literal(value) ?? ''))
  const [name, ...rest] = at === -1 ? [] : call.args.slice(at + 1)
  if (name !== undefined && rest.length === 0) runText(call, name.value)
  else if (name !== undefined) call.shell.start(name, rest, call.stdin, call.span)
  return FROM_PROGRAM
}

const HOST: Resource = { kind: 'host' }

/** A program whose words, in small letters, say when it does this. */
const says = (names: string, when: RegExp, verb: Verb, on: Resource = HOST): Tool => ({
  names,
  harmless: '-',
  act: (call) => {
    const line = call.args.map(({ value }) => prefix(value).toLowerCase()).join(' ')
    if (line.length < 4_000 && when.test(line)) call.shell.emit({ verb, on }, call.span)
    return FROM_PROGRAM
  },
})

const partition = (call: Call) =>
  call.shell.emit({ verb: 'device.partition', on: { kind: 'program', name: 'diskpart' } }, call.span)

export const WINDOWS: readonly Tool[] = [
  { names: 'rd del erase deltree', harmless: '', act: removes },
  {
    names: 'rmdir',
    harmless: '',
    act: (call, args, tool) => (has(call, /^\/[sq]$/i) ? removes(call, args, tool) : FROM_PROGRAM),
  },
  {
    names: 'format format.com',
    act: (call) => {
      if (has(call, /^[A-Za-z]:$/))
        call.shell.emit({ verb: 'device.format', on: { kind: 'program', name: 'format' } }, call.span)
      return FROM_PROGRAM
    },
  },
  {
    names: 'diskpart',
    harmless: '',
    act: (call) => {
      // A script of it is a file that nobody has seen.
      if (has(call, /^\/s$/i)) partition(call)
      for (const one of call.stdin.texts ?? [])
        if (/\b(?:clean|format|delete)\b/i.test(literal(one) ?? '')) partition(call)
      return FROM_PROGRAM
    },
  },
  { names: 'cmd', harmless: '', act: command },
  {
    names: 'robocopy',
    harmless: '-',
    act: (call) => {
      const [from, to] = call.args.filter((field) => !isSwitch(field))
      if (to !== undefined && has(call, /^\/(?:mir|purge)$/i))
        touch(call, 'path.delete', slashed(to), { recursive: true, reversible: 'no' })
      if (from !== undefined && has(call, /^\/mov(?:e)?$/i)) touch(call, 'path.move', slashed(from))
      return FROM_PROGRAM
    },
  },
  {
    names: 'icacls cacls takeown',
    harmless: '-',
    act: (call) => {
      if (!has(call, /^\/(?:grant|deny|reset|remove|inheritance|setowner|f)\b/i)) return FROM_PROGRAM
      for (const field of call.args.filter((one) => !isSwitch(one)).slice(0, 1))
        touch(call, 'path.chmod', slashed(field), { recursive: has(call, /^\/[tr]$/i), note: 'attributes' })
      return FROM_PROGRAM
    },
  },
  {
    names: 'sc net',
    harmless: '-',
    act: (call) => {
      const words = call.args.filter(({ value }) => !/^[\\/]/.test(prefix(value)))
      const verb = literal(words[0]?.value ?? [])?.toLowerCase() ?? ''
      if (/^(?:stop|pause|delete)$/.test(verb) && words[1] !== undefined)
        emitService(call, 'windows', 'stop', words[1])
      return FROM_PROGRAM
    },
  },
  says(
    'net',
    /^(?:(?:user|localgroup|group) .*(?:\/delete|\/add|\/active:no)\b|user [^\s/]+ [^\s/])/,
    'privilege.account',
  ),
  says('sc', /^(?:\\\\\S+ )?config .*start= ?disabled/, 'host.change'),
  says('reg', /^(?:delete|import|restore|unload) /, 'host.change'),
  says('bcdedit', /^\/(?:set|delete|deletevalue|import|bootsequence)\b/, 'host.change'),
  says('vssadmin diskshadow', /\b(?:delete|resize) /, 'device.volume'),
  says('wbadmin', /\bdelete /, 'device.volume'),
  says('wmic', /\b(?:delete|call (?:terminate|uninstall|win32shutdown|reboot|shutdown))\b/, 'host.change'),
  says('fsutil', /\b(?:deletejournal|setzerodata|dismount)\b/, 'host.change'),
  says('manage-bde', /-(?:off|forcerecovery|disable)\b/, 'host.change'),
  says('cipher', /\/w\b/, 'host.change'),
  says('wevtutil', /^(?:cl|clear-log)\b/, 'history.destroy'),
  says('schtasks', /\/delete\b/, 'schedule.remove'),
  says('dism', /\/(?:remove|disable|cleanup)-/, 'privilege.remove'),
  says('msiexec', /\/(?:x|uninstall)\b/, 'privilege.remove'),
  says('netsh', /\b(?:advfirewall|firewall)\b.*\b(?:off|reset|delete)\b/, 'net.firewall'),
  says('netsh', /\b(?:winsock|interface|int)\b.*\b(?:reset|delete|disabled?)\b/, 'net.configure'),
  says('netsh', /\b(?:set|add) (?:dns|dnsservers?|winsservers?|address|route)\b/, 'net.configure'),
  says('netsh', /^winhttp (?:set|import) (?:proxy|advproxy)\b/, 'net.configure'),
  says('netsh', /\bportproxy (?:add|set)\b/, 'infra.expose', {
    kind: 'infra',
    platform: 'netsh',
    type: 'tunnel',
  }),
  says('wsl', /--(?:unregister)\b/, 'infra.destroy', { kind: 'infra', platform: 'wsl' }),
  says('wsl', /--(?:shutdown|terminate)\b/, 'infra.change', { kind: 'infra', platform: 'wsl' }),
  { names: 'get-childitem gci get-item get-process get-service', harmless: '-', act: printedBy },
  {
    // Typed at a prompt that has them.
    names: CMDLET_NAMES,
    harmless: '-',
    act: (call) => {
      const words = [call.name, ...call.args].map(({ value }) => marked(value))
      readPowerShell(words.join(' '), call, call.name)
      return FROM_PROGRAM
    },
  },
]
