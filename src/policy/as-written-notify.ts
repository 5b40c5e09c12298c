// Compiled notices and the owner's own checks by the words of sekisho.yaml.
import type { Channel, NotifyRules, PingIn, PingOut, Route } from '../notify/rules.ts'
import type { OwnCheck, OwnLook } from '../plans/own-check.ts'
import {
  byName,
  byPlace,
  dayNames,
  ITSELF,
  showSize,
  timeOfDay,
  type Written,
  type WrittenMap,
} from './as-written-values.ts'
import { showDuration } from './values.ts'

const seconds = (value: number) => showDuration(value * 1000)

export function notifyAsWritten(rules: NotifyRules): WrittenMap {
  const { channels, routes, users, pingsOut, pingsIn, alerts } = rules
  return {
    channels: byName(channels, ({ name }) => name, channel),
    ...byPlace('routes', routes, route),
    users,
    pings: { ...byPlace('out', pingsOut, pingOut), in: byName(pingsIn, ({ name }) => name, pingIn) },
    alerts: byName(
      alerts,
      ({ name }) => name,
      ({ form, service, secret }) => ({ [ITSELF]: 'alerts', form, service, secret }),
    ),
  }
}

function channel(one: Channel): WrittenMap {
  const { kind, language, person, private: isPrivate, ca } = one
  return { [ITSELF]: 'channel', kind, language, person, private: isPrivate, ca, ...way(one) }
}

function way(one: Channel): WrittenMap {
  switch (one.kind) {
    case 'mail': {
      const { host, port, tls, from, to, user, password } = one
      return { server: host, port, tls, from, to, user, password: { file: password } }
    }
    case 'webhook':
      return { url: one.url, secret: { file: one.secret } }
    case 'ntfy':
      return { url: one.url, token: { file: one.token } }
  }
}

function route({ to, severities, kinds, services, hours, escalate }: Route): WrittenMap {
  return {
    to,
    severity: severities,
    about: kinds,
    services,
    hours:
      hours === undefined
        ? undefined
        : {
            days: dayNames(hours.days),
            from: timeOfDay(hours.fromMinute),
            until: timeOfDay(hours.untilMinute),
            zone: hours.zone,
          },
    ...byPlace('escalate', escalate, (one) => ({ after: seconds(one.afterSeconds), to: one.to })),
  }
}

function pingOut({ url, everySeconds, private: isPrivate, ca }: PingOut): WrittenMap {
  return { url, every: seconds(everySeconds), private: isPrivate, ca }
}

function pingIn({ everySeconds, graceSeconds, service, secret }: PingIn): WrittenMap {
  return { [ITSELF]: 'ping', every: seconds(everySeconds), grace: seconds(graceSeconds), service, secret }
}

export function ownChecksAsWritten(checks: readonly OwnCheck[]): WrittenMap {
  return byName(
    checks,
    ({ name }) => name,
    ({ service, everyMs, withinMs, look }) => ({
      [ITSELF]: 'check',
      service,
      every: showDuration(everyMs),
      within: showDuration(withinMs),
      ...lookAsWritten(look),
    }),
  )
}

function lookAsWritten(look: OwnLook): Readonly<Record<string, Written>> {
  switch (look.kind) {
    case 'argv':
      return { argv: look.argv }
    case 'url':
      return { url: look.url, status: look.status, ca: look.ca }
    case 'file':
      return {
        file: look.path,
        newer_than: showDuration(look.maxAgeMs),
        at_least_bytes: showSize(look.minBytes),
      }
    case 'sql': {
      const { sql, database, port, user, atLeast, atMost } = look
      return { sql, database, port, user, at_least: atLeast, at_most: atMost }
    }
    case 'locks':
      return {
        lock_files: look.lockFiles,
        advisories: look.advisories,
        stale_after: showDuration(look.staleAfterMs),
        ca: look.ca,
      }
  }
}
