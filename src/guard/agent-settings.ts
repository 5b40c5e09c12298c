// The guard in the settings file of Claude Code: put in, taken out, looked at. Pure; settings of others are never touched. An entry is
// ours when it runs `sekisho … hook claude-code`.
import { boolean, type Decoder, list, literal, object, text } from '../base/decode.ts'
import type { Json, JsonObject } from '../base/json.ts'
import { shellWord } from '../base/shell-word.ts'
import { ALIVE, ANSWER_DESCRIPTOR, CLOSED, ENVIRONMENT, looked, PROOF } from './proof.ts'

/** How the hook is started from the settings. */
export interface Wiring {
  /** Absolute path of `bin/sekisho`. */
  readonly program: string
  readonly guard: string
  readonly language: 'ja' | 'en'
  readonly level: 'observe' | 'guard'
  /** Settings that root owns and no agent can write (agents §3.3). */
  readonly managed: boolean
}

/** One place where the hook was put in, and how. */
export interface Installed {
  readonly agent: 'claude-code'
  /** The settings file. */
  readonly path: string
  readonly wiring: Wiring
}

const path = text({ max: 4096, pattern: /^\// })
const wiring: Decoder<Wiring> = object({
  program: path,
  guard: path,
  language: literal('ja', 'en'),
  level: literal('observe', 'guard'),
  managed: boolean,
})
export const installedList: Decoder<{ readonly v: 1; readonly hooks: readonly Installed[] }> = object({
  v: literal(1),
  hooks: list(object({ agent: literal('claude-code'), path, wiring })),
})

/** Seconds; the wrapper ends before the agent gives up, because an agent that gives up goes ahead (agents §1.2). */
const AGENT_TIMEOUT = 20
const WRAP_TIMEOUT = 15

/** Events whose answer counts; the call itself, and changes of the settings that wire it. */
const GATES = ['PreToolUse', 'ConfigChange'] as const
const OWN_DENIES = [
  'Edit(.claude/settings*.json)',
  'Edit(//etc/sekisho/**)',
  'Edit(//etc/claude-code/**)',
] as const

/** The program and its arguments, as a shell reads them. */
function hookLine(how: Wiring): string {
  const { program, guard, language } = how
  return [program, 'hook', 'claude-code', '--guard', guard, '--lang', language].map(shellWord).join(' ')
}

const sentenceIn = ({ language }: Wiring) =>
  language === 'ja'
    ? '関所: 番人が動かないので通しません (sekisho doctor)'
    : 'Sekisho: the guard is not there, so this is blocked (sekisho doctor)'

/**
 * At `guard` whatever stops the hook stops the call: a crash, a hang, a program that is gone, an exit code alone. The line lets a call
 * through only after it has read that the hook looked, with the number of this shell. No program is found by PATH, and none is started
 * with the environment of the agent (which may load code into it): the hook reads that from /proc as text. Only keywords and special
 * builtins are used, because a shell can take functions from its environment in place of all others. The agent's own closed mode is added
 * for those that know it. At `observe` nothing is ever stopped.
 */
export function entryFor(wiring: Wiring): JsonObject {
  const line = hookLine(wiring)
  if (wiring.level === 'observe')
    return { type: 'command', command: `${line} || true`, timeout: AGENT_TIMEOUT }
  return { type: 'command', command: closedLine(wiring), timeout: AGENT_TIMEOUT, onFailure: 'block' }
}

/** `unset` is for `env` itself, which the shell starts. */
function closedLine(wiring: Wiring): string {
  const hook = `${hookLine(wiring)} ${ENVIRONMENT} /proc/$$/environ ${PROOF} $$`
  const started = `/usr/bin/env -i HOME="$HOME" PATH=/usr/bin:/bin /usr/bin/timeout -k 1 ${WRAP_TIMEOUT} ${hook}`
  return [
    `unset ${LOADER.join(' ')}`,
    `exec ${ANSWER_DESCRIPTOR}>&1`,
    `a=$(${started})`,
    `case $?:$a in "0:${looked('$$')}") exit 0;; 2:*) exit 2;; esac`,
    `/usr/bin/printf '%s\\n' ${shellWord(sentenceIn(wiring))} >&2`,
    'exit 2',
  ].join('; ')
}
const LOADER = ['LD_PRELOAD', 'LD_AUDIT', 'LD_LIBRARY_PATH', 'GCONV_PATH', 'GLIBC_TUNABLES'] as const

/** Lines that earlier releases put in: they run, and do less than today's. */
function earlierLines(wiring: Wiring): readonly string[] {
  if (wiring.level === 'observe') return []
  const started = `timeout ${WRAP_TIMEOUT} ${hookLine(wiring)}`
  const sentence = shellWord(sentenceIn(wiring))
  return [
    `${started} || { [ $? -eq 2 ] || echo ${sentence} >&2; exit 2; }`,
    `${started} ${CLOSED} && false || { s=$?; [ $s -eq ${ALIVE} ] && exit 0; [ $s -eq 2 ] || echo ${sentence} >&2; exit 2; }`,
  ]
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])

function isOurs(entry: Json | undefined): boolean {
  if (!isObject(entry)) return false
  const { command, args } = entry
  const line = [command, ...listOf(args)].filter((one) => typeof one === 'string').join(' ')
  return /\bsekisho'?\s+hook\s+claude-code\b/.test(line)
}

/** With the guard in it, once, whatever was there of ours before. */
export function wire(settings: JsonObject, wiring: Wiring): JsonObject {
  const clean = unwire(settings)
  const hooks = isObject(clean['hooks']) ? clean['hooks'] : {}
  const ours = { matcher: '*', hooks: [entryFor(wiring)] }
  const wired = Object.fromEntries(
    GATES.map((event) => [
      event,
      [...listOf(hooks[event]), event === 'PreToolUse' ? ours : { hooks: ours.hooks }],
    ]),
  )
  const permissions = isObject(clean['permissions']) ? clean['permissions'] : {}
  const deny = [...listOf(permissions['deny']), ...OWN_DENIES]
  return {
    ...clean,
    hooks: { ...hooks, ...wired },
    ...(wiring.level === 'observe' ? {} : { permissions: { ...permissions, deny } }),
    ...(wiring.managed && wiring.level === 'guard' ? { allowManagedHooksOnly: true } : {}),
  }
}

/** Without any entry of ours; what becomes empty by that goes too. */
export function unwire(settings: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...settings }
  const had = hasOurs(settings)
  const { hooks, permissions } = settings
  if (isObject(hooks)) {
    const kept = Object.entries(hooks).flatMap(([event, matchers]): [string, Json][] => {
      if (!Array.isArray(matchers)) return [[event, matchers]]
      const left = matchers.flatMap((matcher): Json[] => {
        if (!isObject(matcher) || !Array.isArray(matcher['hooks'])) return [matcher]
        const others = matcher['hooks'].filter((entry) => !isOurs(entry))
        if (others.length === matcher['hooks'].length) return [matcher]
        return others.length === 0 ? [] : [{ ...matcher, hooks: others }]
      })
      return left.length === 0 && matchers.length > 0 ? [] : [[event, left]]
    })
    if (kept.length === 0 && Object.keys(hooks).length > 0) delete result['hooks']
    else result['hooks'] = Object.fromEntries(kept)
  }
  if (had && isObject(permissions) && Array.isArray(permissions['deny'])) {
    const others = permissions['deny'].filter((one) => !OWN_DENIES.some((own) => own === one))
    const { deny: _, ...rest } = permissions
    const left: JsonObject = others.length === 0 ? rest : { ...rest, deny: others }
    if (Object.keys(left).length === 0) delete result['permissions']
    else result['permissions'] = left
  }
  if (had) delete result['allowManagedHooksOnly']
  return result
}

