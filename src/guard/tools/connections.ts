// The network of this machine: what takes a firewall, an address, a route or an interface away.
import { readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, originsOf, type Stream } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { literal, prefix } from '../value.ts'

const firewall = (call: Call, note: string): void =>
  call.shell.emit({ verb: 'net.firewall', on: { kind: 'host' }, note }, call.span)
const configure = (call: Call, note: string): void =>
  call.shell.emit({ verb: 'net.configure', on: { kind: 'host' }, note }, call.span)

const wordsOf = (fields: readonly Field[]) => fields.map(({ value }) => literal(value) ?? '?')
const begins = (word: string | undefined, whole: string, least = 1): boolean =>
  word !== undefined && word.length >= least && whole.startsWith(word)

/** `ip` takes every word shortened: `ip l s eth0 down`. */
function ip(call: Call): Stream {
  const args = readArguments(call.args, {
    style: 'posix',
    short: 'n',
    long: 'netns family loops batch',
    flags: 'json details statistics oneline brief human-readable resolve timestamp all color force pretty',
  })
  // One dash and a whole word is one option: `-netns X`, `-batch FILE`.
  let words = [...call.args]
  while (words[0] !== undefined && prefix(words[0].value).startsWith('-')) {
    const option = prefix(words[0].value).replace(/^--?/, '')
    words = words.slice(
      /^(n|net|netn|netns|f|family|l|loops|b|ba|bat|batch|rc|rcvbuf)$/.test(option)
        ? option === 'rc'
          ? 1
          : 2
        : 1,
    )
    if (begins(option, 'batch')) configure(call, 'batch')
  }
  const [object, action, ...rest] = wordsOf(words)
  if (object === undefined || args.has('help h V Version')) return FROM_PROGRAM
  if (begins(object, 'netns', 3) && action === 'exec') {
    const [, , , program, ...more] = words
    return program === undefined
      ? FROM_PROGRAM
      : call.shell.fork().start(program, more, call.stdin, call.span)
  }
  const link = begins(object, 'link')
  if (link && (begins(action, 'set') || begins(action, 'change')) && rest.includes('down'))
    configure(call, 'down')
  else if (action !== undefined && /^(d|de|del|dele|delet|delete|f|fl|flu|flus|flush)$/.test(action))
    configure(call, action.startsWith('d') ? 'delete' : 'flush')
  else if (begins(object, 'route') && /^(rep|replace|ch|chg|change)$/.test(action ?? ''))
    configure(call, 'replace')
  return FROM_PROGRAM
}

/** Every call that does more than list or check. */
const tables: NonNullable<Tool['act']> = (call) => {
  const words = call.args.map(({ value }) => prefix(value))
  const changes = words.find((word) =>
    /^(-[A-Za-z]*[FXDPIARNE]$|-[FXDPIARNE]|--(flush|delete|delete-chain|policy|insert|append|replace|new-chain|rename-chain)\b)/.test(
      word,
    ),
  )
  if (changes !== undefined) firewall(call, changes)
  return undefined
}

/** A word of the call decides; the others are its object. */
const byWord = (
  names: string,
  verb: 'firewall' | 'configure',
  pattern: RegExp,
  short = '',
  dry = 'dry-run',
): Tool => ({
  names,
  short,
  act: (call, args) => {
    if (args.has(dry)) return undefined
    const found = wordsOf(args.operands).find((word) => pattern.test(word))
    if (found !== undefined) (verb === 'firewall' ? firewall : configure)(call, found)
    return undefined
  },
})

/** An option of the call decides. */
const byOption = (names: string, verb: 'firewall' | 'configure', pattern: RegExp): Tool => ({
  names,
  style: 'posix',
  act: (call) => {
    const found = call.args
      .map(({ value }) => prefix(value))
      .find((word) => word.startsWith('-') && pattern.test(word))
    if (found !== undefined) (verb === 'firewall' ? firewall : configure)(call, found)
    return undefined
  },
})

