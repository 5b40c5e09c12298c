// The gate's own command line, and what takes the guard away from in front of an agent: whose act each verb is (domain §7).
import type { Verb } from '../effect.ts'
import type { Field } from '../fields.ts'
import { namesMeet } from '../path.ts'
import type { Call } from '../shell.ts'
import { type Tool, touch } from '../tool.ts'
import { after, literal, prefix, show, split, text, UNKNOWN, type Value } from '../value.ts'

/** `free`: reads, or asks and leaves the answer to a person. The rest is a person's alone. */
export type Whose = 'free' | 'approve' | 'policy' | 'key' | 'guard'

const of = (whose: Whose, words: string): readonly (readonly [string, Whose])[] =>
  words.split(', ').map((one) => [one, whose])

/** Every verb of the command line; a test holds it against the commands there are. */
export const WHOSE: ReadonlyMap<string, Whose> = new Map([
  ...of('free', 'notify list, notify show, maintenance show'),
  ...of('policy', 'notify ack, notify mute, notify test, notify secret, maintenance start, maintenance end'),
  ...of(
    'free',
    'do, status, help, completion, logout, doctor, up, hook, change list, change show, change plan, change diff, change evidence, change wait, change new, change check, change try, change seal, change sign, change revise, change run, change withdraw, change cancel, change rollback, record show, record search, record export, ledger verify, ledger export, ledger checkpoint, service list, service show, service status, standing list, config show, config diff, person list, secret list, guard check, guard batch, guard explain, guard self-test, check run, check list, check show, check history, backup list, backup show, backup run, backup verify, backup drill, restore full, restore file, restore salvage, restore database, restore cancel, incident reconnect',
  ),
  ...of(
    'approve',
    'change approve, change reject, change waive, change keep, change continue, change abort, standing sign, standing revoke, ledger accept-fork, runner reconcile',
  ),
  ...of(
    'policy',
    'config apply, person add, person remove, key add, key revoke, agent add, agent pause, agent resume, check mute, check unmute, check ack, init, runner clock, runner fence, runner prune, incident isolate, incident keep, incident capture, incident isolation, secret put, backup prune',
  ),
  ...of(
    'free',
    'incident open, incident list, incident show, incident note, incident verify, incident report',
  ),
  ...of(
    'policy',
    'incident next, incident acknowledge, incident role, incident handover, incident recover, incident skip, incident dismiss, incident close, incident evidence, evidence export, evidence hold, evidence release',
  ),
  ...of('approve', 'glass run, glass list, glass review'),
  ...of('key', 'login, agent token'),
  ...of(
    'guard',
    'level, down, install host, install claude-code, uninstall host, uninstall claude-code, uninstall all',
  ),
])

const VERBS: Readonly<Record<Exclude<Whose, 'free'>, Verb>> = {
  approve: 'gate.approve',
  policy: 'gate.policy',
  key: 'gate.key',
  guard: 'guard.change',
}

function emit(
  call: Call,
  whose: Exclude<Whose, 'free'>,
  name: string,
  certain: boolean,
  at = call.span,
): void {
  call.shell.emit(
    {
      verb: VERBS[whose],
      on: { kind: 'program', name },
      certainty: certain ? 'exact' : 'possible',
    },
    at,
  )
}

/** The one or two words that say what is meant; the same options may stand before them as the command line itself takes there. */
function wordsOf(args: readonly Field[]): readonly Field[] {
  const words: Field[] = []
  for (let i = 0; i < args.length && words.length < 2; i++) {
    const field = args[i] as Field
    const plain = literal(field.value)
    if (plain === '--lang' || plain === '--data' || plain === '--url') i++
    else if (!prefix(field.value).startsWith('-')) words.push(field)
  }
  return words
}

function sekisho(call: Call): undefined {
  const [first, second] = wordsOf(call.args)
  if (first === undefined || call.args.some(({ value }) => isHelp(literal(value)))) return undefined
  const words = [first.value, ...(second === undefined ? (first.open ? [UNKNOWN] : []) : [second.value])]
  const plain = words.map((one) => literal(one))
  const exact = WHOSE.get(plain.join(' ')) ?? WHOSE.get(plain[0] ?? '')
  if (!plain.includes(undefined)) {
    if (exact !== undefined && exact !== 'free') emit(call, exact, shownAs(words), true)
    return undefined
  }
  // A word that is not known: whatever it can be, as a doubt.
  const told = new Set<Whose>()
  for (const [verb, whose] of WHOSE) {
    if (whose === 'free' || told.has(whose) || !meets(words, verb.split(' '))) continue
    told.add(whose)
    emit(call, whose, shownAs(words), false, first.span)
  }
  return undefined
}

const isHelp = (word: string | undefined) => word === '--help' || word === '-h'
const shownAs = (words: readonly Value[]) => `sekisho ${words.map(show).join(' ')}`
const meets = (words: readonly Value[], verb: readonly string[]) =>
  words.length >= verb.length && verb.every((word, i) => namesMeet(words[i] ?? [], [word]))

