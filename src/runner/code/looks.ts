// What looks at a change of code once it is built: its suites, what it touches, and the play of deploy and way back.
import type { CodeRehearsal } from '../../plans/code.ts'
import type { CodeContext } from './context.ts'
import { impactOfCode } from './impact.ts'
import type { Looks } from './stage-code.ts'

export const codeLooks: Looks = {
  tests: async () => undefined,
  impact: impactOfCode,
  rehearsal: async ({ expires, rules }: CodeContext): Promise<CodeRehearsal> => ({
    verdict: 'not_tried',
    deploy: [],
    back: [],
    differences: [],
    notCompared: [],
    realSecrets: rules.rehearse.realSecrets,
    expires,
  }),
}
