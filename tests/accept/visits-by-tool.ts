// The visits with alembic in the place of pairs of SQL: its directory lies in the repository, and a commit brings a version and the code that needs it.
import { ALEMBIC, ENVIRONMENT, versionText } from '../app/alembic-project.ts'
import { commitFiles, openVisits, store, VISITS, type VisitsWorld } from './visits.ts'

/** In the deployed tree. */
export const TOOL = `${VISITS}/current/db`
/** In the repository. */
export const VERSIONS = 'db/environment/versions'

const RULES = [
  'role: visits, tool: argv, address: DATABASE_URL',
  `directory: ${TOOL}`,
  `up: [${ALEMBIC}, upgrade, head]`,
  `down: [${ALEMBIC}, downgrade, '-1']`,
  `status: [${ALEMBIC}, current]`,
].join(', ')

const FIRST_VERSION = versionText('a1', undefined, 'pass', 'pass')

/** As its first run has left it: the table of versions is there. */
export function openVisitsByTool(): Promise<VisitsWorld> {
  return openVisits({
    migrations: RULES,
    files: {
      'db/alembic.ini': '[alembic]\nscript_location = %(here)s/environment\n',
      'db/environment/env.py': ENVIRONMENT,
      [`${VERSIONS}/a1.py`]: FIRST_VERSION,
    },
    tables: [
      'CREATE TABLE alembic_version (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)',
      "INSERT INTO alembic_version VALUES ('a1')",
    ],
  })
}

export interface SeenVersion {
  readonly up?: string
  readonly down?: string
}

export const SEEN = {
  up: 'op.execute("ALTER TABLE visitors ADD COLUMN seen bigint NOT NULL DEFAULT 0")',
  down: 'op.execute("ALTER TABLE visitors DROP COLUMN seen")',
} as const

/** The version and the code that needs it, as one commit. */
export const commitSeen = (
  { host }: VisitsWorld['here'],
  { up = SEEN.up, down = SEEN.down }: SeenVersion = {},
) =>
  commitFiles(
    host,
    {
      'store.js': store("SELECT count(*) || ' visitors, seen ' || sum(seen) FROM visitors"),
      [`${VERSIONS}/b2.py`]: versionText('b2', 'a1', up, down),
    },
    'feat: count visits',
  )
