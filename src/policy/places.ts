// What a path is to us: whose it is, and whether changing it can cut the administrator's own way in.

/** Sekisho's own directories. */
export const OWN_PLACES = ['/etc/sekisho', '/opt/sekisho', '/var/lib/sekisho', '/run/sekisho'] as const

/** Sekisho's own rules, code and state are changed by their owner with `config apply`, never by a change that they judge. */
export function isOwnPath(path: string): boolean {
  return (
    /^\/(etc|opt|var\/lib|run|usr\/lib|usr\/local\/lib)\/sekisho(\/|$)/.test(path) ||
    /\/systemd\/system\/sekisho[^/]*(\/|$)/.test(path)
  )
}

/** What the kernel makes up is no file. */
export function isKernelPath(path: string): boolean {
  return /^\/(proc|sys|dev)(\/|$)/.test(path)
}

const ADMIN_PATHS = [
  /^\/etc\/ssh\//,
  /^\/etc\/pam\.d\//,
  /^\/etc\/sudoers(\.d\/|$)/,
  /^\/etc\/(nftables\.conf|nftables\/|iptables\/|ufw\/|firewalld\/)/,
  /^\/etc\/(network\/|netplan\/|NetworkManager\/|systemd\/network\/|resolv\.conf$|hosts\.(allow|deny)$)/,
  /\/systemd\/system\/(ssh|sshd|systemd-networkd|systemd-resolved|networking|NetworkManager|nftables|firewalld|ufw)[@.]/,
]

/** ssh, network, firewall: where a change keeps itself only because a person could still get in and say so (spine §7). */
export function isAdminPath(path: string): boolean {
  return ADMIN_PATHS.some((one) => one.test(path))
}

/** A unit file, or a drop-in of one, in a directory that systemd reads. */
export function isUnitPath(path: string): boolean {
  return /^\/(etc|run|usr\/local\/lib|usr\/lib|lib)\/systemd\/system\/([^/]+\.(service|socket|timer|target|path|mount))(\.d\/([^/]+\.conf))?$/.test(
    path,
  )
}
