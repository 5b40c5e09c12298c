// What `to:` of a copy of kind restic names: a directory, a server over SFTP, or a server of restic's own protocol. Read here once; whatever is of
// another form is refused, so that nothing of it is ever an option or a line of a configuration.
import { SekishoError } from '../../base/error.ts'

export type Repository =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'sftp'; readonly user?: string; readonly host: string; readonly port: number }
  | { readonly kind: 'rest'; readonly url: string; readonly host: string; readonly port: number }

const HOST = String.raw`[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]`
const USER = '[A-Za-z_][A-Za-z0-9_.-]*'
const PATH = String.raw`[^\s"'\\]+`
/** `sftp:user@host:/path` */
const SHORT = new RegExp(`^sftp:(?:(?<user>${USER})@)?(?<host>${HOST}):${PATH}$`)
/** `sftp://user@host:port//path` */
const LONG = new RegExp(`^sftp://(?:(?<user>${USER})@)?(?<host>${HOST})(?::(?<port>[0-9]{1,5}))?/${PATH}$`)
const SSH_PORT = 22

/** Throws backup.repository_form. */
export function repositoryOf(to: string): Repository {
  const form = () => new SekishoError('backup.repository_form', { to })
  if (to.startsWith('/')) return { kind: 'local', path: to }
  const sftp = (LONG.exec(to) ?? SHORT.exec(to))?.groups
  if (sftp !== undefined) {
    const { user, host = '', port } = sftp
    return {
      kind: 'sftp',
      host: bare(host),
      port: Number(port ?? SSH_PORT),
      ...(user === undefined ? {} : { user }),
    }
  }
  const url = to.startsWith('rest:') ? to.slice('rest:'.length) : ''
  if (!URL.canParse(url) || /\s/.test(url)) throw form()
  const { protocol, hostname, port, username, password } = new URL(url)
  // A password in the rules would stand in every place that shows them.
  if (!['http:', 'https:'].includes(protocol) || username !== '' || password !== '') throw form()
  return {
    kind: 'rest',
    url,
    host: bare(hostname),
    port: Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port),
  }
}

function bare(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}
