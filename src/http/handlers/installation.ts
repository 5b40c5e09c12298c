// The installation as a whole: its rules, how it stands, its agents.

import { allow, WHOLE } from '../../app/authorize.ts'
import { doctorFacts } from '../../app/doctor-facts.ts'
import { resumeAgent } from '../../app/guard-spool.ts'
import { statusOf } from '../../app/overview.ts'
import { policyOf } from '../../app/services.ts'
import type { INSTALLATION_OPERATIONS } from '../../contract/operations/installation.ts'
import type { Handlers } from '../handler.ts'
import { eventStream } from '../stream.ts'

export const INSTALLATION_HANDLERS: Handlers<typeof INSTALLATION_OPERATIONS> = {
  guardResume: ({ gate, actor, input: { who } }) => resumeAgent(gate, actor, who),
  policy: ({ gate, actor }) => policyOf(gate, actor),
  status: ({ gate, actor }) => statusOf(gate, actor),
  doctor: async ({ gate, actor }) => ({ facts: [...(await doctorFacts(gate, actor))] }),
  events: ({ gate, actor, context, closing }) => {
    allow(gate, actor, 'status.read', WHOLE)
    return eventStream(gate, actor, undefined, context.req.header('last-event-id'), closing)
  },
}
