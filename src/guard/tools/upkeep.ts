// What keeps many machines as a text says, and what keeps the versions of languages: the grammar of nouns and verbs is not theirs.
import { readArguments } from '../arguments.ts'
import { runText } from '../builtins.ts'
import { joined } from '../printing.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { literal, prefix } from '../value.ts'

const infra = (call: Call, verb: 'apply' | 'change' | 'delete', type: string): void =>
  call.shell.emit(
    { verb: `infra.${verb}`, on: { kind: 'infra', platform: literal(call.name.value) ?? '', type } },
    call.span,
  )

/** `salt TARGET module.function words`: `cmd.run` is a text for the shells of others; functions that only look are named. */
const SALT_READS =
  /^(?:test\.|grains\.(?:get|item|items|ls|has_value)|pillar\.(?:get|item|items|ls)|status\.|disk\.(?:usage|percent)|network\.(?:interfaces|ip_addrs|ping|netstat)|pkg\.(?:list_|version|latest_version)|service\.(?:status|get_all|available|enabled)|sys\.(?:doc|list_)|file\.(?:read|find|stats|file_exists|directory_exists|get_)|manage\.(?:up|down|status)|jobs\.(?:list_|lookup_jid|active)|state\.show_|saltutil\.(?:find_job|running|is_running)|ps\.)/

const salt: NonNullable<Tool['act']> = (call) => {
  const args = readArguments(call.args, {
    style: 'posix',
    short: 'bctELGNCPSIlTum',
    long: 'batch-size config-dir timeout out output log-level log-file return executor',
    flags: 'list grain pcre nodegroup compound async verbose test',
  })
  const isLocal = /^salt-(?:call|run)$/.test(literal(call.name.value) ?? '')
  const [name, ...rest] = isLocal ? args.operands : args.operands.slice(1)
  const word = name === undefined ? '' : (literal(name.value) ?? '')
  if (name === undefined || args.has('help versions-report d doc')) return FROM_PROGRAM
  if (word.startsWith('cmd.') && rest[0] !== undefined)
    runText({ ...call, shell: call.shell.fork({ host: 'salt:' }) }, rest[0].value)
  else if (rest.some(({ value }) => /^test=true$/i.test(literal(value) ?? ''))) return FROM_PROGRAM
  else if (word !== '' && !SALT_READS.test(word)) infra(call, 'apply', word)
  return FROM_PROGRAM
}

/** `fab -H hosts -- command`, `knife ssh QUERY COMMAND`, `bolt command run TEXT -t hosts`: text for the shells of others. */
const remoteText = (call: Call, fields: Parameters<typeof joined>[0]): void => {
  if (fields.length > 0) runText({ ...call, shell: call.shell.fork({ host: 'hosts:' }) }, joined(fields))
}

const fab: NonNullable<Tool['act']> = (call) => {
  const end = call.args.findIndex(({ value }) => literal(value) === '--')
  if (end !== -1) remoteText(call, call.args.slice(end + 1))
  return FROM_PROGRAM
}

const knife: NonNullable<Tool['act']> = (call, args): Stream => {
  const [noun, ...rest] = args.operands
  const words = rest.map(({ value }) => literal(value) ?? '')
  if (noun !== undefined && literal(noun.value) === 'ssh') remoteText(call, rest.slice(1, 2))
  else if (words.some((one) => /^(?:delete|bulk|destroy|remove|purge)$/.test(one)))
    infra(call, 'delete', literal(noun?.value ?? []) ?? '')
  else if (words.some((one) => /^(?:upload|bootstrap|restore)$/.test(one)))
    infra(call, 'apply', literal(noun?.value ?? []) ?? '')
  return FROM_PROGRAM
}

const puppet: NonNullable<Tool['act']> = (call, args): Stream => {
  const [verb, ...rest] = args.operands.map(({ value }) => literal(value) ?? '')
  if (args.has('noop')) return FROM_PROGRAM
  if (verb === 'apply' || verb === 'agent') infra(call, 'apply', verb)
  else if (verb === 'resource' && rest.slice(2).some((one) => one.includes('='))) infra(call, 'change', verb)
  else if (
    /^(?:cert|ca|node|module)$/.test(verb ?? '') &&
    /^(?:clean|revoke|purge|deactivate|uninstall|destroy)$/.test(rest[0] ?? '')
  )
    infra(call, 'delete', verb ?? '')
  return FROM_PROGRAM
}

const bolt: NonNullable<Tool['act']> = (call, args): Stream => {
  const [noun, verb] = args.operands.map(({ value }) => literal(value) ?? '')
  if (args.has('noop')) return FROM_PROGRAM
  if (noun === 'command' && verb === 'run') remoteText(call, args.operands.slice(2, 3))
  else if (/^(?:plan|task|script)$/.test(noun ?? '') && verb === 'run') infra(call, 'apply', noun ?? '')
  else if (noun === 'apply') infra(call, 'apply', noun)
  return FROM_PROGRAM
}

/** A version of a language, or the keeper of them, is taken away. */
const toolchain = (names: string, removes: RegExp): Tool => ({
  names,
  style: 'posix',
  harmless: '-',
  act: (call) => {
    const words = call.args.map(({ value }) => prefix(value)).filter((one) => !one.startsWith('-'))
    if (call.args.some(({ value }) => /^(?:--help|-h|--dry-run)$/.test(literal(value) ?? '')))
      return undefined
    if (removes.test(words.slice(0, 2).join(' ')))
      call.shell.emit(
        { verb: 'privilege.remove', on: { kind: 'program', name: literal(call.name.value) ?? '' } },
        call.span,
      )
    return undefined
  },
})

export const UPKEEP: readonly Tool[] = [
  { names: 'salt salt-ssh salt-call salt-run', style: 'posix', harmless: '-', act: salt },
  { names: 'fab fab2', style: 'posix', act: fab },
  {
    names: 'knife',
    short: 'cCEkKsuxi',
    long: 'config color environment key node-name server-url user defaults format ssh-user identity-file run-list',
    act: knife,
  },
  { names: 'puppet', long: 'modulepath confdir environment certname', act: puppet },
  { names: 'bolt', short: 'tnqruip', long: 'targets query user inventoryfile params modulepath', act: bolt },
  {
    names: 'chef-client chef-solo chef-apply cf-agent',
    short: 'jocErlL',
    flags: 'why-run dry-run',
    act: (call, args) => {
      if (!args.has('W why-run n dry-run')) infra(call, 'apply', 'chef')
      return undefined
    },
  },
  toolchain(
    'rustup',
    /^(?:self uninstall|toolchain (?:uninstall|remove)|(?:target|component|override) (?:remove|unset))/,
  ),
  toolchain(
    'pyenv rbenv nodenv goenv jenv phpenv tfenv nvm fnm n volta rvm asdf mise rtx sdk ghcup juliaup gvm plenv swiftenv',
    /^(?:uninstall|remove|implode|rm|prune|plugin remove)/,
  ),
  {
    names: 'nix-store guix',
    style: 'posix',
    harmless: '-',
    act: (call) => {
      const words = call.args.map(({ value }) => prefix(value))
      const removes = words.some(
        (one) => /^(?:--gc|--delete|gc|remove)$/.test(one) || /^(?:-d\b|-D\b|--delete)/.test(one),
      )
      if (removes && !words.some((one) => /^--(?:print-|list-|dry-run)/.test(one)))
        call.shell.emit({ verb: 'privilege.remove', on: { kind: 'program', name: 'store' } }, call.span)
      return undefined
    },
  },
]
