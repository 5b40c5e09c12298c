// What nginx's directives mean to us: which load code, which name files that are read or written, what they listen on.

/** Directives that bring code, another program's environment or a crypto engine into nginx (sandbox §1). */
export function loadsCode(name: string, args: readonly string[]): boolean {
  if (/^(load_module|ssl_engine|env|user_agent_script)$/.test(name)) return true
  if (/^(perl|js|lua|njs|wasm|passenger|mruby|quickjs)(_|$)/.test(name)) return true
  if (/_by_(lua|njs|js|mruby)(_|$)/.test(name)) return true
  return args.some((arg) => /^(engine|store):/i.test(arg))
}

export type FileRole =
  | 'certificate'
  | 'key'
  /** A list of certificates without keys. */
  | 'authorities'
  | 'password'
  | 'ticket'
  | 'data'

const ROLES: Readonly<Record<string, FileRole>> = {
  ssl_certificate: 'certificate',
  ssl_certificate_key: 'key',
  proxy_ssl_certificate: 'certificate',
  proxy_ssl_certificate_key: 'key',
  grpc_ssl_certificate: 'certificate',
  grpc_ssl_certificate_key: 'key',
  uwsgi_ssl_certificate: 'certificate',
  uwsgi_ssl_certificate_key: 'key',
  ssl_client_certificate: 'authorities',
  ssl_trusted_certificate: 'authorities',
  ssl_crl: 'authorities',
  proxy_ssl_trusted_certificate: 'authorities',
  proxy_ssl_crl: 'authorities',
  grpc_ssl_trusted_certificate: 'authorities',
  grpc_ssl_crl: 'authorities',
  uwsgi_ssl_trusted_certificate: 'authorities',
  uwsgi_ssl_crl: 'authorities',
  ssl_password_file: 'password',
  proxy_ssl_password_file: 'password',
  grpc_ssl_password_file: 'password',
  uwsgi_ssl_password_file: 'password',
  ssl_session_ticket_key: 'ticket',
  ssl_dhparam: 'data',
  ssl_stapling_file: 'data',
  quic_host_key: 'ticket',
  auth_basic_user_file: 'data',
  geoip_country: 'data',
  geoip_city: 'data',
  geoip_org: 'data',
  geoip2: 'data',
  xslt_stylesheet: 'data',
  xml_entities: 'data',
}

/** The file a directive reads, as it is written there; undefined where it names none or builds the name while running. */
export function readsFile(
  name: string,
  args: readonly string[],
): { role: FileRole; path: string } | undefined {
  const role = ROLES[name]
  const path = args[0]
  if (
    role === undefined ||
    path === undefined ||
    path.includes('$') ||
    path === 'off' ||
    path.startsWith('data:')
  )
    return undefined
  return { role, path }
}

/** The place a directive writes to; `directory` where nginx makes the directory itself. */
export function writesTo(name: string, args: readonly string[]): { path: string } | undefined {
  const path = args[0]
  if (path === undefined || path === 'off' || path.includes('$') || /^(syslog|memory):|^stderr$/.test(path))
    return undefined
  if (/^(error_log|access_log|pid|lock_file|google_perftools_profiles)$/.test(name)) return { path }
  if (/_(temp|cache)_path$/.test(name)) return { path }
  return undefined
}

/** Blocks whose entries are data and not directives; an `include` in them still is one. */
export function holdsData(name: string): boolean {
  return ['map', 'geo', 'types', 'charset_map', 'split_clients'].includes(name)
}

export interface Listen {
  readonly proto: 'tcp' | 'udp' | 'unix'
  /** `*` for every address of the family; a path for unix sockets; IPv6 without brackets. */
  readonly address: string
  readonly family: 4 | 6 | 'unix'
  /** 0 for unix sockets. */
  readonly port: number
}

/** `listen` as http, stream and mail read it; undefined where it is not understood (a host name, a port range). */
export function readListen(args: readonly string[]): Listen | undefined {
  const [where, ...options] = args
  if (where === undefined) return undefined
  const proto = options.some((option) => option === 'udp' || option === 'quic') ? 'udp' : 'tcp'
  if (where.startsWith('unix:'))
    return { proto: 'unix', address: where.slice('unix:'.length), family: 'unix', port: 0 }
  const six = /^\[([0-9a-fA-F:.]+)\](?::(\d{1,5}))?$/.exec(where)
  if (six?.[1] !== undefined)
    return {
      proto,
      address: six[1] === '::' ? '*' : six[1].toLowerCase(),
      family: 6,
      port: Number(six[2] ?? 80),
    }
  const four = /^(\*|\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?$/.exec(where)
  if (four?.[1] !== undefined)
    return { proto, address: four[1] === '0.0.0.0' ? '*' : four[1], family: 4, port: Number(four[2] ?? 80) }
  if (/^\d{1,5}$/.test(where)) return { proto, address: '*', family: 4, port: Number(where) }
  return undefined
}

/** Bytes of the shared memory zones a directive asks for (`zone=a:10m`, `keys_zone=…`, `shared:SSL:10m`, `zone a 64k`). */
export function sharedBytes(name: string, args: readonly string[]): number {
  const texts = name === 'zone' ? args.slice(1) : args
  let total = 0
  for (const text of texts) {
    const found = /(?:^|zone=[^:]*:|shared:[^:]*:)(\d{1,9})([kKmMgG]?)$/.exec(text)
    if (found === null || (found.index === 0 && name !== 'zone' && /^\d/.test(text))) continue
    total += Number(found[1]) * 1024 ** ('kmg'.indexOf((found[2] ?? '').toLowerCase() || 'x') + 1)
  }
  return total
}
