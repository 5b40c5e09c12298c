// The rehearsal of a migration: lint of the text, then up and down on a clone of the real data, measured and compared. Nothing of the service is touched.
// What it finds is the trial's evidence; the judge believes this runner's own journal and nothing else.
import { setTimeout as delay } from 'node:timers/promises'
import type { JsonObject } from '../base/json.ts'
import type { Migrate } from '../plans/actions/migrate.ts'
import type { Cluster, Limits } from '../postgres/types.ts'
import type { Problem, TrialCheck } from '../seal/journal.ts'
import type { SnapshotPorts } from '../snapshot/ports.ts'
import { acceptances, type Finding, lint, ROWS_AT_RISK } from '../sql/lint.ts'
import { MARKER_SCHEMA, refusedIn } from '../sql/refused.ts'
import { partsOf, statementsOf } from '../sql/statements.ts'
import { withClone } from './clone.ts'
import { isIn, problemsShown, shownOf } from './facts.ts'
import { asPlanned } from './live.ts'
import { makesMarker } from './marker.ts'
import { onClone, type SqlText } from './on-clone.ts'

/** An hour for all of it; each run has the limit of the rules. */
const REHEARSAL_MS = 3_600_000

export interface RehearseContext {
  readonly parts: SnapshotPorts
  readonly sqlOf: (digest: Migrate['up']['digest']) => Promise<Buffer>
}

export async function rehearse(action: Migrate, c: RehearseContext): Promise<readonly TrialCheck[]> {
  const up = await textOf(action.up, c)
  const down = action.down === undefined ? undefined : await textOf(action.down, c)
  const refused = validated(up, down)
  if (isRefused(refused)) return [refused, notTried('trial'), notTried('undo')]
  const limits: Limits = { timeoutMs: REHEARSAL_MS }
  const { live, searchPath, now } = await asPlanned(action, limits)
  const isBack = action.back === true
  const validation = validated(up, down, isIn(now), isBack)
  const started = c.parts.clock.uptime()
  const { clock } = c.parts
  const hands = { uptime: () => clock.uptime(), pause: (ms: number) => delay(ms) }
  const found = await withClone(live, action, c.parts, limits, (clone) =>
    onClone({ action, up, down, clone, searchPath, live: now, limits, hands, isBack }),
  )
  const milliseconds = Math.round(c.parts.clock.uptime() - started)
  return [
    validation,
    {
      check: 'trial',
      verdict: verdictOf(found.trial.problems),
      facts: { ...found.trial.facts, milliseconds, ...(await markerFact(live, action.database, limits)) },
      problems: found.trial.problems,
    },
    {
      check: 'undo',
      verdict: verdictOf(found.undo.problems),
      facts: found.undo.facts,
      problems: found.undo.problems,
    },
  ]
}

/** Said where the change makes the schema in which it marks that it ran. */
export async function markerFact(live: Cluster, database: string, limits: Limits): Promise<JsonObject> {
  return (await makesMarker(live, database, limits)) ? { makes: MARKER_SCHEMA } : {}
}

export const verdictOf = (problems: readonly Problem[]) => (problems.length === 0 ? 'green' : 'red')
export const notTried = (check: 'trial' | 'undo'): TrialCheck => ({
  check,
  verdict: 'not_tried',
  facts: {},
  problems: [],
})

async function textOf({ name, digest }: Migrate['up'], { sqlOf }: RehearseContext): Promise<SqlText> {
  return sqlText({ name, sql: (await sqlOf(digest)).toString('utf8') })
}

export function sqlText({ name, sql }: { readonly name: string; readonly sql: string }): SqlText {
  const statements = statementsOf(sql)
  return { name, sql, statements, parts: partsOf(statements) }
}

/** Nothing of it is run anywhere. */
export const isRefused = ({ problems }: TrialCheck): boolean =>
  problems.some(({ code }) => code.startsWith('sql.refused'))

/**
 * Rules of the text. A finding stops until the statement is written otherwise, or accepts it in a comment of its own. Of a change that takes back an earlier
 * one it is told: what it loses and locks is measured, and whoever approves sees it.
 */
export function validated(
  up: SqlText,
  down: SqlText | undefined,
  isThere: (table: string) => boolean = () => true,
  isBack = false,
): TrialCheck {
  const refused = [up, ...(down === undefined ? [] : [down])].flatMap(({ name, sql, statements }) =>
    refusedIn(sql, statements).map(
      ({ kind, line, text }): Problem => ({ code: `sql.refused_${kind}`, path: name, line, text }),
    ),
  )
  const findings = lint(up.sql, up.statements, isThere)
  const open = findings.filter(({ accepted }) => accepted === undefined)
  const problems = problemsShown(up.name, [
    ...refused,
    ...(isBack ? [] : open).map((one) => problemOf(up.name, one)),
  ])
  return {
    check: 'validation',
    verdict: verdictOf(problems),
    facts: {
      validator: 'sql',
      statements: up.statements.length,
      ...(isBack && open.length > 0
        ? shownOf(
            'told',
            open.map(({ rule, line, table }) => ({ rule, line, table })),
          )
        : {}),
      accepted: [
        ...acceptedBack(down),
        ...findings.flatMap(({ rule, line, table, accepted }) =>
          accepted === undefined ? [] : [{ rule, line, table, reason: accepted.slice(0, 200) }],
        ),
        ...acceptances(up.sql, up.statements).flatMap((one, i) => {
          const reason = one.get(ROWS_AT_RISK)
          const line = up.statements[i]?.line ?? 0
          return reason === undefined ? [] : [{ rule: ROWS_AT_RISK, line, reason: reason.slice(0, 200) }]
        }),
      ],
    },
    problems,
  }
}

/** What the second file accepts stands beside what the first does. */
function acceptedBack(down: SqlText | undefined): readonly JsonObject[] {
  if (down === undefined) return []
  return acceptances(down.sql, down.statements).flatMap((one, i) =>
    [...one].map(([rule, reason]) => ({
      rule,
      line: down.statements[i]?.line ?? 0,
      file: down.name,
      reason: reason.slice(0, 200),
    })),
  )
}

const shortened = (text: string) => (text.length <= 250 ? text : `${text.slice(0, 250)}…`)

function problemOf(path: string, { rule, line, table, column, rewrite }: Finding): Problem {
  const values = {
    table,
    ...(column === undefined ? {} : { column }),
    rewrite: rewrite.slice(0, 5).map(shortened),
  }
  return { code: `sql.${rule}`, path, line, text: JSON.stringify(values).slice(0, 2000) }
}