export const CONNECTIONS: readonly Tool[] = [
  // What they print is what somebody else answers.
  {
    names: 'dig host nslookup whois drill kdig delv dog doggo finger',
    style: 'posix',
    short: 'fkbpqtcyxiI',
    does: [{ do: 'path.read', to: 'option:f k' }],
    writes: 'network',
    // What is asked for reaches whoever answers.
    act: (call, args) => {
      for (const { value, span } of args.operands) {
        const origins = originsOf(value)
        if (origins.length > 0) call.shell.upload({ origins }, span, value, true)
      }
      return undefined
    },
  },
  { names: 'ip', style: 'posix', harmless: '-', act: ip },
  byWord('ifconfig', 'configure', /^(down|del|delete|-alias|destroy|0\.0\.0\.0)$/),
  {
    names: 'ifdown',
    act: (call, args) => (
      args.operands.length > 0 || args.has('a all') ? configure(call, 'down') : undefined, undefined
    ),
  },
  byWord('route', 'configure', /^(del|delete|flush)$/),
  // `nmcli con mod eth0 ipv4.dns 192.0.2.1`
  byWord('nmcli', 'configure', /^(down|delete|del|disconnect|off|[+-]?(ipv[46]|proxy)\.[a-z-]+)$/, 'fmtwg'),
  byWord('netplan', 'configure', /^(apply|set|rebind)$/),
  byWord('bridge brctl', 'configure', /^(del|delete|delbr|delif|flush)$/),
  // What is added holds up or drops what passes.
  byWord('tc', 'configure', /^(del|delete|flush|add|replace|change)$/),
  byWord('ovs-vsctl ovs-ofctl', 'configure', /^(del-|clear$|emer-reset)/),
  byWord('wg-quick', 'configure', /^down$/),
  byWord('wg', 'configure', /^(remove|setconf|syncconf)$/),
  byWord('rfkill', 'configure', /^block$/),
  byWord('iw iwctl', 'configure', /^(disconnect|del)$/),
  byWord(
    'wpa_cli',
    'configure',
    /^(disable_network|remove_network|disconnect|terminate|interface_remove)$/,
    'ip',
  ),
  {
    // Without an address it shows what is asked now.
    names: 'resolvectl systemd-resolve',
    short: 'tcpi',
    long: 'type class protocol interface set-dns set-domain set-dnssec set-llmnr set-mdns',
    act: (call, args) => {
      const [verb, ...rest] = wordsOf(args.operands)
      const sets = /^(?:dns|domain|default-route|dnssec|dnsovertls|nta|llmnr|mdns)$/.test(verb ?? '')
      if (verb === 'revert' || (sets && rest.length > 1)) configure(call, verb ?? '')
      else if (args.has('set-dns set-domain set-dnssec revert')) configure(call, 'dns')
      return undefined
    },
  },
  {
    // `vtysh -c 'conf t' -c 'no router bgp 1'`
    names: 'vtysh',
    short: 'cdfp',
    long: 'command daemon inputfile',
    act: (call, args) => {
      const found = args
        .values('c command')
        .map(({ value }) => literal(value) ?? '?')
        .find((line) => /^\s*(?:no|clear|shutdown|reload|erase|write erase|copy)\b/i.test(line))
      if (found !== undefined || args.has('f inputfile')) configure(call, found ?? 'file')
      return undefined
    },
  },
  byWord('tailscale', 'configure', /^(down|logout)$/),
  byOption(
    'networksetup',
    'configure',
    /^-(set|remove|create|delete|connect|add|order|switch|detectnewhardware)/,
  ),
  byOption(
    'ethtool',
    'configure',
    /^-(?:[srKGLXECAUNf]|-(?:reset|change|negotiate|flash|coalesce|pause|offload|set-\w[\w-]*))$/,
  ),
  byOption('conntrack', 'firewall', /^-(F|D|-flush|-delete)$/),
  {
    names:
      'iptables ip6tables ebtables arptables iptables-legacy iptables-nft ip6tables-legacy ip6tables-nft',
    style: 'posix',
    act: tables,
  },
  {
    names: 'iptables-restore ip6tables-restore',
    flags: 'test noflush help',
    act: (call, args) => (args.has('t test') ? undefined : firewall(call, 'restore'), undefined),
  },
  {
    names: 'nft',
    short: 'fIDi',
    long: 'file includepath define',
    flags: 'check echo json handle numeric stateless terse interactive help version',
    act: (call, args) => {
      if (args.has('c check')) return undefined
      const words = args.operands.flatMap(({ value }) => (literal(value) ?? '').split(/[\s;]+/))
      if (args.value('f file') !== undefined) firewall(call, 'file')
      else if (words.some((word) => /^(flush|delete|destroy|reset|drop|reject)$/.test(word)))
        firewall(call, words[0] ?? '')
      return undefined
    },
  },
  {
    names: 'nsupdate',
    act: (call, args) => {
      const known = call.stdin.texts?.every((value) => !/\bdel(ete)?\b/.test(literal(value) ?? 'delete'))
      if (args.operands.length > 0 || known !== true)
        call.shell.emit({ verb: 'infra.change', on: { kind: 'infra', platform: 'dns' } }, call.span)
      return undefined
    },
  },
  byWord('ufw', 'firewall', /^(disable|reset|delete|default|deny|reject|insert|prepend)$/),
  byOption(
    'firewall-cmd firewall-offline-cmd',
    'firewall',
    /^--(?:(?:remove-|delete-|panic-on|complete-reload|set-default-zone|set-target|direct|add-icmp-block)|add-rich-rule=.*\b(?:drop|reject)\b)/,
  ),
  // Stopped it lets through what its stopped rules say, cleared it lets through everything.
  byWord(
    'shorewall shorewall6 shorewall-lite shorewall6-lite',
    'firewall',
    /^(?:stop|clear|reset|restore|reject|drop|close|disable|safe-restart|try)$/,
  ),
  byWord('firehol ferm', 'firewall', /^(?:stop|panic|restart)$/),
  byOption('csf', 'firewall', /^-(?:x|f|d|-disable|-stop|-deny)$/),
  byOption('pfctl', 'firewall', /^-[A-Za-z]*[dFk]/),
  byWord('ipfw', 'firewall', /^(flush|delete|disable)$/),
  byOption('ipvsadm', 'firewall', /^-(?:[CDZ]|-(?:clear|delete-s(?:ervice|erver)|zero)$)/),
  byWord('ipset', 'firewall', /^(destroy|flush|del|x|swap)$/),
  byWord('fail2ban-client', 'firewall', /^(stop|unban)$/),
]
