// Packages: what is taken from the system or a project, and what is given to the world.
import { readArguments } from '../arguments.ts'
import { judgeOrigins } from '../builtins.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import type { Tool } from '../tool.ts'
import { literal, prefix } from '../value.ts'

export interface Manager {
  readonly names: string
  /** Words before the verb that belong to it: `uv pip uninstall`. */
  readonly before?: string
  readonly removes?: string
  /** Pairs of words about what others already use. */
  readonly rights?: RegExp
  readonly publishes?: string
  /** Options that are the verb: `dpkg --purge`, `pacman -R`. */
  readonly removing?: RegExp
  /** Verbs behind which a name with this sign at its end is taken away: `install nginx-`. */
  readonly minus?: string
  readonly dry?: string
  /** Without any word it publishes. */
  readonly alone?: true
  /** `owner --add NAME` says who may publish. */
  readonly owners?: true
  readonly short?: string
  readonly long?: string
}

/** A package by its file, which its installation runs code of. */
const FILED = /\.(?:deb|rpm|apk|pkg\.tar\.\w+|whl|gem|tgz|tar\.gz)$/

const MANAGERS: readonly Manager[] = [
  {
    names: 'apt apt-get aptitude nala',
    // The whole of the system goes on to what is newer, and what stands in its way is taken off.
    removes: 'remove purge autoremove autopurge dist-upgrade full-upgrade',
    removing:
      /^--(?:purge|auto-remove|autoremove|allow-(?:downgrades|remove-essential|change-held-packages)|force-yes)$/,
    minus: 'install reinstall',
    dry: 's simulate dry-run just-print recon no-act',
    short: 'toc',
    long: 'target-release option config-file',
  },
  {
    names: 'dnf yum dnf5 microdnf tdnf',
    removes: 'remove erase autoremove downgrade swap distro-sync',
    rights: /^history (?:undo|rollback|redo)$/,
    dry: 'assumeno',
    short: 'cdex',
    long: 'config releasever installroot enablerepo disablerepo repo exclude setopt',
  },
  {
    names: 'zypper',
    removes: 'remove rm removerepo rr dup dist-upgrade',
    dry: 'D dry-run',
    short: 'cRr',
    long: 'root config',
  },
  { names: 'dpkg', removing: /^(-[rP]|--(remove|purge)|--force-)/, dry: 'dry-run simulate no-act' },
  { names: 'rpm', removing: /^(-[a-z]*e[a-z]*|--erase)$/, dry: 'test' },
  { names: 'pacman yay paru', removing: /^-R/, dry: 'p print' },
  { names: 'apk', removes: 'del', dry: 's simulate', short: 'Xp' },
  { names: 'emerge', removing: /^(-[a-z]*[cC][a-z]*|--(unmerge|depclean|prune))$/, dry: 'p pretend' },
  { names: 'pkg pkg_delete', removes: 'delete remove autoremove', dry: 'n dry-run' },
  { names: 'xbps-remove', removing: /^[^-]/, dry: 'n dry-run' },
  { names: 'eopkg swupd port opkg pkgin', removes: 'remove uninstall bundle-remove rm' },
  { names: 'nix-env', removing: /^(-e|--uninstall)$/ },
  { names: 'nix-collect-garbage', removing: /^(-d|--delete-old|--delete-older-than)/, dry: 'dry-run' },
  { names: 'nix', before: 'profile store', removes: 'remove delete gc' },
  { names: 'snap flatpak', removes: 'remove uninstall remote-delete', short: '' },
  { names: 'brew', removes: 'uninstall remove rm autoremove untap', dry: 'n dry-run' },
  { names: 'choco scoop winget', removes: 'uninstall remove' },
  {
    names: 'pip pip3 pipx',
    removes: 'uninstall uninstall-all purge',
    short: '',
    long: 'python log proxy cert client-cert cache-dir timeout retries trusted-host',
  },
  {
    names: 'uv',
    before: 'pip tool python',
    removes: 'uninstall remove',
    publishes: 'publish',
    dry: 'dry-run',
    long: 'project directory config-file cache-dir color python',
  },
  {
    names: 'poetry pdm rye hatch flit',
    removes: 'remove',
    publishes: 'publish',
    dry: 'dry-run',
    short: 'CP',
    long: 'directory project env config',
  },
  {
    names: 'conda mamba micromamba',
    before: 'env',
    removes: 'remove uninstall',
    dry: 'd dry-run',
    short: 'np',
    long: 'name prefix',
  },
  {
    names: 'npm pnpm bun',
    removes: 'uninstall remove rm un',
    publishes: 'unpublish deprecate publish',
    rights:
      /^(?:(?:owner|access|token|dist-tag|team|org|profile|hook) (?:rm|remove|revoke|delete|set|destroy|disable-2fa|public|restricted|grant)|(?:owner|dist-tag) add|token create)$/,
    dry: 'dry-run',
    short: 'CwF',
    long: 'prefix workspace filter dir tag registry otp loglevel userconfig globalconfig cache location scope access',
  },
  {
    names: 'yarn yarnpkg',
    before: 'npm workspace',
    long: 'cwd registry',
    removes: 'remove',
    publishes: 'unpublish publish',
    rights: /^(?:tag (?:add|remove)|owner (?:add|remove)|access \w+)$/,
    dry: 'n dry-run',
  },
  { names: 'lerna nx changeset', before: 'release', publishes: 'publish', dry: 'dry-run dryRun d' },
  // They have one thing to do.
  { names: 'semantic-release release-it np', publishes: '', dry: 'dry-run d', alone: true },
  {
    names: 'goreleaser jreleaser',
    publishes: 'release publish full-release',
    dry: 'snapshot skip-publish dry-run',
  },
  {
    names: 'cargo',
    removes: 'uninstall remove rm',
    publishes: 'publish yank',
    dry: 'n dry-run',
    owners: true,
    short: 'pFjZ',
    long: 'package features jobs manifest-path target version vers token index registry',
  },
  {
    names: 'gem',
    removes: 'uninstall cleanup',
    publishes: 'push yank',
    dry: 'n dry-run dryrun',
    owners: true,
  },
  { names: 'bundle', removes: 'remove' },
  { names: 'composer', before: 'global', removes: 'remove', dry: 'dry-run' },
  { names: 'twine', publishes: 'upload' },
  { names: 'nuget dotnet', before: 'nuget', removes: 'uninstall', publishes: 'push delete unlist' },
  {
    names: 'mvn mvnw mvnd',
    publishes: 'deploy release:perform release:prepare deploy:deploy-file nexus-staging:release',
    dry: 'dryRun DdryRun',
    short: 'PfplDsT',
    long: 'file projects',
  },
  {
    names: 'gradle gradlew',
    publishes:
      'publish publishToSonatype closeAndReleaseRepository publishPlugins bintrayUpload uploadArchives',
    dry: 'm dry-run',
    short: 'pbxP',
  },
  { names: 'sbt', publishes: 'publish publishSigned release sonatypeRelease' },
  { names: 'mix', publishes: 'hex.publish hex.retire hex.revert' },
  { names: 'pod', publishes: 'trunk' },
  { names: 'luarocks cpanm raco opam cabal stack', removes: 'remove uninstall', publishes: 'upload publish' },
  { names: 'vsce ovsx', publishes: 'publish unpublish' },
  { names: 'crane skopeo oras', removes: 'delete', publishes: '' },
]

