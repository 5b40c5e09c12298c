// What keeps a machine in order, each by the words with which it changes something: labels and modes of SELinux, accounts beside those of
// the system, sources of packages, networks, containers of systemd.
import type { Verb } from '../effect.ts'
import { fieldFor, nameOf, type Tool, touch } from '../tool.ts'
import { literal, prefix } from '../value.ts'

/** A program whose line says when it does this. */
const says = (names: string, verb: Verb, when: RegExp): Tool => ({
  names,
  style: 'posix',
  act: (call) => {
    const line = call.args.map(({ value }) => prefix(value)).join(' ')
    if (line.length < 4_000 && when.test(line))
      call.shell.emit({ verb, on: { kind: 'program', name: literal(call.name.value) ?? '' } }, call.span)
    return undefined
  },
})

/** A program whose line says when it writes this file. */
const source = (names: string, when: RegExp, path: string): Tool => ({
  names,
  style: 'posix',
  act: (call) => {
    const line = call.args.map(({ value }) => prefix(value)).join(' ')
    if (line.length < 4_000 && when.test(line)) touch(call, 'path.write', fieldFor(call, [path]))
    return undefined
  },
})

/** A script whose name says all: any `*.sh` may be called so, and is not. */
const script = (names: string, verb: Verb): Tool => ({
  names,
  act: (call) => {
    if (call.shell.state.doubtful !== true)
      call.shell.emit({ verb, on: { kind: 'program', name: nameOf(call) } }, call.span)
    return undefined
  },
})

