import { expect, test } from 'vitest'
import { unitsTouched } from '../../host/units-touched.ts'
import { bootUnitText } from './boot.ts'

test('the boot unit comes before every service and after the mounts it needs', () => {
  const text = bootUnitText({
    command: ['/opt/sekisho/node', 'boot'],
    mounts: ['/var/lib/sekisho', '/etc/nginx', '/etc/nginx'],
  })
  for (const line of [
    'DefaultDependencies=no',
    'After=local-fs.target',
    'RequiresMountsFor="/etc/nginx" "/var/lib/sekisho"',
    'Before=sysinit.target network-pre.target nftables.service shutdown.target',
    'ExecStart="/opt/sekisho/node" "boot"',
    'WantedBy=sysinit.target',
  ])
    expect(text.split('\n')).toContain(line)
})

test('paths cannot break out of the unit: quotes, specifiers and variables are escaped', () => {
  const text = bootUnitText({ command: ['/opt/a "b" %n $HOME \\x'], mounts: [] })
  expect(text).toContain('ExecStart="/opt/a \\"b\\" %%n $$HOME \\\\x"')
})

test.each([
  ['/etc/systemd/system/mirai.service', ['mirai.service']],
  ['/etc/systemd/system/mirai.service.d/limit.conf', ['mirai.service']],
  ['/etc/systemd/system/multi-user.target.wants/mirai.service', ['mirai.service']],
  ['/usr/lib/systemd/system/a@.service', ['a@.service']],
  ['/etc/systemd/journald.conf', []],
  ['/etc/nginx/nginx.conf', []],
])('%s speaks of %j', (path, units) => {
  expect(unitsTouched([path, path])).toEqual(units)
})