const among = (names: string | undefined, word: string): boolean =>
  names !== undefined && word !== '' && ` ${names} `.includes(` ${word} `)

/** A package that this text has fetched: its installation runs what it says. */
function installed(call: Call, field: Field): void {
  if (!FILED.test(literal(field.value) ?? '')) return
  const { origins } = call.shell.contents(call.shell.paths(field.value))
  judgeOrigins(call, { origins: origins.filter(({ from }) => from === 'network') }, field)
}

function act(manager: Manager): NonNullable<Tool['act']> {
  return (call: Call) => {
    const args = readArguments(call.args, { short: manager.short ?? '', long: manager.long ?? '' })
    for (const field of args.operands) installed(call, field)
    const asks = args.options.some(
      ({ name, value }) => /^(help|h|version)$/.test(name) && value === undefined,
    )
    if (asks || (manager.dry !== undefined && args.has(manager.dry))) return undefined
    // `cargo +nightly`
    const words = args.operands
      .map(({ value }) => literal(value) ?? '')
      .filter((word) => !word.startsWith('+'))
    while (among(manager.before, words[0] ?? '')) words.shift()
    // Tasks of a build stand in any number; the verb of a manager is its first word.
    const isBuild = /^(mvn|gradle|sbt)/.test(manager.names)
    const verbs = (isBuild ? words : words.slice(0, 1)).map((word) =>
      isBuild ? word.slice(word.lastIndexOf(':') + 1) : word,
    )
    const whole = [...verbs, ...(isBuild ? words : [])]
    const emit = (verb: 'remove' | 'publish') =>
      call.shell.emit(
        { verb: `privilege.${verb}`, on: { kind: 'program', name: literal(call.name.value) ?? '' } },
        call.span,
      )
    const takes =
      among(manager.minus, words[0] ?? '') && words.slice(1).some((word) => /^[a-z0-9].*-$/.test(word))
    if (takes || whole.some((word) => among(manager.removes, word))) emit('remove')
    else if (whole.some((word) => among(manager.publishes, word))) emit('publish')
    else if (manager.owners === true && words[0] === 'owner' && args.has('a add r remove')) emit('publish')
    else if (manager.alone === true || manager.rights?.test(words.slice(0, 2).join(' ')) === true)
      emit('publish')
    else if (
      manager.removing !== undefined &&
      call.args.some(({ value }) => manager.removing?.test(prefix(value)) === true)
    )
      emit('remove')
    return undefined
  }
}

export const PACKAGES: readonly Tool[] = MANAGERS.map((manager) => ({
  names: manager.names,
  style: 'posix',
  harmless: '-',
  act: act(manager),
}))