export const KEEPERS: readonly Tool[] = [
  says('chcon', 'host.change', /(?:^| )(?:-\w*R|--recursive)/),
  // `-n`: labels are compared and left as they are.
  says('restorecon setfiles', 'host.change', /^(?!(?:.* )?-\w*n)(?:.* )?(?:-\w*[Rr]|--recursive)/),
  says('semanage', 'host.change', /(?:^| )(?:-[adDm]|--(?:add|delete|deleteall|modify|import))(?: |$)/),
  says('setsebool', 'host.change', / (?:on|off|0|1|true|false)$|=/),
  says('aa-disable aa-complain aa-remove-unknown', 'host.change', /\S/),
  says('loginctl', 'host.change', /^(?:disable-linger|lock-sessions)/),
  says('machinectl', 'host.change', /^(?:terminate|poweroff|reboot|remove|kill|clean|disable|stop)\b/),
  says('portablectl', 'host.change', /^(?:detach|remove|disable)\b/),
  // Without a word it tells the name that it would set.
  says(
    'hostname domainname nisdomainname ypdomainname',
    'host.change',
    /^[^-\s]|(?:^| )(?:-F|-b|--file|--boot)/,
  ),
  says('homectl', 'privilege.account', /^(?:remove|deactivate|lock)/),
  says('exportfs', 'host.change', /(?:^| )-\w*u/),
  says('networkctl', 'net.configure', /^(?:down|delete)\b/),
  says('smbpasswd', 'privilege.account', /(?:^| )-[xde]/),
  says('pdbedit', 'privilege.account', /(?:^| )(?:-\w*x|--delete)/),
  says('htpasswd htdigest', 'privilege.account', /(?:^| )-\w*D/),
  says('subscription-manager', 'privilege.remove', /^(?:remove|unregister|clean)\b/),
  says('apt-key', 'privilege.remove', /^del\b/),
  says('add-apt-repository apt-add-repository', 'privilege.remove', /(?:^| )(?:-r|--remove)\b/),
  // From whom the system takes its programs: the same as its file written by hand.
  source('apt-key', /^(?!del\b)(?:add|adv)\b/, '/etc/apt/trusted.gpg'),
  source(
    'add-apt-repository apt-add-repository',
    /^(?!(?:.* )?(?:-r|--remove|-L|--list|-h|--help)\b)./,
    '/etc/apt/sources.list.d/added.list',
  ),
  source('rpm rpmkeys', /(?:^| )--import\b/, '/var/lib/rpm/keys'),
  source(
    'dnf yum dnf5 yum-config-manager',
    /(?:^| )(?:--add-repo\b|addrepo\b)|^copr enable\b/,
    '/etc/yum.repos.d/added.repo',
  ),
  source('zypper', /^(?:-\S+ )*(?:ar|addrepo)\b/, '/etc/zypp/repos.d/added.repo'),
  source(
    'pacman-key',
    /(?:^| )(?:-a|--add|--lsign-key|-r|--recv-keys|--populate)\b/,
    '/etc/pacman.d/gnupg/added',
  ),
  says('dpkg-divert dpkg-statoverride pam-auth-update', 'host.change', /(?:^| )--remove\b/),
  says('dnf yum dnf5', 'privilege.remove', /^(?:-\S+ )*(?:module|group|groups) (?:remove|reset|disable)\b/),
  says('nixos-rebuild darwin-rebuild', 'host.change', /(?:^| )(?:switch|boot|test)(?: |$)/),
  says('nix-env', 'privilege.remove', /(?:^| )--(?:rollback|delete-generations|switch-generation)\b/),
  says('home-manager', 'privilege.remove', /^(?:uninstall|expire-generations|remove-generations)\b/),
  says('snap', 'host.change', /^(?:revert|disable|stop|restart)\b/),
  says('systemd-tmpfiles', 'host.change', /(?:^| )--(?:remove|purge|clean)\b/),
  // Whoever is over a limit writes no more.
  says('setquota edquota', 'host.change', /\S/),
  says('quotaoff', 'host.change', /^(?!.*(?:^| )-\w*p)\S/),
  says(
    'xfs_quota',
    'host.change',
    /(?:^| )-\w*c ?['"]?\s*(?:limit|bsoft|off|disable|remove|restore|project -[CS])/,
  ),
  says(
    'udevadm',
    'host.change',
    /^trigger (?:.* )?(?:-c ?|--action[= ])remove\b|^control (?:.* )?(?:-e|--exit|-s|--stop-exec-queue)\b/,
  ),
  // The limits of what runs already.
  says('prlimit', 'host.change', /^(?=.*(?:^| )(?:-p ?|--pid[ =])\S).*(?:^| )(?:-\w[= ]?|--[a-z]+=)\S*\d/),
  says('btrfs-convert', 'device.volume', /^[^-]|(?:^| )-(?:r|-rollback)\b/),
  says(
    'vgrename lvrename vgimportclone vgcfgrestore',
    'device.volume',
    /^(?!.*(?:^| )(?:-t|--test)(?: |$))\S/,
  ),
  says('k0s', 'infra.destroy', /^reset\b/),
  says('k0s', 'infra.change', /^stop\b/),
  says('neo4j cypher-server', 'infra.change', /^(?:stop|restart)\b/),
  says(
    'neo4j-admin',
    'infra.destroy',
    /^(?:database )?(?:load|restore|copy|import)\b.*--(?:overwrite-destination|force|to-path)/,
  ),
  says('etckeeper', 'host.change', /^uninit\b/),
  says('do-release-upgrade', 'host.change', /^(?!.*(?:^| )(?:-c|--check-dist-upgrade-only)(?: |$))/),
  // Whom the system trusts.
  says('trust', 'host.change', /^anchor (?!.*--help)/),
  says('update-ca-trust', 'host.change', /^(?:disable|force-disable)\b/),
  says('duply', 'infra.delete', /^\S+ \S*(?:purge|cleanup)\w*\b.* --force\b/i),
  // What is there takes on what the copy says of it.
  says(
    'velero ark',
    'infra.change',
    /^(?:restore create|create restore)\b.* --existing-resource-policy[ =]update\b/,
  ),
  says('qmrestore', 'infra.change', /(?:^| )-?-force(?:[= ]1)?(?: |$)/),
  says('packer', 'infra.delete', /^build (?:.* )?-force(?: |=true|$)/),
  says('salt-key', 'infra.delete', /(?:^| )(?:-\w*[dDrR]\b|--(?:delete|reject)(?:-all)?\b)/),
  says('salt-key', 'infra.change', /(?:^| )(?:-\w*A\b|--accept-all\b)/),
  script(
    'k3s-uninstall.sh k3s-agent-uninstall.sh rke2-uninstall.sh rke2-agent-uninstall.sh',
    'infra.destroy',
  ),
  script('k3s-killall.sh rke2-killall.sh', 'infra.change'),
  says('elasticsearch-reset-password', 'infra.change', /\S/),
  says('lxc-destroy', 'infra.destroy', /\S/),
  says('lxc-stop lxc-freeze', 'infra.change', /\S/),
  says('microk8s', 'infra.change', /^(?:stop|disable)\b/),
  says('microk8s', 'infra.destroy', /^reset\b/),
  says('rke', 'infra.destroy', /^remove\b/),
]