export function hasOurs(settings: JsonObject): boolean {
  return entriesOf(settings).length > 0
}

function entriesOf(settings: JsonObject): readonly JsonObject[] {
  const { hooks } = settings
  if (!isObject(hooks)) return []
  return Object.values(hooks).flatMap((matchers) =>
    listOf(matchers).flatMap((matcher) =>
      isObject(matcher)
        ? listOf(matcher['hooks']).filter((one): one is JsonObject => isObject(one) && isOurs(one))
        : [],
    ),
  )
}

/** What `doctor` tells apart: not there, wired otherwise than this release and level write it, switched off, or as it should be. */
export type WiringState = 'wired' | 'absent' | 'other' | 'disabled'

/** Hooks of others beside ours are theirs; ours count when they stand once at each event, for every tool, exactly as written. */
export function stateOf(settings: JsonObject, wiring: Wiring): WiringState {
  if (isSwitchedOff(settings)) return 'disabled'
  const found = entriesOf(settings)
  if (found.length === 0) return 'absent'
  const wanted = entryFor(wiring)
  const isWhole =
    found.length === GATES.length &&
    found.every((entry) => isSame(entry, wanted)) &&
    GATES.every((event) => gatesAt(settings, event))
  const { permissions } = settings
  const deny = isObject(permissions) ? listOf(permissions['deny']) : []
  const isClosed =
    wiring.level === 'observe' ||
    (OWN_DENIES.every((one) => deny.includes(one)) &&
      (!wiring.managed || settings['allowManagedHooksOnly'] === true))
  return isWhole && isClosed ? 'wired' : 'other'
}

