// The server of ssh: the way in of the people who could mend a mistake.
import type { KindRow } from './kind.ts'

export const sshd: KindRow = {
  name: { ja: 'sshd', en: 'sshd' },
  places: [/^\/etc\/ssh\/sshd_config$/, /^\/etc\/ssh\/sshd_config\.d\/[^/]+$/],
  activation: 'reload',
  mustActivate: true,
  // A server that cannot bind its ports ends in the reload. A restart leaves the sessions alone.
  undone: 'restart',
  unit: 'ssh.service',
  risk: {
    ja: '誤りがあると、管理者が ssh で入れなくなることがあります。いまの接続を切らずに、別の接続で入れることを確かめる',
    en: 'a mistake can lock the administrators out; keep your session open and log in with a second one',
  },
  validator: {
    by: 'program',
    name: 'sshd -t',
    program: 'sshd',
    // With its debug text, which names each file that it reads.
    argv: ['/usr/sbin/sshd', '-t', '-ddd', '-f', '/etc/ssh/sshd_config'],
    reads: ['/etc/ssh'],
    places: ['/run/sshd'],
    fault: /^(?<path>\/[^\s:]+):? line (?<line>\d+): (?<text>.+)$/,
    remark: /: (?:Deprecated|Unsupported) option /,
    seen: /^debug2: load_server_config: filename (?<path>\S+)$/,
    exitDecides: true,
    readAlone: false,
  },
  shown: { by: 'answers', greeting: 'SSH-2.0-' },
  impact: 'unit',
}
