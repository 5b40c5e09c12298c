// What keeps a machine in order, each by the words with which it changes something: labels and modes of SELinux, accounts beside those of
// the system, sources of packages, networks, containers of systemd.
import type { Verb } from '../effect.ts'
import { type Tool } from '../tool.ts'
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

export const KEEPERS: readonly Tool[] = [
  says('chcon restorecon setfiles', 'host.change', /(?:^| )(?:-\w*R|--recursive)/),
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
  says('dpkg-divert dpkg-statoverride pam-auth-update', 'host.change', /(?:^| )--remove\b/),
  says('dnf yum dnf5', 'privilege.remove', /^(?:-\S+ )*(?:module|group|groups) (?:remove|reset|disable)\b/),
  says('nixos-rebuild darwin-rebuild', 'host.change', /(?:^| )(?:switch|boot|test)(?: |$)/),
  says('nix-env', 'privilege.remove', /(?:^| )--(?:rollback|delete-generations|switch-generation)\b/),
  says('home-manager', 'privilege.remove', /^(?:uninstall|expire-generations|remove-generations)\b/),
  says('snap', 'host.change', /^(?:revert|disable|stop|restart)\b/),
  says('systemd-tmpfiles', 'host.change', /(?:^| )--(?:remove|purge|clean)\b/),
  says('lxc-destroy', 'infra.destroy', /\S/),
  says('lxc-stop lxc-freeze', 'infra.change', /\S/),
  says('microk8s', 'infra.change', /^(?:stop|disable)\b/),
  says('microk8s', 'infra.destroy', /^reset\b/),
  says('rke', 'infra.destroy', /^remove\b/),
]
