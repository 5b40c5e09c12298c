// A host that can be isolated: an installation under systemd, an sshd, and an administrator at another machine of the network, who comes by SSH.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Host, inControlNetwork, type Outcome } from '../host/host.ts'
import { miraiPolicy } from '../host/mirai.ts'
import { controlAddress } from '../host/place.ts'
import { until } from '../until.ts'
import { UP_UNIT, type World, world } from '../world/world.ts'

export const INSTALLED = '/usr/local/bin/sekisho'
export const SERVICE = 'mirai-knowledge-system'
export const INCIDENT = 'INC-2026-0001'

export interface Isolated {
  readonly w: World
  readonly host: Host
  /** A new login over SSH, by a connection of its own, that runs this and ends. */
  ssh(argv: readonly string[], address?: string): Promise<Outcome>
  /** The same for a child that lives on. */
  sshArgv(argv: readonly string[]): readonly string[]
  /** The network namespace from which the administrator comes. */
  readonly control: string
  /** Does somebody in the other namespace get an answer over TCP at this port within a second? */
  reaches(port: number, address?: string): Promise<boolean>
  end(): Promise<void>
}

/** Installed, its units started, an sshd that lets ops1 in, and the owner's signature for `isolate/1`, for six an hour or as many as are given. */
export async function isolationWorld(perHour?: number): Promise<Isolated> {
  const w = await world(
    perHour === undefined
      ? {}
      : {
          policy: async (at) =>
            (await miraiPolicy(at)).replace(/^policy:$/m, `policy:\n  standing: { per_hour: ${perHour} }`),
        },
  )
  const { host } = w
  const must = async (argv: readonly string[]) => {
    const done = await w.sekisho('root', argv)
    if (done.code !== 0) throw new Error(`${argv.join(' ')}\n${done.stdout}${done.stderr}`)
  }
  await must(['install', 'host'])
  await host.ok(['systemctl', 'stop', UP_UNIT])
  await host.ok(['systemctl', 'start', 'sekisho-store', 'sekisho-runner', 'sekisho-gate'])
  await startSshd(host)
  const signed = await w.sekisho('ops1', [
    'standing',
    'sign',
    SERVICE,
    'isolate',
    ...(perHour === undefined ? [] : ['--per-hour', String(perHour)]),
    '--yes',
  ])
  if (signed.code !== 0) throw new Error(`standing sign\n${signed.stdout}${signed.stderr}`)

  const directory = await mkdtemp(join(tmpdir(), 'sekisho-ssh-'))
  const key = join(directory, 'key')
  await writeFile(key, await host.read('/home/ops1/.ssh/id_ed25519'))
  await chmod(key, 0o600)
  const control = `${(await inControlNetwork(['ip', 'netns', 'identify'])).stdout.trim()}`
  const options = [
    'StrictHostKeyChecking=no',
    `UserKnownHostsFile=${join(directory, 'known')}`,
    'LogLevel=ERROR',
    'BatchMode=yes',
    'ConnectTimeout=5',
  ]
  const sshTo = (argv: readonly string[], address = host.address) => [
    'ssh',
    '-F',
    'none',
    '-i',
    key,
    ...options.flatMap((one) => ['-o', one]),
    `ops1@${address}`,
    ...argv,
  ]
  return {
    w,
    host,
    ssh: (argv, address) => inControlNetwork(sshTo(argv, address), { timeoutMs: 20_000 }),
    sshArgv: (argv) => ['ip', 'netns', 'exec', control, ...sshTo(argv)],
    control,
    reaches: async (port, address = host.address) =>
      (await inControlNetwork(['timeout', '1', 'bash', '-c', `: </dev/tcp/${address}/${port}`])).code === 0,
    end: async () => {
      await rm(directory, { recursive: true, force: true })
      await host.exec(['nft', 'delete', 'table', 'inet', 'sekisho_isolation'])
      await host.exec(['systemctl', 'stop', 'sekisho-isolation.service'])
      await host.exec([INSTALLED, 'uninstall', 'host'])
    },
  }
}

/** A host has no sshd of its own. */
export async function startSshd(host: Host): Promise<void> {
  const script = `
ssh-keygen -q -A
mkdir -p /run/sshd
install -o ops1 -g ops1 -m 600 /home/ops1/.ssh/id_ed25519.pub /home/ops1/.ssh/authorized_keys
systemd-run --quiet --unit=test-sshd --service-type=exec /usr/sbin/sshd -D -e -o PasswordAuthentication=no
`
  await host.ok(['bash', '-ec', script])
  await until('sshd to listen', 20_000, async () =>
    (await host.ok(['ss', '-ltnH', 'sport = :22'])).includes(':22') ? true : undefined,
  )
}

/** The address from which the administrator comes, as the host sees it. */
export const ADMINISTRATOR = controlAddress

export async function mainPid(host: Host, unit: string): Promise<string> {
  return (await host.ok(['systemctl', 'show', '--value', '-p', 'MainPID', unit])).trim()
}
