// What this machine must have so that test hosts can be made, and which tests are not run where it is missing.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { unifiedCgroup } from './place.ts'

/** What a test can need of the machine. Each is a closed word, so that the list of possible skips is fixed. */
export type Need = 'compiler' | 'disks' | 'flask' | 'host' | 'loop' | 'postgres' | 'root'

/** The one list of what may be skipped and why. Where nothing is missing nothing may be skipped. */
export const NEEDS: Readonly<Record<Need, string>> = {
  host: 'systemd hosts: Linux, root, overlay, cgroup2, systemd, nginx, iproute2',
  postgres: 'a local PostgreSQL as Debian has it: root, its programs, its account',
  root: 'the rights of root: files and links of other users',
  loop: 'disks of their own: loop devices and mkfs.xfs',
  flask: 'a service in Python as Debian has it: Flask, gunicorn, pytest and pytest-cov',
  disks: 'whole disks of their own: zram, mkfs.ext4 and gunicorn',
  compiler: 'a C compiler and root: faults of a disk by path',
}

/** Stands in the title of what is not run, before the words that say what is missing. */
export const NOT_RUN = '[not run, missing:'

/** What is missing for this need, in words; empty when all is there. */
export function missing(need: Need): readonly string[] {
  switch (need) {
    case 'host':
      return hostMissing()
    case 'loop':
      return [...hostMissing(), ...loopMissing()]
    case 'disks':
      return [...hostMissing(), ...disksMissing()]
    case 'flask':
      return [...hostMissing(), ...PYTHON.filter((path) => !existsSync(path))]
    case 'postgres':
      return postgresMissing()
    case 'compiler':
      return [...missing('root'), ...(existsSync('/usr/bin/cc') ? [] : ['/usr/bin/cc'])]
    case 'root':
      return process.getuid?.() === 0 ? [] : ['root']
  }
}

const PYTHON = ['flask', 'gunicorn', 'pytest', 'pytest_cov'].map(
  (name) => `/usr/lib/python3/dist-packages/${name}`,
)

function hostMissing(): string[] {
  const lack: string[] = []
  if (process.platform !== 'linux') return ['Linux']
  if (process.getuid?.() !== 0) lack.push('root')
  if (!/\boverlay$/m.test(read('/proc/filesystems'))) lack.push('overlay')
  if (unifiedCgroup() === undefined) lack.push('cgroup2')
  else if (!writable(unifiedCgroup() ?? '')) lack.push('a writable cgroup2')
  const programs = ['/lib/systemd/systemd', '/usr/sbin/nginx', '/usr/bin/openssl', '/usr/bin/setfattr']
  for (const path of programs) if (!existsSync(path)) lack.push(path)
  if (!existsSync('/usr/sbin/ip') && !existsSync('/usr/bin/ip')) lack.push('ip')
  return lack
}

function loopMissing(): string[] {
  return ['/dev/loop-control', '/usr/sbin/mkfs.xfs', '/usr/sbin/xfs_io'].filter((path) => !existsSync(path))
}

function disksMissing(): string[] {
  return ['/sys/class/zram-control/hot_add', '/usr/sbin/mkfs.ext4', '/usr/bin/gunicorn'].filter(
    (path) => !existsSync(path),
  )
}

function postgresMissing(): string[] {
  const lack = process.getuid?.() === 0 ? [] : ['root']
  if (!existsSync('/usr/lib/postgresql')) lack.push('/usr/lib/postgresql')
  if (!/^postgres:/m.test(read('/etc/passwd'))) lack.push('the account postgres')
  return lack
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
