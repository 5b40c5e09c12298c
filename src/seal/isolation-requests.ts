// What may come in about an isolation, at the admin door alone (requests.ts).
import { boolean, literal, matching, object, optional, text } from '../base/decode.ts'
import { isIncidentId, isServiceName } from '../base/id.ts'
import { isInstant } from '../base/time.ts'

const incident = matching(isIncidentId, 'an incident id')
const service = matching(isServiceName, 'a service name')
const instant = matching(isInstant, 'an instant')
const by = text({ max: 200 })
const terminal = text({ max: 64, pattern: /^\/dev\/[A-Za-z0-9/]{1,59}$/, what: 'a terminal' })
const line = text({ max: 200, pattern: /^[0-9A-Za-z:.%_@ -]{1,200}$/, what: 'an address' })

export const isolationRequests = {
  isolate: object({
    verb: literal('isolate'),
    incident,
    look: boolean,
    agreed: optional(text({ max: 64, pattern: /^[0-9a-f]{64}$/, what: 'a digest' })),
    by,
    from: optional(line),
    ssh: optional(line),
    terminal: optional(terminal),
  }),
  isolationKeep: object({ verb: literal('isolationKeep'), incident, terminal: optional(terminal), by }),
  capture: object({
    verb: literal('capture'),
    incident,
    service: optional(service),
    since: instant,
    until: instant,
    by,
  }),
  isolationLook: object({ verb: literal('isolationLook') }),
} as const
