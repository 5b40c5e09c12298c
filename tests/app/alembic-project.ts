// A project of alembic as a service has it: its ini file, the environment that reads the address, and versions.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const ENVIRONMENT = `import os
from alembic import context
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
`

export interface AlembicProject {
  readonly directory: string
  /** Lines of `migrations` in sekisho.yaml. */
  readonly rules: string
  /** Only these versions, one behind the other. */
  write(...versions: readonly Version[]): void
}

export interface Version {
  readonly id: string
  readonly up: string
  readonly down: string
}

export const ALEMBIC = '/usr/bin/alembic'

export function alembicProject(directory: string): AlembicProject {
  mkdirSync(join(directory, 'environment/versions'), { recursive: true })
  writeFileSync(join(directory, 'alembic.ini'), '[alembic]\nscript_location = %(here)s/environment\n')
  writeFileSync(join(directory, 'environment/env.py'), ENVIRONMENT)
  return {
    directory,
    rules: [
      'role: mirai, tool: argv, address: DATABASE_URL',
      `directory: ${directory}`,
      `up: [${ALEMBIC}, upgrade, head]`,
      `down: [${ALEMBIC}, downgrade, '-1']`,
      `status: [${ALEMBIC}, current]`,
    ].join(', '),
    write: (...versions) => {
      const at = join(directory, 'environment/versions')
      rmSync(at, { recursive: true })
      mkdirSync(at)
      for (const [i, { id, up, down }] of versions.entries())
        writeFileSync(join(at, `${id}.py`), versionText(id, versions[i - 1]?.id, up, down))
    },
  }
}

export const versionText = (id: string, before: string | undefined, up: string, down: string) =>
  `import os
from alembic import op

revision = "${id}"
down_revision = ${before === undefined ? 'None' : `"${before}"`}


def upgrade():
${indented(up)}


def downgrade():
${indented(down)}
`

const indented = (text: string) =>
  text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