/** What stands there of ours is as an earlier release put it in: nobody has changed it, and today's line does more. */
export function isEarlier(settings: JsonObject, wiring: Wiring): boolean {
  const lines = earlierLines(wiring)
  const found = entriesOf(settings)
  return found.length > 0 && found.every(({ command }) => lines.some((one) => one === command))
}

/** Where settings of others are not of the form that an agent reads: what is there would be lost by putting something beside it. */
export function misshapen({ hooks, permissions }: JsonObject): string | undefined {
  if (hooks !== undefined && !isObject(hooks)) return 'hooks ≠ { … }'
  for (const event of GATES)
    if (isObject(hooks) && hooks[event] !== undefined && !Array.isArray(hooks[event]))
      return `hooks.${event} ≠ [ … ]`
  if (permissions !== undefined && !isObject(permissions)) return 'permissions ≠ { … }'
  const deny = isObject(permissions) ? permissions['deny'] : undefined
  return deny === undefined || Array.isArray(deny) ? undefined : 'permissions.deny ≠ [ … ]'
}

/** An entry of ours holds nothing that is nested. */
const isSame = (entry: JsonObject, wanted: JsonObject) =>
  Object.keys(entry).length === Object.keys(wanted).length &&
  Object.entries(wanted).every(([key, value]) => entry[key] === value)

/** Also of the settings beside it: the agent adds them up. */
export const isSwitchedOff = (settings: JsonObject): boolean => settings['disableAllHooks'] === true

/** Variables that bring code into the shell of the hook's line before its first word, or end it there. */
const HARMFUL = /^(?:LD_.*|GCONV_PATH|GLIBC_TUNABLES|SHELLOPTS|BASHOPTS|BASH_ENV|ENV|BASH_FUNC_.*)$/

/** The first such variable that these settings set: the agent gives it to its hooks. */
export function harmfulVariable({ env }: JsonObject): string | undefined {
  if (!isObject(env)) return undefined
  return Object.keys(env).find((name) => HARMFUL.test(name) && env[name] !== '')
}

/** What the agent adds to the environment of its hooks by these settings. */
export function environmentOf({ env }: JsonObject): Readonly<Record<string, string>> {
  if (!isObject(env)) return {}
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}

/** A matcher that names tools would leave the others unasked. */
function gatesAt(settings: JsonObject, event: (typeof GATES)[number]): boolean {
  const { hooks } = settings
  if (!isObject(hooks)) return false
  return listOf(hooks[event]).some((matcher) => {
    if (!isObject(matcher) || !listOf(matcher['hooks']).some(isOurs)) return false
    const names = matcher['matcher']
    return names === undefined || names === '*' || names === ''
  })
}
