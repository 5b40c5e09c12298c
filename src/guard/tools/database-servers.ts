// Servers of databases started by hand: what takes passwords and rights away from everybody who reaches them.
import type { Call } from '../shell.ts'
import type { Tool } from '../tool.ts'
import { literal, prefix } from '../value.ts'

/** What lies in a container of its own is reached by whom the container lets in. */
const isHere = ({ shell }: Call): boolean =>
  shell.state.within === undefined && shell.state.host === undefined

/** An option of a line, with the word behind it where it has one of its own: `--noauth`, `--protected-mode no`, `--bind=::`. */
function said({ args }: Call): readonly string[] {
  // A word that is not known is something.
  const words = args.map(({ value }) => literal(value) ?? `${prefix(value)}‹?›`)
  return words.flatMap((word, i) =>
    word.startsWith('-') ? [`${word.replace('=', ' ')} ${words[i + 1] ?? ''}`] : [],
  )
}

const server = (names: string, engine: string, open: RegExp, exposes = /(?!)/): Tool => ({
  names,
  style: 'posix',
  act: (call) => {
    const lines = said(call)
    if (
      !isHere(call) ||
      lines.some((line) => /^--?(?:help|version|validate-config|verbose --help)\b/.test(line))
    )
      return undefined
    if (lines.some((line) => open.test(line)))
      call.shell.emit({ verb: 'db.grant', on: { kind: 'database', engine }, reversible: 'yes' }, call.span)
    if (lines.some((line) => exposes.test(line)))
      call.shell.emit({ verb: 'infra.expose', on: { kind: 'infra', platform: engine } }, call.span)
    return undefined
  },
})

const EVERYWHERE = String.raw`(?:0\.0\.0\.0|\*|::|\[::\])`

export const DATABASE_SERVERS: readonly Tool[] = [
  server(
    'mysqld mysqld_safe mysqld-safe mariadbd mariadbd-safe',
    'mysql',
    /^--skip[-_]grant[-_]tables(?: |$)(?!(?:0|off|false)\b)/i,
  ),
  server(
    'mongod mongos',
    'mongodb',
    /^--noauth\b/,
    new RegExp(String.raw`^--bind_ip(?:_all\b| (?:\S*,)?${EVERYWHERE}(?:[, ]|$))`),
  ),
  server(
    'redis-server valkey-server keydb-server',
    'redis',
    /^--(?:protected-mode no\b|requirepass\s*(?:""|'')?\s*(?:--|$))/i,
  ),
  server(
    'elasticsearch opensearch',
    'elasticsearch',
    /^-E\s*(?:xpack\.security\.enabled[ =]false|plugins\.security\.disabled[ =]true)/,
  ),
  // Whoever reaches it has the machine.
  server('dockerd', 'docker', /(?!)/, /^(?:-H|--host) tcp:\/\/(?!127\.|localhost|\[::1\])/),
]
