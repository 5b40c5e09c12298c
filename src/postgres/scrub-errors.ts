// Removes row content from errors of PostgreSQL and its programs. Their messages quote rows (`Failing row contains (…)`, `Key (…)=(…)`,
// `invalid input syntax …: "…"`, whatever a trigger raises), and our errors are written to journal, record and screen.
// INVARIANT B7: of a server's error only known forms are passed on, with no more than declared names in them; never DETAIL, CONTEXT, HINT.

/** A name as PostgreSQL quotes it, possibly qualified. */
const NAME = String.raw`"[^"\n]{1,130}"`
const OBJECT = String.raw`(?:table|relation|schema|type|role|database|extension|sequence|index|constraint|trigger|view|materialized view|language|collation|tablespace|column|function|procedure|operator|publication|subscription|event trigger|foreign-data wrapper|server|large object|parameter)`
const PLAIN = String.raw`[\w.$]{1,130}`
/** Error texts of the kernel. */
const REASON = String.raw`(?:: (?:[A-Z][A-Za-z/ ]{1,60}|read (?:only )?\d+ of \d+))?`

/** Each matches from the beginning of the message; what follows is left out. */
const KNOWN: readonly RegExp[] = [
  `new row for relation ${NAME} violates check constraint ${NAME}`,
  `check constraint ${NAME} of relation ${NAME} is violated by some row`,
  `null value in column ${NAME}(?: of relation ${NAME})? violates not-null constraint`,
  `column ${NAME} of relation ${NAME} contains null values`,
  `duplicate key value violates unique constraint ${NAME}`,
  `conflicting key value violates exclusion constraint ${NAME}`,
  `could not create unique index ${NAME}`,
  `(?:insert or update|update or delete) on table ${NAME} violates foreign key constraint ${NAME}(?: on table ${NAME})?`,
  `no partition of relation ${NAME} found for row`,
  String.raw`value too long for type [a-z ]{1,40}(?:\(\d+\))?`,
  'invalid input syntax for type [a-z ]{1,40}',
  `invalid input value for enum ${PLAIN}`,
  `invalid byte sequence for encoding ${NAME}`,
  '(?:smallint|integer|bigint|date|timestamp|interval|numeric field|money) (?:out of range|overflow)',
  'division by zero',
  `${OBJECT} (?:${NAME}|${PLAIN})(?: of relation ${NAME})? (?:does not exist|already exists|is not available|is not trusted)`,
  String.raw`function [\w.$]{1,130}\([\w ,."\[\]]{0,300}\) (?:does not exist|is not unique)`,
  `${OBJECT} ${NAME} is being accessed by other users`,
  `cannot drop ${OBJECT} (?:${NAME}|${PLAIN}) because other objects depend on it`,
  `permission denied (?:for|to) [a-z ]{1,60}(?:${NAME}|${PLAIN})?`,
  `must be (?:owner of|superuser to|a member of|able to SET ROLE) ?[a-z ]{0,60}(?:${NAME}|${PLAIN})?`,
  'cannot execute [A-Z ]{1,60} in a read-only transaction',
  'canceling statement due to [a-z ]{1,60}',
  'terminating connection due to [a-z ]{1,60}',
  `could not obtain lock on [a-z ]{1,40}${NAME}`,
  'deadlock detected',
  'out of (?:shared )?memory',
  'current transaction is aborted',
  String.raw`invalid page in block \d+ of relation [\w/]{1,130}`,
  String.raw`(?:missing|unexpected) chunk number \d+`,
  `relation mapping file ${NAME} contains (?:invalid data|incorrect checksum)`,
  String.raw`could not (?:open|create|read|write|extend|access|fsync|load|stat|remove|rename) (?:blocks? [\d.]+ in )?(?:extension control |lock |library |data )?(?:file|directory|library)? ?"[^"\n]{1,300}"${REASON}`,
  String.raw`could not write to file "[^"\n]{1,300}"${REASON}`,
  String.raw`could not (?:create|resize|map) [a-z ]{0,40}shared memory[a-z ]{0,40}`,
  `unrecognized configuration parameter ${NAME}`,
  `invalid value for parameter ${NAME}`,
  `(?:encoding|collation|invalid locale name:) ${NAME}(?: does not match locale ${NAME}| for encoding ${NAME} does not exist)?`,
  `(?:Peer|Ident|password) authentication failed for user ${NAME}`,
  String.raw`(?:no pg_hba\.conf entry|pg_hba\.conf rejects connection) for [\w ,"[\].-]{1,200}`,
  `role ${NAME} is not permitted to log in`,
  `database ${NAME} is not currently accepting connections`,
  'the database system is [a-z ]{1,60}',
  'sorry, too many clients already',
  'remaining connection slots are reserved',
  `too many connections for (?:role|database) ${NAME}`,
].map((form) => new RegExp(`^${form}`))
/** Only for a statement that policy or we wrote: in a function from a dump it may be a value. */
const OF_STATEMENT = /^syntax error at (?:or near "[^"\n]{1,60}"|end of input)/

