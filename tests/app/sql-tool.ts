// The smallest migration tool that there is: numbered SQL files, a table that says how far it is, and psql. It takes an address and nothing else.
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SqlTool {
  readonly rules: string
  write(...versions: readonly (readonly [up: string, down: string])[]): void
}

/** Written for bash. `psql` is the program of the server's own major. */
const SCRIPT = (psql: string) => `#!/bin/bash
set -eu
ask() { ${psql} -X -q -A -t -v ON_ERROR_STOP=1 "$@" "$DATABASE_URL"; }
at() { ask -c 'SELECT coalesce(max(version), 0) FROM versions'; }
case "$1" in
status) echo "version $(at)" ;;
up)
  n=$(($(at) + 1))
  { cat "$n.up.sql"; echo "INSERT INTO versions VALUES ($n);"; } | ask -1 -f - ;;
down)
  n=$(at)
  { cat "$n.down.sql"; echo "DELETE FROM versions WHERE version = $n;"; } | ask -1 -f - ;;
esac
`

export function sqlTool(
  directory: string,
  psql: string,
  more: Readonly<Record<string, string>> = {},
): SqlTool {
  mkdirSync(directory, { recursive: true })
  const rules = {
    role: 'mirai',
    tool: 'argv',
    address: 'DATABASE_URL',
    directory,
    up: '[./migrate, up]',
    down: '[./migrate, down]',
    status: '[./migrate, status]',
    ...more,
  }
  return {
    rules: Object.entries(rules)
      .map(([key, value]) => `${key}: ${value}`)
      .join(', '),
    write: (...versions) => {
      rmSync(directory, { recursive: true })
      mkdirSync(directory)
      writeFileSync(join(directory, 'migrate'), SCRIPT(psql))
      chmodSync(join(directory, 'migrate'), 0o755)
      for (const [i, [up, down]] of versions.entries()) {
        writeFileSync(join(directory, `${i + 1}.up.sql`), `${up}\n`)
        writeFileSync(join(directory, `${i + 1}.down.sql`), `${down}\n`)
      }
    },
  }
}
