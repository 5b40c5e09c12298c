// Finds why a file differs from the sealed one: a renewed certificate or an upgraded package. Pure. A cause is named only where the file
// itself belongs to that package or client, and not because something ran at about that time.

/** Directories where clients of certificate authorities keep their files. Real paths: the names below `live` are links. */
const CLIENTS: readonly (readonly [string, RegExp])[] = [
  ['certbot', /^\/etc\/letsencrypt\/(?:live|archive)\/[^/]+\//],
  ['acme.sh', /\/\.acme\.sh\//],
  ['dehydrated', /^(?:\/etc|\/var\/lib)\/dehydrated\/certs\//],
  ['lego', /\/\.lego\/certificates\/|^\/(?:etc|var\/lib)\/lego\/certificates\//],
  ['uacme', /^\/etc\/ssl\/uacme\//],
]

/** `certificate certbot`. Only `certificate` where the client is not known. */
export function certificateCause(path: string, beginning: string | undefined): string | undefined {
  const client = CLIENTS.find(([, pattern]) => pattern.test(path))?.[0]
  if (client !== undefined) return `certificate ${client}`
  return beginning !== undefined && /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(beginning)
    ? 'certificate'
    : undefined
}

export interface PackageEvent {
  /** With its architecture where dpkg writes one: `libc6:amd64`. */
  readonly name: string
  readonly from?: string
  readonly to: string
}

/** Packages that dpkg's log lists as installed or upgraded within `withinMs` of that time. Its times are local and have no zone. */
export function packagesNear(log: string, time: number, withinMs: number): readonly PackageEvent[] {
  const found = new Map<string, PackageEvent>()
  for (const line of log.split('\n')) {
    const match =
      /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) (upgrade|install|configure) (\S+) (\S+) (\S+)$/.exec(line)
    if (match === null) continue
    const [, year, month, day, hour, minute, second, verb, name = '', from = '', to = ''] = match
    const at = new Date(
      Number(year),
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    ).getTime()
    if (Math.abs(at - time) > withinMs) continue
    // `configure PACKAGE VERSION <none>` does not name the version before; the `upgrade` line before it does.
    if (verb === 'configure') found.set(name, found.get(name) ?? { name, to: from })
    else found.set(name, { name, ...(from === '<none>' ? {} : { from }), to })
  }
  return [...found.values()]
}

/** `package nginx-common 1.26.3-3 → 1.26.3-4`. */
export function packageCause({ name, from, to }: PackageEvent): string {
  return `package ${name.replace(/:.*$/, '')} ${from === undefined ? to : `${from} → ${to}`}`
}

/** True where the file list of a package (`dpkg -L`) has the file. `/lib` and `/usr/lib` are one directory. */
export function listHolds(list: string, path: string): boolean {
  const names = [path, path.replace(/^\/usr\/(lib|bin|sbin)\//, '/$1/')]
  return list.split('\n').some((line) => names.includes(line))
}
