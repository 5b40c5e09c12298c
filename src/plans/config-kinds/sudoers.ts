// Who may do what as whom: read anew at each call of sudo.
import type { KindRow } from './kind.ts'

export const sudoers: KindRow = {
  name: { ja: 'sudoers', en: 'sudoers' },
  places: [/^\/etc\/sudoers$/, /^\/etc\/sudoers\.d\/[^/]+$/],
  activation: 'none',
  owned: { mode: 0o440, uid: 0, gid: 0 },
  risk: {
    ja: '誤りがあると、管理者が sudo を使えなくなることがあります。root の画面を一つ開いておく',
    en: 'a mistake can take sudo from the administrators; keep a root shell open',
  },
  validator: {
    by: 'program',
    name: 'visudo -c',
    program: 'visudo',
    argv: ['visudo', '-c', '-f', '/etc/sudoers'],
    reads: ['/etc/sudoers', '/etc/sudoers.d'],
    fault: /^(?:Warning: )?(?<path>\/[^\s:]+):(?<line>\d+)(?::\d+)?: (?<text>.+)$/,
    remark: /^Warning: /,
    seen: /^(?<path>\/[^\s:]+): parsed OK$/,
    exitDecides: true,
    readAlone: false,
  },
  shown: { by: 'place' },
  impact: 'none',
}
