// The layer that all hosts of a set share, between the machine's root and a host's own disk: what of the machine is
// hidden, and the reference service with its users, units, nginx site and certificate.

import { lstatSync } from 'node:fs'
import { chmod, chown, copyFile, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GATE_ACCOUNT, STORE_ACCOUNT } from '../../src/install/up/accounts.ts'
import { CHECKOUT, hostPlace, must, type Place } from './place.ts'

const STANDARD =
  'bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys tmp usr var'.split(
    ' ',
  )

/** Of these a host has the dated heads alone: to read all of Debian's names took `apt-get -s` 3.8 s of processor time at each first look. */
const PACKAGE_LISTS = '/var/lib/apt/lists'

/** Directories of the machine that a host sees empty: else it would start the developer's own services. */
const EMPTY = [
  '/home',
  '/root',
  '/srv',
  '/opt',
  '/mnt',
  '/media',
  '/boot',
  '/usr/local',
  '/backup',
  '/etc/systemd/system',
  '/etc/rc2.d',
  '/etc/rc3.d',
  '/etc/rc4.d',
  '/etc/rc5.d',
  '/etc/rcS.d',
  '/etc/cron.d',
  '/etc/nginx/sites-available',
  '/etc/nginx/sites-enabled',
  '/etc/nginx/conf.d',
  '/etc/sekisho',
  '/etc/ssh/sshd_config.d',
  '/etc/postgresql',
  '/var/lib/postgresql',
  '/var/lib/sekisho',
  '/var/lib/mirai',
  '/var/log/journal',
  '/var/log/nginx',
  '/var/log/mirai',
  '/var/lib/systemd/timers',
  '/var/tmp',
  PACKAGE_LISTS,
]

/** Units that would touch the machine, or that wait for something a host does not have. */
const MASKED = [
  'systemd-timesyncd.service',
  'getty.target',
  'console-getty.service',
  'getty@tty1.service',
  'systemd-networkd.service',
  'systemd-networkd-wait-online.service',
  'networking.service',
  'systemd-sysctl.service',
  'systemd-modules-load.service',
  'systemd-udevd.service',
  'systemd-udev-trigger.service',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'man-db.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'ldconfig.service',
  'logrotate.timer',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'sys-kernel-config.mount',
  'sys-fs-fuse-connections.mount',
  'dev-hugepages.mount',
  'systemd-binfmt.service',
  'proc-sys-fs-binfmt_misc.automount',
  'systemd-hwdb-update.service',
  'systemd-journal-catalog-update.service',
  'systemd-firstboot.service',
  'postgresql.service',
  'ssh.service',
  'ssh.socket',
  'cron.service',
  'systemd-pcrlock-make-policy.service',
]

export const USERS = {
  mirai: { id: 61010, home: '/var/lib/mirai', shell: '/usr/sbin/nologin' },
  ops1: { id: 61011, home: '/home/ops1', shell: '/bin/bash' },
  claude: { id: 61012, home: '/home/claude', shell: '/bin/bash' },
} as const

/** The certificate authority that a host's site is signed by, inside every host. */
export const CA_PATH = '/etc/ssl/mirai/ca.pem'
export const SERVER_NAMES = ['localhost', 'mirai.example.jp', 'admin.example.jp'] as const
const HOSTS_MAX = 9

/** Builds the layer. About a third of a second; a set builds it once. */
export async function buildLower(place: Place): Promise<void> {
  const lower = place.lower
  await mkdir(lower, { recursive: true })
  await hide(lower)
  await users(lower)
  await certificate(lower)
  await service(lower)
  await system(lower)
}

async function hide(lower: string): Promise<void> {
  const opaque: string[] = []
  for (const path of EMPTY) {
    if (isLink(path)) continue
    await mkdir(join(lower, path), { recursive: true })
    opaque.push(join(lower, path))
  }
  await must(['setfattr', '-n', 'trusted.overlay.opaque', '-v', 'y', ...opaque])
  for (const name of await readdir(PACKAGE_LISTS))
    if (name.endsWith('_InRelease'))
      await copyFile(join(PACKAGE_LISTS, name), join(lower, PACKAGE_LISTS, name))
  await chmod(join(lower, 'root'), 0o700)
  await chmod(join(lower, 'var/tmp'), 0o1777)
  for (const name of await readdir('/'))
    if (!STANDARD.includes(name) && !EMPTY.includes(`/${name}`))
      await must(['mknod', join(lower, name), 'c', '0', '0']) // an overlay whiteout
  for (const name of ['bin', 'sbin', 'lib', 'etc', 'share'])
    await mkdir(join(lower, 'usr/local', name), { recursive: true })
}

async function users(lower: string): Promise<void> {
  const names = Object.keys(USERS)
  // A gate that runs on the machine made accounts; in a host `up` makes its own.
  const hidden = [...names, GATE_ACCOUNT, STORE_ACCOUNT]
  const without = async (path: string) =>
    (await readFile(path, 'utf8'))
      .split('\n')
      .filter((line) => line !== '' && !hidden.includes(line.split(':')[0] ?? ''))
  const rows = Object.entries(USERS)
  const passwd = rows.map(([name, user]) => `${name}:x:${user.id}:${user.id}::${user.home}:${user.shell}`)
  await file(lower, '/etc/passwd', lines([...(await without('/etc/passwd')), ...passwd]))
  await file(
    lower,
    '/etc/group',
    lines([...(await without('/etc/group')), ...rows.map(([n, u]) => `${n}:x:${u.id}:`)]),
  )
  await file(
    lower,
    '/etc/shadow',
    lines([...(await without('/etc/shadow')), ...names.map((n) => `${n}:*:20000::::::`)]),
    0o640,
  )
  await file(
    lower,
    '/etc/gshadow',
    lines([...(await without('/etc/gshadow')), ...names.map((n) => `${n}:!::`)]),
    0o640,
  )
  for (const name of ['ops1', 'claude'] as const) {
    const { id, home } = USERS[name]
    await directory(lower, home, 0o750, id)
    await directory(lower, `${home}/.ssh`, 0o700, id)
  }
  const key = join(lower, '/home/ops1/.ssh/id_ed25519')
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'ops1@example.jp', '-f', key])
  for (const path of [key, `${key}.pub`]) await chown(path, USERS.ops1.id, USERS.ops1.id)
}

