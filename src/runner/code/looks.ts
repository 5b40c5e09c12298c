// What looks at a change of code once it is built: its suites, what it touches, and the play of deploy and way back.
import type { CodeImpact, CodeRehearsal } from '../../plans/code.ts'
import type { CodeContext } from './context.ts'
import type { Looks } from './stage-code.ts'

export const codeLooks: Looks = {
  tests: async () => undefined,
  impact: async (): Promise<CodeImpact> => ({
    routes: [],
    models: [],
    migrations: [],
    environment: [],
    units: [],
    dependencies: [],
    importers: [],
    findings: [],
    notRead: ['routes', 'models', 'importers'],
  }),
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