/** The message comes from a client program, which has seen no row. */
const PROGRAM =
  /^(psql|pg_dump|pg_dumpall|pg_restore|initdb|pg_ctl|postgres): (?:(?:error|fatal|detail|warning): )?(.*)$/
const WRAPPER = /^(?:setpriv|choom|unshare|find): /
/** The prefix with which a client program repeats a message of the server. */
const HANDED_ON =
  /^(?:could not execute query|COPY failed for table "[^"]{1,130}"|query failed|query was|error returned by PQ\w+|Error message from server|error while .*?|connection to server .{1,300}? failed|[^:"]{0,80}failed): +(.*)$/
/** Texts of client programs that end the message. */
const OWN =
  /^(?:input file|the input|could not|unexpected|found unexpected|unrecognized|unsupported|did not find|corrupt|invalid|entry ID|cannot|unable|aborting|server version|this build|bad dumpId|no (?:matching|output)|directory|ftell|out of memory|archiver|Dumping the contents of table "[^"]{1,130}" failed)/
/** The kernel's text for a socket without a listener, and libpq's for a failed login. */
const NO_WAY_IN =
  /^(?:Connection refused|No such file or directory|Permission denied|Connection timed out|fe_sendauth: no password supplied|timeout expired|server closed the connection unexpectedly)/
/** A text of libpq without a program's name: the server ended the connection. */
const WENT_AWAY = /^(?:psql: error: )?(server closed the connection unexpectedly)$/
const SEVERITY =
  /^(?:\d{4}-\d\d-\d\d [\d:.]+ \w+ (?:\[\d+\] )?)?(ERROR|FATAL|PANIC): +(?:([0-9A-Z]{5}): )?(.*)$/
export const NOT_SHOWN = 'its words may hold a value of a row and are not shown'
const SAID_MAX = 400

/** The first line of an error, scrubbed. Empty where there was no message. */
export function scrubError(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  const line = lines.find((one) => SEVERITY.test(one) || /^\w+: (?:error|fatal): /.test(one)) ?? lines[0]
  return line === undefined ? '' : told(line.trim()).slice(0, SAID_MAX)
}

function told(line: string): string {
  const server = SEVERITY.exec(line)
  if (server !== null) return ofServer(server, true)
  if (WRAPPER.test(line)) return line
  const gone = WENT_AWAY.exec(line)?.[1]
  if (gone !== undefined) return gone
  const [, program, rest = ''] = PROGRAM.exec(line) ?? []
  if (program === undefined) return NOT_SHOWN
  const handed = HANDED_ON.exec(rest)?.[1]
  if (handed === undefined) return OWN.test(rest) ? line : `${program}: ${NOT_SHOWN}`
  const inner = SEVERITY.exec(handed)
  if (inner !== null) return `${program}: ${ofServer(inner, false)}`
  const reason = NO_WAY_IN.exec(handed)?.[0]
  return `${program}: ${reason ?? NOT_SHOWN}`
}

function ofServer([, severity = '', state, words = '']: RegExpExecArray, isStatement: boolean): string {
  const known = KNOWN.map((form) => form.exec(words)?.[0]).find((found) => found !== undefined)
  const said = known ?? (isStatement ? OF_STATEMENT.exec(words)?.[0] : undefined) ?? NOT_SHOWN
  return `${severity}: ${said}${state === undefined ? '' : ` (SQLSTATE ${state})`}`
}
