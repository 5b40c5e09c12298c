// The words of sekisho.yaml about notices: by which ways people are told, who is told what and when, and what is listened for.
import { isServiceName } from '../base/id.ts'
import { CHANNEL_LANGUAGES, CHANNEL_NAME, NOTICE_KINDS, SECRET_DIGEST, SEVERITIES } from '../notify/rules.ts'
import { fields, list, named } from './reading.ts'
import {
  choice,
  days,
  duration,
  formed,
  minuteOfDay,
  plainPath,
  text,
  url,
  whole,
  yesNo,
  zone,
} from './values.ts'

const SECOND = 1000
const MINUTE = 60_000
const DAY = 86_400_000

const channelName = formed((value, place, reading) =>
  CHANNEL_NAME.test(value) ? value : reading.wrong(place, 'value.name', { value }),
)
const serviceName = formed((value, place, reading) =>
  isServiceName(value) ? value : reading.wrong(place, 'value.name', { value }),
)
/** `ops@example.org`, or `Operations <ops@example.org>`. */
const mailAddress = formed((value, place, reading) =>
  /^(?:[^<>@"]{1,100} <[^\s<>@]{1,100}@[^\s<>@]{1,200}>|[^\s<>@]{1,100}@[^\s<>@]{1,200})$/.test(value)
    ? value
    : reading.wrong(place, 'value.mail', { value }),
)
const hostName = formed((value, place, reading) =>
  /^(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}|[0-9a-f:]*:[0-9a-f:.]*)$/i.test(value)
    ? value
    : reading.wrong(place, 'value.host', { value }),
)
const secretDigest = formed((value, place, reading) =>
  SECRET_DIGEST.test(value) ? value : reading.wrong(place, 'value.secret_digest'),
)
/** A secret stands in a file of its own and never here. */
const secretFile = fields({ file: plainPath }, { required: ['file'] })

const channel = fields(
  {
    kind: choice(['mail', 'webhook', 'ntfy']),
    language: choice(CHANNEL_LANGUAGES),
    person: text(63),
    private: yesNo,
    ca: plainPath,
    server: hostName,
    port: whole(1, 65_535),
    tls: choice(['starttls', 'tls', 'none']),
    from: mailAddress,
    to: list(mailAddress, 50),
    user: text(200),
    password: secretFile,
    url,
    secret: secretFile,
    token: secretFile,
  },
  { required: ['kind'] },
)
export type ChannelDocument = NonNullable<ReturnType<typeof channel>>

const channelNames = list(channelName, 50)
const route = fields(
  {
    to: channelNames,
    severity: list(choice(SEVERITIES), 3),
    about: list(choice(NOTICE_KINDS), NOTICE_KINDS.length),
    services: list(serviceName, 200),
    hours: fields(
      { days: list(days, 7), from: minuteOfDay, until: minuteOfDay, zone },
      { required: ['from', 'until'] },
    ),
    escalate: list(
      fields({ after: duration(MINUTE, 7 * DAY), to: channelNames }, { required: ['after', 'to'] }),
      10,
      {},
    ),
  },
  { required: ['to'] },
)
export type RouteDocument = NonNullable<ReturnType<typeof route>>

const isName = (name: string) => CHANNEL_NAME.test(name)

export const notify = fields({
  channels: named(channel, isName),
  routes: list(route, 100, {}),
  users: channelNames,
  pings: fields({
    out: list(
      fields(
        { url, every: duration(10 * SECOND, DAY), private: yesNo, ca: plainPath },
        { required: ['url'] },
      ),
      20,
      {},
    ),
    in: named(
      fields(
        {
          every: duration(SECOND, 366 * DAY),
          grace: duration(0, 366 * DAY),
          service: serviceName,
          secret: secretDigest,
        },
        { required: ['every', 'secret'] },
      ),
      isName,
    ),
  }),
  alerts: named(
    fields(
      { form: choice(['alertmanager', 'generic']), service: serviceName, secret: secretDigest },
      { required: ['secret'] },
    ),
    isName,
  ),
})
export type NotifyDocument = NonNullable<ReturnType<typeof notify>>