async function certificate(lower: string): Promise<void> {
  const at = join(lower, dirname(CA_PATH))
  await mkdir(at, { recursive: true })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']
  await must([
    'openssl',
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=Mirai test authority',
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign',
    '-keyout',
    `${at}/ca-key.pem`,
    '-out',
    `${at}/ca.pem`,
  ])
  const names = [
    ...SERVER_NAMES.map((name) => `DNS:${name}`),
    'IP:127.0.0.1',
    ...hostIndexes().map((i) => `IP:${hostPlace(placeFor(lower), i).address}`),
  ]
  await must([
    'openssl',
    'req',
    '-x509',
    ...key,
    '-CA',
    `${at}/ca.pem`,
    '-CAkey',
    `${at}/ca-key.pem`,
    '-subj',
    '/CN=mirai.example.jp',
    '-addext',
    `subjectAltName=${names.join(',')}`,
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-addext',
    'extendedKeyUsage=serverAuth',
    '-keyout',
    `${at}/key.pem`,
    '-out',
    `${at}/cert.pem`,
  ])
  await chmod(`${at}/key.pem`, 0o600)
  await chmod(`${at}/ca-key.pem`, 0o600)
}

async function service(lower: string): Promise<void> {
  const example = join(CHECKOUT, 'examples/mirai')
  const { id } = USERS.mirai
  await directory(lower, '/srv/mirai', 0o755)
  for (const name of ['src', 'db', 'package.json', 'README.md'])
    await cp(join(example, name), join(lower, '/srv/mirai', name), { recursive: true })
  await file(
    lower,
    '/srv/mirai/.env',
    await readFile(join(example, 'deploy/env.example'), 'utf8'),
    0o640,
    0,
    id,
  )
  await directory(lower, '/var/lib/mirai', 0o750, id)
  await directory(lower, '/var/lib/mirai/data', 0o750, id)
  await directory(lower, '/var/log/mirai', 0o750, id)
  await directory(lower, '/backup', 0o755)
  await directory(lower, '/backup/mirai', 0o755)
  await directory(lower, '/var/log/nginx', 0o755)
  await install(
    lower,
    join(example, 'deploy/mirai-knowledge-system.service'),
    '/etc/systemd/system/mirai-knowledge-system.service',
  )
  await install(lower, join(example, 'deploy/nginx/mirai'), '/etc/nginx/sites-available/mirai')
  await symlink('/etc/nginx/sites-available/mirai', join(lower, '/etc/nginx/sites-enabled/mirai'))
}

async function system(lower: string): Promise<void> {
  const wants = join(lower, '/etc/systemd/system/multi-user.target.wants')
  await mkdir(wants, { recursive: true })
  await symlink(
    '/etc/systemd/system/mirai-knowledge-system.service',
    join(wants, 'mirai-knowledge-system.service'),
  )
  await symlink('/usr/lib/systemd/system/nginx.service', join(wants, 'nginx.service'))
  for (const unit of MASKED) await symlink('/dev/null', join(lower, '/etc/systemd/system', unit))
  await file(
    lower,
    '/etc/systemd/journald.conf.d/testhost.conf',
    '[Journal]\nStorage=persistent\nSystemMaxUse=64M\nRateLimitBurst=0\n',
  )
  const peers = hostIndexes()
    .map((i) => hostPlace(placeFor(lower), i))
    .map((host) => `${host.address} ${host.name}`)
  await file(lower, '/etc/hosts', lines([`127.0.0.1 ${SERVER_NAMES.join(' ')}`, '::1 localhost', ...peers]))
  for (const path of ['/etc/fstab', '/etc/machine-id', '/etc/resolv.conf']) await file(lower, path, '')
}

function hostIndexes(): number[] {
  return Array.from({ length: HOSTS_MAX }, (_, i) => i + 1)
}

/** Addresses are the same in every set; any name will do to ask for them. */
function placeFor(lower: string): Place {
  return { set: 'any', directory: dirname(lower), lower, control: 'any' }
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false
  }
}

async function file(
  lower: string,
  path: string,
  text: string,
  mode = 0o644,
  user = 0,
  group = 0,
): Promise<void> {
  const at = join(lower, path)
  await mkdir(dirname(at), { recursive: true })
  await writeFile(at, text)
  await chown(at, user, group)
  await chmod(at, mode)
}

async function directory(lower: string, path: string, mode: number, owner = 0): Promise<void> {
  const at = join(lower, path)
  await mkdir(at, { recursive: true })
  await chown(at, owner, owner)
  await chmod(at, mode)
}

async function install(lower: string, from: string, to: string): Promise<void> {
  await mkdir(dirname(join(lower, to)), { recursive: true })
  await copyFile(from, join(lower, to))
  await chmod(join(lower, to), 0o644)
}
