import { expect, test } from 'vitest'
import { certificateCause, listHolds, packageCause, packagesNear } from './moved-cause.ts'

const AT = new Date(2026, 10, 25, 6, 30, 10).getTime()
const LOG = `2026-11-25 06:30:01 startup archives unpack
2026-11-25 06:30:05 upgrade nginx-common:all 1.26.3-3 1.26.3-4
2026-11-25 06:30:05 status half-configured nginx-common:all 1.26.3-3
2026-11-25 06:30:09 configure nginx-common:all 1.26.3-4 <none>
2026-11-25 06:30:10 install tree:amd64 <none> 2.2.1-1
2026-11-25 08:00:00 upgrade curl:amd64 8.1 8.2
not a line of dpkg
`

test('packages are read of dpkg’s log with both versions, and only near the time', () => {
  expect(packagesNear(LOG, AT, 120_000)).toEqual([
    { name: 'nginx-common:all', from: '1.26.3-3', to: '1.26.3-4' },
    { name: 'tree:amd64', to: '2.2.1-1' },
  ])
  expect(packagesNear(LOG, AT + 3_600_000, 120_000)).toEqual([])
  expect(packagesNear('\0garbage\n2026-13-99 99:99:99 upgrade a b c\n', AT, 120_000)).toEqual([])
})

test('a package is named with its versions', () => {
  expect(packageCause({ name: 'nginx-common:all', from: '1', to: '2' })).toBe('package nginx-common 1 → 2')
  expect(packageCause({ name: 'tree:amd64', to: '2' })).toBe('package tree 2')
})

test('a file is a package’s only where its list holds exactly that path', () => {
  const list = '/.\n/etc/nginx\n/etc/nginx/nginx.conf\n/lib/systemd/system/nginx.service\n'
  expect(listHolds(list, '/etc/nginx/nginx.conf')).toBe(true)
  expect(listHolds(list, '/usr/lib/systemd/system/nginx.service')).toBe(true)
  expect(listHolds(list, '/etc/nginx/sites-available/mirai')).toBe(false)
  expect(listHolds(list, '/etc/nginx/nginx.con')).toBe(false)
})

test.each([
  ['/etc/letsencrypt/archive/a.test/fullchain2.pem', undefined, 'certificate certbot'],
  ['/etc/letsencrypt/live/a.test/cert.pem', undefined, 'certificate certbot'],
  ['/etc/letsencrypt/options-ssl-nginx.conf', 'ssl_ciphers x;', undefined],
  ['/root/.acme.sh/a.test_ecc/fullchain.cer', undefined, 'certificate acme.sh'],
  ['/etc/ssl/mirai/cert.pem', '-----BEGIN CERTIFICATE-----\n', 'certificate'],
  ['/etc/ssl/mirai/cert.pem', undefined, undefined],
  ['/etc/nginx/sites-available/mirai', 'server {}\n', undefined],
])('%s with %j is %s', (path, beginning, cause) => {
  expect(certificateCause(path, beginning)).toBe(cause)
})
