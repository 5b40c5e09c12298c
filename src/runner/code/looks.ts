// What looks at a change of code once it is built: its suites, what it touches, and the play of deploy and way back.
import { impactOfCode } from './impact.ts'
import { rehearseWithDatabase } from './migrations.ts'
import { rehearseCode } from './rehearsal.ts'
import type { Looks } from './stage-code.ts'
import { compareSuites } from './suites.ts'

export const codeLooks: Looks = {
  tests: compareSuites,
  impact: impactOfCode,
  rehearsal: (context, staged, built, migrations) =>
    rehearseWithDatabase(context, migrations, (database) => rehearseCode(context, staged, built, database)),
}
