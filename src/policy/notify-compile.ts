// The compiled `notify:`: every default given, channels and sources in the order of their names, routes in the order of the file.
import { assert } from '../base/assert.ts'
import { labelledDigest } from '../base/hash.ts'
import { byteOrder } from '../base/id.ts'
import type { Json } from '../base/json.ts'
import { type Channel, NOTICE_KINDS, type NotifyRules, type Route, SEVERITIES } from '../notify/rules.ts'
import type { ChannelDocument, NotifyDocument, RouteDocument } from './notify-document.ts'

const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6]
/** A route that names no severity takes what asks for an act. */
const DEFAULT_SEVERITIES = ['warning', 'red'] as const
const PORTS = { starttls: 587, tls: 465, none: 25 } as const

export function compileNotify(
  { channels, routes, users, pings, alerts }: NotifyDocument,
  language: 'ja' | 'en',
  zone: string,
): NotifyRules {
  return {
    channels: byName((channels ?? []).map(({ id, value }) => compileChannel(id, value, language))),
    routes: (routes ?? []).map((one) => compileRoute(one, zone)),
    users: users ?? [],
    pingsOut: (pings?.out ?? []).map(({ url = '', every = 300_000, private: isPrivate, ca }) => ({
      url,
      everySeconds: Math.floor(every / 1000),
      private: isPrivate ?? false,
      ...(ca === undefined ? {} : { ca }),
    })),
    pingsIn: byName(
      (pings?.in ?? []).map(({ id, value: { every = 0, grace, service, secret = '' } }) => ({
        name: id,
        everySeconds: Math.max(1, Math.floor(every / 1000)),
        graceSeconds: Math.floor((grace ?? every) / 1000),
        ...(service === undefined ? {} : { service }),
        secret,
      })),
    ),
    alerts: byName(
      (alerts ?? []).map(({ id, value: { form, service, secret = '' } }) => ({
        name: id,
        form: form ?? 'alertmanager',
        ...(service === undefined ? {} : { service }),
        secret,
      })),
    ),
  }
}

function compileChannel(name: string, one: ChannelDocument, language: 'ja' | 'en'): Channel {
  const common = {
    name,
    language: one.language ?? language,
    ...(one.person === undefined ? {} : { person: one.person }),
    private: one.private ?? false,
    ...(one.ca === undefined ? {} : { ca: one.ca }),
  }
  const { kind, url = '' } = one
  assert(kind !== undefined, 'a checked channel has a kind')
  switch (kind) {
    case 'mail': {
      const tls = one.tls ?? 'starttls'
      return {
        ...common,
        kind,
        host: one.server ?? '',
        port: one.port ?? PORTS[tls],
        tls,
        from: one.from ?? '',
        to: one.to ?? [],
        ...(one.user === undefined ? {} : { user: one.user }),
        ...(one.password?.file === undefined ? {} : { password: one.password.file }),
      }
    }
    case 'webhook':
      return { ...common, kind, url, secret: one.secret?.file ?? '' }
    case 'ntfy':
      return { ...common, kind, url, ...(one.token?.file === undefined ? {} : { token: one.token.file }) }
  }
}

function compileRoute(one: RouteDocument, zone: string): Route {
  const { severity = DEFAULT_SEVERITIES, about = NOTICE_KINDS, hours } = one
  const body = {
    to: one.to ?? [],
    severities: SEVERITIES.filter((each) => severity.includes(each)),
    kinds: NOTICE_KINDS.filter((each) => about.includes(each)),
    services: [...new Set(one.services ?? [])].sort(byteOrder),
    ...(hours === undefined
      ? {}
      : {
          hours: {
            days: [...new Set(hours.days?.flat() ?? ALL_DAYS)].sort((a, b) => a - b),
            fromMinute: hours.from ?? 0,
            untilMinute: hours.until ?? 1440,
            zone: hours.zone ?? zone,
          },
        }),
    escalate: (one.escalate ?? []).map(({ after = 0, to = [] }) => ({
      afterSeconds: Math.floor(after / 1000),
      to,
    })),
  }
  const digest = labelledDigest('sekisho-route-v1', body as unknown as Json)
  return { id: digest.slice(-8), ...body }
}

function byName<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => byteOrder(a.name, b.name))
}
