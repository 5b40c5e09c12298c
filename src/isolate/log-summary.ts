// What the logs of a window say of a break-in: requests that write, by client, method, path and status; logins that failed and that were let in. Rules
// over lines: the child that runs them has no rights, for lines are written by whoever attacks.
import { stampOf } from '../checks/log-line.ts'

export interface LogTask {
  readonly kind: 'access' | 'auth'
  /** Milliseconds since 1970. */
  readonly since: number
  readonly until: number
  readonly gzip: boolean
  /** The lines follow the task on stdin, and not on a descriptor. */
  readonly input?: true
}
/** `key`: client, method, path, status; or outcome, user, address, way. */
export interface LogGroup {
  readonly key: readonly string[]
  readonly count: number
  readonly first: number
  readonly last: number
}
export interface LogSummary {
  readonly lines: number
  readonly inWindow: number
  /** Lines without a time that could be read: counted, and not judged. */
  readonly unstamped: number
  /** Lines of the window that are in no form that is known, or speak of a login in other words: whether they matter is not known. */
  readonly notUnderstood: number
  readonly groups: readonly LogGroup[]
  /** Lines of groups beyond the limit. */
  readonly more: number
  /** The file ended before its end, or could not be unpacked to it. */
  readonly cut?: string
}

const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'DELETE', 'PATCH'])
const GROUPS_MAX = 5000
const WORD_MAX = 300

/** Common and combined log format, as nginx and Apache write it; a name of a virtual host with its port may stand before the client. */
const COMBINED =
  /^(?:\S{1,255}:\d{1,5} (?=[\da-fA-F:.]+ \S+ ))?(\S{1,100}) \S+ .{1,1000}?\[[^\]]{1,40}\] "([A-Z]{3,10}) (\S{1,8000})[^"]*" (\d{3})\b/

type Read = readonly string[] | 'other' | 'not_understood'

/** `other`: a request that writes nothing. */
export function accessKey(line: string): Read {
  const found = line.startsWith('{') ? ofJson(line) : COMBINED.exec(line)?.slice(1)
  const [client, method, target, status] = found ?? []
  if (client === undefined || method === undefined || target === undefined || status === undefined)
    return 'not_understood'
  if (!WRITES.has(method)) return 'other'
  // What stands behind `?` is different in every request, and may be a secret.
  return [client, method, target.split('?')[0] ?? '', status].map(word)
}

const CLIENT = ['remote_addr', 'client_ip', 'client', 'ip', 'remote_ip']
const METHOD = ['request_method', 'method', 'verb']
const TARGET = ['request_uri', 'uri', 'path', 'url']
const STATUS = ['status', 'status_code', 'response_status']

function ofJson(line: string): readonly string[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Readonly<Record<string, unknown>>
  const of = (names: readonly string[]) => {
    const found = names
      .map((name) => fields[name])
      .find((one) => typeof one === 'string' || typeof one === 'number')
    return found === undefined ? undefined : String(found)
  }
  const request = typeof fields['request'] === 'string' ? fields['request'].split(' ') : []
  const parts = [of(CLIENT), of(METHOD) ?? request[0], of(TARGET) ?? request[1], of(STATUS)]
  return parts.every((one) => one !== undefined) ? (parts as string[]) : undefined
}

type AuthRule = readonly [RegExp, (found: RegExpExecArray) => readonly string[]]
/** The name of a user is what somebody typed and may hold words of sshd: address and port are those at the end of the line. */
const SSH: readonly AuthRule[] = [
  [
    /^Failed (\S+) for (?:invalid user )?(.*) from (\S{1,60}) port \d+(?: ssh2)?(?:: .*)?$/,
    ([, way = '', user = '', from = '']) => ['failed', user, from, way],
  ],
  [
    /^Accepted (\S+) for (.*) from (\S{1,60}) port \d+(?: ssh2)?(?:: .*)?$/,
    ([, way = '', user = '', from = '']) => ['accepted', user, from, way],
  ],
  [
    /^Invalid user (.*) from (\S{1,60})(?: port \d+)?$/,
    ([, user = '', from = '']) => ['unknown_user', user, from, 'ssh'],
  ],
  [
    /^(?:Connection (?:closed|reset) by|Disconnected from) (?:authenticating|invalid) user (.*) (\S{1,60}) port \d+(?: \[preauth\])?$/,
    ([, user = '', from = '']) => ['given_up', user, from, 'ssh'],
  ],
]
const LOCAL: readonly AuthRule[] = [
  [
    /^pam_unix\((sudo|su)[^)]*\): authentication failure;.*\buser=(\S{1,100})/,
    ([, way = '', user = '']) => ['failed', user, 'local', way],
  ],
  [
    /^FAILED SU \(to (\S{1,100})\) (\S{1,100})/,
    ([, to = '', user = '']) => ['failed', `${user} → ${to}`, 'local', 'su'],
  ],
]
/** Time, host, program: as syslog and the journal write them. */
const MESSAGE =
  /^(?:\S{10,40}|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) \S{1,255} ([A-Za-z][\w.-]{0,60})(?:\[\d+\])?: (.*)$/
