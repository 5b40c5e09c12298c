// Copies on another host, over a real sshd and a real append-only REST server: written, read whole, brought back, and whether they can be erased from here.
import { beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { type Host, hosts } from '../host/host.ts'
import { underLimits } from '../host/limits.ts'

/** What the runner does with one repository, told by a program in the host. It reads `{to, secrets}` and writes what it found. */
const PROGRAM = `
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
const at = '/opt/sekisho-checkout/src/'
const use = (path) => import(at + path)
const { run } = await use('sys/process.ts')
const { systemClock } = await use('sys/clock.ts')
const { Secrets } = await use('runner/secrets.ts')
const { readOwners } = await use('tree/owners.ts')
const { yielding } = await use('tree/yield.ts')
const { noKillPoint } = await use('base/kill-point.ts')
const { writeSnapshot } = await use('snapshot/directory/write.ts')
const { withAccess } = await use('snapshot/restic/access.ts')
const { checkAll } = await use('snapshot/restic/check.ts')
const { fetchSnapshot } = await use('snapshot/restic/fetch.ts')
const { forgetSnapshots, listRepository, openRepository, pruneCommand } = await use('snapshot/restic/keep.ts')
const { attempt } = await use('snapshot/restic/call.ts')
const { placeOfRepository, requireThere } = await use('snapshot/restic/place.ts')
const { writeToRepository } = await use('snapshot/restic/write.ts')
const { to, secrets: values } = JSON.parse(readFileSync(0, 'utf8'))
// On a file system of its own kind: the host's root is an overlay, whose files have the device of a lower one.
const base = '/run/far'
rmSync(base, { recursive: true, force: true })
for (const name of ['', '/data', '/to', '/state']) mkdirSync(base + name, { mode: 0o700 })
for (let i = 0; i < 20; i++) writeFileSync(base + '/data/' + i, 'file ' + i)
const id = '20261125_000001Z'
const written = await writeSnapshot({ to: base + '/to', id, service: 'mirai', host: 'h1', version: '0', key: Buffer.alloc(32, 1), run, clock: systemClock,
  owners: readOwners(), kill: noKillPoint, floorBytes: 0,
  items: [{ name: 'data', kind: 'data', root: 'data', source: { kind: 'tree', path: base + '/data', isSecret: () => false } }] })
const secrets = new Secrets(base + '/secrets', Buffer.alloc(32, 1))
for (const [name, value] of Object.entries(values)) await secrets.put('mirai', 'backup/' + name, Buffer.from(value))
const parts = { host: 'h1', process: run, place: { state: base + '/state' }, secrets }
const limits = { smallMs: 30000, baseMs: 60000, bytesPerSecond: 1000000 }
const told = await withAccess({ name: 'far', to, credential: 'far' }, { parts, service: 'mirai', limits }, async (access) => {
  const { isHere } = await requireThere(access, 'far')
  await openRepository(access, true)
  const first = await placeOfRepository(access, isHere, [])
  const where = await writeToRepository(access, { snapshot: base + '/to/daily/' + id, bytes: written.bytes }, yielding())
  const checked = await checkAll(access, written.bytes)
  await fetchSnapshot(access, { backup: id, where, manifest: written.manifest, bytes: written.bytes }, base + '/fetched')
  const bare = (await attempt(access, ['forget', where])).code
  const forgotten = await forgetSnapshots(access, [where])
  const again = await placeOfRepository(access, isHere, [])
  const canaries = JSON.parse((await attempt(access, ['snapshots', '--json', '--tag', 'sekisho-canary'])).stdout).length
  return { places: [first.place, again.place], seen: first.seen, whole: checked !== 'bad' && checked.has(where), bare, canaries,
    file: readFileSync(base + '/fetched/daily/' + id + '/data/7', 'utf8'),
    gone: forgotten.has(where), listed: (await listRepository(access)).size, command: pruneCommand(access, [where]) }
}).catch((error) => ({ code: error.code, detail: error.detail, text: String(error.stack) }))
console.log(JSON.stringify(told))
`
/** Each call of restic derives a key. */
const LIMIT_MS = 150_000
const PASSWORD = 'of the repository'

interface Told {
  readonly code?: string
  readonly [key: string]: unknown
}

describeWith('host', 'copies on another host', () => {
  let here: Host
  let there: Host
  const ask = async (to: string, secrets: Readonly<Record<string, string>>): Promise<Told> =>
    JSON.parse(
      await here.ok([...underLimits(), 'node', '/root/far.ts'], {
        input: JSON.stringify({ to, secrets }),
        timeoutMs: LIMIT_MS,
      }),
    ) as Told
  const start = (unit: string, argv: readonly string[]) =>
    there.ok(['systemd-run', '--quiet', `--unit=${unit}`, ...argv])
  const listens = (port: number) =>
    there.ok([
      'sh',
      '-c',
      `for i in $(seq 100); do ss -ltn | grep -q ":${port} " && exit 0; sleep 0.1; done; exit 1`,
    ])

  beforeAll(async () => {
    const [first, second] = await hosts(2)
    if (first === undefined || second === undefined) throw new Error('no two hosts')
    here = first
    there = second
    await here.put('/root/far.ts', PROGRAM)
    // A host that has just booted has its route a moment later.
    const way = `for i in $(seq 300); do ip route get ${there.address} >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1`
    await here.ok(['sh', '-c', way])
  })

  test('SFTP with a pinned host key: all of it comes back, and it can be erased from here; another host key is no server of ours', {
    timeout: LIMIT_MS,
  }, async () => {
    await there.ok([
      'sh',
      '-c',
      'mkdir -p /run/sshd /srv/sftp /root/.ssh && ssh-keygen -q -t ed25519 -N "" -f /root/host_key',
    ])
    await here.ok(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '/root/key'])
    await there.put('/root/.ssh/authorized_keys', await here.read('/root/key.pub'), 0o600)
    await there.put(
      '/root/sshd_config',
      'Port 2222\nHostKey /root/host_key\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nUsePAM no\nSubsystem sftp internal-sftp\n',
    )
    await start('far-sshd', ['/usr/sbin/sshd', '-D', '-f', '/root/sshd_config'])
    await listens(2222)
    const [type = '', key = ''] = (await there.read('/root/host_key.pub')).toString().split(' ')
    const secrets = {
      far: PASSWORD,
      'far.key': (await here.read('/root/key')).toString().trimEnd(),
      'far.known_hosts': `[${there.address}]:2222 ${type} ${key}`,
    }
    const to = `sftp://root@${there.address}:2222//srv/sftp/repository`
    expect(await ask(to, secrets)).toMatchObject({
      places: ['off-host', 'off-host'],
      seen: { forget: 'done' },
      whole: true,
      file: 'file 7',
      gone: true,
      listed: 0,
      canaries: 0,
    })
    const other = (await here.read('/root/key.pub')).toString().split(' ')
    const wrong = { ...secrets, 'far.known_hosts': `[${there.address}]:2222 ${other[0]} ${other[1]}` }
    expect(await ask(to, wrong)).toMatchObject({ code: 'backup.repository_not_trusted' })
    await there.ok(['systemctl', 'stop', 'far-sshd'])
    expect(await ask(to, secrets)).toMatchObject({ code: 'backup.repository_unreachable' })
  })

  test('trap 2: an append-only server with a pinned authority says ok to a removal and keeps all of it; only the listing is believed', {
    timeout: LIMIT_MS,
  }, async () => {
    const { address } = there
    await there.ok([
      'sh',
      '-c',
      `mkdir -p /srv/rest && cd /srv/rest && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=far -addext subjectAltName=IP:${address} -keyout private_key -out public_key 2>/dev/null && printf 'mirai:{SHA}%s\\n' "$(printf login | openssl dgst -sha1 -binary | base64)" >.htpasswd`,
    ])
    await start('far-rest', [
      'restic-rest-server',
      '--path',
      '/srv/rest',
      '--append-only',
      '--tls',
      '--tls-cert',
      '/srv/rest/public_key',
      '--tls-key',
      '/srv/rest/private_key',
      '--listen',
      ':8000',
    ])
    await listens(8000)
    const to = `rest:https://${address}:8000/mirai/`
    const secrets = {
      far: PASSWORD,
      'far.login': 'mirai:login',
      'far.ca': (await there.read('/srv/rest/public_key')).toString(),
    }
    const told = await ask(to, secrets)
    expect(told).toMatchObject({
      places: ['off-host-append-only', 'off-host-append-only'],
      seen: { forget: 'refused' },
      whole: true,
      file: 'file 7',
      bare: 0,
      gone: false,
      listed: 1,
      // One, however often it is tried.
      canaries: 1,
    })
    expect(told['command']).toMatch(/^restic -r rest:https:\S+ forget --prune [0-9a-f]{16}$/)
    const { 'far.ca': _, ...withoutAuthority } = secrets
    expect((await ask(to, withoutAuthority)).code).toMatch(/^backup\.repository_/)
    expect((await ask(to, { ...secrets, 'far.login': 'mirai:other' })).code).toMatch(/^backup\.repository_/)
  })
})
