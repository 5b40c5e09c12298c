// What can be wrong with `notify:` although each value is right: a route to a channel that is not there, a secret over a line that anybody
// reads, a kind of channel that lacks what it needs.
import { isIP } from 'node:net'
import { kindOfAddress } from '../sys/outbound.ts'
import type { PolicyDocument } from './document.ts'
import type { Note } from './note.ts'
import type { ChannelDocument } from './notify-document.ts'

const NEEDS = {
  mail: ['server', 'from', 'to'],
  webhook: ['url', 'secret'],
  ntfy: ['url'],
} as const
const OF_KIND = {
  mail: ['server', 'port', 'tls', 'from', 'to', 'user', 'password'],
  webhook: ['url', 'secret'],
  ntfy: ['url', 'token'],
} as const
const OWN_FIELDS = [...OF_KIND.mail, ...OF_KIND.webhook, 'token'] as const

export function checkNotify(
  document: PolicyDocument,
  isWritten: (path: string) => boolean,
  note: Note,
): void {
  const { notify } = document
  if (notify === undefined) return
  const people = new Set((document.people ?? []).map(({ id }) => id))
  const services = new Set((document.services ?? []).map(({ id }) => id))
  const channels = new Set((notify.channels ?? []).map(({ id }) => id))
  for (const { id, value } of notify.channels ?? [])
    checkChannel(value, `notify.channels.${id}`, people, isWritten, note)

  const names = (of: readonly string[] | undefined, at: string) => {
    for (const [i, name] of (of ?? []).entries())
      if (!channels.has(name))
        note(`${at}[${i}]`, 'notify.channel_unknown', { value: name, channels: [...channels] })
    if (of?.length === 0) note(at, 'notify.nobody')
  }
  const service = (name: string | undefined, at: string) => {
    if (name !== undefined && !services.has(name))
      note(at, 'service.unknown', { value: name, known: [...services] })
  }
  for (const [i, route] of (notify.routes ?? []).entries()) {
    const at = `notify.routes[${i}]`
    names(route.to, `${at}.to`)
    for (const [k, name] of (route.services ?? []).entries()) service(name, `${at}.services[${k}]`)
    for (const [k, level] of (route.escalate ?? []).entries()) names(level.to, `${at}.escalate[${k}].to`)
    if (route.hours !== undefined && route.hours.from === route.hours.until)
      note(`${at}.hours`, 'policy.window_empty')
  }
  names(notify.users, 'notify.users')
  for (const [i, { url, private: isPrivate }] of (notify.pings?.out ?? []).entries())
    checkUrl(url, isPrivate, `notify.pings.out[${i}].url`, note)
  for (const { id, value } of notify.pings?.in ?? []) service(value.service, `notify.pings.in.${id}.service`)
  for (const { id, value } of notify.alerts ?? []) service(value.service, `notify.alerts.${id}.service`)
}

function checkChannel(
  one: ChannelDocument,
  at: string,
  people: ReadonlySet<string>,
  isWritten: (path: string) => boolean,
  note: Note,
): void {
  if (one.person !== undefined && !people.has(one.person))
    note(`${at}.person`, 'notify.person_unknown', { value: one.person })
  if (one.kind === undefined) return
  const own: readonly string[] = OF_KIND[one.kind]
  for (const key of NEEDS[one.kind]) if (!isWritten(`${at}.${key}`)) note(at, 'key.missing', { key, in: at })
  for (const key of new Set(OWN_FIELDS))
    if (!own.includes(key) && isWritten(`${at}.${key}`))
      note(`${at}.${key}`, 'notify.other_kind', { value: key, kind: one.kind })
  checkUrl(one.url, one.private, `${at}.url`, note)
  if (one.kind !== 'mail') return
  if (one.private !== true) checkPrivate(one.server, `${at}.server`, note)
  if (one.to?.length === 0) note(`${at}.to`, 'notify.nobody')
  if ((one.user === undefined) !== (one.password === undefined))
    note(at, 'key.missing', { key: one.user === undefined ? 'user' : 'password', in: at })
  if (one.tls === 'none' && one.password !== undefined) note(`${at}.tls`, 'notify.open_password')
}

/** Without TLS, and to an address of a private network, only where that network was declared as ours. */
function checkUrl(url: string | undefined, isPrivate: boolean | undefined, at: string, note: Note): void {
  if (url === undefined || isPrivate === true) return
  if (url.startsWith('http:')) note(at, 'notify.open_url', { value: url })
  else if (URL.canParse(url)) checkPrivate(new URL(url).hostname, at, note)
}

/** What the sender would refuse each time. A name is looked up when something is sent. */
function checkPrivate(host: string | undefined, at: string, note: Note): void {
  const bare = host?.replace(/^\[|\]$/g, '').toLowerCase() ?? ''
  if (bare === 'localhost' || (isIP(bare) !== 0 && kindOfAddress(bare) === 'private'))
    note(at, 'notify.private_needed', { value: bare })
}
