// Git: its global options, the settings given with them, and the way to its subcommands.
import { readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { namesMeet } from '../path.ts'
import type { Call } from '../shell.ts'
import { put } from '../state.ts'
import { FROM_PROGRAM, isHidden, type Stream } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { after, isOpen, isUnknown, literal, prefix, split, type Value } from '../value.ts'
import { readGit, vcs } from './git-arguments.ts'
import { riskOf, riskyVariables, type Setting, settingsOfEnvironment, tracesOf } from './git-config.ts'
import { GIT_FILES } from './git-files.ts'
import { HISTORY } from './git-history.ts'
import { READS } from './git-read.ts'
import { REFS } from './git-refs.ts'
import { REMOTES } from './git-remote.ts'
import { type Sub, unpackedInto } from './git-sub.ts'
import { TREE } from './git-tree.ts'

const SUBS = new Map<string, Sub>()
for (const field of [TREE, REFS, REMOTES, HISTORY, READS, GIT_FILES])
  for (const sub of field) for (const name of sub.names.split(' ')) SUBS.set(name, sub)

export const GIT: readonly Tool[] = [
  {
    names: 'git',
    style: 'posix',
    short: 'Cc',
    long: 'git-dir work-tree namespace super-prefix config-env attr-source list-cmds',
    harmless: 'help version h v html-path man-path info-path',
    act: (call, args) => {
      const settings = [
        ...args.values('c').flatMap(settingOf),
        ...args
          .values('config-env')
          .flatMap((field) => settingOf(field).map(({ key }) => ({ key, value: undefined }))),
        ...settingsOfEnvironment(call),
      ]
      const risks = settings.filter(({ key, value }) => riskOf(key, value) !== undefined)
      // A setting of which not even the key is known may be any.
      if (args.values('c config-env').some(({ value }) => isOpen(value) && !prefix(value).includes('=')))
        vcs({ ...call, shell: call.shell.fork({ doubtful: true }) }, 'configure-code')
      for (const { key } of risks) vcs(call, 'configure-code', undefined, key)
      for (const value of tracesOf(call)) touch(call, 'path.append', fieldFor(call, value))
      for (const name of riskyVariables(call)) vcs(call, 'configure-code', undefined, name)
      if (args.options.some(({ name, value }) => name === 'exec-path' && value !== undefined))
        vcs(call, 'configure-code', undefined, 'exec-path')
      const tree = call.shell.state.variables.get('GIT_WORK_TREE')?.values[0]
      const trees = [
        ...(tree === undefined || tree.length === 0 ? [] : [{ ...call.name, value: tree }]),
        ...args.values('work-tree').slice(-1),
      ]
      const inner = elsewhere(call, [...args.values('C'), ...trees])
      runSettings(inner, risks)
      const [name, ...rest] = args.operands
      const plain = name === undefined ? undefined : literal(name.value)
      // A working tree that is named is where the files of a revision are put.
      if (plain !== undefined && PUTS.has(plain))
        for (const field of trees.slice(-1)) unpackedInto(elsewhere(call, args.values('C')), field)
      const out =
        plain === undefined
          ? openSubcommand({ ...inner, args: rest }, name, settings)
          : subcommand({ ...inner, args: rest }, plain, settings, 0)
      call.shell.keepFiles(inner.shell)
      if (plain === 'config') keepAlias(call, rest)
      return out
    },
  },
]

/** Subcommands that put files into the working tree. */
const PUTS = new Set(
  'checkout switch restore reset pull merge rebase cherry-pick revert stash am apply checkout-index read-tree clone'.split(
    ' ',
  ),
)

function settingOf({ value }: Field): readonly Setting[] {
  const start = prefix(value)
  const at = start.indexOf('=')
  if (at === -1) return [{ key: start, value: ['true'] }]
  return [{ key: start.slice(0, at), value: after(value, start.slice(0, at + 1)) ?? [] }]
}

/** `-C` moves the whole call; several of them follow each other. */
function elsewhere(call: Call, directories: readonly Field[]): Call {
  let { shell } = call
  for (const { value } of directories) shell = shell.fork({ cwd: shell.paths(value) })
  return shell === call.shell ? { ...call, shell: call.shell.fork() } : { ...call, shell }
}

/** What a setting runs is looked at too: it may be worse than a question. */
function runSettings(call: Call, settings: readonly Setting[]): void {
  for (const { key, value } of settings) {
    if (value === undefined || riskOf(key, value) !== 'code' || /^alias\./i.test(key)) continue
    const source = literal(value)
    if (source !== undefined) call.shell.fork().code(source.replace(/^!/, ''), call.span)
  }
}

function subcommand(call: Call, name: string, settings: readonly Setting[], depth: number): Stream {
  const sub = SUBS.get(name)
  if (sub === undefined) return byAlias(call, name, settings, depth)
  const setting = (key: string): Value | undefined =>
    settings.findLast((one) => one.key.toLowerCase() === key)?.value
  const git = readGit(call, sub, setting)
  if (git === undefined) return FROM_PROGRAM
  if (sub.dry !== undefined && git.on(sub.dry)) return FROM_PROGRAM
  const worst = sub.worst === undefined ? undefined : asWorst(call, sub.worst)
  if (worst !== undefined) {
    const doubt = readGit(worst, sub, setting)
    if (doubt !== undefined) sub.does(doubt)
  }
  return sub.does(git) ?? FROM_PROGRAM
}

/** What puts the words of a list into a call. */
const LISTS = new Set(['xargs', 'gxargs', 'parallel'])

/** A word that came from a list or a file may be an option as well: the call with the one that does most. */
function asWorst(call: Call, option: string): Call | undefined {
  const end = call.args.findIndex(({ value }) => literal(value) === '--')
  const before = end === -1 ? call.args : call.args.slice(0, end)
  const isListed = LISTS.has(call.shell.state.via.at(-1) ?? '')
  const at = before.findIndex(
    ({ value, open }) =>
      (isListed ? open : isHidden(value)) && typeof value[0] !== 'string' && isUnknown(value),
  )
  const field = call.args[at]
  if (field === undefined) return undefined
  const args = call.args.with(at, { ...field, value: [option], open: false })
  return { ...call, args, shell: call.shell.fork({ doubtful: true }) }
}

/** Which one it is was hidden, or comes from a list: each that it can be is a doubt. */
function openSubcommand(call: Call, name: Field | undefined, settings: readonly Setting[]): Stream {
  if (name === undefined || !call.shell.world.step(64)) return FROM_PROGRAM
  for (const one of SUBS.keys())
    if (namesMeet([one], name.value)) {
      const shell = call.shell.fork({ doubtful: true })
      subcommand({ ...call, shell }, one, settings, 0)
    }
  return FROM_PROGRAM
}

/** Names under which the aliases are kept that the text gives git: no command can be called so. */
const NAMED = '\0git '

/** `git config alias.NAME WORDS`: what git does by that name from then on. */
function keepAlias({ shell }: Call, args: readonly Field[]): void {
  const at = args.findIndex(({ value }) => /^alias\../i.test(prefix(value)))
  const [key, value] = [args[at], args[at + 1]].map((field) => (field ? literal(field.value) : undefined))
  if (at === -1 || key === undefined || value === undefined || !shell.pay(shell.state.aliases)) return
  const name = key.slice('alias.'.length).toLowerCase()
  shell.state = { ...shell.state, aliases: put(shell.state.aliases, NAMED + name, value) }
}

/** An alias that the line itself gives is another subcommand, or a text for a shell. */
function byAlias(call: Call, name: string, settings: readonly Setting[], depth: number): Stream {
  const kept = call.shell.state.aliases.get(NAMED + name.toLowerCase())
  const found =
    settings.findLast(({ key }) => key.toLowerCase() === `alias.${name.toLowerCase()}`)?.value ??
    (kept === undefined ? undefined : [kept])
  if (found === undefined || depth > 8) return FROM_PROGRAM
  const source = literal(found)
  if (source?.startsWith('!') === true) return call.shell.fork().code(source.slice(1), call.span, call.stdin)
  const [first, ...rest] = split(found, ' ').filter((one) => one.length > 0)
  const plain = first === undefined ? undefined : literal(first)
  if (plain === undefined) return FROM_PROGRAM
  const words = rest.map((value): Field => fieldFor(call, value))
  const more = readArguments([fieldFor(call, first as Value), ...words, ...call.args], {
    style: 'posix',
    short: 'Cc',
  })
  const [target, ...args] = more.operands
  return subcommand(
    { ...call, args },
    target === undefined ? plain : (literal(target.value) ?? plain),
    settings,
    depth + 1,
  )
}
