// The packet filter of an isolated host: whom it admits, and its text for nftables. Pure: the same admission gives the same text, which is printed
// before it is loaded and restored from the record afterwards.
import { type Decoder, integer, list, object, optional, text } from '../base/decode.ts'

/** The table that Sekisho owns. Nothing else of the host's rules is read, changed or relied on. */
export const ISOLATION_TABLE = 'sekisho_isolation'

/** Whoever administers this host over SSH: from this address alone. */
export interface AdmittedAdministrator {
  readonly address: string
  /** Of an address that holds on one link alone (fe80::…): the name of the network device. */
  readonly device?: string
  /** Where sshd listens. */
  readonly ports: readonly number[]
}
export interface AdmittedNotice {
  readonly address: string
  readonly port: number
}
export interface Admission {
  /** Absent where a person at a terminal of this host keeps the isolation. */
  readonly administrator?: AdmittedAdministrator
  /** Addresses to which notices are sent, as declared. Connections go out from here only. */
  readonly notices: readonly AdmittedNotice[]
}

const address = text({ max: 45, pattern: /^[0-9a-fA-F:.]{2,45}$/, what: 'an address' })
const port = integer(1, 65_535)
export const deviceName = text({ max: 15, pattern: /^[A-Za-z0-9_.@-]{1,15}$/, what: 'a network device' })
export const admissionDecoder: Decoder<Admission> = object({
  administrator: optional(object({ address, device: optional(deviceName), ports: list(port, 16) })),
  notices: list(object({ address, port }), 64),
})

/** Within this time the administrator has logged in anew, or the isolation is undone. */
export const KEEP_SECONDS = 60

/** Before every hook of others: what is dropped here is dropped, whatever the other tables say. */
const PRIORITY = -310
/** Any packet but the first of a connection. */
const OPENS_NOT = 'tcp flags & (fin | syn | rst | ack) != syn'
const NEIGHBOURS =
  'icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept'

const familyOf = (of: string) => (of.includes(':') ? 'ip6' : 'ip')

function administratorRules(admitted: AdmittedAdministrator | undefined): {
  readonly input: readonly string[]
  readonly output: readonly string[]
} {
  if (admitted === undefined || admitted.ports.length === 0) return { input: [], output: [] }
  const { address: of, device, ports } = admitted
  const family = familyOf(of)
  const at = `{ ${[...new Set(ports)].toSorted((a, b) => a - b).join(', ')} }`
  const [into, out] = device === undefined ? ['', ''] : [`iifname "${device}" `, `oifname "${device}" `]
  return {
    input: [`${into}${family} saddr ${of} tcp dport ${at} accept`],
    output: [`${out}${family} daddr ${of} tcp sport ${at} ${OPENS_NOT} accept`],
  }
}

function noticeRules(notices: readonly AdmittedNotice[]) {
  return {
    input: notices.map(
      ({ address: of, port: at }) => `${familyOf(of)} saddr ${of} tcp sport ${at} ${OPENS_NOT} accept`,
    ),
    output: notices.map(({ address: of, port: at }) => `${familyOf(of)} daddr ${of} tcp dport ${at} accept`),
  }
}

function chain(name: 'input' | 'output' | 'forward', rules: readonly string[]): readonly string[] {
  return [
    `  chain ${name} {`,
    `    type filter hook ${name} priority ${PRIORITY}; policy drop;`,
    ...rules.map((rule) => `    ${rule}`),
    '  }',
  ]
}

/** What `nft -f -` loads in one transaction: the table as it must be, whatever stood there under its name. */
export function isolationRules({ administrator, notices }: Admission): string {
  const ssh = administratorRules(administrator)
  const told = noticeRules(notices)
  return [
    `table inet ${ISOLATION_TABLE}`,
    `delete table inet ${ISOLATION_TABLE}`,
    `table inet ${ISOLATION_TABLE} {`,
    ...chain('input', [
      'iif lo accept',
      NEIGHBOURS,
      'meta nfproto ipv4 udp sport 67 udp dport 68 accept',
      'meta nfproto ipv6 udp sport 547 udp dport 546 accept',
      ...ssh.input,
      ...told.input,
    ]),
    ...chain('output', [
      'oif lo accept',
      NEIGHBOURS,
      'meta nfproto ipv4 udp sport 68 udp dport 67 accept',
      'meta nfproto ipv6 udp sport 546 udp dport 547 accept',
      ...ssh.output,
      ...told.output,
    ]),
    ...chain('forward', []),
    '}',
    '',
  ].join('\n')
}

/** Takes the table away; where there is none, nothing happens. */
export const NO_ISOLATION_RULES = `table inet ${ISOLATION_TABLE}\ndelete table inet ${ISOLATION_TABLE}\n`