const REPEATED = /^message repeated (\d{1,6}) times: \[ (.*)\]$/
const RULES: Readonly<Record<string, readonly AuthRule[]>> = {
  sshd: SSH,
  'sshd-session': SSH,
  'sshd-auth': SSH,
  sudo: LOCAL,
  su: LOCAL,
}
const SPEAKS_OF_LOGIN = /\b(?:failed|accepted|invalid user|authentication failure|authenticating user)\b/i

/** `other`: no login. A line of another program is one of no login, whatever it says. */
export function authKey(line: string): Read {
  return loginIn(line).read
}

function loginIn(line: string): { readonly read: Read; readonly times: number } {
  const [, program = '', message = ''] = MESSAGE.exec(line) ?? []
  const rules = RULES[program]
  if (rules === undefined) return { read: program === '' ? 'not_understood' : 'other', times: 1 }
  const repeated = REPEATED.exec(message)
  const said = repeated?.[2] ?? message
  const times = Number(repeated?.[1] ?? 1)
  for (const [pattern, keyOf] of rules) {
    const found = pattern.exec(said)
    if (found !== null) return { read: keyOf(found).map(word), times }
  }
  return { read: SPEAKS_OF_LOGIN.test(said) ? 'not_understood' : 'other', times }
}

/** Counts line by line; what it holds is bounded whatever comes. */
export class LogCounter {
  readonly #task: LogTask
  readonly #groups = new Map<string, { key: readonly string[]; count: number; first: number; last: number }>()
  #lines = 0
  #inWindow = 0
  #unstamped = 0
  #more = 0
  #notUnderstood = 0
  constructor(task: LogTask) {
    this.#task = task
  }

  take(line: string): void {
    this.#lines += 1
    const { kind, since, until } = this.#task
    const at = stampOf(line, until)
    if (at === undefined) {
      this.#unstamped += 1
      return
    }
    if (at < since || at > until) return
    this.#inWindow += 1
    const { read, times } = kind === 'access' ? { read: accessKey(line), times: 1 } : loginIn(line)
    if (read === 'not_understood') this.#notUnderstood += 1
    if (typeof read === 'string') return
    const name = read.join('\0')
    const known = this.#groups.get(name)
    if (known !== undefined) {
      known.count += times
      known.first = Math.min(known.first, at)
      known.last = Math.max(known.last, at)
    } else if (this.#groups.size < GROUPS_MAX)
      this.#groups.set(name, { key: read, count: times, first: at, last: at })
    else this.#more += 1
  }

  summary(cut?: string): LogSummary {
    return {
      lines: this.#lines,
      inWindow: this.#inWindow,
      unstamped: this.#unstamped,
      notUnderstood: this.#notUnderstood,
      groups: ordered([...this.#groups.values()]),
      more: this.#more,
      ...(cut === undefined ? {} : { cut }),
    }
  }
}

/** Of several files of one log. */
export function joined(all: readonly LogSummary[]): LogSummary {
  const groups = new Map<string, LogGroup>()
  for (const one of all.flatMap((summary) => summary.groups)) {
    const name = one.key.join('\0')
    const known = groups.get(name)
    groups.set(
      name,
      known === undefined
        ? one
        : {
            key: one.key,
            count: known.count + one.count,
            first: Math.min(known.first, one.first),
            last: Math.max(known.last, one.last),
          },
    )
  }
  const sum = (of: (summary: LogSummary) => number) => all.reduce((total, one) => total + of(one), 0)
  const cut = all.find((one) => one.cut !== undefined)?.cut
  return {
    lines: sum(({ lines }) => lines),
    inWindow: sum(({ inWindow }) => inWindow),
    unstamped: sum(({ unstamped }) => unstamped),
    notUnderstood: sum(({ notUnderstood }) => notUnderstood),
    groups: ordered([...groups.values()]),
    more: sum(({ more }) => more),
    ...(cut === undefined ? {} : { cut }),
  }
}

function ordered(groups: readonly LogGroup[]): readonly LogGroup[] {
  return groups.toSorted((a, b) => b.count - a.count || (a.key.join('\0') < b.key.join('\0') ? -1 : 1))
}

/** Text of somebody else: no control characters, a limit. */
function word(text: string): string {
  return text
    .slice(0, WORD_MAX)
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
}
