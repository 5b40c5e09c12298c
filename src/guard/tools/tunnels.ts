// Ways in from outside: what listens here is reached from elsewhere, past the firewall.
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { nameOf, type Tool } from '../tool.ts'
import { literal } from '../value.ts'

export function expose(call: Call, { span }: Pick<Field, 'span'>): void {
  call.shell.emit(
    { verb: 'infra.expose', on: { kind: 'infra', platform: nameOf(call), type: 'tunnel' } },
    span,
  )
}

/** The words without options that open one. */
const opens = (names: string, pattern: RegExp, option?: string): Tool => ({
  names,
  style: 'posix',
  short: 'p',
  long: 'port config authtoken region hostname url host local-host subdomain token logfile loglevel origincert pidfile metrics',
  act: (call, args) => {
    const words = args.operands.map(({ value }) => literal(value) ?? '').join(' ')
    if (
      pattern.test(words) ||
      (option !== undefined && call.args.some(({ value }) => literal(value)?.split('=')[0] === option))
    )
      expose(call, call)
    return undefined
  },
})

export const TUNNELS: readonly Tool[] = [
  opens('ngrok', /^(?:http|https|tcp|tls|start|tunnel)\b/),
  opens('cloudflared', /^tunnel run\b/, '--url'),
  opens('tailscale', /^(?:funnel|serve)(?! (?:status|reset|off)\b)/),
  opens('lt localtunnel', /^(?!.)/, '--port'),
  opens('bore', /^local\b/),
  opens('zrok', /^(?:share|reserve)\b/),
  opens('frpc', /^(?:tcp|http|https|udp)\b/, '-c'),
]