/** The same program under another interpreter: its script, and behind that its words. */
const carried =
  (script: RegExp): NonNullable<Tool['act']> =>
  (call) => {
    const at = call.args.findIndex(({ value }) => script.test(literal(value) ?? ''))
    const field = call.args[at]
    if (field !== undefined) {
      const inner: Call = {
        ...call,
        name: { ...field, value: text('sekisho') },
        args: call.args.slice(at + 1),
      }
      sekisho(inner)
    }
    return undefined
  }

/** What a signature in one of these namespaces is: a decision, and who is at the keyboard. */
const NAMESPACES = ['sekisho', 'sekisho-login'] as const

const signs: NonNullable<Tool['act']> = (call, args) => {
  if (literal(args.value('Y')?.value ?? []) !== 'sign') return undefined
  const space = args.value('n')
  if (space === undefined || !NAMESPACES.some((name) => namesMeet(space.value, [name]))) return undefined
  emit(
    call,
    'key',
    `ssh-keygen -Y sign -n ${show(space.value)}`,
    literal(space.value) !== undefined,
    space.span,
  )
  return undefined
}

/** Variables under which the agent looks for its settings elsewhere, or reads none. */
const ELSEWHERE = ['CLAUDE_CONFIG_DIR', 'CLAUDE_CODE_SIMPLE', 'HOME', 'XDG_CONFIG_HOME'] as const
const SOURCES = ['user', 'project', 'local']

/** Another session of the agent, started so that nobody looks at what it does. */
const agent: NonNullable<Tool['act']> = (call, args) => {
  const tell = (what: string, certain: boolean, at = call.span) => emit(call, 'guard', what, certain, at)
  if (args.has('bare safe-mode')) tell('claude --bare', true)
  for (const { value, span } of args.values('setting-sources')) {
    const given = literal(value)
      ?.split(',')
      .map((one) => one.trim())
    if (given === undefined || SOURCES.some((one) => !given.includes(one)))
      tell('claude --setting-sources', given !== undefined, span)
  }
  for (const { value, span } of args.values('settings')) {
    const texts = literal(value)?.trimStart().startsWith('{')
      ? [value]
      : call.shell.contents(call.shell.paths(value)).texts
    if (texts === undefined) tell('claude --settings', false, span)
    else if (texts.some((one) => /hooks?/i.test(show(one)))) tell('claude --settings', true, span)
  }
  for (const name of ELSEWHERE) {
    const variable = call.shell.state.variables.get(name)
    if (variable?.exported === true && variable.values.some((value) => value.length > 0)) tell(name, true)
  }
  const [first, second, key] = args.operands.map(({ value }) => literal(value) ?? '')
  if (first === 'config' && /^(set|remove|rm)$/.test(second ?? '') && /hook/i.test(key ?? ''))
    tell('claude config', true)
  return undefined
}

/** A word to whatever listens at a socket: `nc -U PATH`, `UNIX-CONNECT:PATH`. A place of the gate's own is the gate. */
const sockets: NonNullable<Tool['act']> = (call) => {
  for (const [i, field] of call.args.entries()) {
    const start = prefix(field.value)
    const unix = /^(?:UNIX(?:-CONNECT|-CLIENT|-SENDTO)?|GOPEN):/i.exec(start)?.[0]
    const next = call.args[i + 1]
    const target =
      unix !== undefined
        ? { ...field, value: split(after(field.value, unix) ?? [], ',')[0] ?? [] }
        : /^-[a-zA-Z]*U$|^--unixsock$/.test(start)
          ? next
          : undefined
    if (target !== undefined) touch(call, 'path.append', target)
  }
  return undefined
}

export const SELF: readonly Tool[] = [
  { names: 'sekisho', style: 'posix', harmless: '-', act: sekisho },
  { names: 'sekisho-sign', act: (call) => (emit(call, 'key', 'sekisho-sign', true), undefined) },
  {
    names: 'node nodejs bun deno tsx',
    style: 'posix',
    harmless: '-',
    act: carried(/(^|\/)(dist\/cli\.mjs|src\/cli\/main\.ts)$/),
  },
  { names: 'sh bash dash zsh ksh', style: 'posix', harmless: '-', act: carried(/(^|\/)bin\/sekisho$/) },
  { names: 'nc ncat netcat nc.openbsd socat', style: 'posix', harmless: '-', act: sockets },
  { names: 'ssh-keygen', short: 'CDEFIMNOPRVYZabfnrstwz', harmless: '-', act: signs },
  {
    names: 'claude',
    short: 'dprcn',
    long: 'setting-sources settings model append-system-prompt system-prompt permission-mode mcp-config add-dir allowedTools disallowedTools output-format input-format session-id agents fallback-model resume',
    flags: 'bare print continue debug verbose dangerously-skip-permissions help version',
    harmless: 'help version h v',
    act: agent,
  },
]
